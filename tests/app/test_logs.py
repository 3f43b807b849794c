"""Secrets do not reach a log line, whatever brings them there."""

from __future__ import annotations

import json
import logging

import pytest

from app.logs import STRUCK, JsonFormatter, SecretFilter, set_up_logs

SECRET = "ya29.canary-token-value"


def logged(message: str, *args: object, exc: BaseException | None = None, form: logging.Formatter | None = None) -> str:
    info = (type(exc), exc, exc.__traceback__) if exc else None
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, args, info)
    SecretFilter([SECRET]).filter(record)
    return (form or logging.Formatter()).format(record)


def test_a_known_secret_is_struck_out_of_message_and_arguments() -> None:
    line = logged("got %s from %s", SECRET, "google")
    assert SECRET not in line
    assert line == f"got {STRUCK} from google"


def test_a_known_secret_is_struck_out_of_a_traceback() -> None:
    try:
        raise ValueError(f"bad token {SECRET}")
    except ValueError as error:
        line = logged("failed", exc=error)
    assert SECRET not in line
    assert "ValueError" in line


@pytest.mark.parametrize(
    "text",
    [
        "GET https://api.telegram.org/bot12345:canary-x_Y/getMe",
        "Authorization: Bearer canary.x-y_z",
        "PUT https://host/upload?uploadType=resumable&upload_id=canary-1",
        "https://host/cb?state=canary&code=canary",
        '{"refresh_token": "canary"}',
        "client_secret=canary&grant_type=refresh_token",
        "{'code': '4/0AX-canary-code-1'}",
        "tokens ya29.a0-canary-token and 1//0g-canary-token-long",
        "mysql+aiomysql://fabric:canary@db/fabric refused",
        "Malformed access token EAABcanaryZBZAuQ0BAKZCx7",
        f"GET https://host/files/7.1763700000.0a1b2c3d.canary{'A' * 37}.mp4",
    ],
)
def test_what_looks_like_a_secret_is_struck_out_even_if_unknown(text: str) -> None:
    assert "canary" not in logged(text)


def test_an_ordinary_line_stays_as_it_is() -> None:
    assert logged("task 7 moved to stage transfer at 50 %") == "task 7 moved to stage transfer at 50 %"


def test_a_json_line_is_one_object_with_the_traceback_inside() -> None:
    try:
        raise ValueError("no")
    except ValueError as error:
        entry = json.loads(logged("failed", exc=error, form=JsonFormatter()))
    assert entry["message"] == "failed"
    assert "ValueError: no" in entry["traceback"]


def test_the_database_driver_tells_no_rows_even_when_everything_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        set_up_logs("DEBUG", "console", ())
        logging.getLogger("aiosqlite").debug("executing %s", "INSERT … canary")
        logging.getLogger("bot.feed").debug("heard")
    finally:
        root.handlers[:], root.level = before[0], before[1]
    said = capsys.readouterr().err
    assert "heard" in said
    assert "canary" not in said
