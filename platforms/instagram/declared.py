"""What Instagram wants to be told, for whoever sets it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from platforms.declared import Declaration, Kind, Setting, size_settings
from platforms.instagram.limits import BUCKETS
from platforms.instagram.settings import Login


def _by_login(*, instagram: str, facebook: str) -> Callable[[Mapping[str, str]], str]:
    """The two logins are two APIs, with apps and servers of their own."""
    return lambda told: instagram if told["login"] == Login.INSTAGRAM else facebook


def _server(key: str, sentence: str, *, instagram: str, facebook: str) -> Setting:
    """An address that follows the login unless it is set."""
    sandbox = {
        login: f"{{instagram_urls[{host}]}}" for login, host in (("instagram", instagram), ("facebook", facebook))
    }
    return Setting(key, sentence, Kind.URL, in_sandbox=_by_login(**sandbox))


SETTINGS = Declaration(
    "Instagram",
    (
        Setting(
            "client_id",
            "The Meta app (developers.facebook.com) with Facebook Login for Business or Instagram Login.",
            identifies=True,
            in_sandbox=_by_login(instagram="{instagram_client_id}", facebook="{instagram_facebook_client_id}"),
        ),
        Setting(
            "client_secret",
            "The secret of the app.",
            Kind.SECRET,
            identifies=True,
            in_sandbox=_by_login(instagram="{instagram_client_secret}", facebook="{instagram_facebook_client_secret}"),
        ),
        Setting(
            "login",
            "How accounts are connected; with instagram, files are fetched from FABRIC_PUBLIC_URL.",
            default=Login.FACEBOOK.value,
            choices=(Login.FACEBOOK.value, Login.INSTAGRAM.value),
        ),
        Setting("public_url", "Where Instagram fetches files from, with Instagram Login.", shared="public_url"),
        _server("api_url", "Where the API is.", instagram="graph", facebook="facebook"),
        _server("auth_url", "Where people consent.", instagram="www", facebook="facebook-www"),
        _server("token_url", "Where tokens are given.", instagram="api", facebook="facebook"),
        _server("upload_url", "Where files go.", instagram="rupload", facebook="rupload"),
        *size_settings(BUCKETS),
    ),
)
