"""Who is known to TikTok here: developers' clients, and creators with their accounts."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.world import World

CLIENT_KEY, CLIENT_SECRET = "sandboxtiktokkey01", "sandbox-tiktok-secret"
UNAUDITED_KEY, UNAUDITED_SECRET = "sandboxtiktokkey02", "sandbox-tiktok-unaudited-secret"
WEB_KEY, WEB_SECRET = "sandboxtiktokkey03", "sandbox-tiktok-web-secret"

_CLIENT_DEFAULTS: dict[str, Any] = {"type": "desktop", "audited": True, "redirect_uris": []}
_CLIENTS: tuple[dict[str, Any], ...] = (
    {"key": CLIENT_KEY, "secret": CLIENT_SECRET},
    {"key": UNAUDITED_KEY, "secret": UNAUDITED_SECRET, "audited": False},
    {"key": WEB_KEY, "secret": WEB_SECRET, "type": "web", "redirect_uris": ["https://fabric.example/oauth/callback"]},
)
_CREATOR_DEFAULTS: dict[str, Any] = {
    "is_private": False,
    "comment_disabled": False,
    "duet_disabled": False,
    "stitch_disabled": False,
    "max_video_post_duration_sec": 600,
    "blocked": None,
    "is_verified": False,
    "bio": "",
    "followers": 0,
    "following": 0,
}
_CREATORS: tuple[dict[str, Any], ...] = (
    {
        "id": "-000sandboxMorningTales0001",
        "username": "morningtales",
        "nickname": "Morning Tales",
        "bio": "A story before breakfast",
        "followers": 1204,
    },
    {
        "id": "-000sandboxNightStories0002",
        "username": "nightstories",
        "nickname": "Night Stories",
        "is_private": True,
    },
    {
        "id": "-000sandboxQuietKitchen0003",
        "username": "quietkitchen",
        "nickname": "Quiet Kitchen",
        "duet_disabled": True,
        "stitch_disabled": True,
        "max_video_post_duration_sec": 180,
    },
)

SCOPES: dict[str, str] = {
    "user.info.basic": "Read your profile info (avatar, display name)",
    "user.info.profile": "Read your additional profile info (bio, link, verification)",
    "user.info.stats": "Read your profile engagement statistics (likes, followers, videos)",
    "video.publish": "Post content to TikTok",
    "video.upload": "Upload draft content to TikTok for your further edit",
    "video.list": "Read your public videos on TikTok",
}
ALWAYS_GRANTED = "user.info.basic"  # it comes with signing in and has no box to untick
_LONGEST_REDIRECT = 512


class Directory:
    """Clients and creators; the first start fills in the sandbox's own."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        for client in _CLIENTS:
            if self.client(client["key"]) is None:
                self.put_client(client)
        if not self.creators():
            for creator in _CREATORS:
                self.put_creator(creator)

    def client(self, key: str) -> dict[str, Any] | None:
        """{key, secret, type: desktop|web, audited, redirect_uris}."""
        return self._store.get("tiktok_client", key)

    def put_client(self, client: dict[str, Any]) -> None:
        """Add, or change the given fields."""
        known = self.client(client["key"]) or dict(_CLIENT_DEFAULTS)
        self._store.put("tiktok_client", client["key"], {**known, **client})

    def creators(self) -> list[dict[str, Any]]:
        """In the order of the consent page."""
        return self._store.list("tiktok_creator")

    def creator(self, open_id: str) -> dict[str, Any] | None:
        """{id, username, nickname, is_private, comment_disabled, …, blocked}."""
        return self._store.get("tiktok_creator", open_id)

    def put_creator(self, creator: dict[str, Any]) -> None:
        """Add, or change the given fields."""
        name = creator["id"]
        known = self.creator(name) or {"username": name, "nickname": name, **_CREATOR_DEFAULTS}
        self._store.put("tiktok_creator", name, {**known, **creator})


def privacy_options(creator: dict[str, Any]) -> list[str]:
    """What this creator may choose from."""
    widest = "FOLLOWER_OF_CREATOR" if creator["is_private"] else "PUBLIC_TO_EVERYONE"
    return [widest, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


def redirect_allowed(client: dict[str, Any], redirect_uri: str) -> bool:
    """Desktop: plain http to this machine with a port. Web: exactly a registered https address."""
    if len(redirect_uri) > _LONGEST_REDIRECT:
        return False
    if client["type"] == "web" or redirect_uri in client["redirect_uris"]:
        return redirect_uri in client["redirect_uris"]
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port
    except ValueError:
        return False
    loopback = parts.hostname in ("127.0.0.1", "localhost")
    return parts.scheme == "http" and loopback and port is not None and not (parts.query or parts.fragment)
