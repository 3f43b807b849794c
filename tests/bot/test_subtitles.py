"""Subtitles sent as a file reach the draft they are meant for, and a voice that lacks them says so before Approve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.errors import RefusedError
from storage.values import Draft
from tests.bot.chat import Chat

SRT = "1\n00:00:01,000 --> 00:00:02,000\nДоброе утро\n\n2\n00:00:03,000 --> 00:00:04,000\nДо свидания\n"


async def send_subtitles(chat: Chat, name: str = "tale.srt", content: str = SRT, **fields: Any) -> None:
    chat.files.content = content.encode()
    sent = {"file_id": "s1", "file_unique_id": "us1", "file_name": name, "file_size": len(content.encode())}
    await chat.arrive(chat.message(document={**sent, **fields.pop("document", {})}, **fields))
    await chat.settle()


def kept(chat: Chat) -> list[Path]:
    return [path for path in chat.folder.iterdir() if path.suffix in (".srt", ".json")]


def words_of(draft: Draft) -> Any:
    return draft.options.get("voice_transcript")


@pytest.fixture
def speaking(chat: Chat) -> Chat:
    """A chat whose voice Robot says the words anew."""
    chat.presets.wanting_words = ("robot",)
    return chat


async def test_a_voice_that_lacks_the_words_says_so_and_is_content_with_subtitles(speaking: Chat) -> None:
    chat = speaking
    await chat.complete_draft()
    await chat.press("Voice")
    assert "just send the file here" in chat.last
    await chat.press("Robot")
    assert "says the words anew and has to know them" in chat.last
    toast, _ = await chat.press("Approve")
    assert "Send the subtitles" in toast
    await send_subtitles(chat)
    assert "📝 Subtitles: tale.srt (2 phrases)" in chat.last
    assert "has to know them" not in chat.last
    await chat.press("Approve")
    async with chat.db.read() as uow:
        (task,) = await uow.tasks.of_post(1)
    (path,) = kept(chat)
    assert task.options["voice_transcript"] == {"file": str(path), "name": "tale.srt", "phrases": 2}
    assert path.read_text() == SRT


async def test_new_subtitles_take_the_place_of_the_old_ones_and_can_be_dropped(speaking: Chat) -> None:
    chat = speaking
    await chat.complete_draft()
    await send_subtitles(chat)
    assert "Subtitles: tale.srt (this voice does without them)" in chat.last
    await send_subtitles(chat, "Other <b>.JSON", '[{"start": 0.5, "end": 1, "text": "Да"}]')
    assert "Subtitles: Other <b>.JSON" in chat.last
    assert len(kept(chat)) == 1
    await chat.press("Voice")
    await chat.press("Without Other")
    assert words_of(await chat.draft()) is None


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("tale.srt", "no times at all", "has no subtitles that I can read"),
        ("tale.json", "{", "has no subtitles that I can read"),
        ("tale.json", '{"mcc": 250}', "has no subtitles that I can read"),
        ("tale.srt", SRT.replace("00:00:0", "00:10:0"), "after the end of this video"),
        ("tale.srt", "x" * 3_000_000, "too large for subtitles"),
    ],
)
async def test_a_bad_file_is_named_in_a_sentence_and_not_kept(
    chat: Chat, name: str, content: str, sentence: str
) -> None:
    await chat.complete_draft()
    await send_subtitles(chat, name, content)
    assert sentence in chat.last
    assert f"“{name}”" in chat.last
    assert words_of(await chat.draft()) is None
    assert kept(chat) == []
    # Also where Telegram did not say how large it is.
    await send_subtitles(chat, name, content, document={"file_size": None})
    assert sentence in chat.last
    assert kept(chat) == []


async def test_a_file_that_does_not_come_is_asked_for_again(chat: Chat) -> None:
    await chat.complete_draft()
    chat.files.fails = [RefusedError("gone")]
    await send_subtitles(chat)
    assert "did not come through" in chat.last
    assert words_of(await chat.draft()) is None


async def test_with_several_drafts_the_answered_one_is_meant_or_else_the_newest(chat: Chat) -> None:
    await chat.send_video("One")
    await chat.send_video("Two")
    await send_subtitles(chat)
    assert words_of(await chat.draft(1)) is None
    assert words_of(await chat.draft(2))["name"] == "tale.srt"
    reply = {"message_id": (await chat.draft(1)).card_message_id, "date": 1, "chat": {"id": 1001, "type": "private"}}
    await send_subtitles(chat, "first.srt", reply_to_message=reply)
    assert words_of(await chat.draft(1))["name"] == "first.srt"
    assert words_of(await chat.draft(2))["name"] == "tale.srt"


async def test_subtitles_without_a_draft_and_after_approval_are_answered(chat: Chat) -> None:
    await send_subtitles(chat)
    assert "Send the video first" in chat.last
    await chat.complete_draft()
    card_id = (await chat.draft()).card_message_id
    await chat.press("Approve")
    reply = {"message_id": card_id, "date": 1, "chat": {"id": 1001, "type": "private"}}
    await send_subtitles(chat, reply_to_message=reply)
    assert "approved already" in chat.last
    assert kept(chat) == []


async def test_a_file_that_is_neither_video_nor_subtitles_is_still_refused(chat: Chat) -> None:
    await send_subtitles(chat, "notes.txt")
    assert "I can only publish videos" in chat.last
