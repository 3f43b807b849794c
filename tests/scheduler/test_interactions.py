"""The first comment and the like: once each, whatever dies or is lost, and only when the video can be seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scheduler.interactions import _AtWork
from scheduler.notices import UploadTended
from storage.repositories.interactions import Interaction, InteractionState
from storage.values import AccountStatus, TaskStatus
from tests.scheduler.test_crashes import bury
from tests.scheduler.world import World, without
from tests.support.crash import Executioner, Killed

BOTH = {"comment": "More on {account}: {title}", "like": True}


async def rows(world: World) -> list[Interaction]:
    task = (await world.tasks())[-1]
    async with world.database().read() as uow:
        upload = await uow.uploads.by_task(task.id)
        return [] if upload is None else list(await uow.interactions.of_upload(upload.id))


async def publish(world: World, interactions: dict[str, Any] = BOTH, **faults: str) -> list[Interaction]:
    """A whole life; faults by `step__number`."""
    for name, fault in faults.items():
        step, _, number = name.partition("__")
        world.site.faults[step, int(number or 1)] = fault
    await world.approve(interactions=interactions)
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    return await rows(world)


def said(world: World) -> list[str]:
    return [text for _, text, _ in world.site.comments]


async def test_what_was_asked_for_is_done_once_after_the_publication(world: World) -> None:
    done = await publish(world)
    assert [(row.interaction_type, row.state) for row in done] == [("comment", "done"), ("like", "done")]
    assert said(world) == ["More on Channel 1: A title"]
    assert done[0].remote_id == "c1"
    assert world.site.likes == ["v1"]
    assert [notice.fault for notice in world.recorder.of(UploadTended)] == [None, None]


async def test_nothing_is_done_unasked(world: World) -> None:
    assert await publish(world, {"comment": "", "like": False}) == []


async def test_nobody_comments_before_the_minute_of_the_post(world: World) -> None:
    """A video may be staged: there before its time, and unseen."""
    at = world.clock() + timedelta(hours=3)
    await world.approve(at=at, interactions=BOTH)
    await world.live(world.scheduler())
    assert [when >= at for _, _, when in world.site.comments] == [True]


@pytest.mark.parametrize("word", ["lose_before", "lose_after"])
async def test_a_lost_answer_is_looked_up_before_it_is_said_again(world: World, word: str) -> None:
    world.site.shows_after = timedelta(seconds=50)
    await publish(world, post_comment=word)
    assert len(said(world)) == 1


async def test_without_the_look_a_lost_answer_comments_twice(world: World) -> None:
    """The test above can fail."""

    async def blindly(at_work: Any, site: Any, deed: Any, find: Any) -> None:
        await at_work._do(site, deed)

    with without(_AtWork, "_reconcile", blindly):
        await publish(world, post_comment="lose_after")
    assert len(said(world)) == 2


@pytest.mark.parametrize("word", ["transient", "token", "rate", "garbage"])
async def test_a_site_that_stumbles_is_asked_again(world: World, word: str) -> None:
    world.site.valid_tokens = {"t0"}
    done = await publish(world, like_video=word, post_comment=word)
    assert [row.state for row in done] == [InteractionState.DONE] * 2
    assert len(said(world)) == 1


async def test_a_refusal_is_told_in_a_sentence_and_not_repeated(world: World) -> None:
    comment, like = await publish(world, post_comment="operator")
    assert (comment.state, like.state) == (InteractionState.FAILED, InteractionState.DONE)
    assert comment.fault is not None
    assert comment.fault.code == "platform.needs_operator"
    assert world.site.calls["post_comment"] == 1
    (failed,) = [notice for notice in world.recorder.of(UploadTended) if notice.fault]
    assert failed.deed == "comment"


async def test_a_site_that_stays_away_is_given_up(world: World) -> None:
    faults = {f"like_video__{number}": "transient" for number in range(1, 50)}
    (like,) = await publish(world, {"like": True}, **faults)
    assert like.state is InteractionState.FAILED
    assert world.site.calls["like_video"] == 12


async def test_a_comment_that_cannot_be_looked_up_is_left_and_said(world: World) -> None:
    faults = {f"find_comment__{number}": "transient" for number in range(1, 50)}
    (comment,) = await publish(world, {"comment": "Hello"}, post_comment="lose_after", **faults)
    assert (comment.state, comment.next_attempt_at) == (InteractionState.UNKNOWN, None)
    assert comment.fault is not None
    assert comment.fault.code == "interaction.not_found_out"
    assert len(said(world)) == 1


async def test_answers_that_are_always_lost_end_with_a_sentence(world: World) -> None:
    faults = {f"post_comment__{number}": "lose_before" for number in range(1, 50)}
    (comment,) = await publish(world, {"comment": "Hello"}, **faults)
    assert comment.state is InteractionState.FAILED
    assert world.site.calls["post_comment"] <= 5


async def test_a_full_allowance_is_waited_for(world: World) -> None:
    (like,) = await publish(world, {"like": True}, like_video="quota")
    assert like.state is InteractionState.DONE
    assert world.site.calls["like_video"] == 2


async def test_an_account_that_was_switched_off_does_nothing_by_itself(world: World) -> None:
    await publish(world, {})
    async with world.database().begin() as uow:
        upload = await uow.uploads.by_task((await world.task()).id)
        (account,) = await uow.accounts.list()
        await uow.accounts.set_status(account.id, AccountStatus.DISABLED)
        assert upload is not None
        await uow.interactions.add(upload.id, "like")
        await uow.interactions.add(upload.id, "comment", "Asked for", is_asked=True)
        await uow.commit()
    await world.live(world.scheduler(), until=timedelta(hours=1))
    assert (world.site.likes, said(world)) == ([], ["Asked for"])


async def one_death(world: World, at: int, **faults: str) -> tuple[bool, list[str]]:
    """Whether somebody died, and the points that were passed."""
    world.begin_anew()
    for name, fault in faults.items():
        world.site.faults[name, 1] = fault
    await world.approve(interactions=BOTH)
    executioner = Executioner(at)
    for one in (executioner, Executioner()):
        scheduler = world.scheduler(one)
        try:
            await scheduler.recover()
            await world.live(scheduler)
        except Killed:
            pass
        await bury(scheduler)
    return executioner.dead, executioner.points


@pytest.mark.parametrize("faults", [{}, {"post_comment": "lose_after"}], ids=["whole", "lost answer"])
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.long)], ids=["every fourth", "every"])
async def test_a_death_at_any_point_leaves_one_comment(world: World, faults: dict[str, str], step: int) -> None:
    at = 18  # the deaths before the publication are another test's
    while True:
        died, points = await one_death(world, at, **faults)
        told = f"killed at {at} ({points[-1]})"
        assert len(said(world)) == 1, told
        assert world.site.likes, told
        assert [row.state for row in await rows(world)] == [InteractionState.DONE] * 2, told
        if not died:
            break
        at += step
    assert at > 28
