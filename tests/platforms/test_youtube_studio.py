"""What YouTube's adapter does besides uploading, against the sandbox's server."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from platforms.base import DeviceCode, Grant, Publication, Visibility
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    TransientError,
)
from platforms.youtube import YouTube
from platforms.youtube.reports import ReportQuery
from tests.platforms.contract import Press, Progress, connect
from tests.platforms.youtube.test_contract import SandboxStand, sandbox_url, stand
from tests.sandbox.test_youtube_videos import JPEG, mp4

__all__ = ["sandbox_url", "stand"]


@pytest.fixture
def youtube(stand: SandboxStand) -> YouTube:
    return cast("YouTube", stand.platform)


@pytest.fixture
async def token(stand: SandboxStand) -> str:
    return (await connect(stand)).access_token


@pytest.fixture
def press(tmp_path: Path) -> Press:
    return Press(tmp_path)


async def publish(youtube: YouTube, token: str, press: Press, content: bytes | None = None, **changes: Any) -> str:
    file = press.file(1000)
    if content is not None:
        file.path.write_bytes(content)
        file = type(file)(file.path, len(content), hashlib.sha256(content).hexdigest(), 20.0, 1080, 1920)
    session = await youtube.open_upload(token, file, press.meta(**changes))
    progress = Progress()
    publication: Publication = await youtube.transfer(
        token, session, file, on_progress=progress.on_progress, before_commit=progress.before_commit
    )
    return publication.video_id


async def line(stand: SandboxStand, video_id: str) -> dict[str, Any]:
    return await stand.call("GET", f"/youtube/videos/{video_id}")


async def test_an_update_changes_what_it_means_and_nothing_else(
    stand: SandboxStand, youtube: YouTube, token: str, press: Press
) -> None:
    video_id = await publish(youtube, token, press, options={"license": "creativeCommon", "category_id": "10"})
    await youtube.update_metadata(token, video_id, press.meta(title="New", keywords=("new",), made_for_kids=True))
    video = await line(stand, video_id)
    assert (video["title"], video["tags"], video["description"]) == ("New", ["new"], "Утро 🌅")
    assert video["status"]["license"] == "creativeCommon"
    assert video["status"]["selfDeclaredMadeForKids"] is True


async def test_a_publication_is_moved_and_called_off(
    stand: SandboxStand, youtube: YouTube, token: str, press: Press
) -> None:
    first = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    second = first + timedelta(hours=1)
    timed = {"privacy_status": "public", "options": {"publish_at": first.isoformat()}}
    video_id = await publish(youtube, token, press, **timed)
    await youtube.update_metadata(token, video_id, press.meta(title="Edited", privacy_status="public"))
    assert datetime.fromisoformat((await line(stand, video_id))["publish_at"]) == first
    timed["options"] = {"publish_at": second.isoformat()}
    await youtube.update_metadata(token, video_id, press.meta(**timed))
    assert datetime.fromisoformat((await line(stand, video_id))["publish_at"]) == second
    await youtube.update_metadata(token, video_id, press.meta(privacy_status="private", options={"publish_at": None}))
    await stand.call("POST", "/clock", advance_s=3 * 3600)
    assert (await line(stand, video_id))["privacy"] == "private"


async def test_a_release_is_moved_and_made_now_and_nothing_else_of_the_video_changes(
    stand: SandboxStand, youtube: YouTube, token: str, press: Press
) -> None:
    first = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    options = {"publish_at": first.isoformat(), "license": "creativeCommon"}
    video_id = await publish(youtube, token, press, privacy_status="public", made_for_kids=True, options=options)
    await stand.let_processing_end()
    token = (await connect(stand)).access_token
    assert (await youtube.check(token, video_id)).visibility == Visibility.TIMED
    later = first + timedelta(hours=5)
    await youtube.set_release(token, video_id, later)
    before = await line(stand, video_id)
    assert datetime.fromisoformat(before["publish_at"]) == later
    await youtube.hold_release(token, video_id)
    assert (await youtube.check(token, video_id)).visibility == Visibility.PRIVATE
    await youtube.set_release(token, video_id, later)
    for _ in range(2):  # as after an answer that was lost
        await youtube.set_release(token, video_id, None)
    assert (await youtube.check(token, video_id)).visibility == Visibility.PUBLIC
    after = await line(stand, video_id)
    changed = {"status", "privacy", "publish_at", "published_at"}
    assert {name for name in after if after[name] != before[name]} <= changed
    kept = ("license", "selfDeclaredMadeForKids", "containsSyntheticMedia", "embeddable")
    assert [after["status"][name] for name in kept] == [before["status"][name] for name in kept]


async def test_what_was_public_takes_no_time(stand: SandboxStand, youtube: YouTube, token: str, press: Press) -> None:
    video_id = await publish(youtube, token, press, privacy_status="public")
    timed = {"privacy_status": "public", "options": {"publish_at": "2099-01-01T00:00:00Z"}}
    with pytest.raises(ContentRejectedError) as caught:
        await youtube.update_metadata(token, video_id, press.meta(**timed))
    assert caught.value.code == "youtube.already_public"


async def test_a_short_gets_its_cover_after_its_processing(
    stand: SandboxStand, youtube: YouTube, token: str, press: Press, tmp_path: Path
) -> None:
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(JPEG)
    video_id = await publish(youtube, token, press, mp4(1080, 1920, 20))
    with pytest.raises(TransientError) as caught:
        await youtube.set_thumbnail(token, video_id, cover)
    assert caught.value.code == "youtube.thumbnail_too_early"
    await stand.let_processing_end()
    await youtube.set_thumbnail((await connect(stand)).access_token, video_id, cover)
    assert (await line(stand, video_id))["has_thumbnail"]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
async def test_a_comment_whose_answer_was_lost_is_there_once(
    stand: SandboxStand, youtube: YouTube, token: str, press: Press, fault: str
) -> None:
    video_id = await publish(youtube, token, press)
    await stand.fault(method="POST", path="commentThreads", fault=fault, times=1)
    with pytest.raises(OutcomeUnknownError):
        await youtube.post_comment(token, video_id, "Thanks for watching")
    if await youtube.find_comment(token, video_id, "Thanks for watching") is None:
        await youtube.post_comment(token, video_id, "Thanks for watching")
    comments = (await stand.call("GET", f"/youtube/comments?video={video_id}"))["comments"]
    assert [comment["text"] for comment in comments] == ["Thanks for watching"]
    assert await youtube.find_comment(token, video_id, "Thanks for watching") == comments[0]["id"]


async def test_liking_twice_is_liking_once(stand: SandboxStand, youtube: YouTube, token: str, press: Press) -> None:
    video_id = await publish(youtube, token, press)
    await youtube.like_video(token, video_id)
    await youtube.like_video(token, video_id)
    assert (await youtube.get_statistics(token, [video_id]))[video_id]["likes"] == 1


async def test_a_playlist_takes_a_video_once(stand: SandboxStand, youtube: YouTube, token: str, press: Press) -> None:
    video_id = await publish(youtube, token, press)
    body = {"snippet": {"title": "Tales"}, "status": {"privacyStatus": "public"}}
    made = await youtube._api.write("POST", token, "playlists", {"part": "snippet,status"}, body)
    playlist_id = made.json()["id"]
    entries = {await youtube.add_to_playlist(token, playlist_id, video_id) for _ in range(2)}
    sizes = {playlist.playlist_id: playlist.size for playlist in await youtube.list_playlists(token)}
    assert (len(entries), sizes[playlist_id]) == (1, 1)


async def test_the_choices_of_an_account_are_live(stand: SandboxStand, youtube: YouTube, token: str) -> None:
    choices = await youtube.account_choices(token)
    assert {"category_id": "22", "title": "People & Blogs"} in choices["categories"]
    assert choices["max_duration_s"] == 43_200


async def test_a_report_counts_days(stand: SandboxStand, youtube: YouTube, token: str, press: Press) -> None:
    video_id = await publish(youtube, token, press)
    query = ReportQuery(date(2026, 11, 1), date(2026, 11, 7), metrics=("views",), video_ids=(video_id,))
    assert (await youtube.report(token, query)).rows == ()
    await stand.call("POST", f"/youtube/videos/{video_id}", days={"2026-11-02": {"views": 5}})
    assert (await youtube.report(token, query)).records() == [{"views": 5}]


async def begin(youtube: YouTube) -> tuple[Any, DeviceCode]:
    device = youtube.device
    assert device is not None
    return device, await device.begin()


async def test_a_device_gets_a_grant_that_publishes_and_does_not_comment(
    stand: SandboxStand, youtube: YouTube, press: Press
) -> None:
    device, code = await begin(youtube)
    assert await device.poll(code) == code
    slower = await device.poll(code)
    assert slower.interval == timedelta(seconds=10)
    await stand.call("POST", "/google/device", user_code=code.user_code)
    await stand.call("POST", "/clock", advance_s=20)
    grant = await device.poll(slower)
    assert isinstance(grant, Grant)
    assert grant.refresh_token is not None
    renewed = await youtube.oauth.refresh(grant.refresh_token)
    video_id = await publish(youtube, renewed.access_token, press)
    await youtube.like_video(renewed.access_token, video_id)
    with pytest.raises(NeedsOperatorError) as caught:
        await youtube.post_comment(renewed.access_token, video_id, "Hi")
    assert caught.value.code == "youtube.comment_scope_missing"


async def test_a_code_that_is_too_old_is_said_so(stand: SandboxStand, youtube: YouTube) -> None:
    device, code = await begin(youtube)
    await stand.call("POST", "/clock", advance_s=1801)
    with pytest.raises(NeedsReauthError) as caught:
        await device.poll(code)
    assert caught.value.code == "youtube.device_code_expired"


async def test_a_refused_device_is_said_so(stand: SandboxStand, youtube: YouTube) -> None:
    device, code = await begin(youtube)
    await stand.call("POST", "/google/device", user_code=code.user_code, decision="deny")
    with pytest.raises(NeedsReauthError) as caught:
        await device.poll(code)
    assert caught.value.code == "youtube.consent_refused"
