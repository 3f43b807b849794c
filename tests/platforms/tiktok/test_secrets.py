"""No token, client secret or upload address in any error, repr or log, whatever fails."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from platforms.errors import PlatformError
from platforms.tiktok import TikTok
from platforms.tiktok.settings import TikTokSettings
from tests.platforms.tiktok.stage import (
    ACCESS_TOKEN,
    UPLOAD_SECRET,
    CutAfter,
    DropAnswer,
    Say,
    Stage,
    make_file,
    make_meta,
    refusal,
)

ECHO = f"Bearer {ACCESS_TOKEN} or {ACCESS_TOKEN} for https://host/upload?upload_token={UPLOAD_SECRET} was refused"
SECRETS = (ACCESS_TOKEN, UPLOAD_SECRET, "canary-client-secret")
PUT_FAULTS: list[Any] = [
    CutAfter(5),
    DropAnswer(),
    Say(302, headers={"Location": f"https://evil.example/?upload_token={UPLOAD_SECRET}"}),
    Say(206, headers={"Content-Range": "bytes 0-99999/1000"}),
    *(Say(status, ECHO) for status in (400, 401, 403, 404, 408, 416, 429, 500, 503)),
]
CALL_FAULTS: list[Any] = [
    Say(200, "{"),
    Say(200, {"data": ECHO, "error": {"code": "ok"}}),
    Say(302, headers={"Location": f"https://evil.example/?token={ACCESS_TOKEN}"}),
    *(refusal(status, ECHO, ECHO) for status in (200, 400, 401, 403, 429, 500)),
    *(Say(status, {"error": ECHO, "error_description": ECHO}) for status in (200, 400, 401)),
]


def told_by(error: BaseException) -> list[str]:
    params = str(error.params()) if isinstance(error, PlatformError) else ""
    return [str(error), repr(error), params, "".join(traceback.format_exception(error))]


async def nothing(*_: object) -> None:
    return None


@pytest.mark.parametrize("fault", PUT_FAULTS)
async def test_a_failed_transfer_tells_no_secret(
    tiktok: TikTok, stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    file = make_file(tmp_path, 1000)
    session = await tiktok.open_upload(ACCESS_TOKEN, file, make_meta())
    stage.script = [fault]
    with pytest.raises(PlatformError) as caught:
        await tiktok.transfer(ACCESS_TOKEN, session, file, on_progress=nothing, before_commit=nothing)
    assert stage.puts
    for secret in SECRETS:
        assert all(secret not in text for text in [*told_by(caught.value), repr(session), caplog.text])


@pytest.mark.parametrize("fault", CALL_FAULTS)
async def test_a_refused_call_tells_no_secret(
    tiktok: TikTok, stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Say
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.answers["post/publish/video/init"] = stage.answers["oauth/token"] = fault
    with pytest.raises(PlatformError) as opening:
        await tiktok.open_upload(ACCESS_TOKEN, make_file(tmp_path, 1000), make_meta())
    for secret in SECRETS:
        assert all(secret not in text for text in [*told_by(opening.value), caplog.text])


async def test_an_upload_with_everything_in_order_logs_no_secret_either(
    tiktok: TikTok, stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = make_file(tmp_path, 1000)
    session = await tiktok.open_upload(ACCESS_TOKEN, file, make_meta())
    await tiktok.transfer(ACCESS_TOKEN, session, file, on_progress=nothing, before_commit=nothing)
    assert bytes(stage.stored) == file.path.read_bytes()
    assert all(secret not in caplog.text + repr(session) for secret in SECRETS)


def test_the_settings_keep_the_client_secret_to_themselves() -> None:
    assert "canary" not in repr(TikTokSettings("key", "canary"))
