"""A finished container is published once; what became of a lost answer is found out, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from platforms.base import Absent, CannotTell, CheckState, Evidence, Found, Publication, Unpublished, VideoFile
from platforms.errors import (
    NotReadyError,
    OutcomeUnknownError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TransientError,
)
from platforms.instagram import Instagram
from tests.platforms.instagram.stage import (
    CONTAINER_ID,
    MEDIA_ID,
    NOW,
    TOKEN,
    Clock,
    DropAnswer,
    Meta,
    Say,
    at,
    make_meta,
    make_session,
    reel,
    refusal,
)

HERE = Publication(MEDIA_ID, "https://www.instagram.com/reel/abc/")
CAPTION = "A morning\n\n#old"


def evidence(file: VideoFile, **changes: Any) -> Evidence:
    fields: Mapping[str, Any] = {
        "marker": "fabric-1",
        "title": "A morning",
        "size": file.size,
        "duration_s": 20.0,
        "since": NOW,
        "session": make_session(file),
        "meta": make_meta(),
    }
    return Evidence(**(fields | changes))


async def test_a_finished_container_becomes_a_reel(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "FINISHED"
    assert await facebook.publish(TOKEN, make_session(file), make_meta()) == HERE
    assert meta.to("/media_publish")[0].form == {"creation_id": CONTAINER_ID}


@pytest.mark.parametrize(("waited", "gap"), [(0, 15), (59, 15), (60, 60), (400, 60)])
async def test_a_container_in_progress_is_asked_about_later_and_not_published(
    facebook: Instagram, meta: Meta, clock: Clock, file: VideoFile, waited: int, gap: int
) -> None:
    clock.now += timedelta(seconds=waited)
    with pytest.raises(NotReadyError) as caught:
        await facebook.publish(TOKEN, make_session(file), make_meta())
    assert caught.value.retry_after == timedelta(seconds=gap)
    assert meta.publishes == 0


async def test_the_wait_counts_from_the_end_of_the_upload(facebook: Instagram, clock: Clock, file: VideoFile) -> None:
    clock.now += timedelta(minutes=10)
    session = make_session(file, sent_at=clock.now.isoformat())
    with pytest.raises(NotReadyError) as caught:
        await facebook.publish(TOKEN, session, make_meta())
    assert caught.value.retry_after == timedelta(seconds=15)


async def test_a_container_that_says_finished_too_early_is_not_ready(
    facebook: Instagram, meta: Meta, file: VideoFile
) -> None:
    meta.status_code = "FINISHED"
    meta.script["/media_publish"] = [Say(400, refusal(9007, 2207027))]
    with pytest.raises(NotReadyError) as caught:
        await facebook.publish(TOKEN, make_session(file), make_meta())
    assert caught.value.retry_after == timedelta(minutes=1)


async def test_an_expired_container_is_gone(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "EXPIRED"
    with pytest.raises(SessionGoneError):
        await facebook.publish(TOKEN, make_session(file), make_meta())


async def test_a_failed_container_says_why(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code, meta.status = "ERROR", "Error: Media upload has failed with error code 2207082"
    with pytest.raises(SessionGoneError) as caught:
        await facebook.publish(TOKEN, make_session(file), make_meta())
    assert (caught.value.reason, caught.value.code) == ("2207082", "instagram.processing_failed")


@pytest.mark.parametrize(
    "act",
    [
        DropAnswer(),
        Say(400, refusal(4, 2207051)),
        Say(400, refusal(1)),
        Say(400, refusal(2)),
        Say(400, refusal(-1, 2207001)),
        Say(400, refusal(506)),
        Say(502, "<html>"),
        Say(200, "half an ans"),
        Say(200, {}),
    ],
)
async def test_an_answer_that_may_hide_a_live_reel_is_an_unknown_outcome(
    facebook: Instagram, meta: Meta, file: VideoFile, act: object
) -> None:
    meta.status_code = "FINISHED"
    meta.script["/media_publish"] = [act]
    with pytest.raises(OutcomeUnknownError):
        await facebook.publish(TOKEN, make_session(file), make_meta())


@pytest.mark.parametrize(
    ("answer", "error"), [(refusal(9, 2207042), QuotaExhaustedError), (refusal(4), RateLimitedError)]
)
async def test_a_plain_refusal_is_no_unknown_outcome(
    facebook: Instagram, meta: Meta, file: VideoFile, answer: object, error: type[Exception]
) -> None:
    meta.status_code = "FINISHED"
    meta.script["/media_publish"] = [Say(400, answer)]
    with pytest.raises(error):
        await facebook.publish(TOKEN, make_session(file), make_meta())


async def test_a_published_container_is_not_published_again(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "PUBLISHED"
    with pytest.raises(OutcomeUnknownError):
        await facebook.publish(TOKEN, make_session(file), make_meta())
    assert meta.publishes == 0


async def test_a_live_reel_does_not_fail_over_its_address(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "FINISHED"
    meta.script["/" + MEDIA_ID] = [Say(400, refusal(100, 33))]
    publication = await facebook.publish(TOKEN, make_session(file), make_meta())
    assert publication == Publication(MEDIA_ID, "https://www.instagram.com/fabric/")


async def test_a_reel_is_asked_for_and_named(facebook: Instagram, meta: Meta) -> None:
    meta.script["/" + MEDIA_ID] = [Say(400, refusal(100, 33))]
    assert (await facebook.check(TOKEN, MEDIA_ID)).state == CheckState.PROCESSING
    result = await facebook.check(TOKEN, MEDIA_ID)
    assert (result.state, result.publication) == (CheckState.PUBLISHED, HERE)


# afterwards


async def test_a_lost_answer_to_a_publication_is_found(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "FINISHED"
    meta.script["/media_publish"] = [DropAnswer()]
    with pytest.raises(OutcomeUnknownError):
        await facebook.publish(TOKEN, make_session(file), make_meta())
    assert await facebook.find_published(TOKEN, evidence(file)) == Found(HERE)
    assert meta.publishes == 1


async def test_a_finished_container_is_published_as_it_is(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "FINISHED"
    assert await facebook.find_published(TOKEN, evidence(file)) == Unpublished()


@pytest.mark.parametrize("state", ["FINISHED", "EXPIRED"])
@pytest.mark.parametrize(("reason", "why"), [("4/2207051", "action_blocked"), ("506", "duplicate_post")])
async def test_a_refusal_that_would_come_again_is_for_a_person(
    facebook: Instagram, meta: Meta, file: VideoFile, reason: str, why: str, state: str
) -> None:
    meta.status_code = state
    assert await facebook.find_published(TOKEN, evidence(file, reason=reason)) == CannotTell(why)


async def test_a_finished_container_beside_a_reel_like_it_is_for_a_person(
    facebook: Instagram, meta: Meta, file: VideoFile
) -> None:
    meta.status_code = "FINISHED"
    meta.media = [reel(caption=CAPTION)]
    assert await facebook.find_published(TOKEN, evidence(file)) == CannotTell("looks_alike")


async def test_the_newest_reel_is_not_taken_for_ours(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "PUBLISHED"
    meta.media = [
        reel(id="1", caption="Another", timestamp=at(5)),
        reel(id="2", caption=CAPTION, timestamp=at(-60)),
        reel(id="3", caption=CAPTION, timestamp=at(4), media_product_type="FEED"),
        reel(caption=CAPTION, timestamp=at(3)),
    ]
    assert await facebook.find_published(TOKEN, evidence(file)) == Found(HERE)


async def test_a_published_container_that_is_not_listed_yet_is_asked_for_again(
    facebook: Instagram, meta: Meta, file: VideoFile
) -> None:
    meta.status_code = "PUBLISHED"
    with pytest.raises(TransientError) as caught:
        await facebook.find_published(TOKEN, evidence(file))
    assert caught.value.code == "instagram.not_listed"


@pytest.mark.parametrize("state", ["EXPIRED", "ERROR"])
async def test_a_dead_container_that_left_no_reel_is_absent(
    facebook: Instagram, meta: Meta, file: VideoFile, state: str
) -> None:
    meta.status_code = state
    assert await facebook.find_published(TOKEN, evidence(file)) == Absent()


async def test_an_expired_container_whose_reel_is_there_is_found(
    facebook: Instagram, meta: Meta, file: VideoFile
) -> None:
    meta.status_code = "EXPIRED"
    meta.media = [reel(caption=CAPTION)]
    assert await facebook.find_published(TOKEN, evidence(file)) == Found(HERE)


async def test_two_reels_alike_are_for_a_person(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "PUBLISHED"
    meta.media = [reel(id="1", caption=CAPTION), reel(caption=CAPTION)]
    assert await facebook.find_published(TOKEN, evidence(file)) == CannotTell("several_look_alike")


async def test_reels_without_a_caption_are_no_evidence(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "EXPIRED"
    meta.media = [reel(caption="")]
    nameless = evidence(file, meta=make_meta(title="", keywords=()))
    assert await facebook.find_published(TOKEN, nameless) == CannotTell("looks_alike")
    meta.status_code = "PUBLISHED"
    assert await facebook.find_published(TOKEN, nameless) == Found(HERE)


async def test_without_a_session_the_title_must_begin_the_caption(
    facebook: Instagram, meta: Meta, file: VideoFile
) -> None:
    meta.media = [reel(caption=CAPTION), reel(id="2", caption="Some other")]
    bare = evidence(file, session=None, meta=None)
    assert await facebook.find_published(TOKEN, bare) == Found(HERE)


async def test_the_list_is_read_page_by_page_back_to_the_start(
    facebook: Instagram, meta: Meta, file: VideoFile
) -> None:
    meta.status_code = "EXPIRED"
    first = {
        "data": [reel(id="1", caption="Another")],
        "paging": {"cursors": {"after": "next-1"}, "next": f"https://graph/?access_token={TOKEN}"},
    }
    meta.script["/media"] = [Say(200, first)]
    meta.media = [reel(caption=CAPTION)]
    assert await facebook.find_published(TOKEN, evidence(file)) == Found(HERE)
    asked = meta.to("/media")
    assert asked[0].query["since"] == str(int(NOW.timestamp()) - 60)
    assert asked[1].query["after"] == "next-1"
