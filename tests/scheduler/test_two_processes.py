"""Several processes over one database, and the same life of a task on MariaDB."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from scheduler.service import Scheduler
from storage.database import Database
from storage.keyring import Keyring
from storage.values import TaskStatus
from tests.scheduler.test_crashes import run_schedule
from tests.scheduler.world import KEY, HandClock, MachineClock, World
from tests.support.mariadb import MariadbServer, MariadbUnavailableError


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariadbServer]:
    try:
        server = MariadbServer.create()
    except MariadbUnavailableError as error:
        pytest.skip(f"no MariaDB here: {error}")
    yield server
    server.destroy()


@pytest.fixture
async def mariadb_world(memory_folder: Path, mariadb: MariadbServer) -> AsyncIterator[World]:
    folder = Path(tempfile.mkdtemp(dir=memory_folder))
    url = mariadb.create_database(f"world_{folder.name}")
    db = Database(url, Keyring([KEY]), clock=HandClock())
    await db.migrate()
    await db.dispose()
    world = World(folder, None, url)
    yield world
    await world.dispose()
    shutil.rmtree(folder)


async def publish_with_three_processes(world: World) -> None:
    world.clock = world.site.clock = MachineClock()  # type: ignore[assignment]
    for _ in range(2):
        await world.approve(accounts=2)
    processes = [world.scheduler(owner=f"process {number}") for number in range(3)]

    async def work(process: Scheduler) -> None:
        while any(task.status is not TaskStatus.COMPLETED for task in await world.tasks()):
            await process.run_due()

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(process) for process in processes))
    assert len(world.site.videos) == len({video.marker for video in world.site.videos}) == 4


async def test_three_processes_publish_each_task_once(world: World) -> None:
    await publish_with_three_processes(world)


async def test_three_processes_on_mariadb_publish_each_task_once(mariadb_world: World) -> None:
    await publish_with_three_processes(mariadb_world)


async def test_deaths_on_mariadb_publish_once_when_the_dead_ones_leases_have_run_out(mariadb_world: World) -> None:
    for seed in range(8):
        outcome = await run_schedule(mariadb_world, seed)
        assert outcome.videos <= 1, f"seed {seed}: {outcome}"
        is_asked = outcome.status is TaskStatus.NEEDS_ATTENTION
        assert outcome.is_good or is_asked, f"seed {seed}: {outcome}"
