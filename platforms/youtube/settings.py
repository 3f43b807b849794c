"""What YouTube needs to be told, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from platforms.errors import PlatformSettingsError
from platforms.http import is_safe_base

NAME = "youtube"
CHUNK_UNIT = 256 * 1024  # bytes; every chunk but the last is a multiple (developers.google.com, resumable upload guide)
SMALLEST_CHUNK = 32 * CHUNK_UNIT
LARGEST_CHUNK = 256 * CHUNK_UNIT
CHUNKS_PER_FILE = 20  # each costs a round trip, and each is a step of the progress that people see

_TEXTS = (
    "api_url",
    "oauth_url",
    "accounts_url",
    "analytics_url",
    "watch_url",
    "device_client_id",
    "device_client_secret",
    "region",
    "language",
)


@dataclass(frozen=True, slots=True)
class YouTubeSettings:
    """The OAuth clients, and where the servers are. `chunk_size` is in bytes; None chooses one by the file.

    The second client is of the type "TVs and Limited Input devices"; without it there is no device flow. `region` and
    `language` choose the categories' list. `analytics` asks for the scope of YouTube Analytics too.
    """

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str = "https://youtube.googleapis.com"
    oauth_url: str = "https://oauth2.googleapis.com"
    accounts_url: str = "https://accounts.google.com"
    analytics_url: str = "https://youtubeanalytics.googleapis.com"
    watch_url: str = "https://www.youtube.com/watch?v="
    device_client_id: str = ""
    device_client_secret: str = field(default="", repr=False)
    region: str = "US"
    language: str = "en_US"
    analytics: bool = False
    chunk_size: int | None = None

    def __post_init__(self) -> None:
        for key in ("api_url", "oauth_url", "accounts_url", "analytics_url"):
            if not is_safe_base(getattr(self, key)):
                raise PlatformSettingsError(NAME, key, "must be an https address (http is for this machine alone)")
        if bool(self.device_client_id) != bool(self.device_client_secret):
            missing = "device_client_secret" if self.device_client_id else "device_client_id"
            raise PlatformSettingsError(NAME, missing, "is missing")
        if self.chunk_size is not None and (self.chunk_size < CHUNK_UNIT or self.chunk_size % CHUNK_UNIT):
            raise PlatformSettingsError(NAME, "chunk_size", f"must be a multiple of {CHUNK_UNIT} bytes")

    def chunk_size_for(self, total: int) -> int:
        """How many bytes one request carries of a file of `total` bytes: 8 to 64 MiB, the same for all but the last."""
        if self.chunk_size is not None:
            return self.chunk_size
        share = -(-total // CHUNKS_PER_FILE // CHUNK_UNIT) * CHUNK_UNIT
        return min(max(share, SMALLEST_CHUNK), LARGEST_CHUNK)

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> YouTubeSettings | None:
        """Read the settings; None where there is no OAuth client, which is how YouTube is left out.

        Raises PlatformSettingsError for anything half-made or unusable.
        """
        given = {key: value.strip().rstrip("/") for key, value in settings.items() if value and value.strip()}
        if "client_id" not in given and "client_secret" not in given:
            return None
        for key in ("client_id", "client_secret"):
            if key not in given:
                raise PlatformSettingsError(NAME, key, "is missing")
        return cls(
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            chunk_size=_whole_number("chunk_size", given["chunk_size"]) if "chunk_size" in given else None,
            analytics=_yes_or_no("analytics", given.get("analytics", "false")),
            **{key: given[key] for key in _TEXTS if key in given},
        )


def _yes_or_no(key: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise PlatformSettingsError(NAME, key, "must be true or false")
    return text.lower() == "true"


def _whole_number(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise PlatformSettingsError(NAME, key, "must be a whole number") from None
