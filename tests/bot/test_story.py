"""The conversation, from the first word to an approved post."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.callbacks import DraftAct, DraftButton
from storage.values import DraftState, TaskStatus
from tests.bot.chat import NOON, OPERATOR, STRANGER, Chat


async def test_a_newcomer_is_told_to_connect_a_channel_first(chat: Chat) -> None:
    await chat.say("/start")
    assert "connect the channel" in chat.last
    assert chat.labels() == ["➕ Connect Fake"]
    await chat.press("Connect Fake")
    assert chat.find_button("Continue at Fake")[1].url


async def test_a_stranger_gets_one_sentence_with_their_number(chat: Chat) -> None:
    await chat.say("hello", user=STRANGER)
    await chat.say("/accounts", user=STRANGER)
    assert len(chat.seen(STRANGER)) == 1
    assert str(STRANGER) in chat.seen(STRANGER)[0]


async def test_a_stranger_is_answered_in_the_language_of_their_client(chat: Chat) -> None:
    await chat.say("привет", user=STRANGER, language="ru")
    assert "личный бот" in chat.seen(STRANGER)[0]


async def test_a_stranger_cannot_press_an_owners_button(chat: Chat) -> None:
    await chat.complete_draft()
    data = DraftButton(draft=1, version=(await chat.draft()).version, act=DraftAct.APPROVE).pack()
    await chat.press_data(data, 500, user=STRANGER)
    assert (await chat.draft()).state is DraftState.OPEN


async def test_a_caption_becomes_title_and_description(chat: Chat) -> None:
    await chat.send_video("A fine title\n\nAnd more\nof it")
    draft = await chat.draft()
    assert (draft.title, draft.description) == ("A fine title", "And more\nof it")


async def test_without_a_caption_the_file_name_is_the_title(chat: Chat) -> None:
    await chat.send_video(name="my_summer.mp4")
    assert (await chat.draft()).title == "my summer"


async def test_the_card_says_what_was_found_in_the_file(chat: Chat) -> None:
    await chat.send_video("T")
    assert "0:20 · 1080×1920 · 3.4 MB\n" in chat.last


async def test_the_only_channel_is_chosen_already_and_can_be_taken_off(chat: Chat) -> None:
    account = await chat.connect_account()
    await chat.send_video("T")
    assert (await chat.draft()).account_ids == (account.id,)
    assert chat.labels()[0] == "Next: choose a voice"
    await chat.press("Channels")
    await chat.press("✅ Morning Tales")
    assert (await chat.draft()).account_ids == ()


async def test_of_two_channels_none_is_chosen_for_the_person(chat: Chat) -> None:
    await chat.connect_account()
    await chat.connect_account("Night Stories", "UC2")
    await chat.send_video("T")
    assert (await chat.draft()).account_ids == ()
    assert chat.labels()[0] == "Next: choose a channel"


async def test_tapping_the_top_button_leads_through_the_card(chat: Chat) -> None:
    await chat.complete_draft()
    draft = await chat.draft()
    assert (draft.voice_preset, draft.publish_now, len(draft.account_ids)) == ("deeper", True, 1)
    assert not any(label.startswith("Next") for label in chat.labels())


async def test_approving_too_early_says_what_is_missing(chat: Chat) -> None:
    await chat.send_video("T")
    text, is_alert = await chat.press("Approve")
    assert is_alert
    assert text == "Not yet:\n• choose a channel\n• choose a voice\n• choose a time"


async def test_approval_makes_one_task_per_account(chat: Chat) -> None:
    await chat.complete_draft()
    assert await chat.press("Approve") == ("Approved", False)
    async with chat.db.read() as uow:
        tasks = await uow.tasks.of_post((await chat.draft()).post_id or 0)
    assert [task.status for task in tasks] == [TaskStatus.PENDING]


async def test_a_second_tap_on_approve_changes_nothing_and_is_answered(chat: Chat) -> None:
    await chat.complete_draft()
    message_id, button = chat.find_button("Approve")
    await chat.press_data(button.data or "", message_id)
    await chat.press_data(button.data or "", message_id)
    assert chat.telegram.toasts[-1][0].startswith("This card has changed")
    async with chat.db.read() as uow:
        assert len(await uow.tasks.queue()) == 1


async def test_a_stale_button_harms_nothing_and_shows_the_card_anew(chat: Chat) -> None:
    await chat.send_video("T")
    message_id, stale = chat.find_button("Approve")
    await chat.press("Privacy")
    await chat.press("Private")
    await chat.press_data(stale.data or "", message_id)
    assert chat.telegram.toasts[-1][0].startswith("This card has changed")
    assert (await chat.draft()).state is DraftState.OPEN


async def test_unknown_and_forged_buttons_are_answered(chat: Chat) -> None:
    await chat.send_video("T")
    for data in ("garbage", "d:999:1:ok:", "t:999:r", "p:999:1:e", "a:999:d", "c:nowhere", "v:secrets", "s:z:Nowhere"):
        await chat.press_data(data, 500)
        assert chat.telegram.toasts[-1][0] == "This button no longer works."


async def test_a_typed_time_is_shown_on_the_operators_clock(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Time")
    await chat.say("18:30")
    assert (await chat.draft()).scheduled_time == NOON + timedelta(hours=5, minutes=30)
    assert "Time: today 18:30" in chat.last


async def test_a_time_in_a_wrong_form_gets_examples_and_another_chance(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Time")
    await chat.say("half past nine")
    assert "half past nine" in chat.last
    assert "tomorrow 9:00" in chat.last
    await chat.say("+2h")
    assert (await chat.draft()).scheduled_time == NOON + timedelta(hours=2)


async def test_a_time_in_the_past_gets_a_sentence(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Time")
    await chat.say("2020-01-01 10:00")
    assert "has passed already" in chat.last
    assert (await chat.draft()).scheduled_time is None


async def test_an_answer_moves_the_card_down_and_leaves_no_copy(chat: Chat) -> None:
    await retitle(chat, "A <better> & longer title")
    (card,) = (screen.text for screen in chat.telegram.messages[OPERATOR].values())
    assert "A &lt;better&gt; &amp; longer title" in card


async def test_an_old_card_that_telegram_does_not_delete_any_more_says_where_it_went(chat: Chat) -> None:
    chat.telegram.is_too_old_to_delete = True
    await retitle(chat, "Another title")
    first, last = (screen for _, screen in sorted(chat.telegram.messages[OPERATOR].items()))
    assert (first.rows, "further down" in first.text) == ((), True)
    assert "Another title" in last.text


async def retitle(chat: Chat, title: str) -> None:
    await chat.send_video("T")
    await chat.press("Texts")
    await chat.press("Change title")
    await chat.say(title)


async def test_a_title_that_is_too_long_is_asked_for_again(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Texts")
    await chat.press("Change title")
    await chat.say("x" * 101)
    assert "101 characters" in chat.last
    await chat.say("short")
    assert (await chat.draft()).title == "short"


async def test_discarding_asks_first(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Discard")
    assert (await chat.draft()).state is DraftState.OPEN
    await chat.press("Yes, discard")
    assert (await chat.draft()).state is DraftState.DISCARDED
    assert "Discarded: T" in chat.last


async def test_an_approved_post_can_be_taken_back_for_editing(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.press("Approve")
    await chat.press("Edit")
    assert (await chat.draft()).state is DraftState.OPEN
    assert any("Approve" in label for label in chat.labels())


async def test_an_approved_post_can_be_cancelled(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.press("Approve")
    await chat.press("Cancel")
    assert "Cancelled. Nothing was published." in chat.last


async def test_each_item_of_an_album_gets_its_own_card(chat: Chat) -> None:
    await chat.arrive(*(chat.video(f"Part {n}") for n in (1, 2, 3)))
    await chat.settle()
    assert [text.splitlines()[0] for text in chat.seen()] == ["Part 1", "Part 2", "Part 3"]


async def test_cancel_closes_a_question_and_says_so(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Texts")
    await chat.press("Change title")
    await chat.say("/cancel")
    assert "the title stays" in chat.last
    await chat.say("Not a title any more")
    assert (await chat.draft()).title == "T"


@pytest.mark.parametrize(
    ("panel", "said"), [("Time", "the time stays"), ("Voice", "The draft stays"), ("Channels", "The draft stays")]
)
async def test_cancel_with_a_panel_open_only_closes_the_panel(chat: Chat, panel: str, said: str) -> None:
    await chat.send_video("T")
    await chat.press(panel)
    await chat.say("/cancel")
    assert said in chat.last
    assert (await chat.draft()).state is DraftState.OPEN
    assert chat.find_button("Approve")


async def test_cancel_with_nothing_open_asks_before_it_throws_a_draft_away(chat: Chat) -> None:
    await chat.send_video("First")
    await chat.send_video("Second")
    await chat.say("/cancel")
    assert chat.last.startswith("Second\n\nDiscard this draft?")
    assert (await chat.draft(2)).state is DraftState.OPEN
    await chat.press("No, keep")
    assert (await chat.draft(2)).state is DraftState.OPEN
    await chat.say("/cancel")
    await chat.press("Yes, discard")
    states = [(await chat.draft(number)).state for number in (1, 2)]
    assert states == [DraftState.OPEN, DraftState.DISCARDED]


async def test_cancel_with_nothing_at_all_says_so(chat: Chat) -> None:
    await chat.say("/cancel")
    assert "nothing to cancel" in chat.last


@pytest.mark.parametrize("command", ["/queue", "/help", "/timezone", "/nonsense"])
async def test_any_command_closes_an_open_question(chat: Chat, command: str) -> None:
    await chat.send_video("T")
    await chat.press("Texts")
    await chat.press("Change title")
    await chat.say(command)
    await chat.say("what now?")
    assert "Send me a video" in chat.last
    assert (await chat.draft()).title == "T"
    assert chat.find_button("Approve")


async def test_a_command_leaves_a_panel_without_a_question_open(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Voice")
    await chat.say("/queue")
    assert chat.find_button("Deeper")


async def test_talk_that_is_no_time_gets_help_once(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Time")
    await chat.say("well, let me think")
    assert "tomorrow 9:00" in chat.last
    assert chat.labels() == ["Stop asking"]
    await chat.say("hello?")
    assert "Send me a video" in chat.last
    assert chat.find_button("Approve")


async def test_the_button_that_stops_asking_for_a_time_closes_the_question(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Time")
    await chat.say("half past nine")
    await chat.press("Stop asking")
    assert "the time stays" in chat.last
    assert chat.labels() == []
    await chat.say("18:30")
    assert (await chat.draft()).scheduled_time is None


async def test_a_time_panel_of_somebody_who_never_chose_a_clock_says_so(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Time")
    assert "It is now 13:00 (Europe/Berlin, UTC+01:00)" in chat.last
    assert "not chosen your time zone" in chat.last
    await chat.say("/timezone Europe/Moscow")
    await chat.press("Time")
    card = next(text for text in chat.seen() if text.startswith("T\n"))
    assert "It is now 15:00 (Europe/Moscow, UTC+03:00)" in card
    assert "not chosen" not in card


async def test_anything_that_is_no_video_gets_a_helpful_sentence(chat: Chat) -> None:
    await chat.arrive(chat.message(photo=[{"file_id": "1", "file_unique_id": "1", "width": 1, "height": 1}]))
    document = {"file_id": "1", "file_unique_id": "1", "file_name": "notes.txt", "mime_type": "text/plain"}
    await chat.arrive(chat.message(document=document))
    await chat.settle()
    assert all("only publish videos" in text for text in chat.seen())
    await chat.say("what now?")
    assert "Send me a video" in chat.last
    await chat.say("/nonsense")
    assert "don't know this command" in chat.last


async def test_the_whole_chat_speaks_russian_to_who_wants_it(chat: Chat) -> None:
    await chat.say("/settings")
    await chat.press("Русский")
    await chat.send_video("Т")
    assert "3,4 МБ" in chat.last
    assert any("Дальше" in label for label in chat.labels())


async def test_another_owner_cannot_press_on_somebody_elses_draft_or_task(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.press("Approve")
    async with chat.db.begin() as uow:
        other = await uow.operators.ensure(2002, locale="en", timezone="UTC")
        await uow.commit()
    chat.admit(other.telegram_id)
    version = (await chat.draft()).version
    for data in (f"d:1:{version}:x:", f"p:1:{version}:c", f"p:1:{version}:s", "t:1:c"):
        await chat.press_data(data, 500, user=other.telegram_id)
        assert chat.telegram.toasts[-1][0] == "This button no longer works."
    async with chat.db.read() as uow:
        assert (await uow.tasks.get(1)).status is TaskStatus.PENDING
