"""Typed texts: keywords, and a description that an app sent as several messages."""

from __future__ import annotations

import pytest

from bot.handlers.text_answers import join_parts, read_keywords
from tests.bot.chat import Chat

FIRST, SECOND = "a" * 4000 + ".", "b" * 500


async def describe(chat: Chat, *parts: tuple[str, int]) -> str:
    """Type a description as messages, each sent at a second; what the draft says then."""
    await chat.send_video("T")
    await chat.press("Texts")
    await chat.press("Change description")
    for text, second in parts:
        await chat.arrive(chat.message(text=text, date=second))
        await chat.settle()
    return (await chat.draft()).description


async def test_a_description_in_two_messages_is_one(chat: Chat) -> None:
    assert await describe(chat, (FIRST, 100), (SECOND, 101)) == f"{FIRST}\n{SECOND}"
    assert "video" not in chat.last.lower().split("\n")[0]


async def test_three_parts_are_one_too(chat: Chat) -> None:
    full = "x" * 4096
    assert await describe(chat, (full, 100), (full, 101), ("end", 102)) == full + full + "end"


async def test_what_comes_later_is_no_part_of_it(chat: Chat) -> None:
    assert await describe(chat, (FIRST, 100), (SECOND, 140)) == FIRST
    assert "Send me a video" in chat.last


async def test_after_a_short_description_nothing_is_awaited(chat: Chat) -> None:
    assert await describe(chat, ("Short.", 100), ("and more", 101)) == "Short."


async def test_whoever_opens_something_after_a_long_description_answers_that(chat: Chat) -> None:
    await describe(chat, (FIRST, 100))
    await chat.press("Texts")
    await chat.press("Change title")
    await chat.arrive(chat.message(text="A title", date=101))
    await chat.settle()
    draft = await chat.draft()
    assert (draft.title, draft.description) == ("A title", FIRST)


async def test_cancel_right_after_a_long_description_closes_nothing_that_nobody_opened(chat: Chat) -> None:
    await describe(chat, (FIRST, 100))
    await chat.say("/cancel")
    assert "Discard this draft?" in chat.last


@pytest.mark.parametrize(
    ("first", "second", "was_full", "whole"),
    [
        ("in the mid", "dle", True, "in the middle"),
        ("One.", "Two", False, "One.\nTwo"),
        ("one", "two", False, "one two"),
    ],
)
def test_parts_are_joined_where_they_were_cut(first: str, second: str, was_full: bool, whole: str) -> None:
    assert join_parts(first, second, was_full=was_full) == whole


@pytest.mark.parametrize(
    ("typed", "keywords"),
    [
        ("old town, harbour ,, OLD town", ("OLD town", "harbour")),
        ("#oldtown #harbour", ("oldtown", "harbour")),
        ("one keyword", ("one keyword",)),
        ("a\nb", ("a", "b")),
        (" , ", ()),
    ],
)
def test_keywords_are_read(typed: str, keywords: tuple[str, ...]) -> None:
    assert read_keywords(typed) == keywords


async def test_keywords_are_typed_shown_and_taken_off(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Texts")
    await chat.press("Change keywords")
    await chat.say("rye, bread")
    assert (await chat.draft()).keywords == ("rye", "bread")
    await chat.press("Texts")
    assert "rye, bread" in chat.last
    await chat.press("Change keywords")
    await chat.say("-")
    assert (await chat.draft()).keywords == ()
