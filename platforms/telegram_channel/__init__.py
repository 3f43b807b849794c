"""Speaks to Telegram as a bot that posts videos to channels where it is an administrator."""

from platforms.telegram_channel.adapter import TelegramChannel, build
from platforms.telegram_channel.declared import SETTINGS

__all__ = ["SETTINGS", "TelegramChannel", "build"]
