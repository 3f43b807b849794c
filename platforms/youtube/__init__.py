"""Speaks to YouTube: Google's OAuth and the YouTube Data API v3."""

from platforms.youtube.adapter import YouTube, build

__all__ = ["YouTube", "build"]
