"""What is worth knowing of a changed voice, as the cards say it."""

from __future__ import annotations

from bot.replies import queue_card
from bot.screen import plain
from bot.texts import Texts
from bot.voice_notes import note_lines
from tests.bot.chat import Chat

TEXTS = Texts()
ROUGH = {"code": "rough_separation"}


def overflow(phrase: int) -> dict[str, object]:
    return {"code": "phrase_overflow", "phrase": phrase, "at_s": 61.0 * phrase, "overflow_ms": 840, "text": "да <нет>"}


def test_each_note_is_a_sentence_in_both_languages() -> None:
    assert note_lines((ROUGH, overflow(3)), TEXTS.of("en")) == [
        "🎵 The music under the voice was told apart roughly, as no separation model is installed: listen to it.",
        "⏱ Phrase 3 at 3:03 is 0.8 s longer than its place: “да &lt;нет&gt;”",
    ]
    rough, phrase = note_lines((ROUGH, overflow(3)), TEXTS.of("ru"))
    assert "отделена грубо" in rough
    assert plain(phrase) == "⏱ Фраза 3 на 3:03 длиннее своего места на 0,8 с: «да <нет>»"


def test_of_many_phrases_a_few_are_named_and_the_others_counted() -> None:
    notes = (ROUGH, *(overflow(phrase) for phrase in range(1, 6)), {"code": "others", "count": 4})
    lines = note_lines(notes, TEXTS.of("en"))
    assert len(lines) == 5
    assert lines[-1] == "⏱ … and 6 more phrases"
    assert note_lines(notes, TEXTS.of("ru"))[-1] == "⏱ … и ещё 6 фраз"


def test_a_note_of_a_newer_version_is_passed_over() -> None:
    assert note_lines(({"code": "of tomorrow"},), TEXTS.of("en")) == []


async def test_the_card_of_an_approved_post_tells_them_once_for_all_its_accounts(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.connect_account("Evening Tales", "UC2")
    await chat.press("Channels")
    await chat.press("Evening Tales")
    await chat.press("Done")
    await chat.press("Approve")
    async with chat.db.begin() as uow:
        tasks = await uow.tasks.of_post(1)
        for task in tasks:
            render = await uow.renders.add(
                clip_sha256="ab" * 32,
                preset_digest="d",
                profile=f"for-{task.id}",
                path="/x",
                sha256="cd" * 32,
                size=1,
                duration_s=1.0,
                notes=[ROUGH, overflow(2)],
            )
            await uow.tasks.request(task.id, expected_statuses=[task.status], render_id=render.id)
        await queue_card(uow, await uow.drafts.get(1))
        await uow.commit()
    await chat.send_all()
    assert len(tasks) == 2
    assert chat.last.count("told apart roughly") == 1
    assert chat.last.count("Phrase 2 at 2:02") == 1
