"""Clips on their way in: fetched, looked into, or failed with a sentence on the card."""

from __future__ import annotations

import errno

import pytest

from bot.errors import FileTooBigError, NotReachedError, RefusedError
from scheduler.errors import IntakeError
from storage.values import ClipState, Fault
from tests.bot.chat import Chat

MB = 1024 * 1024


async def test_a_video_above_the_clouds_limit_says_how_to_raise_it(chat: Chat) -> None:
    await chat.send_video("Big", file_size=45 * MB)
    assert "45 MB" in chat.last
    assert "at most 20 MB" in chat.last
    assert "FABRIC_TELEGRAM_API_URL" in chat.last
    assert chat.files.fetched == []


async def test_the_servers_own_word_for_too_big_is_understood(chat: Chat) -> None:
    chat.files.fails = [FileTooBigError("file is too big")]
    await chat.send_video("Big", file_size=None)
    assert "at most 20 MB" in chat.last


async def test_in_local_mode_there_is_no_limit(chat: Chat) -> None:
    chat.files.limit = None
    await chat.send_video("Big", file_size=1500 * MB)
    assert "0:20 · 1080×1920" in chat.last


@pytest.mark.parametrize("code", ["media.not_a_video", "media.empty_file", "media.truncated"])
async def test_a_file_that_is_no_video_gets_its_sentence(chat: Chat, code: str) -> None:
    chat.intake.error = IntakeError(Fault(code))
    await chat.send_video("Bad")
    assert "⚠️" in chat.last
    assert code not in chat.last
    assert chat.labels() == ["🗑 Discard"]
    assert list(chat.folder.glob("clip-*")) == []


async def test_a_download_that_breaks_off_is_tried_again(chat: Chat) -> None:
    chat.files.fails = [NotReachedError("x"), NotReachedError("x")]
    await chat.send_video("T")
    assert "0:20 · 1080×1920" in chat.last


async def test_a_download_that_keeps_failing_offers_another_try(chat: Chat) -> None:
    chat.files.fails = [NotReachedError("x")] * 5
    await chat.send_video("T")
    assert "could not be fetched" in chat.last
    await chat.press("Try again")
    assert "0:20 · 1080×1920" in chat.last


async def test_a_full_disk_is_named(chat: Chat) -> None:
    chat.files.fails = [OSError(errno.ENOSPC, "no space")]
    await chat.send_video("T")
    assert "disk of this server is full" in chat.last


async def test_a_file_that_telegram_forgot_is_named(chat: Chat) -> None:
    chat.files.fails = [RefusedError("wrong file_id")]
    await chat.send_video("T")
    assert "no longer has this file" in chat.last


async def test_a_clip_that_was_being_received_is_taken_up_again(chat: Chat) -> None:
    await chat.arrive(chat.video("T"))
    await chat.handle_all()
    await chat.send_all()
    assert "Receiving the video" in chat.last
    chat.restart()
    await chat.settle()
    assert "0:20 · 1080×1920" in chat.last


async def test_a_clip_that_breaks_the_program_fails_alone(chat: Chat) -> None:
    chat.intake.error = RuntimeError("a bug")
    await chat.arrive(chat.video("T"))
    await chat.handle_all()
    async with chat.db.read() as uow:
        clip = (await uow.clips.receiving())[0]
    await chat.downloads._safely(clip)
    async with chat.db.read() as uow:
        assert (await uow.clips.get(clip.id)).state is ClipState.FAILED


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.MOV", ".mov"), ("a.\x00mp4", ".mp4"), ("a.m\np4", ".mp4"), ("a.😀", ".mp4")]
)
async def test_a_senders_file_name_gives_ours_a_plain_suffix_at_most(chat: Chat, name: str, suffix: str) -> None:
    await chat.send_video("T", name)
    async with chat.db.read() as uow:
        clip = await uow.clips.get(1)
    assert clip.path == str(chat.folder / f"clip-1{suffix}")
