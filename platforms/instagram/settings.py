"""What Instagram needs to be told, checked once. The two logins are two APIs on different hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from platforms.errors import PlatformSettingsError
from platforms.http import is_safe_base

NAME = "instagram"
DEFAULT_VERSION = "v26.0"  # Graph API of 29 July 2026


NO_PUBLIC_URL = (
    "is missing: with Instagram Login Instagram fetches every video from this server, so it needs an https address "
    "that leads here; the login facebook works without one"
)


class Login(StrEnum):
    """How accounts are connected, which decides what the API offers."""

    INSTAGRAM = "instagram"
    FACEBOOK = "facebook"


DEFAULT_URLS: Mapping[Login, Mapping[str, str]] = {
    Login.INSTAGRAM: {
        "api_url": "https://graph.instagram.com",
        "auth_url": "https://www.instagram.com",
        "token_url": "https://api.instagram.com",
        "upload_url": "https://rupload.facebook.com",
    },
    Login.FACEBOOK: {
        "api_url": "https://graph.facebook.com",
        "auth_url": "https://www.facebook.com",
        "token_url": "https://graph.facebook.com",
        "upload_url": "https://rupload.facebook.com",
    },
}


@dataclass(frozen=True, slots=True)
class InstagramSettings:
    """The Meta app, the login that it uses, and where the servers are.

    `public_url` is our own server as Meta sees it, needed with Instagram Login alone, where Meta fetches the file.
    """

    client_id: str
    client_secret: str = field(repr=False)
    login: Login
    api_url: str
    auth_url: str
    token_url: str
    upload_url: str
    version: str = DEFAULT_VERSION
    public_url: str = ""

    def __post_init__(self) -> None:
        for key in DEFAULT_URLS[self.login]:
            if not is_safe_base(getattr(self, key)):
                raise PlatformSettingsError(NAME, key, "must be an https address (http is for this machine alone)")
        if self.public_url and not is_safe_base(self.public_url):
            raise PlatformSettingsError(NAME, "public_url", "must be an https address that Meta can reach")
        if self.login is Login.INSTAGRAM and not self.public_url:
            raise PlatformSettingsError(NAME, "public_url", NO_PUBLIC_URL)
        if not re.fullmatch(r"v\d{1,3}\.\d", self.version):
            raise PlatformSettingsError(NAME, "graph_version", "must look like v26.0")

    @property
    def graph_url(self) -> str:
        """The root of every versioned call."""
        return f"{self.api_url}/{self.version}"

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> InstagramSettings | None:
        """Read the settings; None where there is no app, which is how Instagram is left out.

        Raises PlatformSettingsError for anything half-made or unusable.
        """
        given = {key: value.strip().rstrip("/") for key, value in settings.items() if value and value.strip()}
        if "client_id" not in given and "client_secret" not in given:
            return None
        for key in ("client_id", "client_secret"):
            if key not in given:
                raise PlatformSettingsError(NAME, key, "is missing")
        login = _login(given.get("login", Login.INSTAGRAM))
        return cls(
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            login=login,
            version=given.get("graph_version", DEFAULT_VERSION),
            public_url=given.get("public_url", ""),
            **{key: given.get(key, default) for key, default in DEFAULT_URLS[login].items()},
        )


def _login(text: str) -> Login:
    try:
        return Login(text)
    except ValueError:
        raise PlatformSettingsError(NAME, "login", "must be instagram or facebook") from None
