"""No token, client secret or session address in any error, repr or log, whatever fails."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from platforms.errors import PlatformError
from platforms.youtube import YouTube
from platforms.youtube.settings import YouTubeSettings
from tests.platforms.stage import (
    ACCESS_TOKEN,
    SESSION_SECRET,
    CutAfter,
    DropAnswer,
    Keep,
    KeepAndSay,
    Say,
    Stage,
    make_file,
    make_meta,
)

ECHO = f"Bearer {ACCESS_TOKEN} for https://host/session?upload_id={SESSION_SECRET} was refused"
FAULTS: list[Any] = [
    CutAfter(5),
    DropAnswer(),
    Say(308),
    Say(308, headers={"Range": "bytes=7-9"}),
    Say(308, headers={"Location": f"https://evil.example/?upload_id={SESSION_SECRET}"}),
    Say(302, headers={"Location": f"https://evil.example/?upload_id={SESSION_SECRET}"}),
    KeepAndSay(200, "{"),
    *(
        Say(status, {"error": {"message": ECHO, "errors": [{"reason": ECHO}]}})
        for status in (400, 401, 403, 404, 408, 410, 429, 500, 503)
    ),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failed_transfer_tells_no_secret(
    youtube: YouTube, stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    file = make_file(tmp_path, 1000)
    session = await youtube.open_upload(ACCESS_TOKEN, file, make_meta())
    stage.script = [fault]

    async def nothing(*_: object) -> None:
        return None

    with pytest.raises(PlatformError) as caught:
        await youtube.transfer(ACCESS_TOKEN, session, file, on_progress=nothing, before_commit=nothing)
    error = caught.value
    told = [str(error), repr(error), str(error.params()), repr(session), "".join(traceback.format_exception(error))]
    for secret in (ACCESS_TOKEN, SESSION_SECRET):
        assert all(secret not in text for text in told)
        assert secret not in caplog.text


async def test_an_answer_with_everything_in_order_logs_no_secret_either(
    youtube: YouTube, stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.script = [Keep()]
    await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 1000), make_meta())
    assert SESSION_SECRET not in caplog.text
    assert ACCESS_TOKEN not in caplog.text


def test_the_settings_keep_the_client_secret_to_themselves() -> None:
    assert "canary" not in repr(YouTubeSettings("client", "canary"))
