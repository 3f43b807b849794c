"""What a platform folder wants to be told, declared by the folder itself: whoever starts the house reads it from there.

Each folder's `SETTINGS` is a `Declaration`. A setting is read from the environment as `<PLATFORM>_<KEY>` behind the
house's own prefix, unless it names another variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from platforms.limits import Bucket


class Kind(StrEnum):
    """What a value may be."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    URL = "url"
    COUNT = "count"  # a whole number from 1 on


@dataclass(frozen=True, slots=True)
class Setting:
    """One value. `help` is a sentence for whoever sets it; an empty `default` means that there is none.

    - `identifies`: without these the platform is left out; with some of them only, it is half made.
    - `variable`: the name of the environment variable without the prefix, where it is not `<PLATFORM>_<KEY>`.
    - `shared`: the value is one that the house has anyhow, by its name there (`bot_token`, `telegram_api_url`).
    - `choices`: the only values that are taken; `because` says why, after "must be ...: ".
    - `bucket`: the value is the size of that bucket, which goes before the documented one.
    - `in_sandbox`: what it is in a sandbox: a format string over what the sandbox tells of itself, or a function that
      chooses one by the platform's other values.
    """

    key: str
    help: str
    kind: Kind = Kind.TEXT
    default: str = ""
    identifies: bool = False
    variable: str = ""
    shared: str = ""
    choices: tuple[str, ...] = ()
    because: str = ""
    bucket: str = ""
    in_sandbox: str | Callable[[Mapping[str, str]], str] = ""

    def name(self, platform: str) -> str:
        """The name among the house's settings, in lower case: `youtube_client_id`."""
        return self.shared or (self.variable or f"{platform}_{self.key}").lower()

    def template(self, told: Mapping[str, str]) -> str:
        """The format string of its value in a sandbox; `told` holds the platform's values by key."""
        return self.in_sandbox if isinstance(self.in_sandbox, str) else self.in_sandbox(told)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A platform as it is offered for setting up: its name as people write it, and everything it wants to be told."""

    title: str
    settings: tuple[Setting, ...]

    @property
    def own(self) -> tuple[Setting, ...]:
        """What only this platform reads."""
        return tuple(setting for setting in self.settings if not setting.shared)


def size_settings(buckets: Iterable[Bucket]) -> tuple[Setting, ...]:
    """A setting `<BUCKET>_LIMIT` for the size of each bucket: a site may allow more or less than its documents say."""
    return tuple(
        Setting(
            f"{bucket.name}_limit",
            f"How many units of {bucket.name} the site allows; documented: {bucket.size}.",
            Kind.COUNT,
            bucket=bucket.name,
        )
        for bucket in buckets
    )
