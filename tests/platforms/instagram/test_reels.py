"""Comments, figures, allowances and deletion of a Reel that is there; and no secret in any of it."""

from __future__ import annotations

import logging

import pytest

from platforms.base import Evidence, VideoFile
from platforms.errors import NeedsOperatorError, OutcomeUnknownError, PlatformError, RateLimitedError
from platforms.instagram import Instagram
from tests.platforms.instagram.stage import (
    MEDIA_ID,
    NOW,
    SECRET,
    TOKEN,
    Clock,
    DropAnswer,
    Meta,
    Say,
    make_meta,
    refusal,
    send,
)

COMMENTS = f"/{MEDIA_ID}/comments"


async def test_a_comment_has_an_id(facebook: Instagram, meta: Meta) -> None:
    meta.answers[COMMENTS] = {"id": "5"}
    assert await facebook.post_comment(TOKEN, MEDIA_ID, "First!") == "5"
    assert meta.to("/comments")[0].form == {"message": "First!"}


@pytest.mark.parametrize("act", [DropAnswer(), Say(400, refusal(2)), Say(200, "{")])
async def test_a_lost_answer_to_a_comment_is_an_unknown_outcome(facebook: Instagram, meta: Meta, act: object) -> None:
    meta.script[COMMENTS] = [act]
    with pytest.raises(OutcomeUnknownError):
        await facebook.post_comment(TOKEN, MEDIA_ID, "First!")


async def test_only_our_own_comment_is_found(facebook: Instagram, meta: Meta) -> None:
    theirs = {"id": "4", "text": "First!", "username": "anna"}
    meta.answers[COMMENTS] = {"data": [theirs, {"id": "5", "text": "First! ", "username": "fabric"}]}
    assert await facebook.find_comment(TOKEN, MEDIA_ID, "First!") == "5"
    assert await facebook.find_comment(TOKEN, MEDIA_ID, "Second!") is None


async def test_figures_have_our_names(facebook: Instagram, meta: Meta) -> None:
    meta.answers["/" + MEDIA_ID] = {"like_count": 2, "comments_count": 1}
    metric = {"name": "views", "period": "lifetime", "values": [{"value": 31}]}
    watch = {"name": "ig_reels_avg_watch_time", "values": [{"value": 4200.6}]}
    meta.answers["/insights"] = {"data": [metric, watch, {"name": "unheard_of", "values": [{"value": 1}]}]}
    numbers = await facebook.get_video_analytics(TOKEN, MEDIA_ID)
    assert numbers == {"likes": 2, "comments": 1, "views": 31, "average_watch_ms": 4201}


async def test_insights_that_are_refused_leave_the_counters(facebook: Instagram, meta: Meta) -> None:
    meta.answers["/" + MEDIA_ID] = {"like_count": 2}
    meta.script["/insights"] = [Say(400, refusal(100))]
    assert await facebook.get_video_analytics(TOKEN, MEDIA_ID) == {"likes": 2}


async def test_the_allowance_is_read_live_with_the_usage_of_calls(
    facebook: Instagram, meta: Meta, clock: Clock
) -> None:
    body = {"data": [{"quota_usage": 2, "config": {"quota_total": 100, "quota_duration": 86400}}]}
    meta.script["/content_publishing_limit"] = [Say(200, body, {"X-App-Usage": '{"call_count": 81}'})]
    choices = await facebook.account_choices(TOKEN)
    assert choices["buckets"] == {"publishes": 100}
    assert choices["used"] == {"publishes": 2}
    assert choices["usage_percent"] == 81
    assert facebook.usage.is_high
    # Nothing new is begun for ten minutes, before Meta refuses.
    until = facebook.busy_until(clock())
    assert until is not None
    assert until > clock()
    assert facebook.busy_until(until) is None


async def test_a_reel_is_deleted_and_may_be_gone_already(facebook: Instagram, meta: Meta) -> None:
    await facebook.delete_video(TOKEN, MEDIA_ID)
    gone = Say(400, refusal(100, 33))
    meta.script["/" + MEDIA_ID] = [gone, gone]
    await facebook.delete_video(TOKEN, MEDIA_ID)


async def test_a_reel_that_may_not_be_deleted_is_not_called_deleted(facebook: Instagram, meta: Meta) -> None:
    meta.script["/" + MEDIA_ID] = [Say(400, refusal(100, 33))]
    with pytest.raises(NeedsOperatorError) as caught:
        await facebook.delete_video(TOKEN, MEDIA_ID)
    assert caught.value.code == "instagram.cannot_be_deleted"


async def test_instagram_login_cannot_delete_and_does_not_try(instagram: Instagram, meta: Meta) -> None:
    with pytest.raises(NeedsOperatorError) as caught:
        await instagram.delete_video(TOKEN, MEDIA_ID)
    assert caught.value.code == "instagram.delete_unsupported"
    assert not meta.calls


async def test_the_account_of_a_token_is_asked_for_once(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    await facebook.open_upload(TOKEN, file, make_meta())
    await facebook.open_upload(TOKEN, file, make_meta())
    assert len(meta.to("/me")) == 1


async def test_no_address_holds_a_secret_and_nothing_that_is_said_does(
    facebook: Instagram, meta: Meta, file: VideoFile, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = await facebook.open_upload(TOKEN, file, make_meta())
    await send(facebook, session, file)
    meta.status_code = "FINISHED"
    await facebook.publish(TOKEN, session, make_meta())
    await facebook.find_published(
        TOKEN, Evidence("m", "A morning", file.size, 20.0, NOW, session=session, meta=make_meta())
    )
    meta.answers["/oauth/access_token"] = {"access_token": TOKEN}
    meta.answers["/me/permissions"] = {"data": []}
    with pytest.raises(PlatformError):
        await facebook.oauth.exchange(code="the-code", code_verifier="", redirect_uri="https://fabric.example")
    for call in meta.calls:
        assert TOKEN not in call.address
        assert SECRET not in call.address
        assert "the-code" not in call.address
    assert TOKEN not in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in repr(facebook.oauth)


async def test_an_error_holds_no_token(facebook: Instagram, meta: Meta) -> None:
    message = f"Malformed access token {TOKEN}"
    meta.script["/me"] = [Say(400, refusal(190, message=message)), Say(400, refusal(17, message=message))]
    for expected in (PlatformError, RateLimitedError):
        with pytest.raises(expected) as caught:
            await facebook.oauth.identify(TOKEN)
        assert TOKEN not in f"{caught.value!r} {caught.value.params()} {caught.value.__context__!r}"
