"""Speaks to Instagram: Meta's two logins and the Instagram Platform API for Reels."""

from platforms.instagram.adapter import Instagram, build

__all__ = ["Instagram", "build"]
