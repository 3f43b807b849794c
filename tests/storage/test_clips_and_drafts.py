"""Clips, drafts and posts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from storage.errors import NotFoundError, StaleVersionError
from storage.values import ClipState, Draft, DraftState, Fault, TaskStatus
from tests.storage.scene import FACTS, Scene


async def change(scene: Scene, version: int, **fields: Any) -> Draft:
    async with scene.db.begin() as uow:
        draft = await uow.drafts.change(scene.draft.id, version=version, **fields)
        await uow.commit()
    return draft


async def test_one_message_is_one_clip(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        again = await uow.clips.add(
            operator_id=scene.operator.id, chat_id=500, message_id=1, file_id="other", file_unique_id="other"
        )
    assert again == scene.clip


async def test_a_clip_that_was_examined_carries_its_facts(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        assert [clip.id for clip in await uow.clips.receiving()] == [scene.clip.id]
        await uow.clips.ready(scene.clip.id, "/media/a.mp4", FACTS)
        clip = await uow.clips.get(scene.clip.id)
        assert (clip.state, clip.path, clip.facts) == (ClipState.READY, "/media/a.mp4", FACTS)
        assert await uow.clips.receiving() == ()


async def test_a_clip_that_failed_can_be_received_again(scene: Scene) -> None:
    fault = Fault("media.not_a_video", {"name": "текст.mp4"})
    async with scene.db.begin() as uow:
        assert (await uow.clips.fail(scene.clip.id, fault)).fault == fault
        retried = await uow.clips.retry(scene.clip.id)
        assert (retried.state, retried.fault) == (ClipState.RECEIVING, None)
        with pytest.raises(NotFoundError):
            await uow.clips.retry(10**9)


async def test_a_clip_is_unused_when_it_is_old_and_no_open_draft_or_living_task_needs_it(scene: Scene) -> None:
    task = await scene.add_task()
    async with scene.db.begin() as uow:
        await uow.clips.ready(scene.clip.id, "/media/a.mp4", FACTS)
        await uow.commit()
    month_later = scene.clock.advance(days=31)

    async def unused() -> list[int]:
        async with scene.db.read() as uow:
            return [clip.id for clip in await uow.clips.unused_since(month_later)]

    assert await unused() == [], "its draft is open and its task is to come"
    async with scene.db.begin() as uow:
        await uow.drafts.close(scene.draft.id, version=scene.draft.version, state=DraftState.DISCARDED)
        await uow.commit()
    assert await unused() == [], "its task is to come"
    scene.clock.now -= timedelta(days=20)
    async with scene.db.begin() as uow:
        await uow.tasks.request(task.id, expected_statuses={TaskStatus.PENDING}, status=TaskStatus.CANCELLED)
        await uow.commit()
    assert await unused() == [scene.clip.id]
    async with scene.db.read() as uow:
        assert await uow.clips.unused_since(scene.clip.created_at) == (), "it is not that old"


async def test_a_file_that_two_clips_share_is_given_up_with_the_second(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        twin = await uow.clips.add(
            operator_id=scene.operator.id, chat_id=500, message_id=2, file_id="f2", file_unique_id="u2"
        )
        for clip_id in (scene.clip.id, twin.id):
            await uow.clips.ready(clip_id, "/media/a.mp4", FACTS)
        assert await uow.clips.forget_file(scene.clip.id) is None
        assert await uow.clips.forget_file(twin.id) == "/media/a.mp4"
        assert (await uow.clips.get(twin.id)).facts == FACTS


async def test_one_clip_is_one_draft(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        again = await uow.drafts.add(operator_id=scene.operator.id, clip_id=scene.clip.id, chat_id=500, title="Other")
        assert again == scene.draft == await uow.drafts.by_clip(scene.clip.id)


async def test_a_change_keeps_every_field_and_makes_a_new_version(scene: Scene) -> None:
    fields = {
        "account_ids": (scene.account.id,),
        "title": "Борщ 🍲",
        "description": "x" * 5000,
        "keywords": ("a", "б"),
        "voice_preset": "",
        "scheduled_time": scene.clock.after(hours=1),
        "publish_now": True,
        "options": {"privacy": "unlisted"},
    }
    draft = await change(scene, 1, **fields)
    assert draft.version == 2
    assert {name: getattr(draft, name) for name in fields} == fields


async def test_a_tap_on_an_old_card_changes_nothing(scene: Scene) -> None:
    current = await change(scene, 1, title="New")
    with pytest.raises(StaleVersionError):
        await change(scene, 1, title="Old")
    async with scene.db.read() as uow:
        assert await uow.drafts.get(scene.draft.id) == current


async def test_of_two_taps_at_once_one_counts(scene: Scene) -> None:
    results = await asyncio.gather(change(scene, 1, title="A"), change(scene, 1, title="B"), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Draft", "StaleVersionError"]


async def test_a_field_that_is_not_the_operators_is_refused(scene: Scene) -> None:
    with pytest.raises(TypeError):
        await change(scene, 1, state=DraftState.APPROVED)


async def test_an_approved_draft_is_closed_until_it_is_reopened(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        closed = await uow.drafts.close(scene.draft.id, version=1, state=DraftState.APPROVED, post_id=scene.post.id)
        assert await uow.drafts.by_post(scene.post.id) == closed
        assert await uow.drafts.open_of(scene.operator.id) == ()
        with pytest.raises(StaleVersionError):
            await uow.drafts.change(closed.id, version=closed.version, title="Late")
        reopened = await uow.drafts.reopen(closed.id)
        assert (reopened.state, reopened.post_id) == (DraftState.OPEN, None)
        assert reopened.version > closed.version > scene.draft.version
        assert await uow.drafts.open_of(scene.operator.id) == (reopened,)
        with pytest.raises(StaleVersionError):
            await uow.drafts.reopen(closed.id)


async def test_showing_a_draft_on_another_card_keeps_its_buttons_good(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.drafts.set_card(scene.draft.id, 42)
        draft = await uow.drafts.get(scene.draft.id)
    assert (draft.card_message_id, draft.version) == (42, scene.draft.version)


async def test_a_post_comes_back_as_it_was_made(scene: Scene) -> None:
    async with scene.db.read() as uow:
        assert await uow.posts.get(scene.post.id) == scene.post
        with pytest.raises(NotFoundError):
            await uow.posts.get(10**9)
    assert scene.post.keywords == ("soup", "борщ")
