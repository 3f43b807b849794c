"""The right to work on a task, and how it is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from scheduler.lease import Lease
from scheduler.notices import TaskProgressed
from scheduler.settings import Pace
from storage.errors import FenceLostError
from storage.values import Stage
from tests.scheduler.world import World


async def leased(world: World) -> Lease:
    await world.approve()
    async with world.database().begin() as uow:
        (task,) = await uow.tasks.claim_due(
            world.clock(),
            owner="me",
            lease_until=world.clock() + world.pace.lease,
            stages=[Stage.PREPARE],
            limit=1,
            exclude_busy_accounts=False,
        )
        await uow.commit()
    return Lease(task, world.database(), world.recorder, world.clock, world.pace)


async def take_away(world: World) -> None:
    async with world.database().begin() as uow:
        await uow.tasks.release_all_leases()
        await uow.commit()


async def test_a_beat_moves_the_end_of_the_lease(world: World) -> None:
    lease = await leased(world)
    world.clock.forward(seconds=15)
    await lease.extend()
    assert (await world.task()).lease_until == world.clock() + timedelta(seconds=60)


async def test_a_worker_that_lost_its_task_writes_and_says_nothing(world: World) -> None:
    lease = await leased(world)
    await take_away(world)
    with pytest.raises(FenceLostError):
        await lease.record(bytes_confirmed=5)
    with pytest.raises(FenceLostError):
        await lease.extend(commit_started_at=world.clock())
    with pytest.raises(FenceLostError):
        await lease.say(TaskProgressed(1, 1, "prepare", None))
    task = await world.task()
    assert (task.bytes_confirmed, task.commit_started_at) == (0, None)
    assert world.recorder.heard == []


async def test_a_commit_that_took_too_long_to_write_down_is_not_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = await leased(world)
    extend = Lease._extend

    async def slowly(*arguments: object) -> object:
        world.clock.forward(seconds=20)
        return await extend(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Lease, "_extend", slowly)
    with pytest.raises(FenceLostError):
        await lease.extend(at_least=timedelta(seconds=45))


async def test_work_is_stopped_when_the_lease_is_lost(world: World) -> None:
    lease = await leased(world)
    working = asyncio.ensure_future(lease.guard(asyncio.Event().wait()))
    await take_away(world)
    with pytest.raises(FenceLostError):
        await lease.extend()
    with pytest.raises(FenceLostError):
        await working


async def test_work_that_fails_fails_with_its_own_error(world: World) -> None:
    async def fail() -> None:
        raise LookupError

    lease = await leased(world)
    with pytest.raises(LookupError):
        await lease.guard(fail())


@pytest.mark.parametrize(
    "wrong",
    [
        {"heartbeat": timedelta(seconds=31)},
        {"commit_margin": timedelta(seconds=60)},
        {"upload_concurrency": 0},
    ],
)
def test_a_pace_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"lease|worker"):
        Pace(**wrong)  # type: ignore[arg-type]
