"""Staged lives on MariaDB, where a dead process's lease has to run out: never early, never twice."""

from __future__ import annotations

from tests.scheduler.test_another_time import LASTING, move_and_die, timedelta
from tests.scheduler.test_paused_release import pause_and_die
from tests.scheduler.test_staged_deaths import random_life
from tests.scheduler.test_two_processes import mariadb, mariadb_world  # noqa: F401 - fixtures
from tests.scheduler.world import World


async def test_random_lives_on_mariadb(mariadb_world: World) -> None:  # noqa: F811
    for seed in range(4):
        await random_life(mariadb_world, seed)
        task = (await mariadb_world.tasks())[-1]
        assert task.status not in ("pending", "processing"), f"seed {seed}: {task.stage}"


async def test_another_time_and_a_pause_on_mariadb(mariadb_world: World) -> None:  # noqa: F811
    for way in LASTING.values():
        for at in (3, 11):
            await move_and_die(mariadb_world, way, at, timedelta(minutes=20))
    for at in (2, 8):
        await pause_and_die(mariadb_world, sent_until=None, at=at)
