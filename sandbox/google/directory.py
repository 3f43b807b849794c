"""Who is known to Google here: OAuth clients of the one project, and people with their YouTube channels."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.world import World

PROJECT_NUMBER = "424242424242"
CLIENT_ID, CLIENT_SECRET = "sandbox-client.apps.example", "sandbox-secret"
TV_CLIENT_ID, TV_CLIENT_SECRET = "sandbox-tv.apps.example", "sandbox-tv-secret"

_CLIENTS: tuple[dict[str, Any], ...] = (
    {"id": CLIENT_ID, "secret": CLIENT_SECRET, "type": "web", "redirect_uris": []},
    {"id": TV_CLIENT_ID, "secret": TV_CLIENT_SECRET, "type": "tv", "redirect_uris": []},
)
_CHANNELS: tuple[dict[str, Any], ...] = (
    {
        "id": "UCsandboxMorningTales001",
        "title": "Morning Tales",
        "handle": "@morningtales",
        "email": "anna@example.org",
    },
    {
        "id": "UCsandboxNightStories002",
        "title": "Night Stories",
        "handle": "@nightstories",
        "email": "anna@example.org",
    },
    {
        "id": "UCsandboxQuietKitchen003",
        "title": "Quiet Kitchen",
        "handle": "@quietkitchen",
        "email": "boris@example.org",
    },
)
_CHANNEL_DEFAULTS: dict[str, Any] = {
    "has_channel": True,
    "suspended": False,
    "long_uploads": "allowed",
    "custom_thumbnails": True,
}

SCOPE_PREFIX = "https://www.googleapis.com/auth/"
SCOPES: dict[str, str] = {
    SCOPE_PREFIX + "youtube": "Manage your YouTube account",
    SCOPE_PREFIX
    + "youtube.force-ssl": "See, edit, and permanently delete your YouTube videos, ratings, comments and captions",
    SCOPE_PREFIX + "youtube.readonly": "View your YouTube account",
    SCOPE_PREFIX + "youtube.upload": "Upload YouTube videos",
    SCOPE_PREFIX + "youtubepartner": "View and manage your assets and associated content on YouTube",
    SCOPE_PREFIX + "yt-analytics.readonly": "View YouTube Analytics reports for your YouTube content",
    SCOPE_PREFIX + "yt-analytics-monetary.readonly": "View monetary YouTube Analytics reports",
    SCOPE_PREFIX + "userinfo.email": "See your primary Google Account email address",
    SCOPE_PREFIX + "userinfo.profile": "See your personal info",
    "openid": "Associate you with your personal info on Google",
    "email": "See your primary Google Account email address",
    "profile": "See your personal info",
}
DEVICE_SCOPES = frozenset({"email", "openid", "profile", SCOPE_PREFIX + "youtube", SCOPE_PREFIX + "youtube.readonly"})


class Directory:
    """Clients and channels; the first start fills in the sandbox's own."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        for client in _CLIENTS:
            if self.client(client["id"]) is None:
                self.put_client(client)
        if not self.channels():
            for channel in _CHANNELS:
                self.put_channel(channel)

    def client(self, client_id: str) -> dict[str, Any] | None:
        """{id, secret, type: web|tv, redirect_uris}."""
        return self._store.get("google_client", client_id)

    def put_client(self, client: dict[str, Any]) -> None:
        """Add or replace."""
        self._store.put("google_client", client["id"], {"type": "web", "redirect_uris": [], **client})

    def channels(self) -> list[dict[str, Any]]:
        """In the order of the consent page."""
        return self._store.list("channel")

    def channel(self, channel_id: str) -> dict[str, Any] | None:
        """{id, title, handle, email, has_channel, suspended, long_uploads, custom_thumbnails}."""
        return self._store.get("channel", channel_id)

    def put_channel(self, channel: dict[str, Any]) -> None:
        """Add, or change the given fields."""
        known = self.channel(channel["id"]) or {"title": channel["id"], "handle": "", "email": "", **_CHANNEL_DEFAULTS}
        self._store.put("channel", channel["id"], {**known, **channel})


def redirect_allowed(client: dict[str, Any], redirect_uri: str) -> bool:
    """Exactly a registered address, or plain http to this machine on any port."""
    if redirect_uri in client["redirect_uris"]:
        return True
    try:
        parts = urlsplit(redirect_uri)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return False
    loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return parts.scheme == "http" and loopback and not parts.fragment and parts.username is None
