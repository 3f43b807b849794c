"""What is asked of a post in a Telegram channel (sendVideo)."""

from __future__ import annotations

from platforms.options import PostOptions, Toggle

SILENT = "silent"

POST_OPTIONS = PostOptions(options=(Toggle(SILENT),))
