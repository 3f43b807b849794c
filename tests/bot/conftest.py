"""A chat over a fresh database for each test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.database import Database
from storage.keyring import Keyring, generate_key
from tests.bot.chat import Chat

KEYRING = Keyring([generate_key()])


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file, to be copied."""
    path = tmp_path_factory.mktemp("bot") / "template.db"

    async def migrate() -> None:
        db = Database(f"sqlite:///{path}", KEYRING, clock=lambda: datetime.now(UTC))
        await db.migrate()
        await db.dispose()

    asyncio.run(migrate())
    return path


@pytest.fixture
async def chat(migrated: Path, tmp_path: Path) -> AsyncIterator[Chat]:
    path = tmp_path / "fabric.db"
    shutil.copy(migrated, path)
    clock_of: list[Chat] = []
    db = Database(f"sqlite:///{path}", KEYRING, clock=lambda: clock_of[0].clock())
    built = Chat(db, tmp_path)
    clock_of.append(built)
    yield built
    await built.window.close()
    await db.dispose()
