"""What Telegram channels want to be told: what the house knows of its own bot anyhow."""

from __future__ import annotations

from platforms.declared import Declaration, Kind, Setting, size_settings
from platforms.telegram_channel.limits import BUCKETS

SETTINGS = Declaration(
    "Telegram channel",
    (
        Setting("bot_token", "The bot that posts.", Kind.SECRET, identifies=True, shared="bot_token"),
        Setting("api_url", "Where the Bot API is.", Kind.URL, shared="telegram_api_url"),
        Setting("local", "Whether the Bot API server sees our files.", shared="telegram_local"),
        *size_settings(BUCKETS),
    ),
)
