"""Uploads, interactions, statistics, quotas and renders."""

from __future__ import annotations

from typing import Any

import pytest

from storage.errors import DuplicateError, NotFoundError
from storage.unit_of_work import UnitOfWork
from storage.values import QuotaSpend, Render, Stage, TaskStatus, Upload
from tests.storage.scene import Scene


async def add_upload(uow: UnitOfWork, scene: Scene, task_id: int, video_id: str = "v1") -> Upload:
    return await uow.uploads.add(
        task_id=task_id,
        account_id=scene.account.id,
        platform="youtube",
        video_id=video_id,
        upload_id=None,
        video_url=f"https://youtu.be/{video_id}",
        upload_time=scene.clock(),
    )


async def add_render(uow: UnitOfWork, profile: str = "youtube", **changes: Any) -> Render:
    values = {"path": "/r/1.mp4", "sha256": "cd" * 32, "size": 2**33, "duration_s": 20.021, **changes}
    return await uow.renders.add(clip_sha256="ab" * 32, preset_digest="deeper-1", profile=profile, **values)


async def test_a_task_becomes_one_upload(scene: Scene) -> None:
    task = await scene.add_task()
    async with scene.db.begin() as uow:
        upload = await add_upload(uow, scene, task.id)
        assert await add_upload(uow, scene, task.id) == upload == await uow.uploads.by_task(task.id)
        with pytest.raises(DuplicateError):
            await add_upload(uow, scene, task.id, video_id="v2")


async def test_the_newest_uploads_come_first(scene: Scene) -> None:
    first, second = await scene.add_task(), await scene.add_task()
    async with scene.db.begin() as uow:
        older = await add_upload(uow, scene, first.id)
        scene.clock.advance(seconds=1)
        newer = await add_upload(uow, scene, second.id)
        assert await uow.uploads.recent(5) == (newer, older)
        assert await uow.uploads.recent(1) == (newer,)


async def test_comments_and_likes_are_kept_with_their_upload(scene: Scene) -> None:
    task = await scene.add_task()
    async with scene.db.begin() as uow:
        upload = await add_upload(uow, scene, task.id)
        await uow.interactions.add(upload.id, "comment", "Первый!")
        await uow.interactions.add(upload.id, "like", "")
        found = await uow.interactions.of_upload(upload.id)
    assert [(item.interaction_type, item.content) for item in found] == [("comment", "Первый!"), ("like", "")]


async def test_the_latest_statistics_are_found(scene: Scene) -> None:
    task = await scene.add_task()
    async with scene.db.begin() as uow:
        upload = await add_upload(uow, scene, task.id)
        assert await uow.statistics.latest(upload.id) is None
        await uow.statistics.add(upload.id, scene.clock.after(hours=1), {"views": 20})
        await uow.statistics.add(upload.id, scene.clock(), {"views": 10})
        latest = await uow.statistics.latest(upload.id)
        assert latest is not None
        assert (latest.captured_at, latest.values) == (scene.clock.after(hours=1), {"views": 20})


async def test_quota_is_counted_by_bucket_account_and_window(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        for account_id, bucket, minutes, cost in (
            (None, "units", -60, 50),
            (None, "units", 0, 1600),
            (None, "units", 5, 100),
            (None, "search", 0, 7),
            (scene.account.id, "units", 0, 9),
        ):
            at = scene.clock.after(minutes=minutes)
            await uow.quota.spend(QuotaSpend("youtube", bucket, account_id, cost, at))
        assert await uow.quota.used("youtube", "units", None, scene.clock()) == 1700
        assert await uow.quota.oldest("youtube", "units", None, scene.clock()) == scene.clock()
        assert await uow.quota.used("youtube", "units", scene.account.id, scene.clock()) == 9
        assert await uow.quota.used("tiktok", "units", None, scene.clock()) == 0
        assert await uow.quota.oldest("tiktok", "units", None, scene.clock()) is None
        assert await uow.quota.prune(scene.clock()) == 1


async def test_the_platforms_own_figure_is_remembered(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.quota.override("youtube", "uploads", None, 100)
        await uow.quota.override("youtube", "uploads", None, 50)
        await uow.quota.override("youtube", "uploads", scene.account.id, 6)
        assert await uow.quota.overrides() == {
            ("youtube", "uploads", None): 50,
            ("youtube", "uploads", scene.account.id): 6,
        }
        await uow.quota.override("youtube", "uploads", None, None)
        assert await uow.quota.overrides() == {("youtube", "uploads", scene.account.id): 6}


async def test_one_conversion_is_one_render(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        assert await uow.renders.find("ab" * 32, "deeper-1", "youtube") is None
        render = await add_render(uow)
        assert await add_render(uow, path="/r/2.mp4") == render == await uow.renders.get(render.id)
        assert await add_render(uow, profile="tiktok") != render


async def test_a_render_is_unused_when_no_living_or_recent_task_has_it(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        living, finished = await add_render(uow), await add_render(uow, profile="tiktok")
        await uow.commit()
    await scene.add_task(render_id=living.id)
    done = await scene.add_task(render_id=finished.id, status=TaskStatus.COMPLETED, stage=Stage.CONFIRM)
    async with scene.db.begin() as uow:
        assert await uow.renders.unused_since(scene.clock()) == ()
        assert await uow.renders.unused_since(scene.clock.after(days=1)) == (finished,)
        await uow.renders.remove(finished.id)
        assert (await uow.tasks.get(done.id)).render_id is None
        with pytest.raises(NotFoundError):
            await uow.renders.get(finished.id)


async def test_figures_as_of_a_moment(scene: Scene) -> None:
    task, other = await scene.add_task(), await scene.add_task()
    async with scene.db.begin() as uow:
        upload, silent = await add_upload(uow, scene, task.id), await add_upload(uow, scene, other.id, "v2")
        moments = []
        for views in (1, 5, 9):
            moments.append(scene.clock())
            await uow.statistics.add(upload.id, scene.clock(), {"views": views})
            scene.clock.advance(seconds=60)
        ids = [upload.id, silent.id]
        newest, then = await uow.statistics.newest(ids), await uow.statistics.newest(ids, until=moments[1])
        first, none = await uow.statistics.oldest(ids), await uow.statistics.newest([])
    told = [{key: each.values["views"] for key, each in found.items()} for found in (newest, then, first)]
    assert told == [{upload.id: 9}, {upload.id: 5}, {upload.id: 1}]
    assert none == {}
