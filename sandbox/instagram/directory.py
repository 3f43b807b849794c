"""Who and what the Instagram servers know before anything happens: apps, accounts with their Pages, permissions."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.world import World

CLIENT_ID, CLIENT_SECRET = "1700000000000001", "sandbox-instagram-secret"
FACEBOOK_CLIENT_ID, FACEBOOK_CLIENT_SECRET = "1800000000000001", "sandbox-facebook-secret"

INSTAGRAM, FACEBOOK = "instagram", "facebook"
PERMISSIONS: dict[str, dict[str, str]] = {
    INSTAGRAM: {
        "instagram_business_basic": "View profile and media",
        "instagram_business_content_publish": "Create and publish posts",
        "instagram_business_manage_comments": "Manage comments",
        "instagram_business_manage_insights": "View insights",
        "instagram_business_manage_messages": "Manage messages",
    },
    FACEBOOK: {
        "public_profile": "Your name and profile picture",
        "instagram_basic": "See the profile and posts of the Instagram account",
        "instagram_content_publish": "Upload media and create posts for the Instagram account",
        "instagram_manage_comments": "Manage comments of the Instagram account",
        "instagram_manage_insights": "See insights of the Instagram account",
        "instagram_manage_contents": "Delete posts of the Instagram account",
        "pages_show_list": "Show a list of the Pages you manage",
        "pages_read_engagement": "Read content posted on the Page",
        "business_management": "Manage your business",
        "ads_management": "Manage ads",
        "ads_read": "Read ads",
    },
}
_ACCOUNTS = (
    {"id": "17841400000000001", "username": "north.and.salt", "name": "North & Salt", "page_name": "North & Salt"},
    {"id": "17841400000000002", "username": "slowtrains", "name": "Slow Trains", "page_name": "Slow Trains"},
    {"id": "17841400000000003", "username": "kitchen.daylight", "name": "Kitchen Daylight", "page_name": "Daylight"},
)


class Directory:
    """Apps and accounts; the first start fills in the sandbox's own. An app knows one of the two logins."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        if self.client(CLIENT_ID) is None:
            self.put_client({"id": CLIENT_ID, "secret": CLIENT_SECRET, "login": INSTAGRAM})
            self.put_client({"id": FACEBOOK_CLIENT_ID, "secret": FACEBOOK_CLIENT_SECRET, "login": FACEBOOK})
        if not self.accounts():
            for account in _ACCOUNTS:
                self.put_account(account)

    def client(self, client_id: str, login: str | None = None) -> dict[str, Any] | None:
        """{id, secret, login, redirect_uris}; None also where it is for the other login."""
        client = self._store.get("instagram_client", client_id)
        return client if client is not None and login in (None, client["login"]) else None

    def put_client(self, client: dict[str, Any]) -> None:
        """Add or replace."""
        known = {"login": INSTAGRAM, "redirect_uris": [], **client}
        self._store.put("instagram_client", client["id"], known)

    def accounts(self) -> list[dict[str, Any]]:
        """In the order of the consent page."""
        return self._store.list("instagram_account")

    def account(self, account_id: str) -> dict[str, Any] | None:
        """The Instagram user with its ids and its Page; the fields are those that `put_account` fills in."""
        return self._store.get("instagram_account", account_id)

    def put_account(self, account: dict[str, Any]) -> dict[str, Any]:
        """Add, or change the given fields. `id` is the Instagram user id."""
        known = self.account(account["id"])
        if known is None:
            number = self._store.next_id("instagram_account")
            known = {
                "app_scoped_id": f"24{number:014d}",
                "page_id": f"61{number:013d}",
                "username": f"account{account['id'][-4:]}",
                "name": "",
                "page_name": account.get("name") or f"Page {number}",
                "account_type": "BUSINESS",
                "page_linked": True,
                "restricted": False,
                "quota_total": None,
            }
        changed = {**known, **account}
        self._store.put("instagram_account", account["id"], changed)
        return changed

    def by_page(self, page_id: str) -> dict[str, Any] | None:
        """The account of a Facebook Page."""
        return next((a for a in self.accounts() if a["page_id"] == page_id), None)


def redirect_allowed(client: dict[str, Any], redirect_uri: str) -> bool:
    """Exactly a registered address, or plain http to this machine on any port (an app in development)."""
    if redirect_uri in client["redirect_uris"]:
        return True
    try:
        parts = urlsplit(redirect_uri)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return False
    loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return parts.scheme == "http" and loopback and not parts.fragment and parts.username is None
