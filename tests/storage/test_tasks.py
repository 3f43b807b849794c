"""What operators and the scheduler do with tasks beside working on them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from storage.errors import FenceLostError, NotFoundError, StaleVersionError
from storage.values import Fault, Stage, TaskStatus
from tests.storage.scene import Scene

SESSION = {"uri": "https://upload.example/canary-session-5d41", "offset": 0}


async def test_a_new_task_is_pending_at_its_first_stage(scene: Scene) -> None:
    task = await scene.add_task(scheduled_time=scene.clock.after(hours=3))
    assert (task.status, task.stage, task.fence, task.retry_count) == (TaskStatus.PENDING, Stage.PREPARE, 0, 0)
    assert task.scheduled_time == scene.clock.after(hours=3)
    assert (task.keywords, task.options, task.clip_id) == (("soup",), {"privacy": "private"}, scene.clip.id)


async def test_a_record_keeps_every_field(scene: Scene) -> None:
    await scene.add_task()
    [task] = await scene.claim()
    changes = {
        "status": TaskStatus.PROCESSING,
        "stage": Stage.TRANSFER,
        "retry_count": 2,
        "next_attempt_at": scene.clock.after(minutes=1),
        "session": SESSION,
        "opened_at": scene.clock(),
        "bytes_confirmed": 2**33,
        "bytes_total": 2**34,
        "commit_started_at": scene.clock(),
        "video_id": "dQw4",
        "fault": Fault("platform.rate_limited", {"retry_after_s": 3, "имя": "🍳"}),
    }
    recorded = await scene.record(task, **changes)
    assert recorded == replace(task, **changes, updated_at=recorded.updated_at)
    assert await scene.task(task.id) == recorded


async def test_a_field_that_is_no_workers_business_is_refused(scene: Scene) -> None:
    task = await scene.add_task()
    with pytest.raises(TypeError):
        await scene.record(task, fence=9)


async def test_a_session_opens_for_its_own_task_alone(scene: Scene) -> None:
    first = await scene.add_task(session=SESSION)
    second = await scene.add_task()
    async with scene.db.begin() as uow:
        swap = text("UPDATE tasks SET session = :sealed WHERE id = :id")
        stored = text("SELECT session FROM tasks WHERE id = :id")
        sealed = (await uow.transaction.connection.execute(stored, {"id": first.id})).scalar()
        assert "canary" not in sealed
        await uow.transaction.connection.execute(swap, {"sealed": sealed, "id": second.id})
        await uow.commit()
    assert (await scene.task(first.id)).session == SESSION
    assert (await scene.task(second.id)).session == {}, "not None: somebody must look at it"
    assert [task.id for task in await scene.claim()] == [first.id]
    parked = await scene.task(second.id)
    assert (parked.status, parked.fault) == (TaskStatus.NEEDS_ATTENTION, Fault("storage.secret_unreadable"))


async def test_a_task_whose_session_cannot_be_read_can_be_cancelled(scene: Scene) -> None:
    task = await scene.add_task(session=SESSION)
    async with scene.db.begin() as uow:
        await uow.transaction.connection.execute(text("UPDATE tasks SET session = 'damaged'"))
        cancelled = await uow.tasks.request(task.id, expected_statuses={task.status}, status=TaskStatus.CANCELLED)
    assert cancelled.status is TaskStatus.CANCELLED


async def test_the_repr_of_a_task_keeps_its_session_secret(scene: Scene) -> None:
    assert "canary" not in repr(await scene.add_task(session=SESSION))


async def test_a_task_that_does_not_exist_is_said_so(scene: Scene) -> None:
    async with scene.db.read() as uow:
        with pytest.raises(NotFoundError):
            await uow.tasks.get(10**9)


async def test_the_queue_holds_what_is_to_come_the_soonest_first(scene: Scene) -> None:
    later = await scene.add_task(scheduled_time=scene.clock.after(hours=2))
    asking = await scene.add_task(scheduled_time=scene.clock.after(hours=1), status=TaskStatus.NEEDS_ATTENTION)
    await scene.add_task(status=TaskStatus.COMPLETED)
    async with scene.db.read() as uow:
        assert [task.id for task in await uow.tasks.queue()] == [asking.id, later.id]
        assert [task.id for task in await uow.tasks.queue(limit=1)] == [asking.id]


async def test_tasks_are_found_by_post_and_by_account(scene: Scene) -> None:
    first, second = await scene.add_task(), await scene.add_task(await scene.add_account())
    async with scene.db.read() as uow:
        assert [task.id for task in await uow.tasks.of_post(scene.post.id)] == [first.id, second.id]
        found = await uow.tasks.of_account(second.account_id, {TaskStatus.PENDING})
        assert [task.id for task in found] == [second.id]
        assert await uow.tasks.of_account(second.account_id, {TaskStatus.FAILED}) == ()


async def test_an_operators_cancel_stops_a_running_worker(scene: Scene) -> None:
    await scene.add_task(stage=Stage.TRANSFER)
    [running] = await scene.claim()
    async with scene.db.begin() as uow:
        cancelled = await uow.tasks.request(
            running.id, expected_statuses={TaskStatus.PENDING}, status=TaskStatus.CANCELLED
        )
        await uow.commit()
    assert (cancelled.status, cancelled.lease_owner) == (TaskStatus.CANCELLED, None)
    with pytest.raises(FenceLostError):
        await scene.record(running, bytes_confirmed=1)


async def test_a_request_that_comes_too_late_changes_nothing(scene: Scene) -> None:
    task = await scene.add_task(status=TaskStatus.COMPLETED)
    async with scene.db.begin() as uow:
        with pytest.raises(StaleVersionError):
            await uow.tasks.request(task.id, expected_statuses={TaskStatus.FAILED}, status=TaskStatus.PENDING)
        await uow.commit()
    assert await scene.task(task.id) == task


async def test_pausing_an_account_stops_its_tasks_and_no_others(scene: Scene) -> None:
    mine = await scene.add_task()
    done = await scene.add_task(status=TaskStatus.COMPLETED)
    theirs = await scene.add_task(await scene.add_account())
    async with scene.db.begin() as uow:
        assert await uow.tasks.pause_account(scene.account.id, Fault("account.needs_reauth")) == 1
        await uow.commit()
    assert (await scene.task(mine.id)).status is TaskStatus.NEEDS_ATTENTION
    assert (await scene.task(done.id)).status is TaskStatus.COMPLETED
    assert (await scene.task(theirs.id)).status is TaskStatus.PENDING


async def test_resuming_an_account_goes_on_where_its_tasks_stood(scene: Scene) -> None:
    fresh = await scene.add_task()
    begun = await scene.add_task(stage=Stage.TRANSFER, session=SESSION, opened_at=scene.clock())
    planned = await scene.add_task(next_attempt_at=scene.clock.after(days=1))
    odd = await scene.add_task(status=TaskStatus.NEEDS_ATTENTION, fault=Fault("task.outcome_unknown"))
    async with scene.db.begin() as uow:
        await uow.tasks.pause_account(scene.account.id, Fault("account.needs_reauth"))
        later = scene.clock.advance(minutes=5)
        assert await uow.tasks.resume_account(scene.account.id, later) == 3
        await uow.commit()
    assert (await scene.task(fresh.id)).status is TaskStatus.PENDING
    resumed = await scene.task(begun.id)
    assert (resumed.status, resumed.stage, resumed.session) == (TaskStatus.PROCESSING, Stage.TRANSFER, SESSION)
    assert (resumed.fault, resumed.next_attempt_at) == (None, later)
    assert (await scene.task(planned.id)).next_attempt_at == planned.next_attempt_at
    assert (await scene.task(odd.id)).status is TaskStatus.NEEDS_ATTENTION
