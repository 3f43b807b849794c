"""The scheduler's notices reach the phone: the card is refreshed, and what matters rings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.pacing import Pace
from bot.progress import Step
from scheduler.notices import (
    AccountConnected,
    AccountNeedsReauth,
    ConnectFailed,
    Notice,
    TaskCancelled,
    TaskCompleted,
    TaskDeferred,
    TaskFailed,
    TaskNeedsAttention,
    TaskProgressed,
)
from storage.values import Fault, TaskStatus
from tests.bot.chat import NOON, OPERATOR, Chat, no_sleep


async def approved(chat: Chat) -> tuple[int, int]:
    """An approved post: its id and its task's."""
    await chat.complete_draft()
    await chat.press("Approve")
    async with chat.db.read() as uow:
        task = (await uow.tasks.queue())[0]
    return task.post_id, task.id


async def hear(chat: Chat, notice: Notice) -> None:
    await chat.db.run(lambda uow: chat.newsroom.hear(uow, notice))
    await chat.send_all()


async def set_task(chat: Chat, task_id: int, status: TaskStatus, fault: Fault | None = None) -> None:
    async with chat.db.begin() as uow:
        await uow.tasks.request(task_id, expected_statuses=set(TaskStatus), status=status, fault=fault)
        await uow.commit()


async def test_progress_edits_the_card_and_does_not_ring(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    await set_task(chat, task_id, TaskStatus.PROCESSING)
    sent_before = chat.telegram.sent
    await hear(chat, TaskProgressed(post_id, task_id, "transfer", 0.5))
    assert "Uploading\n▰▰▰▰▰▰▱▱▱▱▱▱ 50 %" in chat.last
    assert chat.telegram.sent == sent_before


async def test_what_is_left_to_do_in_the_sites_own_app_rings(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    left = Fault("tiktok.in_inbox", {"platform": "tiktok"})
    await set_task(chat, task_id, TaskStatus.COMPLETED, left)
    await hear(chat, TaskCompleted(post_id, task_id, "", left))
    assert "open TikTok and tap Post" in chat.last
    assert "Published" not in chat.last


class RecordedPace(Pace):
    """Writes down who waited how."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 0.0, sleep=no_sleep)
        self.said: list[str] = []

    async def turn(self, chat_id: int) -> None:
        self.said.append("answer")

    async def progress_turn(self, chat_id: int) -> None:
        self.said.append("progress")


async def test_only_progress_goes_at_the_pace_of_progress(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    await set_task(chat, task_id, TaskStatus.PROCESSING)
    pace = RecordedPace()
    chat.sender._pace = pace
    await hear(chat, TaskProgressed(post_id, task_id, "transfer", 0.5))
    await chat.press("Cancel")
    assert pace.said == ["progress", "answer"]


async def test_whoever_does_something_hurries_their_own_chat(chat: Chat) -> None:
    hurried: list[int] = []
    chat.feed._wakes = replace(chat.feed._wakes, sender=hurried.append)
    await chat.say("/help")
    assert hurried == [OPERATOR]


async def test_a_result_rings_with_its_link(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    await set_task(chat, task_id, TaskStatus.COMPLETED)
    sent_before = chat.telegram.sent
    await hear(chat, TaskCompleted(post_id, task_id, "https://youtu.be/v1"))
    assert chat.telegram.sent == sent_before + 1
    assert chat.last.endswith("Published on Fake, Morning Tales.")
    assert "youtu.be" not in chat.last
    assert chat.find_button("Open the video")[1].url == "https://youtu.be/v1"
    assert chat.board.of(task_id) is None


async def test_a_failure_rings_with_its_sentence_and_a_retry_that_works(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    fault = Fault("voice.conversion_failed")
    await set_task(chat, task_id, TaskStatus.FAILED, fault)
    await hear(chat, TaskFailed(post_id, task_id, fault, can_retry=True))
    assert "Changing the voice failed" in chat.last
    assert await chat.press("Retry") == ("Trying again", False)
    async with chat.db.read() as uow:
        assert (await uow.tasks.get(task_id)).status is TaskStatus.PENDING


async def test_a_second_tap_on_retry_is_too_late(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    fault = Fault("voice.conversion_failed")
    await set_task(chat, task_id, TaskStatus.FAILED, fault)
    await hear(chat, TaskFailed(post_id, task_id, fault, can_retry=True))
    message_id, button = chat.find_button("Retry")
    await chat.press_data(button.data or "", message_id)
    await chat.press_data(button.data or "", message_id)
    assert chat.telegram.toasts[-1][0].startswith("Too late")


async def test_a_failure_that_cannot_be_retried_offers_none(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    fault = Fault("platform.content_rejected", {"detail": "bad"})
    await set_task(chat, task_id, TaskStatus.FAILED, fault)
    await hear(chat, TaskFailed(post_id, task_id, fault, can_retry=False))
    assert chat.labels() == ["Show the card"]


async def test_an_unknown_outcome_asks_with_three_buttons_and_takes_the_answer(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    fault = Fault("task.outcome_unknown", {"why": "platform.transient"})
    await set_task(chat, task_id, TaskStatus.NEEDS_ATTENTION, fault)
    await hear(chat, TaskNeedsAttention(post_id, task_id, fault))
    assert chat.labels() == ["It is there", "It is not: publish again", "Drop it", "Show the card"]
    await chat.press("Drop it")
    async with chat.db.read() as uow:
        assert (await uow.tasks.get(task_id)).status is TaskStatus.CANCELLED


async def test_a_postponement_says_until_when(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    until = NOON + timedelta(hours=20)
    fault = Fault("platform.quota_exhausted", {"until": until.isoformat()})
    await hear(chat, TaskDeferred(post_id, task_id, fault, until))
    assert "moved to tomorrow 09:00" in chat.last


async def test_a_cancellation_only_changes_the_card(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    sent_before = chat.telegram.sent
    await hear(chat, TaskCancelled(post_id, task_id))
    assert chat.telegram.sent == sent_before


async def test_a_lost_grant_rings_at_the_owner_with_a_way_back(chat: Chat) -> None:
    account = await chat.connect_account()
    await hear(chat, AccountNeedsReauth(account.id, Fault("platform.needs_reauth")))
    assert "Morning Tales (Fake) no longer lets me in" in chat.last
    assert chat.labels() == ["🔑 Connect again"]


async def test_a_new_grant_says_how_many_posts_go_on(chat: Chat) -> None:
    account = await chat.connect_account()
    await hear(chat, AccountConnected(account.id, 1, OPERATOR, resumed_tasks=2))
    assert "2 posts that waited for it go on." in chat.last


async def test_a_new_account_shows_up_on_the_cards_that_wait_for_one(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Next: choose a channel")
    assert "No channel is connected yet" in chat.last
    account = await chat.connect_account()
    await hear(chat, AccountConnected(account.id, 1, OPERATOR, resumed_tasks=0))
    assert chat.find_button("⬜ Morning Tales")


async def test_a_consent_that_failed_offers_another_try(chat: Chat) -> None:
    await chat.say("/start")
    await hear(chat, ConnectFailed(1, OPERATOR, "fake", Fault("consent.missing_scopes")))
    assert "leave all boxes ticked" in chat.last
    assert "Try again" in chat.labels()


async def test_news_of_a_transaction_that_was_rolled_back_is_never_told(chat: Chat) -> None:
    post_id, task_id = await approved(chat)
    async with chat.db.begin() as uow:
        await chat.newsroom.hear(uow, TaskCompleted(post_id, task_id, "https://youtu.be/v1"))
    await chat.send_all()
    assert "youtu.be" not in chat.last


def test_the_board_keeps_the_newest_step(chat: Chat) -> None:
    chat.board.note(1, Step("prepare", 0.1))
    chat.board.note(1, Step("prepare", 0.2))
    assert chat.board.of(1) == Step("prepare", 0.2)
