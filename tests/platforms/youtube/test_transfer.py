"""Sending the bytes over real connections: every cut is resumed exactly, and nothing is repeated blindly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.base import Publication, UploadSession, VideoFile
from platforms.errors import (
    ContentRejectedError,
    OutcomeUnknownError,
    PlatformError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TokenRejectedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.youtube import YouTube
from tests.platforms.conftest import make_youtube
from tests.platforms.stage import (
    ACCESS_TOKEN,
    UNIT,
    CutAfter,
    DropAnswer,
    Keep,
    KeepAndSay,
    KeepOnly,
    Say,
    Stage,
    make_file,
    make_meta,
    raise_stage,
)

SIZE = 2 * UNIT + 1000  # three chunks
VIDEO = Publication("video-1", "https://www.youtube.com/watch?v=video-1")


class Upload:
    """One upload as the scheduler drives it, with what it was told."""

    def __init__(self, youtube: YouTube, file: VideoFile, session: UploadSession) -> None:
        self.youtube = youtube
        self.file = file
        self.session = session
        self.progress: list[int] = []
        self.commits = 0
        self.moves: list[UploadSession] = []

    async def run(self, **changes: Any) -> Publication | None:
        callbacks: dict[str, Any] = {
            "on_progress": self._progressed,
            "before_commit": self._committing,
            "on_session": self._moved,
        }
        return await self.youtube.transfer(ACCESS_TOKEN, self.session, self.file, **(callbacks | changes))

    async def run_until_done(self, *, attempts: int = 60) -> Publication | None:
        for _ in range(attempts):
            try:
                return await self.run()
            except (TransientError, OutcomeUnknownError):
                continue
        raise AssertionError("the upload does not come to an end")

    async def _progressed(self, confirmed: int) -> None:
        self.progress.append(confirmed)

    async def _committing(self) -> None:
        self.commits += 1

    async def _moved(self, session: UploadSession) -> None:
        self.moves.append(session)
        self.session = session


@pytest.fixture
async def upload(youtube: YouTube, stage: Stage, tmp_path: Path) -> Upload:
    file = make_file(tmp_path, SIZE)
    return Upload(youtube, file, await youtube.open_upload(ACCESS_TOKEN, file, make_meta()))


async def failing(upload: Upload, expected: type[PlatformError]) -> Any:
    with pytest.raises(expected) as caught:
        await upload.run()
    assert type(caught.value) is expected
    return caught.value


async def test_the_server_gets_the_file_byte_for_byte(upload: Upload, stage: Stage) -> None:
    assert await upload.run() == VIDEO
    assert bytes(stage.stored) == upload.file.path.read_bytes()


async def test_it_asks_first_and_then_sends_chunks_of_whole_units(upload: Upload, stage: Stage) -> None:
    await upload.run()
    assert [put.content_range for put in stage.puts] == [
        f"bytes */{SIZE}",
        f"bytes 0-{UNIT - 1}/{SIZE}",
        f"bytes {UNIT}-{2 * UNIT - 1}/{SIZE}",
        f"bytes {2 * UNIT}-{SIZE - 1}/{SIZE}",
    ]
    assert [put.content_length for put in stage.puts] == [0, UNIT, UNIT, 1000]
    assert {put.authorization for put in stage.puts} == {f"Bearer {ACCESS_TOKEN}"}


async def test_progress_is_what_the_server_confirmed(upload: Upload) -> None:
    await upload.run()
    assert upload.progress == [0, UNIT, 2 * UNIT, SIZE]


async def test_leave_is_asked_once_right_before_the_last_chunk(upload: Upload, stage: Stage) -> None:
    chunks_before: list[int] = []

    async def before_commit() -> None:
        chunks_before.append(len(stage.chunk_ranges))

    await upload.run(before_commit=before_commit)
    assert chunks_before == [2]


async def test_without_leave_the_last_chunk_stays_here(upload: Upload, stage: Stage) -> None:
    async def forbid() -> None:
        raise PermissionError("the lease was lost")

    with pytest.raises(PermissionError):
        await upload.run(before_commit=forbid)
    assert stage.final is None
    assert len(stage.stored) == 2 * UNIT


@pytest.mark.parametrize("kept", [0, 1, 1000, UNIT - 1])
async def test_a_cut_within_a_chunk_is_transient_and_resumed_from_the_stored_byte(
    upload: Upload, stage: Stage, kept: int
) -> None:
    stage.script = [Keep(), CutAfter(kept)]
    await failing(upload, TransientError)
    assert upload.commits == 0
    assert await upload.run() == VIDEO
    assert stage.chunk_ranges[2].startswith(f"bytes {UNIT + kept}-")
    assert bytes(stage.stored) == upload.file.path.read_bytes()


async def test_a_server_that_stored_part_of_a_chunk_gets_the_rest(upload: Upload, stage: Stage) -> None:
    stage.script = [KeepOnly(100), KeepOnly(UNIT - 1)]
    assert await upload.run() == VIDEO
    assert stage.chunk_ranges[1].startswith("bytes 100-")
    assert bytes(stage.stored) == upload.file.path.read_bytes()


async def test_a_308_without_a_range_means_that_nothing_is_stored(upload: Upload, stage: Stage) -> None:
    stage.script = [Say(308)]
    error = await failing(upload, TransientError)
    assert error.reason == "noProgress"
    assert await upload.run() == VIDEO
    assert stage.chunk_ranges[:2] == [f"bytes 0-{UNIT - 1}/{SIZE}"] * 2


async def test_a_last_chunk_cut_short_is_an_unknown_outcome(upload: Upload, stage: Stage) -> None:
    stage.script = [Keep(), Keep(), CutAfter(10)]
    await failing(upload, OutcomeUnknownError)
    assert await upload.run() == VIDEO
    assert upload.commits == 2


async def test_a_lost_answer_to_the_last_chunk_is_unknown_and_the_answer_is_replayed(
    upload: Upload, stage: Stage
) -> None:
    stage.script = [Keep(), Keep(), DropAnswer()]
    await failing(upload, OutcomeUnknownError)
    assert await upload.run() == VIDEO
    assert len(stage.chunk_ranges) == 3
    assert upload.commits == 1


async def test_a_finished_upload_needs_its_file_no_more(upload: Upload, stage: Stage) -> None:
    stage.final = (200, {"id": "video-1"})
    upload.file.path.unlink()
    assert await upload.run() == VIDEO
    assert upload.progress == [SIZE]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_server_error_on_a_chunk_is_transient_and_on_the_last_one_unknown(
    upload: Upload, stage: Stage, status: int
) -> None:
    stage.script = [Say(status, "<html>Bad Gateway</html>")]
    await failing(upload, TransientError)
    stage.script = [Keep(), Keep(), KeepAndSay(status)]
    await failing(upload, OutcomeUnknownError)
    assert await upload.run() == VIDEO


async def test_a_server_error_on_the_question_is_transient(upload: Upload, stage: Stage) -> None:
    stage.query_script = [Say(503, headers={"Retry-After": "9"})]
    error = await failing(upload, TransientError)
    assert error.retry_after.total_seconds() == 9
    assert stage.chunk_ranges == []


@pytest.mark.parametrize("body", ["", "<html>", '{"id": ', "{}", '{"id": 7}', "[]"])
async def test_a_success_that_cannot_be_read_is_an_unknown_outcome(upload: Upload, stage: Stage, body: str) -> None:
    stage.script = [Keep(), Keep(), KeepAndSay(200, body)]
    await failing(upload, OutcomeUnknownError)
    assert await upload.run() == VIDEO


@pytest.mark.parametrize("status", [404, 410])
async def test_a_dead_session_is_gone(upload: Upload, stage: Stage, status: int) -> None:
    stage.query_script = [Say(status)]
    await failing(upload, SessionGoneError)
    stage.script = [Say(status)]
    await failing(upload, SessionGoneError)


async def test_a_rejected_token_is_told_apart(upload: Upload, stage: Stage) -> None:
    stage.query_script = [Say(401, {"error": {"errors": [{"reason": "authError"}]}})]
    await failing(upload, TokenRejectedError)
    stage.script = [Keep(), Say(401)]
    await failing(upload, TokenRejectedError)


async def test_a_rate_limit_on_the_last_chunk_is_no_unknown_outcome(upload: Upload, stage: Stage) -> None:
    stage.script = [Keep(), Keep(), Say(429, headers={"Retry-After": "30"})]
    error = await failing(upload, RateLimitedError)
    assert error.retry_after.total_seconds() == 30


async def test_an_upload_that_ended_in_failure_repeats_its_reason(upload: Upload, stage: Stage) -> None:
    stage.final = (400, {"error": {"message": "too many", "errors": [{"reason": "uploadLimitExceeded"}]}})
    error = await failing(upload, QuotaExhaustedError)
    assert error.bucket == "channel_uploads"


@pytest.mark.parametrize("header", ["bytes=5-10", "bytes=0-", "0-10", f"bytes=0-{SIZE}", "bytes=0--1"])
async def test_a_range_that_cannot_be_is_unexpected(upload: Upload, stage: Stage, header: str) -> None:
    stage.query_script = [Say(308, headers={"Range": header})]
    await failing(upload, UnexpectedAnswerError)
    assert stage.chunk_ranges == []


async def test_every_byte_stored_but_no_answer_is_an_unknown_outcome(upload: Upload, stage: Stage) -> None:
    stage.query_script = [Say(308, headers={"Range": f"bytes=0-{SIZE - 1}"})]
    await failing(upload, OutcomeUnknownError)
    assert stage.chunk_ranges == []


async def test_a_session_that_moves_is_followed_and_its_new_address_told(upload: Upload, stage: Stage) -> None:
    moved = f"{stage.url}/session-moved?upload_id=new"
    stage.script = [KeepAndSay(308, headers={"Location": moved, "Range": f"bytes=0-{UNIT - 1}"})]
    assert await upload.run() == VIDEO
    assert [put.path for put in stage.puts] == ["/session", "/session", "/session-moved", "/session-moved"]
    assert [session.data["address"] for session in upload.moves] == [moved]
    assert upload.moves[0].data["sha256"] == upload.file.sha256
    assert upload.moves[0].upload_id == upload.session.upload_id


async def test_a_session_that_moves_to_a_foreign_host_is_not_followed(upload: Upload, stage: Stage) -> None:
    stage.query_script = [Say(308, headers={"Location": "https://evil.example/"})]
    await failing(upload, UnexpectedAnswerError)


async def test_a_file_that_changed_is_not_sent(upload: Upload, stage: Stage) -> None:
    upload.file.path.write_bytes(b"x" * SIZE)
    error = await failing(upload, ContentRejectedError)
    assert error.code == "youtube.file_changed"
    assert stage.chunk_ranges == []


async def test_a_file_that_is_gone_is_not_sent(upload: Upload, stage: Stage) -> None:
    upload.file.path.unlink()
    await failing(upload, ContentRejectedError)
    assert stage.chunk_ranges == []


async def test_a_file_that_grows_during_the_upload_is_never_committed(upload: Upload, stage: Stage) -> None:
    async def grow() -> None:
        with upload.file.path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(ContentRejectedError):
        await upload.run(before_commit=grow)
    assert stage.final is None


async def test_another_file_does_not_go_into_the_session(upload: Upload, stage: Stage) -> None:
    upload.session = replace(upload.session, data={**upload.session.data, "sha256": "other"})
    await failing(upload, ContentRejectedError)
    assert stage.chunk_ranges == []


async def test_a_session_without_an_address_is_gone(upload: Upload) -> None:
    upload.session = UploadSession(data={})
    await failing(upload, SessionGoneError)


async def test_nobody_listening_is_transient_even_for_the_last_byte(upload: Upload, stage: Stage) -> None:
    upload.session = replace(upload.session, data={**upload.session.data, "address": "http://127.0.0.1:9/none"})
    await failing(upload, TransientError)


async def test_a_cancelled_upload_leaves_no_open_file(upload: Upload, stage: Stage) -> None:
    def open_files() -> int:
        return sum(1 for link in Path("/proc/self/fd").iterdir() if link.resolve() == upload.file.path)

    async def stop() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await upload.run(before_commit=stop)
    assert open_files() == 0


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 3 * UNIT + 7),
    acts=st.lists(
        st.one_of(
            st.integers(0, UNIT).map(CutAfter),
            st.integers(0, UNIT).map(KeepOnly),
            st.sampled_from([Keep(), DropAnswer(), Say(503), Say(308), KeepAndSay(502)]),
        ),
        max_size=8,
    ),
    question=st.lists(st.sampled_from([Keep(), Say(500), Say(308)]), max_size=2),
)
async def test_whatever_the_server_holds_is_resumed_exactly(
    tmp_path_factory: pytest.TempPathFactory, size: int, acts: list[Any], question: list[Any]
) -> None:
    async with raise_stage() as stage:
        youtube = make_youtube(api_url=stage.url, chunk_size=UNIT)
        file = make_file(tmp_path_factory.mktemp("upload"), size)
        upload = Upload(youtube, file, await youtube.open_upload(ACCESS_TOKEN, file, make_meta()))
        stage.script = list(acts)
        stage.query_script = list(question)
        assert await upload.run_until_done() == VIDEO
        assert bytes(stage.stored) == file.path.read_bytes()
        for content_range in stage.chunk_ranges:
            first, last = map(int, content_range.removeprefix("bytes ").partition("/")[0].split("-"))
            assert last == size - 1 or (last - first + 1) % UNIT == 0
        await youtube.close()
