"""A task's life, from the approval to the row of its upload."""

from __future__ import annotations

from datetime import timedelta

from scheduler.notices import TaskCompleted
from storage.values import Stage, TaskStatus
from tests.scheduler.world import World


async def test_an_approved_clip_is_published_once_as_it_is(world: World) -> None:
    await world.approve()
    await world.live(world.scheduler())

    (video,) = world.site.videos
    task = await world.task()
    assert video.sha256 == world.facts().sha256
    assert task.status is TaskStatus.COMPLETED
    assert task.session is None
    async with world.database().read() as uow:
        upload = await uow.uploads.by_task(task.id)
    assert upload is not None
    assert (upload.video_id, upload.video_url) == ("v1", "https://fake.example/v1")
    assert [notice.video_url for notice in world.recorder.of(TaskCompleted)] == ["https://fake.example/v1"]


async def test_nothing_is_sent_before_its_time_but_the_render_is_ready(world: World) -> None:
    at = world.clock() + timedelta(hours=3)
    await world.approve(at=at)
    scheduler = world.scheduler()
    await scheduler.run_due()

    task = await world.task()
    assert world.site.calls["open_upload"] == 0
    assert (task.stage, task.status, task.next_attempt_at) == (Stage.OPEN, TaskStatus.PENDING, at)
    assert task.render_id is not None
    assert await scheduler.next_due() == at
