"""A Telegram Bot API server on loopback: one bot, private chats, real polling, files and limits, state on disk."""

from sandbox.telegram.service import app

__all__ = ["app"]
