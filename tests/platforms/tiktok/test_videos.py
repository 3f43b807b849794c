"""After the upload: what became of it, where it is, and how it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platforms.base import (
    IN_INBOX,
    NOT_LISTED,
    CannotTell,
    CheckResult,
    CheckState,
    Evidence,
    Found,
    Publication,
)
from platforms.errors import ContentRejectedError, NeedsOperatorError, TokenRejectedError, UnexpectedAnswerError
from platforms.tiktok import TikTok
from platforms.tiktok.errors import FAIL_REASONS
from tests.platforms.tiktok.stage import ACCESS_TOKEN, NOW, PUBLISH_ID, Stage, refusal

STATUS, QUERY, LIST = "post/publish/status/fetch", "video/query", "video/list"
POST_ID = 7_500_000_000_000_000_003  # above 2**53
URL = f"https://www.tiktok.com/@anna/video/{POST_ID}"
EVIDENCE = Evidence("cf-7", "A morning", 5000, 20.0, NOW)
PRIVATE = CannotTell("only_public_videos_are_listed")


def video(**changes: Any) -> dict[str, Any]:
    fields = {
        "id": str(POST_ID),
        "create_time": int(NOW.timestamp()) + 60,
        "title": "A morning",
        "video_description": "A morning\n\n#oldtown",
        "duration": 20,
        "share_url": URL,
        "like_count": 3,
        "comment_count": 0,
        "share_count": 1,
        "view_count": 40,
    }
    return fields | changes


def page(*videos: dict[str, Any], has_more: bool = False, cursor: int = 0) -> dict[str, Any]:
    return {"videos": list(videos), "has_more": has_more, "cursor": cursor}


@pytest.mark.parametrize("phase", ["PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD"])
async def test_a_post_under_way_is_processing(tiktok: TikTok, stage: Stage, phase: str) -> None:
    stage.answers[STATUS] = {"status": phase}
    assert await tiktok.check(ACCESS_TOKEN, PUBLISH_ID) == CheckResult(CheckState.PROCESSING)
    assert stage.calls[0][2] == {"publish_id": PUBLISH_ID}


async def test_a_delivered_file_is_published_as_far_as_the_api_goes(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[STATUS] = {"status": "SEND_TO_USER_INBOX"}
    result = await tiktok.check(ACCESS_TOKEN, PUBLISH_ID)
    assert (result.state, result.reason, result.code) == (CheckState.PUBLISHED, IN_INBOX, "tiktok.in_inbox")


@pytest.mark.parametrize("ids", [[], None, "missing"])
async def test_a_complete_post_needs_no_id(tiktok: TikTok, stage: Stage, ids: Any) -> None:
    told = {} if ids == "missing" else {"publicaly_available_post_id": ids}
    stage.answers[STATUS] = {"status": "PUBLISH_COMPLETE", **told}
    assert await tiktok.check(ACCESS_TOKEN, PUBLISH_ID) == CheckResult(CheckState.PUBLISHED, progress=1.0)


@pytest.mark.parametrize("field", ["publicaly_available_post_id", "publicly_available_post_id"])
@pytest.mark.parametrize("post_id", [POST_ID, str(POST_ID)])
async def test_a_public_post_names_itself_exactly(tiktok: TikTok, stage: Stage, field: str, post_id: Any) -> None:
    stage.answers[STATUS] = {"status": "PUBLISH_COMPLETE", field: [post_id]}
    stage.answers[QUERY] = {"videos": [video()]}
    result = await tiktok.check(ACCESS_TOKEN, PUBLISH_ID)
    assert result.publication == Publication(str(POST_ID), URL)
    assert stage.calls[-1][2] == {"filters": {"video_ids": [str(POST_ID)]}}


@pytest.mark.parametrize(
    "answer", [{"videos": []}, refusal(401, "scope_not_authorized"), refusal(500, "internal_error")]
)
async def test_a_live_post_does_not_fail_over_its_address(tiktok: TikTok, stage: Stage, answer: Any) -> None:
    stage.answers[STATUS] = {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [POST_ID]}
    stage.answers[QUERY] = answer
    result = await tiktok.check(ACCESS_TOKEN, PUBLISH_ID)
    assert (result.state, result.publication) == (CheckState.PUBLISHED, Publication(str(POST_ID), ""))


@pytest.mark.parametrize(("reason", "code"), [*FAIL_REASONS.items(), ("something_new", "tiktok.failed_otherwise")])
async def test_a_failed_post_says_why(tiktok: TikTok, stage: Stage, reason: str, code: str) -> None:
    stage.answers[STATUS] = {"status": "FAILED", "fail_reason": reason}
    told = await tiktok.check(ACCESS_TOKEN, PUBLISH_ID)
    assert (told.state, told.reason, told.code) == (CheckState.FAILED, reason, code)
    assert told.repeats == reason.endswith("_check_failed"), "what is wrong with the file itself is not tried again"


async def test_an_upload_that_tiktok_does_not_know_is_not_listed(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[STATUS] = refusal(400, "invalid_publish_id")
    assert (await tiktok.check(ACCESS_TOKEN, PUBLISH_ID)).reason == NOT_LISTED


async def test_a_status_that_no_document_names_is_unexpected(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[STATUS] = {"status": "SOMETHING_NEW"}
    with pytest.raises(UnexpectedAnswerError):
        await tiktok.check(ACCESS_TOKEN, PUBLISH_ID)


async def test_a_post_is_checked_by_its_own_id_too(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[QUERY] = {"videos": [video()]}
    result = await tiktok.check(ACCESS_TOKEN, str(POST_ID))
    assert (result.state, result.publication) == (CheckState.PUBLISHED, Publication(str(POST_ID), URL))
    stage.answers[QUERY] = {"videos": []}
    assert (await tiktok.check(ACCESS_TOKEN, str(POST_ID))).reason == NOT_LISTED


async def test_an_upload_is_found_by_time_text_and_length(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[LIST] = page(video(id="1", title="Another", video_description="Another"), video())
    assert await tiktok.find_published(ACCESS_TOKEN, EVIDENCE) == Found(Publication(str(POST_ID), URL))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Another", "video_description": "Another A morning"},
        {"create_time": int((NOW - timedelta(minutes=6)).timestamp())},
        {"create_time": None},
        {"duration": 25},
        {"id": None},
    ],
)
async def test_a_video_that_differs_is_another(tiktok: TikTok, stage: Stage, changes: dict[str, Any]) -> None:
    stage.answers[LIST] = page(video(**changes))
    assert await tiktok.find_published(ACCESS_TOKEN, EVIDENCE) == PRIVATE


async def test_two_that_look_alike_are_for_a_person(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[LIST] = page(video(), video(id="2", duration=0))
    assert await tiktok.find_published(ACCESS_TOKEN, EVIDENCE) == CannotTell("several_look_alike")


async def test_a_post_without_a_title_cannot_be_recognised(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[LIST] = page(video())
    nameless = Evidence("cf-7", " ", 5000, 20.0, NOW)
    assert await tiktok.find_published(ACCESS_TOKEN, nameless) == PRIVATE


async def test_the_list_is_read_back_to_the_time_of_the_upload(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[LIST] = page(video(title="x", video_description="x"), has_more=True, cursor=5)
    assert await tiktok.find_published(ACCESS_TOKEN, EVIDENCE) == PRIVATE
    assert [body for _, _, body in stage.calls] == [{"max_count": 20}] + [{"max_count": 20, "cursor": 5}] * 9
    stage.calls.clear()
    stage.answers[LIST] = page(video(create_time=1), has_more=True, cursor=5)
    await tiktok.find_published(ACCESS_TOKEN, EVIDENCE)
    assert len(stage.calls) == 1


@pytest.mark.parametrize("video_id", [PUBLISH_ID, str(POST_ID)])
async def test_the_figures_of_a_public_post_are_counted(tiktok: TikTok, stage: Stage, video_id: str) -> None:
    stage.answers[STATUS] = {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [POST_ID]}
    stage.answers[QUERY] = {"videos": [video()]}
    counted = await tiktok.get_video_analytics(ACCESS_TOKEN, video_id)
    assert counted == {"views": 40, "likes": 3, "comments": 0, "shares": 1}


async def test_a_post_that_is_not_public_has_no_figures(tiktok: TikTok, stage: Stage) -> None:
    stage.answers[STATUS] = {"status": "PUBLISH_COMPLETE"}
    with pytest.raises(ContentRejectedError) as caught:
        await tiktok.get_video_analytics(ACCESS_TOKEN, PUBLISH_ID)
    assert caught.value.code == "tiktok.video_not_public"


async def test_nothing_can_be_deleted_from_outside(tiktok: TikTok, stage: Stage) -> None:
    with pytest.raises(NeedsOperatorError) as caught:
        await tiktok.delete_video(ACCESS_TOKEN, str(POST_ID))
    assert caught.value.code == "tiktok.delete_not_offered"
    assert stage.calls == []


@pytest.mark.parametrize("step", ["check", "get_video_analytics"])
async def test_a_rejected_token_is_told_apart(tiktok: TikTok, stage: Stage, step: str) -> None:
    stage.answers[STATUS] = refusal(401, "access_token_invalid")
    with pytest.raises(TokenRejectedError):
        await getattr(tiktok, step)(ACCESS_TOKEN, PUBLISH_ID)
