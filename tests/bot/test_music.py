"""What becomes of music under a new voice is chosen beside the voice, and told on the card."""

from __future__ import annotations

from tests.bot.chat import Chat


async def test_the_wish_about_music_is_chosen_and_goes_with_the_post(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.press("Voice")
    await chat.press("There is none")
    assert "✅ There is none" in chat.labels()
    await chat.press("Keep it")
    await chat.press("Deeper")
    assert (await chat.draft()).options["voice_music"] == "keep"
    assert "Music under the voice: Keep it" in chat.last
    await chat.press("Approve")
    async with chat.db.read() as uow:
        (task,) = await uow.tasks.of_post(1)
    assert task.options["voice_music"] == "keep"


async def test_automatic_is_what_happens_unasked(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Voice")
    await chat.press("Keep it")
    await chat.press("Auto")
    assert "voice_music" not in (await chat.draft()).options


async def test_a_rough_separation_is_told_before_it_is_approved(chat: Chat) -> None:
    chat.change_services(separates_roughly=lambda: True)
    await chat.send_video("T")
    await chat.press("Voice")
    assert "roughly" in chat.last
    await chat.press("Deeper")
    assert "without a separation model" in chat.last
    await chat.press("Voice")
    await chat.press("There is none")
    await chat.press("Back")
    assert "without a separation model" not in chat.last


async def test_a_clip_that_keeps_its_voice_says_nothing_of_music(chat: Chat) -> None:
    chat.change_services(separates_roughly=lambda: True)
    await chat.send_video("T")
    await chat.press("Voice")
    await chat.press("Original voice")
    assert "Music" not in chat.last
