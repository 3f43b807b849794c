"""What a program of ours does at each start whatever its settings are: imported and built once, for all starts."""

from __future__ import annotations

import importlib

LATE_IN_THE_APP = (
    "alembic.command",
    "alembic.runtime.migration",
    "anyio._backends._asyncio",
    "apscheduler.executors.asyncio",
    "babel.messages.pofile",
    "httpcore",
    "imageio_ffmpeg",
    "mako.template",
    "sqlalchemy.dialects.sqlite.aiosqlite",
)
"""What the app's modules import when they first need it."""

SANDBOX = ("__main__", "control", "google", "instagram", "page", "telegram", "tiktok", "youtube")


def warm_app() -> None:
    """The app, the libraries that it imports late, and the models of Telegram's answers."""
    for name in ("app.run", "app.cli", *LATE_IN_THE_APP):
        importlib.import_module(name)
    from aiogram.methods import GetFile, GetMe, SendMessage, SetMyCommands
    from aiogram.methods.base import Response
    from aiogram.types import Update
    from pydantic import ValidationError

    from app.settings import settings_class
    from platforms.http import create_client

    settings_class()  # imports the platforms
    create_client()  # for the root certificates that all clients share
    for method in (GetFile, GetMe, SendMessage, SetMyCommands):
        Response[method.__returning__].model_validate({"ok": False})
    for model in (Update, GetFile, SendMessage, SetMyCommands):
        try:
            model.model_validate({})
        except ValidationError:
            continue  # what is meant: its validators are there now


def warm_sandbox() -> None:
    """The servers, which are imported when the world is made."""
    for name in SANDBOX:
        importlib.import_module(f"sandbox.{name}")


WARM_UPS = {"app": warm_app, "sandbox": warm_sandbox}
