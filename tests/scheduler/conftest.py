"""A migrated database to copy, so that each test begins in milliseconds."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.keyring import Keyring
from tests.scheduler.world import KEY, HandClock, World


@pytest.fixture(scope="session")
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: these tests commit thousands of times."""
    shm = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="fabric-", dir=shm if shm.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(memory_folder: Path) -> Path:
    path = memory_folder / "template.db"

    async def make() -> None:
        db = Database(f"sqlite+aiosqlite:///{path}", Keyring([KEY]), clock=HandClock())
        await db.migrate()
        await db.dispose()

    asyncio.run(make())
    return path


@pytest.fixture
async def world(memory_folder: Path, template: Path) -> AsyncIterator[World]:
    folder = Path(tempfile.mkdtemp(dir=memory_folder))
    world = World(folder, template)
    yield world
    await world.dispose()
    shutil.rmtree(folder)
