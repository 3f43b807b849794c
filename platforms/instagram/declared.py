"""What Instagram wants to be told, for whoever sets it up."""

from __future__ import annotations

from platforms.declared import Declaration, Kind, Setting, size_settings
from platforms.instagram.limits import BUCKETS
from platforms.instagram.settings import DEFAULT_URLS, Login

URLS = DEFAULT_URLS[Login.FACEBOOK]

SETTINGS = Declaration(
    "Instagram",
    (
        Setting(
            "client_id",
            "The Meta app (developers.facebook.com) with Facebook Login for Business.",
            identifies=True,
            in_sandbox="{instagram_facebook_client_id}",
        ),
        Setting(
            "client_secret",
            "The secret of the app.",
            Kind.SECRET,
            identifies=True,
            in_sandbox="{instagram_facebook_client_secret}",
        ),
        Setting(
            "login",
            "How accounts are connected.",
            default=Login.FACEBOOK.value,
            choices=(Login.FACEBOOK.value,),
            because="with Instagram Login Instagram fetches every file from a public server, and this version has none",
            in_sandbox="facebook",
        ),
        Setting("api_url", "Where the API is.", Kind.URL, URLS["api_url"], in_sandbox="{instagram_urls[facebook]}"),
        Setting(
            "auth_url", "Where people consent.", Kind.URL, URLS["auth_url"], in_sandbox="{instagram_urls[facebook-www]}"
        ),
        Setting("upload_url", "Where files go.", Kind.URL, URLS["upload_url"], in_sandbox="{instagram_urls[rupload]}"),
        *size_settings(BUCKETS),
    ),
)
