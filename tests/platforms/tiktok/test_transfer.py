"""Sending the bytes over real connections: in order, once, and never blindly again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.base import UploadSession, VideoFile
from platforms.errors import (
    ContentRejectedError,
    OutcomeUnknownError,
    PlatformError,
    RateLimitedError,
    SessionGoneError,
    TokenRejectedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.tiktok import TikTok
from tests.platforms.tiktok.stage import (
    ACCESS_TOKEN,
    NOW,
    CutAfter,
    DropAnswer,
    Keep,
    KeepAndSay,
    Say,
    Stage,
    make_file,
    make_session,
    make_tiktok,
    raise_stage,
    refusal,
)

CHUNK = 1000
SIZE = 3500  # three chunks: 1000, 1000, 1500
RANGES = ["bytes 0-999/3500", "bytes 1000-1999/3500", "bytes 2000-3499/3500"]
STATUS = "post/publish/status/fetch"


class Upload:
    """One upload as the scheduler drives it, with what it was told."""

    def __init__(self, tiktok: TikTok, file: VideoFile, session: UploadSession) -> None:
        self.tiktok = tiktok
        self.file = file
        self.session = session
        self.progress: list[int] = []
        self.commits = 0

    async def run(self, **changes: Any) -> None:
        callbacks: dict[str, Any] = {"on_progress": self._progressed, "before_commit": self._committing}
        await self.tiktok.transfer(ACCESS_TOKEN, self.session, self.file, **(callbacks | changes))

    async def run_until_done(self, *, attempts: int = 60) -> None:
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


@pytest.fixture
def upload(tiktok: TikTok, stage: Stage, tmp_path: Path) -> Upload:
    file = make_file(tmp_path, SIZE)
    return Upload(tiktok, file, make_session(stage, file, chunk_size=CHUNK))


async def failing(upload: Upload, expected: type[PlatformError]) -> Any:
    with pytest.raises(expected) as caught:
        await upload.run()
    assert type(caught.value) is expected
    return caught.value


def whole(upload: Upload, stage: Stage) -> bool:
    return bytes(stage.stored) == upload.file.path.read_bytes()


async def test_the_chunks_go_up_in_order_and_the_last_one_carries_the_rest(upload: Upload, stage: Stage) -> None:
    await upload.run()
    assert stage.ranges == RANGES
    assert whole(upload, stage)
    assert upload.progress == [0, 1000, 2000, 3500]
    assert upload.commits == 1


async def test_no_access_token_goes_to_the_upload_address(upload: Upload, stage: Stage) -> None:
    await upload.run()
    for _, headers in stage.puts:
        assert "Authorization" not in headers
        assert headers["Content-Type"] == "video/mp4"
    assert [headers["Content-Length"] for _, headers in stage.puts] == ["1000", "1000", "1500"]


async def test_leave_is_asked_right_before_the_last_chunk(upload: Upload, stage: Stage) -> None:
    async def forbid() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        await upload.run(before_commit=forbid)
    assert stage.ranges == RANGES[:2]


@pytest.mark.parametrize("answers", [True, False])
async def test_an_upload_goes_on_where_tiktok_stands(upload: Upload, stage: Stage, answers: bool) -> None:
    stage.tells_uploaded = answers
    stage.script = [Keep(), CutAfter(10)]
    await failing(upload, TransientError)
    await upload.run()
    assert whole(upload, stage)
    assert upload.commits == 1


async def test_a_lost_answer_to_a_chunk_repeats_no_byte(upload: Upload, stage: Stage) -> None:
    stage.script = [DropAnswer()]
    await failing(upload, TransientError)
    await upload.run()
    assert stage.ranges == RANGES


@pytest.mark.parametrize(
    "fault", [DropAnswer(), CutAfter(3), KeepAndSay(502, "<html>"), KeepAndSay(500), Say(503), Say(408)]
)
async def test_no_answer_to_the_last_chunk_is_an_unknown_outcome(upload: Upload, stage: Stage, fault: Any) -> None:
    stage.script = [Keep(), Keep(), fault]
    await failing(upload, OutcomeUnknownError)
    await upload.run()
    assert whole(upload, stage)


@pytest.mark.parametrize(
    "phase", ["PUBLISH_COMPLETE", "SEND_TO_USER_INBOX", "PROCESSING_DOWNLOAD", "PROCESSING_UPLOAD"]
)
async def test_an_upload_that_tiktok_has_needs_neither_bytes_nor_its_file(
    upload: Upload, stage: Stage, phase: str
) -> None:
    stage.phase, stage.stored = phase, bytearray(SIZE)
    upload.file.path.unlink()
    await upload.run()
    assert (stage.puts, upload.progress, upload.commits) == ([], [SIZE], 0)


async def test_an_upload_that_failed_is_left_to_check(upload: Upload, stage: Stage) -> None:
    stage.phase = "FAILED"
    await upload.run()
    assert (stage.puts, upload.progress, upload.commits) == ([], [], 0)


async def test_a_416_is_followed_to_the_byte_that_tiktok_wants(upload: Upload, stage: Stage) -> None:
    stage.stored = bytearray(upload.file.path.read_bytes()[:2000])
    stage.tells_uploaded = False
    await upload.run()
    assert stage.ranges == [RANGES[0], RANGES[2]]
    assert whole(upload, stage)


@pytest.mark.parametrize("header", ["bytes 0-1000/3500", "bytes 0-999/3500"])
async def test_a_416_may_count_bytes_or_name_the_last_one(upload: Upload, stage: Stage, header: str) -> None:
    stage.tells_uploaded = False
    stage.stored = bytearray(upload.file.path.read_bytes()[:1000])
    stage.script = [Say(416, headers={"Content-Range": header})]
    await upload.run()
    assert stage.ranges == RANGES
    assert whole(upload, stage)


async def test_a_416_that_names_no_byte_is_looked_up_in_the_status(upload: Upload, stage: Stage) -> None:
    stage.script = [Keep(), Say(416)]
    stage.tells_range = False
    error = await failing(upload, TransientError)
    assert error.reason == "noProgress"  # TikTok wants the very bytes that it refused
    assert [path for path, _, _ in stage.calls] == [STATUS, STATUS]


async def test_a_416_after_everything_arrived_is_the_end(upload: Upload, stage: Stage) -> None:
    stage.stored = bytearray(upload.file.path.read_bytes())
    stage.tells_uploaded = False
    await upload.run()
    assert stage.ranges == [RANGES[0]]


async def test_being_sent_to_and_fro_ends(upload: Upload, stage: Stage) -> None:
    there, back = {"Content-Range": "bytes 0-1000/3500"}, {"Content-Range": "bytes 0-0/3500"}
    stage.script = [Say(416, headers=there), Say(416, headers=back)] * 5
    error = await failing(upload, TransientError)
    assert error.reason == "noProgress"
    assert len(stage.puts) == 4


@pytest.mark.parametrize("header", ["bytes 0-1000/3500", "bytes 0-999/3500", "", "nonsense"])
async def test_a_206_may_count_bytes_or_name_the_last_one(upload: Upload, stage: Stage, header: str) -> None:
    stage.script = [KeepAndSay(206, headers={"Content-Range": header})]
    await upload.run()
    assert stage.ranges == RANGES
    assert whole(upload, stage)


async def test_more_bytes_than_there_are_is_unexpected(upload: Upload, stage: Stage) -> None:
    stage.script = [Say(206, headers={"Content-Range": "bytes 0-9999/3500"})]
    await failing(upload, UnexpectedAnswerError)


async def test_an_early_end_is_unexpected(upload: Upload, stage: Stage) -> None:
    stage.script = [Say(201)]
    await failing(upload, UnexpectedAnswerError)


@pytest.mark.parametrize("status", [403, 404])
async def test_an_address_that_is_dead_is_gone(upload: Upload, stage: Stage, status: int) -> None:
    stage.script = [Keep(), Say(status)]
    await failing(upload, SessionGoneError)
    assert upload.commits == 0


async def test_an_address_past_its_hour_is_gone_before_the_commit(upload: Upload, stage: Stage) -> None:
    opened = (NOW - timedelta(hours=1)).isoformat()
    upload.session = replace(upload.session, data={**upload.session.data, "opened_at": opened})
    await failing(upload, SessionGoneError)
    assert (stage.ranges, upload.commits) == (RANGES[:2], 0)


async def test_an_upload_that_tiktok_does_not_know_is_gone(upload: Upload, stage: Stage) -> None:
    stage.answers[STATUS] = refusal(400, "invalid_publish_id")
    await failing(upload, SessionGoneError)


async def test_a_rejected_token_is_told_apart(upload: Upload, stage: Stage) -> None:
    stage.answers[STATUS] = refusal(401, "access_token_invalid")
    await failing(upload, TokenRejectedError)


async def test_a_rate_limit_on_the_last_chunk_is_no_unknown_outcome(upload: Upload, stage: Stage) -> None:
    stage.script = [Keep(), Keep(), Say(429, headers={"Retry-After": "30"})]
    assert (await failing(upload, RateLimitedError)).retry_after == timedelta(seconds=30)


async def test_a_bad_request_is_not_repeated_within_a_run(upload: Upload, stage: Stage) -> None:
    stage.script = [Say(400)]
    await failing(upload, UnexpectedAnswerError)
    assert len(stage.puts) == 1


async def test_a_file_that_changed_is_not_sent(upload: Upload, stage: Stage) -> None:
    upload.file.path.write_bytes(b"x" * SIZE)
    assert (await failing(upload, ContentRejectedError)).code == "tiktok.file_changed"
    assert stage.puts == []


async def test_another_file_does_not_go_into_the_upload(upload: Upload, stage: Stage) -> None:
    upload.session = replace(upload.session, data={**upload.session.data, "sha256": "other"})
    assert (await failing(upload, ContentRejectedError)).code == "tiktok.file_changed"


@pytest.mark.parametrize("lost", ["chunk_size", "chunk_count"])
async def test_a_session_without_its_plan_is_gone(upload: Upload, lost: str) -> None:
    upload.session = replace(upload.session, data={**upload.session.data, lost: None})
    await failing(upload, SessionGoneError)


async def test_a_session_without_a_publish_id_is_gone(upload: Upload) -> None:
    upload.session = replace(upload.session, upload_id=None)
    await failing(upload, SessionGoneError)


async def test_an_address_on_a_foreign_host_gets_no_byte(upload: Upload) -> None:
    foreign = {**upload.session.data, "upload_url": "https://evil.example/upload"}
    upload.session = replace(upload.session, data=foreign)
    await failing(upload, UnexpectedAnswerError)


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 3999),
    acts=st.lists(
        st.one_of(
            st.integers(0, 10).map(CutAfter),
            st.sampled_from([Keep(), DropAnswer(), Say(503), KeepAndSay(502), KeepAndSay(206)]),
        ),
        max_size=8,
    ),
    tells_range=st.booleans(),
    tells_uploaded=st.booleans(),
)
async def test_whatever_goes_wrong_the_file_arrives_whole(
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    acts: list[Any],
    tells_range: bool,
    tells_uploaded: bool,
) -> None:
    async with raise_stage() as stage:
        tiktok = make_tiktok(api_url=stage.url)
        file = make_file(tmp_path_factory.mktemp("upload"), max(size, 20))
        upload = Upload(tiktok, file, make_session(stage, file, chunk_size=CHUNK))
        stage.script, stage.tells_range = list(acts), tells_range
        stage.tells_uploaded = tells_uploaded or not tells_range  # TikTok has to say it somewhere
        await upload.run_until_done()
        assert whole(upload, stage)
        await tiktok.close()


async def test_an_upload_that_died_unfed_is_begun_anew_and_no_failure_of_its_file(upload: Upload, stage: Stage) -> None:
    stage.phase = "FAILED"
    opened = datetime.fromisoformat(upload.session.data["opened_at"]) - timedelta(hours=1)
    upload.session = replace(upload.session, data={**upload.session.data, "opened_at": opened.isoformat()})
    error = await failing(upload, SessionGoneError)
    assert error.reason == "uploadUrlExpired"
    assert stage.ranges == []
    assert upload.commits == 0
