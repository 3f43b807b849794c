"""Speaks to Instagram: Meta's two logins and the Instagram Platform API for Reels."""

from platforms.instagram.adapter import Instagram, build
from platforms.instagram.declared import SETTINGS

__all__ = ["SETTINGS", "Instagram", "build"]
