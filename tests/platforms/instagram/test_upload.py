"""A container is made and gets its file, once and whole, from wherever it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from platforms.base import VideoFile
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    SessionGoneError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.instagram import Instagram
from tests.platforms.instagram.stage import (
    CONTAINER_ID,
    TOKEN,
    USER_ID,
    Clock,
    CutAfter,
    DropAnswer,
    Meta,
    Progress,
    Say,
    make_meta,
    make_session,
    refusal,
    send,
)


async def test_facebook_login_opens_a_container_for_bytes(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    session = await facebook.open_upload(TOKEN, file, make_meta())
    assert session.upload_id == CONTAINER_ID
    (call,) = meta.to(f"/{USER_ID}/media")
    assert call.form == {
        "media_type": "REELS",
        "upload_type": "resumable",
        "caption": "A morning\n\n#old",
        "is_ai_generated": "true",
    }


async def test_instagram_login_opens_a_container_that_meta_fills(
    instagram: Instagram, meta: Meta, file: VideoFile
) -> None:
    await instagram.open_upload(TOKEN, replace(file, url="https://fabric.example/f/1?sig=1"), make_meta())
    (call,) = meta.to(f"/{USER_ID}/media")
    assert call.form["video_url"] == "https://fabric.example/f/1?sig=1"
    assert "upload_type" not in call.form


async def test_without_an_address_meta_cannot_fetch(instagram: Instagram, meta: Meta, file: VideoFile) -> None:
    with pytest.raises(NeedsOperatorError) as caught:
        await instagram.open_upload(TOKEN, file, make_meta())
    assert caught.value.code == "instagram.public_url_missing"
    assert not meta.to("/media")


async def test_the_options_of_a_reel_are_sent(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    options = {"share_to_feed": False, "cover_ms": 1500, "collaborators": ["@anna", "ben"]}
    await facebook.open_upload(TOKEN, file, make_meta(options=options, contains_synthetic_media=False))
    form = meta.to("/media")[0].form
    assert (form["share_to_feed"], form["thumb_offset"]) == ("false", "1500")
    assert form["collaborators"] == '["anna", "ben"]'
    assert "is_ai_generated" not in form


async def test_a_cover_picture_goes_before_a_moment_of_the_video(
    facebook: Instagram, meta: Meta, file: VideoFile
) -> None:
    options = {"cover_url": "https://fabric.example/c.jpg", "cover_ms": 1500}
    await facebook.open_upload(TOKEN, file, make_meta(options=options))
    form = meta.to("/media")[0].form
    assert form["cover_url"] == "https://fabric.example/c.jpg"
    assert "thumb_offset" not in form


async def test_the_whole_file_goes_in_one_request(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    progress = Progress()
    session = await facebook.open_upload(TOKEN, file, make_meta())
    await send(facebook, session, file, progress)
    assert bytes(meta.stored) == file.path.read_bytes()
    (call,) = [call for call in meta.calls if "/rupload/" in call.path]
    assert call.headers["authorization"] == f"OAuth {TOKEN}"
    assert (call.headers["offset"], call.headers["file_size"]) == ("0", str(file.size))
    assert progress.confirmed == [0, file.size]
    assert progress.commits == 0


async def test_a_cut_upload_goes_on_where_it_stopped(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    session = make_session(file)
    meta.script["/" + CONTAINER_ID] = [None, CutAfter(300_000)]
    with pytest.raises(TransientError):
        await send(facebook, session, file)
    await send(facebook, session, file)
    assert bytes(meta.stored) == file.path.read_bytes()
    assert meta.calls[-1].headers["offset"] == "300000"
    assert meta.calls[-1].size == file.size - 300_000


async def test_a_lost_answer_to_the_upload_is_asked_about(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    session = make_session(file)
    meta.script["/" + CONTAINER_ID] = [None, DropAnswer()]
    with pytest.raises(TransientError):
        await send(facebook, session, file)
    await send(facebook, session, file)
    assert len([call for call in meta.calls if "/rupload/" in call.path]) == 1
    assert bytes(meta.stored) == file.path.read_bytes()


async def test_the_end_of_the_upload_is_stored_with_the_session(
    facebook: Instagram, meta: Meta, clock: Clock, file: VideoFile
) -> None:
    progress = Progress()
    await send(facebook, make_session(file), file, progress)
    (stored,) = progress.sessions
    assert stored.data["sent_at"] == clock.now.isoformat()


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ({"retriable": True, "type": "ServerError", "message": "busy"}, TransientError),
        ({"retriable": False, "type": "OffsetInvalidError", "message": "wrong offset"}, TransientError),
        ({"retriable": False, "type": "ProcessingFailedError", "message": "broken"}, SessionGoneError),
        ({"retriable": False, "type": "NotAuthorizedError", "message": "no"}, NeedsReauthError),
    ],
)
async def test_the_upload_host_says_why_in_its_own_shape(
    facebook: Instagram, meta: Meta, file: VideoFile, info: dict[str, object], error: type[Exception]
) -> None:
    meta.script["/" + CONTAINER_ID] = [None, Say(400, {"debug_info": info})]
    with pytest.raises(error):
        await send(facebook, make_session(file), file)


async def test_the_token_goes_to_no_foreign_host(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    with pytest.raises(UnexpectedAnswerError):
        await send(facebook, make_session(file, uri="https://rupload.facebook.com.evil.example/x"), file)
    assert all("rupload" not in call.path for call in meta.calls)


async def test_an_expired_container_is_gone(facebook: Instagram, meta: Meta, file: VideoFile) -> None:
    meta.status_code = "EXPIRED"
    with pytest.raises(SessionGoneError) as caught:
        await send(facebook, make_session(file), file)
    assert caught.value.code == "instagram.container_expired"


async def test_a_young_container_that_is_not_found_may_still_appear(
    facebook: Instagram, meta: Meta, clock: Clock, file: VideoFile
) -> None:
    missing = Say(400, refusal(24, 2207008))
    meta.script["/" + CONTAINER_ID] = [missing, missing]
    with pytest.raises(TransientError) as caught:
        await send(facebook, make_session(file), file)
    assert caught.value.retry_after == timedelta(seconds=30)
    clock.now += timedelta(minutes=3)
    with pytest.raises(SessionGoneError):
        await send(facebook, make_session(file), file)


@pytest.mark.parametrize("login", ["facebook", "instagram"])
async def test_a_file_that_changed_is_refused(
    login: str, facebook: Instagram, instagram: Instagram, meta: Meta, file: VideoFile
) -> None:
    session = make_session(file)
    file.path.write_bytes(b"x" * file.size)
    with pytest.raises(ContentRejectedError) as caught:
        await send({"facebook": facebook, "instagram": instagram}[login], session, file)
    assert caught.value.code == "instagram.file_changed"
    assert not meta.stored
