"""The web page of the sandbox: the chat with the bot, and the wall of what was published."""

from sandbox.page.service import app

__all__ = ["app"]
