"""Speaks to TikTok: its OAuth v2, the Content Posting API v2 and the Display API v2."""

from platforms.tiktok.adapter import TikTok, build
from platforms.tiktok.declared import SETTINGS

__all__ = ["SETTINGS", "TikTok", "build"]
