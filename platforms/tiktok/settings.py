"""What TikTok needs to be told, checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from platforms.errors import PlatformSettingsError
from platforms.http import is_safe_base
from platforms.tiktok.chunk_plan import DEFAULT_CHUNK_SIZE, LARGEST_SINGLE, MAX_CHUNK_SIZE, MIN_CHUNK_SIZE

NAME = "tiktok"
API_URL = "https://open.tiktokapis.com"
AUTH_URL = "https://www.tiktok.com"
Value = TypeVar("Value")


class Mode(StrEnum):
    """Where a file goes: into the creator's inbox, to be finished in the app, or straight to the profile."""

    INBOX = "inbox"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class TikTokSettings:
    """The app, and where the servers are. Sizes in bytes, lengths in seconds.

    `desktop`: the app is registered as a desktop app, whose consents carry PKCE. `upload_url_life` is how long TikTok
    takes bytes for an upload.
    """

    client_key: str
    client_secret: str = field(repr=False)
    api_url: str = API_URL
    auth_url: str = AUTH_URL
    mode: Mode = Mode.INBOX
    desktop: bool = True
    chunk_size: int = DEFAULT_CHUNK_SIZE
    largest_single: int = LARGEST_SINGLE
    min_duration_s: float = 3.0  # not documented
    upload_url_life: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        for key in ("api_url", "auth_url"):
            if not is_safe_base(getattr(self, key)):
                raise PlatformSettingsError(NAME, key, "must be an https address (http is for this machine alone)")
        if not MIN_CHUNK_SIZE <= self.chunk_size <= MAX_CHUNK_SIZE:
            raise PlatformSettingsError(NAME, "chunk_size", f"must be {MIN_CHUNK_SIZE} to {MAX_CHUNK_SIZE} bytes")
        if not 0 <= self.largest_single <= LARGEST_SINGLE:
            raise PlatformSettingsError(NAME, "largest_single", f"must be 0 to {LARGEST_SINGLE} bytes")
        if self.min_duration_s < 0:
            raise PlatformSettingsError(NAME, "min_duration_s", "must not be negative")

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> TikTokSettings | None:
        """Read the settings; None where there is no app, which is how TikTok is left out.

        Raises PlatformSettingsError for anything half-made or unusable.
        """
        given = {key: value.strip().rstrip("/") for key, value in settings.items() if value and value.strip()}
        if "client_key" not in given and "client_secret" not in given:
            return None
        for key in ("client_key", "client_secret"):
            if key not in given:
                raise PlatformSettingsError(NAME, key, "is missing")
        return cls(
            client_key=given["client_key"],
            client_secret=given["client_secret"],
            api_url=given.get("api_url", API_URL),
            auth_url=given.get("auth_url", AUTH_URL),
            mode=_read(given, "mode", Mode, Mode.INBOX, "must be inbox or direct"),
            desktop=_read(given, "desktop", _flag, True, "must be true or false"),
            chunk_size=_read(given, "chunk_size", int, DEFAULT_CHUNK_SIZE, "must be a whole number"),
            largest_single=_read(given, "largest_single", int, LARGEST_SINGLE, "must be a whole number"),
            min_duration_s=_read(given, "min_duration_s", float, 3.0, "must be a number"),
        )


def _read(given: Mapping[str, str], key: str, kind: Callable[[str], Value], default: Value, problem: str) -> Value:
    try:
        return kind(given[key].lower()) if key in given else default
    except ValueError:
        raise PlatformSettingsError(NAME, key, problem) from None


def _flag(text: str) -> bool:
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError(text)
    return text in ("true", "1", "yes")
