"""Telegram's refusals as our errors, and files on their way to the disk."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot import errors
from bot.files import TelegramFiles
from bot.gateway import Gateway
from bot.screen import Button, Screen, plain, utf16_length
from tests.bot.telegram_server import TOKEN, ScriptedTelegram, scripted_telegram

SENT = (200, {"ok": True, "result": {"message_id": 77, "date": 1, "chat": {"id": 7, "type": "private"}}})
SCREEN = Screen("<b>Hello</b>", ((Button("Go", data="x", style="primary"), Button("See", url="https://x.org")),))


def refusal(status: int, description: str, **parameters: Any) -> tuple[int, Any]:
    return status, {"ok": False, "error_code": status, "description": description, "parameters": parameters}


@pytest.fixture
async def telegram() -> AsyncIterator[ScriptedTelegram]:
    async with scripted_telegram() as server:
        yield server


@pytest.fixture
async def gateway(telegram: ScriptedTelegram) -> AsyncIterator[Gateway]:
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(telegram.url)))
    yield Gateway(bot)
    await bot.session.close()


async def test_a_message_goes_out_as_html_with_its_buttons(gateway: Gateway, telegram: ScriptedTelegram) -> None:
    telegram.answers = [SENT]
    assert await gateway.send(7, SCREEN) == 77
    method, body = telegram.asked[0]
    assert (method, body["text"], body["parse_mode"]) == ("sendMessage", "<b>Hello</b>", "HTML")
    assert '"callback_data": "x"' in body["reply_markup"].replace('":"', '": "')


async def test_a_message_of_ours_is_deleted(gateway: Gateway, telegram: ScriptedTelegram) -> None:
    telegram.answers = [(200, {"ok": True, "result": True})]
    await gateway.delete(7, 77)
    method, body = telegram.asked[0]
    assert (method, body["chat_id"], body["message_id"]) == ("deleteMessage", "7", "77")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Bad Request: message can't be deleted for everyone", errors.RefusedError),
        ("Bad Request: message to delete not found", errors.MessageGoneError),
    ],
)
async def test_a_message_that_cannot_be_deleted_is_told_from_one_that_is_gone(
    gateway: Gateway, telegram: ScriptedTelegram, said: str, expected: type[Exception]
) -> None:
    telegram.answers = [refusal(400, said)]
    with pytest.raises(expected):
        await gateway.delete(7, 77)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(429, "Too Many Requests", retry_after=5), errors.TooFastError),
        (refusal(400, "Bad Request: message to edit not found"), errors.MessageGoneError),
        (refusal(400, "Bad Request: chat not found"), errors.ChatClosedError),
        (refusal(403, "Forbidden: bot was blocked by the user"), errors.ChatClosedError),
        (refusal(400, "Bad Request: file is too big"), errors.FileTooBigError),
        (refusal(413, "Request Entity Too Large"), errors.FileTooBigError),
        (refusal(400, "Bad Request: something new"), errors.RefusedError),
        (refusal(401, "Unauthorized"), errors.RefusedError),
        (refusal(500, "Internal Server Error"), errors.OutcomeUnknownError),
        ((502, "<html>"), errors.OutcomeUnknownError),
    ],
)
async def test_each_refusal_has_its_meaning(
    gateway: Gateway, telegram: ScriptedTelegram, answer: Any, expected: type[Exception]
) -> None:
    telegram.answers = [answer]
    with pytest.raises(expected) as caught:
        await gateway.send(7, SCREEN)
    assert type(caught.value) is expected


async def test_without_a_network_nothing_was_sent_and_the_token_is_not_told() -> None:
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base("http://127.0.0.1:1")))
    with pytest.raises(errors.NotReachedError) as caught:
        await Gateway(bot).send(7, SCREEN)
    await bot.session.close()
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_message_that_shows_it_already_is_fine(gateway: Gateway, telegram: ScriptedTelegram) -> None:
    said = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    telegram.answers = [refusal(400, said)]
    await gateway.edit(7, 77, SCREEN)


async def test_markup_that_telegram_cannot_read_goes_out_as_plain_text(
    gateway: Gateway, telegram: ScriptedTelegram
) -> None:
    telegram.answers = [refusal(400, "Bad Request: can't parse entities: unclosed tag"), SENT]
    assert await gateway.send(7, Screen("<b>5 &lt; 6</b>")) == 77
    assert telegram.asked[1][1]["text"] == "5 < 6"
    assert "parse_mode" not in telegram.asked[1][1]


async def test_a_text_that_is_too_long_is_cut_and_keeps_its_buttons(
    gateway: Gateway, telegram: ScriptedTelegram
) -> None:
    telegram.answers = [SENT]
    await gateway.send(7, Screen("<b>" + "😀" * 3000 + "</b>", SCREEN.rows))
    body = telegram.asked[0][1]
    assert utf16_length(plain(body["text"])) <= 4096
    assert body["text"].endswith("…")
    assert "reply_markup" in body


async def test_a_toast_is_cut_to_what_telegram_takes(gateway: Gateway, telegram: ScriptedTelegram) -> None:
    telegram.answers = [(200, {"ok": True, "result": True})]
    await gateway.answer("q", "x" * 500, alert=True)
    assert len(telegram.asked[0][1]["text"]) == 200


def files_of(gateway: Gateway, http: aiohttp.ClientSession, url: str, *, is_local: bool = False) -> TelegramFiles:
    return TelegramFiles(office=gateway, http=http, token=TOKEN, api_url=url, is_local=is_local)


def file_at(path: str) -> tuple[int, Any]:
    return 200, {"ok": True, "result": {"file_id": "f", "file_unique_id": "u", "file_path": path}}


async def test_a_file_from_the_cloud_appears_whole(
    gateway: Gateway, telegram: ScriptedTelegram, tmp_path: Path
) -> None:
    telegram.answers, telegram.files = [file_at("videos/1.mp4")], {"videos/1.mp4": b"x" * 1_000_000}
    async with aiohttp.ClientSession() as http:
        await files_of(gateway, http, telegram.url).fetch("f", tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").stat().st_size == 1_000_000
    assert list(tmp_path.iterdir()) == [tmp_path / "clip.mp4"]


async def test_a_file_that_the_server_lost_is_refused_without_the_token(
    gateway: Gateway, telegram: ScriptedTelegram, tmp_path: Path
) -> None:
    telegram.answers = [file_at("videos/gone.mp4")]
    async with aiohttp.ClientSession() as http:
        with pytest.raises(errors.RefusedError) as caught:
            await files_of(gateway, http, telegram.url).fetch("f", tmp_path / "clip.mp4")
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


async def test_in_local_mode_the_file_is_linked_not_copied(
    gateway: Gateway, telegram: ScriptedTelegram, tmp_path: Path
) -> None:
    source = tmp_path / "server" / "file.mp4"
    source.parent.mkdir()
    source.write_bytes(b"video")
    telegram.answers = [file_at(str(source))]
    async with aiohttp.ClientSession() as http:
        files = files_of(gateway, http, telegram.url, is_local=True)
        await files.fetch("f", tmp_path / "clip.mp4")
    assert files.limit is None
    assert (tmp_path / "clip.mp4").samefile(source)


async def test_what_is_no_plain_file_is_not_taken_from_the_local_disk(
    gateway: Gateway, telegram: ScriptedTelegram, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe.mp4")
    async with aiohttp.ClientSession() as http:
        for name in ("link.mp4", "pipe.mp4"):
            telegram.answers = [file_at(str(tmp_path / name))]
            with pytest.raises(errors.RefusedError):
                await files_of(gateway, http, telegram.url, is_local=True).fetch("f", tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


async def test_more_than_the_cloud_gives_out_is_not_kept(
    gateway: Gateway, telegram: ScriptedTelegram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.files.CLOUD_LIMIT", 1000)
    telegram.answers, telegram.files = [file_at("1.mp4")], {"1.mp4": b"x" * 5000}
    async with aiohttp.ClientSession() as http:
        with pytest.raises(errors.FileTooBigError):
            await files_of(gateway, http, telegram.url).fetch("f", tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_does_not_fit_leaves_the_disk_as_it_was(
    gateway: Gateway, telegram: ScriptedTelegram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(b"video")

    def other_disk(_: object, __: object) -> None:
        raise OSError(errno.EXDEV, "another disk")

    def full(_: Path, part: Path) -> None:
        part.write_bytes(b"vi")
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("bot.files.os.link", other_disk)
    monkeypatch.setattr("bot.files.shutil.copyfile", full)
    telegram.answers = [file_at(str(source))]
    async with aiohttp.ClientSession() as http:
        with pytest.raises(OSError, match="no space"):
            await files_of(gateway, http, telegram.url, is_local=True).fetch("f", tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == [source]


async def test_a_redirect_is_not_followed_to_another_host(
    gateway: Gateway, telegram: ScriptedTelegram, tmp_path: Path
) -> None:
    telegram.answers, telegram.moved = [file_at("1.mp4")], f"{telegram.url}/elsewhere"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(errors.RefusedError, match="302"):
            await files_of(gateway, http, telegram.url).fetch("f", tmp_path / "clip.mp4")
