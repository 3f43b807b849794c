"""What an operator asks of a published video: each wish is obeyed once, whatever is lost, or is refused in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from scheduler import interaction_deeds
from scheduler.errors import FaultError, NotOfferedError, UnfitError
from scheduler.notices import UploadTended
from scheduler.uploads import UploadDesk
from storage.errors import StaleVersionError
from storage.repositories.interactions import Interaction, InteractionState
from storage.values import TaskStatus
from tests.scheduler.test_desk import say, unknown_outcome
from tests.scheduler.world import World
from tests.support.able_platform import AblePlatform

STEPS = {
    "edit": "update_metadata",
    "delete": "delete_video",
    "thumbnail": "set_thumbnail",
    "playlist": "add_to_playlist",
    "count": "get_video_analytics",
}
CONTENTS = {"thumbnail": "1500", "playlist": "PL1"}


@pytest.fixture
async def able(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with one published video on a site that offers everything."""

    async def draw(_: Any, __: Path, at_s: float, picture: Path) -> None:
        picture.write_text(f"frame at {at_s}")

    monkeypatch.setattr(interaction_deeds, "cover_frame", draw)
    world.make_platform = AblePlatform
    await world.approve()
    await world.live(world.scheduler())
    return world


def desk(world: World) -> UploadDesk:
    return UploadDesk(world.platforms())


async def write(world: World, wish: Callable[[Any], Awaitable[object]]) -> None:
    async with world.database().begin() as uow:
        await wish(uow)
        await uow.commit()


async def ask(world: World, deed: str) -> None:
    if deed == "edit":
        await write(world, lambda uow: desk(world).edit(uow, 1, {"title": "Another title"}))
    else:
        await write(world, lambda uow: desk(world).ask(uow, 1, deed, CONTENTS.get(deed, "")))


async def newest(world: World) -> Interaction:
    async with world.database().read() as uow:
        return (await uow.interactions.of_upload(1))[-1]


def effect(world: World, deed: str) -> object:
    """What the site shows of a deed."""
    return {
        "edit": [(video.title, video.meta.description) for video in world.site.videos],
        "delete": world.site.videos,
        "thumbnail": set(world.site.covers),
        "playlist": world.site.listed,
        "count": None,
    }[deed]


EFFECTS = {
    "edit": [("Another title", "")],
    "delete": [],
    "thumbnail": {("v1", b"frame at 1.5")},
    "playlist": {("PL1", "v1")},
    "count": None,
}


@pytest.mark.parametrize("deed", sorted(STEPS))
async def test_a_wish_is_obeyed_and_told(able: World, deed: str) -> None:
    await ask(able, deed)
    await ask(able, deed)
    await able.live(able.scheduler())
    assert (await newest(able)).state is InteractionState.DONE
    assert effect(able, deed) == EFFECTS[deed]
    assert able.site.calls[STEPS[deed]] == 1, "the same wish twice is one"
    assert able.recorder.of(UploadTended) == [UploadTended(1, 1, deed, None, is_asked=True)]


@pytest.mark.parametrize("word", ["lose_after", "transient", "garbage", "token", "rate"])
@pytest.mark.parametrize("deed", sorted(STEPS))
async def test_a_lost_answer_or_a_stumble_does_no_harm(able: World, deed: str, word: str) -> None:
    able.site.faults[STEPS[deed], 1] = word
    await ask(able, deed)
    await able.live(able.scheduler())
    assert (await newest(able)).state is InteractionState.DONE
    assert effect(able, deed) == EFFECTS[deed]


@pytest.mark.parametrize("word", ["reject", "operator"])
@pytest.mark.parametrize("deed", sorted(STEPS))
async def test_a_refusal_is_told_in_a_sentence(able: World, deed: str, word: str) -> None:
    able.site.faults[STEPS[deed], 1] = word
    await ask(able, deed)
    await able.live(able.scheduler())
    row = await newest(able)
    assert (row.state, able.site.calls[STEPS[deed]]) == (InteractionState.FAILED, 1)
    (told,) = able.recorder.of(UploadTended)
    assert told.fault == row.fault
    assert told.fault is not None
    assert told.fault.code in ("platform.content_rejected", "platform.needs_operator")


async def test_figures_are_kept(able: World) -> None:
    able.site.figures = {"v1": {"views": 12, "likes": 3}}
    await ask(able, "count")
    await able.live(able.scheduler())
    async with able.database().read() as uow:
        latest = await uow.statistics.latest(1)
    assert latest is not None
    assert latest.values == {"views": 12, "likes": 3}


async def test_what_waits_for_a_deleted_video_is_withdrawn_and_nothing_more_is_asked(able: World) -> None:
    await ask(able, "delete")
    await ask(able, "playlist")
    await able.live(able.scheduler())
    assert able.site.listed == set()
    with pytest.raises(StaleVersionError):
        await ask(able, "edit")


async def test_what_the_site_does_not_offer_is_refused(world: World) -> None:
    await world.approve()
    await world.live(world.scheduler())
    for deed in ("edit", "thumbnail", "playlist"):
        with pytest.raises(NotOfferedError):
            await ask(world, deed)


async def test_an_edit_that_breaks_the_site_s_rules_is_refused_before_it_is_stored(able: World) -> None:
    with pytest.raises(UnfitError) as caught:
        await write(able, lambda uow: desk(able).edit(uow, 1, {"title": "x" * 101}))
    assert caught.value.fault.params == {"limit": 100, "actual": 101}
    assert able.site.calls["update_metadata"] == 0


async def test_a_second_edit_keeps_what_the_first_changed(able: World) -> None:
    await ask(able, "edit")
    await able.live(able.scheduler())
    await write(able, lambda uow: desk(able).edit(uow, 1, {"description": "New words"}))
    await able.live(able.scheduler())
    assert effect(able, "edit") == [("Another title", "New words")]


async def test_a_comment_that_is_asked_for_later_is_filled_and_said_once(able: World) -> None:
    able.site.faults["post_comment", 1] = "lose_after"
    await write(able, lambda uow: desk(able).comment(uow, 1, "More: {link}"))
    await able.live(able.scheduler())
    assert [text for _, text, _ in able.site.comments] == ["More: https://fake.example/v1"]
    with pytest.raises(FaultError):
        await write(able, lambda uow: desk(able).comment(uow, 1, "{links}"))


async def test_a_video_taken_on_the_operator_s_word_is_tended_if_its_id_is_known(world: World) -> None:
    await unknown_outcome(world, is_there=True)
    task = await world.task()
    async with world.database().begin() as uow:
        await uow.tasks.request(
            task.id,
            expected_statuses={TaskStatus.NEEDS_ATTENTION},
            video_id="v1",
            options={**task.options, "interactions": {"comment": "Hello", "like": True}},
        )
        await uow.commit()
    await say(world, "resolve", "it_is_there")
    await world.live(world.scheduler())
    assert ([text for _, text, _ in world.site.comments], world.site.likes) == (["Hello"], ["v1"])
