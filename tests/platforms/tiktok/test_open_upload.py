"""Beginning an upload: the creator is asked, the plan is told, and a lost answer costs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    QuotaExhaustedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.tiktok import TikTok
from platforms.tiktok.settings import Mode
from tests.platforms.tiktok.stage import (
    ACCESS_TOKEN,
    CREATOR,
    NOW,
    PUBLISH_ID,
    Stage,
    make_file,
    make_meta,
    make_tiktok,
    refusal,
)

CREATOR_INFO = "post/publish/creator_info/query"
INIT = "post/publish/video/init"


async def test_the_creator_is_asked_before_every_direct_post(tiktok: TikTok, stage: Stage, tmp_path: Path) -> None:
    for _ in range(2):
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())
    assert [path for path, _, _ in stage.calls] == [CREATOR_INFO, INIT] * 2


async def test_the_post_and_the_plan_are_told(tiktok: TikTok, stage: Stage, tmp_path: Path) -> None:
    file = replace(make_file(tmp_path, 10), size=77_000_000)
    session = await tiktok.open_upload(ACCESS_TOKEN, file, make_meta(contains_synthetic_media=True))
    _, headers, body = stage.calls[-1]
    assert headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    assert body["source_info"] == {
        "source": "FILE_UPLOAD",
        "video_size": 77_000_000,
        "chunk_size": 10_000_000,
        "total_chunk_count": 7,
    }
    assert body["post_info"] == {
        "title": "A morning in Tbilisi",
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "disable_comment": False,
        "disable_duet": True,  # the creator switched it off
        "disable_stitch": False,
        "brand_content_toggle": False,
        "brand_organic_toggle": False,
        "is_aigc": True,
    }
    assert session.upload_id == PUBLISH_ID
    assert session.data["opened_at"] == NOW.isoformat()
    assert json.loads(json.dumps(dict(session.data))) == session.data


@pytest.mark.parametrize(
    ("options", "field", "expected"),
    [
        ({"disable_comment": True}, "disable_comment", True),
        ({"disable_duet": False}, "disable_duet", True),
        ({"disable_stitch": True}, "disable_stitch", True),
        ({"brand_content_toggle": True}, "brand_content_toggle", True),
        ({"brand_organic_toggle": True}, "brand_organic_toggle", True),
        ({"is_aigc": True}, "is_aigc", True),
        ({"cover_ms": 700}, "video_cover_timestamp_ms", 700),
    ],
)
async def test_an_option_arrives_as_far_as_the_creator_allows(
    tiktok: TikTok, stage: Stage, tmp_path: Path, options: dict[str, Any], field: str, expected: Any
) -> None:
    meta = make_meta(options={"privacy_level": "SELF_ONLY"} | options)
    await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), meta)
    assert stage.calls[-1][2]["post_info"][field] == expected


async def test_a_changed_voice_is_declared_whatever_the_options_say(
    tiktok: TikTok, stage: Stage, tmp_path: Path
) -> None:
    meta = make_meta(contains_synthetic_media=True, options={"privacy_level": "SELF_ONLY", "is_aigc": False})
    await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), meta)
    assert stage.calls[-1][2]["post_info"]["is_aigc"] is True


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"privacy_level_options": ["SELF_ONLY"]}, "tiktok.privacy_not_offered"),
        ({"max_video_post_duration_sec": 15}, "tiktok.video_too_long_for_account"),
    ],
)
async def test_what_this_creator_may_not_post_is_not_begun(
    tiktok: TikTok, stage: Stage, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    stage.answers[CREATOR_INFO] = CREATOR | changes
    with pytest.raises(ContentRejectedError) as caught:
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())
    assert caught.value.code == code
    assert [path for path, _, _ in stage.calls] == [CREATOR_INFO]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("spam_risk_too_many_posts", QuotaExhaustedError),
        ("reached_active_user_cap", QuotaExhaustedError),
        ("spam_risk_user_banned_from_posting", NeedsOperatorError),
    ],
)
async def test_a_creator_who_cannot_post_is_refused_under_http_200(
    tiktok: TikTok, stage: Stage, tmp_path: Path, code: str, expected: type[Exception]
) -> None:
    stage.answers[CREATOR_INFO] = refusal(200, code)
    with pytest.raises(expected):
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())


async def test_into_the_inbox_goes_the_file_alone(stage: Stage, tmp_path: Path) -> None:
    tiktok = make_tiktok(api_url=stage.url, mode=Mode.INBOX)
    session = await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta(options={}))
    ((path, _, body),) = stage.calls
    assert (path, set(body)) == ("post/publish/inbox/video/init", {"source_info"})
    assert session.upload_id == "v_inbox_file~v2.7"
    await tiktok.close()


@pytest.mark.parametrize(
    ("size", "plan"), [(4_000_000, (4_000_000, 1)), (12_000_000, (5_242_880, 2)), (4_000_000_000, (5_242_880, 762))]
)
async def test_of_a_file_that_is_held_back_little_is_left_for_the_end(
    tiktok: TikTok, stage: Stage, tmp_path: Path, size: int, plan: tuple[int, int]
) -> None:
    file = replace(make_file(tmp_path, 10), size=size)
    await tiktok.open_upload(ACCESS_TOKEN, file, replace(make_meta(), is_held_back=True))
    source = stage.calls[-1][2]["source_info"]
    assert (source["chunk_size"], source["total_chunk_count"]) == plan


@pytest.mark.parametrize("error", [httpx.ReadTimeout("late"), httpx.ReadError("cut"), httpx.RemoteProtocolError("cut")])
async def test_a_lost_answer_to_init_may_be_repeated(
    tiktok_answering: Callable[..., TikTok], tmp_path: Path, error: Exception
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    tiktok = tiktok_answering(handler, mode=Mode.INBOX)
    with pytest.raises(TransientError):
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())


async def test_an_init_that_failed_may_be_repeated(tiktok: TikTok, stage: Stage, tmp_path: Path) -> None:
    stage.answers[INIT] = refusal(500, "internal_error")
    with pytest.raises(TransientError):
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"publish_id": PUBLISH_ID},
        {"upload_url": "http://127.0.0.1/x"},
        {"publish_id": 7, "upload_url": "http://127.0.0.1/x"},
        {"publish_id": PUBLISH_ID, "upload_url": "https://evil.example/x"},
    ],
)
async def test_an_init_without_a_usable_address_is_unexpected(
    tiktok: TikTok, stage: Stage, tmp_path: Path, answer: dict[str, Any]
) -> None:
    stage.answers[INIT] = answer
    with pytest.raises(UnexpectedAnswerError):
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())


@pytest.mark.parametrize(
    ("url", "is_trusted"),
    [
        ("https://open-upload.tiktokapis.com/video/?upload_token=x", True),
        ("https://upload.us.tiktokapis.com/video/?upload_token=x", True),
        ("http://open-upload.tiktokapis.com/video/", False),
        ("https://tiktokapis.com.evil.example/", False),
        ("https://eviltiktokapis.com/", False),
        ("http://127.0.0.1/upload", False),
    ],
)
async def test_the_real_site_sends_files_to_its_own_hosts_alone(
    tiktok_answering: Callable[..., TikTok], tmp_path: Path, url: str, is_trusted: bool
) -> None:
    data = {"publish_id": PUBLISH_ID, "upload_url": url}
    body = {"data": data, "error": {"code": "ok", "message": "", "log_id": ""}}
    tiktok = tiktok_answering(lambda request: httpx.Response(200, json=body), mode=Mode.INBOX)
    opening = tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())
    if is_trusted:
        assert (await opening).data["upload_url"] == url
    else:
        with pytest.raises(UnexpectedAnswerError):
            await opening


@pytest.mark.parametrize("body", ["", "<html>", "{}", '{"data": {}}', '{"error": {"code": "ok"}, "data": []}'])
async def test_a_success_that_is_no_envelope_is_unexpected(
    tiktok_answering: Callable[..., TikTok], tmp_path: Path, body: str
) -> None:
    tiktok = tiktok_answering(lambda request: httpx.Response(200, text=body))
    with pytest.raises(UnexpectedAnswerError):
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())


async def test_the_choices_of_an_account_are_told(tiktok: TikTok) -> None:
    choices = await tiktok.account_choices(ACCESS_TOKEN)
    assert choices == {
        "mode": "direct",
        "username": "anna",
        "nickname": "Anna films",
        "avatar_url": "https://p16.example/a.jpeg",
        "privacy_levels": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
        "comment_disabled": False,
        "duet_disabled": True,
        "stitch_disabled": False,
        "max_duration_s": 300,
    }


async def test_an_inbox_has_no_choices_and_asks_nothing(stage: Stage) -> None:
    tiktok = make_tiktok(api_url=stage.url, mode=Mode.INBOX)
    assert await tiktok.account_choices(ACCESS_TOKEN) == {"mode": "inbox"}
    assert stage.calls == []
    await tiktok.close()
