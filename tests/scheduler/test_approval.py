"""From a draft to a post with its tasks, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scheduler.approval import Approval
from scheduler.errors import NotReadyError
from scheduler.notices import TaskCancelled
from storage.errors import StaleVersionError
from storage.values import AccountStatus, Draft, DraftState, Operator, TaskStatus
from tests.scheduler.world import World


def approval(world: World) -> Approval:
    return Approval({"fake": world.platform()}, world.presets, world.clock, desk=world.desk())


async def draft_of(world: World, uow: Any, **changes: Any) -> tuple[Draft, Operator]:
    operator = await uow.operators.ensure(1001, locale="en", timezone="Europe/Berlin")
    clip = await world.add_clip(uow, operator)
    account = await world.add_account(uow, operator)
    draft = await uow.drafts.add(operator_id=operator.id, clip_id=clip.id, chat_id=7)
    ready = {"title": "A title", "voice_preset": "", "account_ids": [account.id], "publish_now": True}
    return await uow.drafts.change(draft.id, version=draft.version, **(ready | changes)), operator


async def problems(world: World, **changes: Any) -> set[str]:
    async with world.database().begin() as uow:
        draft, _ = await draft_of(world, uow, **changes)
        clip = await uow.clips.get(draft.clip_id)
        accounts = [await uow.accounts.get(account_id) for account_id in draft.account_ids]
        return {problem.code for problem in approval(world).problems(draft, clip, accounts)}


async def test_a_complete_draft_has_no_problems(world: World) -> None:
    assert await problems(world) == set()


async def test_everything_that_is_missing_is_said_at_once(world: World) -> None:
    missing = await problems(world, title=" ", voice_preset=None, account_ids=[], publish_now=False)
    assert missing == {"draft.no_time", "draft.no_title", "draft.no_voice", "draft.no_account"}


async def test_a_time_that_has_passed_is_a_problem_unless_it_goes_out_now(world: World) -> None:
    past = world.clock() - timedelta(minutes=1)
    assert await problems(world, publish_now=False, scheduled_time=past) == {"time.past"}


async def test_an_unknown_voice_is_a_problem(world: World) -> None:
    assert await problems(world, voice_preset="whale") == {"voice.unknown_preset"}


async def test_a_rule_of_the_site_is_a_problem_once_however_many_accounts(world: World) -> None:
    assert await problems(world, title="x" * 101) == {"fake.title_too_long"}


async def test_a_new_voice_for_a_silent_clip_is_a_problem(world: World) -> None:
    async with world.database().begin() as uow:
        draft, _ = await draft_of(world, uow, voice_preset="deeper")
        clip = await uow.clips.get(draft.clip_id)
        assert clip.facts is not None
        silent = replace(clip, facts=replace(clip.facts, audio_codec=None))
        found = approval(world).problems(draft, silent, [await uow.accounts.get(draft.account_ids[0])])
    assert {problem.code for problem in found} == {"media.no_audio_track"}


async def test_an_account_that_waits_for_its_operator_is_a_problem(world: World) -> None:
    async with world.database().begin() as uow:
        draft, _ = await draft_of(world, uow)
        await uow.accounts.set_status(draft.account_ids[0], AccountStatus.NEEDS_REAUTH)
        account = await uow.accounts.get(draft.account_ids[0])
        found = approval(world).problems(draft, await uow.clips.get(draft.clip_id), [account])
    assert [problem.code for problem in found] == ["draft.account_inactive"]


async def test_an_unready_draft_is_not_approved(world: World) -> None:
    async with world.database().begin() as uow:
        draft, operator = await draft_of(world, uow, title="")
        with pytest.raises(NotReadyError) as caught:
            await approval(world).approve(uow, draft, operator)
    assert [problem.code for problem in caught.value.problems] == ["draft.no_title"]
    assert await world.tasks() == ()


async def test_approving_makes_one_task_per_account_and_declares_a_changed_voice(world: World) -> None:
    await world.approve(accounts=3, voice="deeper")
    tasks = await world.tasks()
    assert [task.status for task in tasks] == [TaskStatus.PENDING] * 3
    assert all(task.options["contains_synthetic_media"] for task in tasks)
    assert tasks[0].options["privacy_status"] == "public"


async def test_a_second_tap_on_approve_makes_no_second_post(world: World) -> None:
    async with world.database().begin() as uow:
        draft, operator = await draft_of(world, uow)
        await approval(world).approve(uow, draft, operator)
        await uow.commit()
    async with world.database().begin() as uow:
        with pytest.raises(StaleVersionError):
            await approval(world).approve(uow, draft, operator)
    assert len(await world.tasks()) == 1


async def test_an_approval_is_taken_back_while_the_post_waits(world: World) -> None:
    post = await world.approve(at=world.clock() + timedelta(hours=1))
    scheduler = world.scheduler()
    await scheduler.run_due()
    async with world.database().begin() as uow:
        draft = await approval(world).reopen(uow, post.id)
        await uow.commit()
    assert draft.state is DraftState.OPEN
    await world.live(scheduler)
    assert world.site.videos == []


async def test_a_post_that_failed_before_anything_was_sent_becomes_a_draft_again(world: World) -> None:
    post = await world.approve()
    world.clip_path.unlink()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.FAILED
    async with world.database().begin() as uow:
        draft = await approval(world).reopen(uow, post.id)
        await uow.commit()
    assert draft.state is DraftState.OPEN
    assert (await world.task()).status is TaskStatus.CANCELLED


async def test_a_video_that_the_site_rejected_is_no_draft_again(world: World) -> None:
    post = await world.approve()
    await world.live(world.scheduler())
    task = await world.task()
    async with world.database().begin() as uow:
        await uow.tasks.request(task.id, expected_statuses={TaskStatus.COMPLETED}, status=TaskStatus.FAILED)
        with pytest.raises(StaleVersionError):
            await approval(world).reopen(uow, post.id)


async def test_an_approval_is_not_taken_back_once_something_was_sent(world: World) -> None:
    post = await world.approve()
    await world.live(world.scheduler())
    async with world.database().begin() as uow:
        with pytest.raises(StaleVersionError):
            await approval(world).reopen(uow, post.id)


async def test_cancelling_a_post_cancels_what_is_not_published(world: World) -> None:
    post = await world.approve(accounts=2, at=world.clock() + timedelta(hours=1))
    async with world.database().begin() as uow:
        await approval(world).cancel(uow, post.id)
        await uow.commit()
    assert {task.status for task in await world.tasks()} == {TaskStatus.CANCELLED}
    assert len(world.recorder.of(TaskCancelled)) == 2
    async with world.database().begin() as uow:
        with pytest.raises(StaleVersionError):
            await approval(world).cancel(uow, post.id)
