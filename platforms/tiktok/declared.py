"""What TikTok wants to be told, for whoever sets it up."""

from __future__ import annotations

from platforms.declared import Declaration, Kind, Setting, size_settings
from platforms.tiktok.limits import BUCKETS
from platforms.tiktok.settings import API_URL, AUTH_URL, Mode

SETTINGS = Declaration(
    "TikTok",
    (
        Setting(
            "client_key",
            'The app (developers.tiktok.com; type "Desktop", Login Kit and Content Posting API).',
            identifies=True,
            in_sandbox="{tiktok_client_key}",
        ),
        Setting(
            "client_secret",
            "The secret of the app.",
            Kind.SECRET,
            identifies=True,
            in_sandbox="{tiktok_client_secret}",
        ),
        Setting("api_url", "Where TikTok's API is.", Kind.URL, API_URL, in_sandbox="{tiktok_api_url}"),
        Setting("auth_url", "Where people consent.", Kind.URL, AUTH_URL, in_sandbox="{tiktok_auth_url}"),
        Setting(
            "mode",
            "inbox: the post is finished in the TikTok app; direct: it is posted with what was chosen in the chat.",
            default=Mode.INBOX.value,
            choices=tuple(mode.value for mode in Mode),
        ),
        *size_settings(BUCKETS),
    ),
)
