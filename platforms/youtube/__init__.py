"""Speaks to YouTube: Google's OAuth and the YouTube Data API v3."""

from platforms.youtube.adapter import YouTube, build
from platforms.youtube.declared import SETTINGS

__all__ = ["SETTINGS", "YouTube", "build"]
