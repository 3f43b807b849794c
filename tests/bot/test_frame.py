"""Frame, loudness and cover are chosen on the card and go with the post."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.frame_panel import moment, moments_ms
from bot.handlers.frame_buttons import read_moment
from tests.bot.chat import Chat


async def test_frame_and_loudness_are_chosen_and_taken_back(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Frame")
    assert "1080×1920" in chat.last
    await chat.press("9:16, blurred edges")
    await chat.press("Even loudness")
    assert {"frame": "pad_blur", "loudness_lufs": -14.0}.items() <= (await chat.draft()).options.items()
    assert "✅ 9:16, blurred edges" in chat.labels()
    await chat.press("As it is")
    await chat.press("Sound as it is")
    assert not {"frame", "loudness_lufs"} & set((await chat.draft()).options)


async def test_the_frame_goes_with_the_post_into_each_task(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.press("Frame")
    await chat.press("Crop to 9:16")
    await chat.press("Back")
    await chat.press("Approve")
    async with chat.db.read() as uow:
        (task,) = await uow.tasks.of_post(1)
    assert task.options["frame"] == "crop"


async def test_a_cover_is_typed_as_a_time(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Frame")
    await chat.press("Cover")
    await chat.say("0:07")
    assert (await chat.draft()).options["cover_ms"] == 7000
    assert "Cover: 0:07" in chat.last


async def test_a_cover_is_tapped_and_given_back_to_the_site(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Frame")
    await chat.press("Cover")
    await chat.press("0:05")
    assert (await chat.draft()).options["cover_ms"] == 5000
    await chat.press("Frame")
    await chat.press("Cover")
    await chat.press("Let the site choose")
    assert "cover_ms" not in (await chat.draft()).options


@pytest.mark.parametrize(("typed", "said"), [("the dog", "is no moment of the video"), ("0:21", "ends before 0:21")])
async def test_a_moment_that_is_none_is_answered_and_asked_for_again(chat: Chat, typed: str, said: str) -> None:
    await chat.send_video("T")
    await chat.press("Frame")
    await chat.press("Cover")
    await chat.say(typed)
    assert any(said in text for text in chat.seen())
    await chat.say("3")
    assert (await chat.draft()).options["cover_ms"] == 3000


@given(st.integers(0, 3_600_000 * 5))
def test_a_moment_that_is_shown_is_read_back(at_ms: int) -> None:
    assert read_moment(moment(at_ms)) == at_ms


@given(st.floats(0.2, 40_000))
def test_offered_moments_lie_within_the_video(duration_s: float) -> None:
    offered = moments_ms(duration_s)
    assert list(offered) == sorted(set(offered))
    assert 0 <= offered[0] <= offered[-1] < duration_s * 1000
