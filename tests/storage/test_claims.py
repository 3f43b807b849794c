"""Who works on a task: claims, leases, fences and the one upload slot of each account."""

from __future__ import annotations

import asyncio

import pytest

from storage.database import Database
from storage.errors import DuplicateError, FenceLostError
from storage.values import UPLOAD_STAGES, Stage, TaskStatus
from tests.storage.scene import Clock, Scene, after_next_read


async def test_a_claim_gives_a_lease_and_a_new_fence(scene: Scene) -> None:
    task = await scene.add_task()
    [claimed] = await scene.claim("w1")
    assert (claimed.id, claimed.lease_owner, claimed.fence) == (task.id, "w1", task.fence + 1)
    assert claimed.lease_until == scene.clock.after(seconds=60)


async def test_concurrent_claimers_never_share_a_task(scene: Scene) -> None:
    ids = {(await scene.add_task()).id for _ in range(12)}
    batches = await asyncio.gather(*(scene.claim(f"w{n}", limit=3, stages=[Stage.PREPARE]) for n in range(8)))
    claimed = [task.id for batch in batches for task in batch]
    assert len(claimed) == len(set(claimed))
    while batch := await scene.claim("last", limit=3, stages=[Stage.PREPARE]):
        claimed += [task.id for task in batch]
    assert sorted(claimed) == sorted(ids)


async def test_a_claimed_task_is_not_claimed_again_while_its_lease_lives(scene: Scene) -> None:
    await scene.add_task()
    await scene.claim("w1")
    scene.clock.advance(seconds=59)
    assert await scene.claim("w2") == ()


async def test_an_expired_lease_is_taken_over_with_a_higher_fence(scene: Scene) -> None:
    await scene.add_task()
    [first] = await scene.claim("w1")
    scene.clock.advance(seconds=60)
    [second] = await scene.claim("w2")
    assert second.fence > first.fence


async def test_a_late_writer_is_refused_and_changes_nothing(scene: Scene) -> None:
    await scene.add_task()
    [late] = await scene.claim("w1")
    scene.clock.advance(minutes=2)
    [current] = await scene.claim("w2")
    with pytest.raises(FenceLostError):
        await scene.record(late, status=TaskStatus.COMPLETED, video_id="stolen")
    assert await scene.task(current.id) == current


async def test_a_late_heartbeat_is_refused(scene: Scene) -> None:
    await scene.add_task()
    [late] = await scene.claim("w1")
    scene.clock.advance(minutes=2)
    [current] = await scene.claim("w2")
    async with scene.db.begin() as uow:
        assert not await uow.tasks.extend_lease(late.id, fence=late.fence, until=scene.clock.after(hours=1))
        assert await uow.tasks.extend_lease(current.id, fence=current.fence, until=scene.clock.after(hours=1))
        await uow.commit()
    assert (await scene.task(current.id)).lease_until == scene.clock.after(hours=1)


async def test_a_released_lease_cannot_be_extended(scene: Scene) -> None:
    await scene.add_task()
    [task] = await scene.claim()
    await scene.record(task, release=True)
    async with scene.db.begin() as uow:
        assert not await uow.tasks.extend_lease(task.id, fence=task.fence, until=scene.clock.after(hours=1))


async def test_one_upload_at_a_time_per_account(scene: Scene) -> None:
    for _ in range(3):
        await scene.add_task(stage=Stage.TRANSFER)
    other = await scene.add_account()
    await scene.add_task(other, stage=Stage.OPEN)
    claimed = await scene.claim("w1", stages=UPLOAD_STAGES)
    assert sorted(task.account_id for task in claimed) == [scene.account.id, other.id]
    assert await scene.claim("w2", stages=UPLOAD_STAGES) == ()


@pytest.mark.parametrize("exclude", [True, False])
async def test_concurrent_claimers_start_one_upload_per_account(scene: Scene, exclude: bool) -> None:
    for _ in range(6):
        await scene.add_task(stage=Stage.OPEN)
    batches = await asyncio.gather(
        *(scene.claim(f"w{n}", stages=UPLOAD_STAGES, exclude_busy_accounts=exclude) for n in range(6))
    )
    assert sum(len(batch) for batch in batches) == 1


async def test_the_database_itself_refuses_a_second_upload_of_an_account(scene: Scene) -> None:
    for _ in range(2):
        await scene.add_task()
    first, second = await scene.claim()
    await scene.record(first, stage=Stage.OPEN)
    with pytest.raises(DuplicateError):
        await scene.record(second, stage=Stage.OPEN)
    assert (await scene.task(second.id)).stage is Stage.PREPARE


async def test_preparing_does_not_wait_for_an_upload_of_the_account(scene: Scene) -> None:
    await scene.add_task(stage=Stage.TRANSFER)
    preparing = await scene.add_task()
    await scene.claim("w1", stages=UPLOAD_STAGES)
    [claimed] = await scene.claim("w2", stages=[Stage.PREPARE], exclude_busy_accounts=False)
    assert claimed.id == preparing.id


@pytest.mark.parametrize("change", [{"release": True}, {"stage": Stage.CONFIRM}, {"status": TaskStatus.COMPLETED}])
async def test_the_account_is_free_after(scene: Scene, change: dict[str, object]) -> None:
    await scene.add_task(stage=Stage.TRANSFER)
    second = await scene.add_task(stage=Stage.TRANSFER, next_attempt_at=scene.clock.after(seconds=1))
    [first] = await scene.claim("w1")
    scene.clock.advance(seconds=1)
    await scene.record(first, next_attempt_at=scene.clock.after(hours=1), **change)
    assert [task.id for task in await scene.claim("w2")] == [second.id]


async def test_a_stalled_upload_that_lost_its_account_may_not_go_on(scene: Scene) -> None:
    await scene.add_task(stage=Stage.TRANSFER)
    [stalled] = await scene.claim("w1")
    urgent = await scene.add_task(stage=Stage.TRANSFER, priority=9)
    scene.clock.advance(minutes=2)
    assert [task.id for task in await scene.claim("w2")] == [urgent.id]
    with pytest.raises(FenceLostError):
        await scene.record(stalled, bytes_confirmed=10)


async def test_a_long_queue_of_one_account_does_not_hide_another_account(scene: Scene) -> None:
    for _ in range(8):
        await scene.add_task(stage=Stage.OPEN)
    other = await scene.add_task(await scene.add_account(), stage=Stage.OPEN)
    claimed = await scene.claim(limit=2)
    assert other.id in {task.id for task in claimed}


async def test_priority_goes_first_then_who_waited_longest(scene: Scene) -> None:
    late = await scene.add_task(next_attempt_at=scene.clock.after(seconds=-1))
    early = await scene.add_task(next_attempt_at=scene.clock.after(seconds=-9))
    urgent = await scene.add_task(priority=1)
    assert [task.id for task in await scene.claim()] == [urgent.id, early.id, late.id]


async def test_a_task_is_not_claimed_before_its_time_nor_in_another_stage(scene: Scene) -> None:
    await scene.add_task(next_attempt_at=scene.clock.after(microseconds=1))
    await scene.add_task(stage=Stage.CONFIRM)
    assert await scene.claim(stages=[Stage.PREPARE]) == ()


@pytest.mark.parametrize("status", sorted(set(TaskStatus) - {TaskStatus.PENDING, TaskStatus.PROCESSING}))
async def test_a_task_is_not_claimed_when_it_is(scene: Scene, status: TaskStatus) -> None:
    await scene.add_task(status=status)
    assert await scene.claim() == ()


async def test_a_start_takes_the_leases_of_the_dead(scene: Scene) -> None:
    await scene.add_task(stage=Stage.TRANSFER)
    [dead] = await scene.claim("w1")
    async with scene.db.begin() as uow:
        assert await uow.tasks.release_all_leases() == 1
        await uow.commit()
    [alive] = await scene.claim("w2")
    assert alive.fence > dead.fence + 1
    with pytest.raises(FenceLostError):
        await scene.record(dead, bytes_confirmed=1)


async def test_nothing_is_next_when_there_is_nothing_to_do(scene: Scene) -> None:
    await scene.add_task(status=TaskStatus.COMPLETED)
    async with scene.db.read() as uow:
        assert await uow.tasks.next_due() is None


async def test_the_next_due_moment_is_the_first_that_can_be_claimed(scene: Scene) -> None:
    await scene.add_task(stage=Stage.TRANSFER)
    await scene.claim()
    await scene.add_task(stage=Stage.OPEN)  # waits for the account
    await scene.add_task(next_attempt_at=scene.clock.after(hours=2))
    async with scene.db.read() as uow:
        assert await uow.tasks.next_due() == scene.clock.after(seconds=60)


async def test_a_confirming_task_is_due_though_its_account_uploads(scene: Scene) -> None:
    await scene.add_task(stage=Stage.TRANSFER)
    await scene.claim()
    await scene.add_task(stage=Stage.CONFIRM, next_attempt_at=scene.clock.after(seconds=5))
    async with scene.db.read() as uow:
        assert await uow.tasks.next_due() == scene.clock.after(seconds=5)


async def test_a_take_over_between_a_writers_read_and_write_is_noticed(
    mariadb_db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where several may write at once; on SQLite the whole transaction is exclusive."""
    scene = await Scene.build(mariadb_db, clock)
    await scene.add_task()
    [late] = await scene.claim("w1")
    clock.advance(minutes=2)
    after_next_read(monkeypatch, lambda: scene.claim("w2"))
    with pytest.raises(FenceLostError):
        await scene.record(late, video_id="stolen")
    assert (await scene.task(late.id)).video_id is None
