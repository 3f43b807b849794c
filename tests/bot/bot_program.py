"""The bot as a program of its own, with a fake site and no scheduler: `bot_program FOLDER API_URL TOKEN [die]`.

With `die` it kills itself the moment that the first update is to be handled: after the inbox, before the handler.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.feed import Feed
from bot.service import Bot, BotSettings
from storage.database import Database
from storage.keyring import Keyring
from storage.values import InboxUpdate
from tests.bot.chat import OPERATOR, Chat


async def main(folder: Path, api_url: str, token: str) -> None:
    db = Database(f"sqlite:///{folder / 'fabric.db'}", Keyring.load(folder), clock=lambda: datetime.now(UTC))
    await db.migrate()
    chat = Chat(db, folder)
    settings = BotSettings(token=token, admins=frozenset({OPERATOR}), media_folder=folder, api_url=api_url)
    program = Bot(
        replace(settings, callback_port=0),
        db=db,
        services=chat.services,
        newsroom=chat.newsroom,
        board=chat.board,
        clock=lambda: datetime.now(UTC),
    )
    await program.start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await program.stop()
    await db.dispose()


async def _die(_: Feed, __: InboxUpdate) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if "die" in sys.argv:
        Feed.handle = _die  # type: ignore[method-assign]
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
