"""What the adapter needs to be told, checked once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from platforms.errors import PlatformSettingsError

NAME = "telegram_channel"
API_URL = "https://api.telegram.org"


@dataclass(frozen=True, slots=True)
class TelegramChannelSettings:
    """The bot, and where its server is. `local`: that server reads files from our own disk (`--local`)."""

    bot_token: str = field(repr=False)
    api_url: str = API_URL
    local: bool = False

    def __post_init__(self) -> None:
        # No demand for TLS here: the bot itself speaks to this very server with this very token.
        if not self.api_url.startswith(("https://", "http://")):
            raise PlatformSettingsError(NAME, "api_url", "must begin with http:// or https://")
        if not re.fullmatch(r"\d+:\S+", self.bot_token):
            raise PlatformSettingsError(NAME, "bot_token", "must look like 123456:ABC-DEF")

    @property
    def bot_id(self) -> int:
        """The bot's own id: what stands before the colon of its token."""
        return int(self.bot_token.partition(":")[0])

    @property
    def method_root(self) -> str:
        """What a method's name is put behind; it holds the token."""
        return f"{self.api_url}/bot{self.bot_token}/"

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> TelegramChannelSettings | None:
        """Read the settings; None without a bot, which is how channels are left out. Raises PlatformSettingsError."""
        given = {key: value.strip().rstrip("/") for key, value in settings.items() if value and value.strip()}
        if "bot_token" not in given:
            return None
        local = given.get("local", "false").lower()
        if local not in ("true", "false"):
            raise PlatformSettingsError(NAME, "local", "must be true or false")
        return cls(given["bot_token"], given.get("api_url", API_URL), local == "true")
