"""What YouTube wants to be told, for whoever sets it up."""

from __future__ import annotations

from platforms.declared import Declaration, Kind, Setting, size_settings
from platforms.youtube.limits import BUCKETS, UNITS, VIDEO_INSERTS

SETTINGS = Declaration(
    "YouTube",
    (
        Setting(
            "client_id",
            'The OAuth client of your Google Cloud project (type "Desktop app"), with the YouTube Data API enabled.',
            identifies=True,
            in_sandbox="{oauth_client_id}",
        ),
        Setting(
            "client_secret",
            "The secret of the OAuth client.",
            Kind.SECRET,
            identifies=True,
            in_sandbox="{oauth_client_secret}",
        ),
        Setting(
            "device_client_id",
            'A second OAuth client of the type "TVs and Limited Input devices": channels can be connected by a code.',
            in_sandbox="{oauth_tv_client_id}",
        ),
        Setting(
            "device_client_secret",
            "The secret of the second client.",
            Kind.SECRET,
            in_sandbox="{oauth_tv_client_secret}",
        ),
        Setting(
            "api_url",
            "Where the YouTube Data API is.",
            Kind.URL,
            "https://youtube.googleapis.com",
            in_sandbox="{youtube_api_url}",
        ),
        Setting(
            "watch_url",
            "What a video's id is put behind.",
            Kind.URL,
            "https://www.youtube.com/watch?v=",
            in_sandbox="{base_url}/watch?v=",
        ),
        Setting(
            "oauth_url",
            "Where Google gives tokens.",
            Kind.URL,
            "https://oauth2.googleapis.com",
            variable="GOOGLE_OAUTH_URL",
            in_sandbox="{google_oauth_url}",
        ),
        Setting(
            "accounts_url",
            "Where people consent.",
            Kind.URL,
            "https://accounts.google.com",
            variable="GOOGLE_ACCOUNTS_URL",
            in_sandbox="{google_accounts_url}",
        ),
        Setting(
            "analytics_url",
            "Where YouTube Analytics is.",
            Kind.URL,
            "https://youtubeanalytics.googleapis.com",
            in_sandbox="{youtube_analytics_url}",
        ),
        Setting(
            "analytics",
            "Whether the consent also asks to read YouTube Analytics, for the report on a video.",
            default="true",
            choices=("true", "false"),
        ),
        Setting("region", "Whose list of categories is offered: a country such as US.", default="US"),
        Setting("language", "The language of the categories' names, such as en_US.", default="en_US"),
        Setting(
            "uploads_per_day",
            "Your project's daily uploads, if Google granted others than 100.",
            Kind.COUNT,
            bucket=VIDEO_INSERTS,
        ),
        Setting(
            "units_per_day",
            "Your project's daily units, if Google granted others than 10,000.",
            Kind.COUNT,
            bucket=UNITS,
        ),
        *size_settings(bucket for bucket in BUCKETS if bucket.name not in (VIDEO_INSERTS, UNITS)),
    ),
)
