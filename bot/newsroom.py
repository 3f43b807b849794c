"""The scheduler's notices become outbox rows, in the transaction that records what they tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.consents import queue_settled
from bot.news import fault_to_json
from bot.post_card import WAITS_FOR_ACCOUNT
from bot.progress import ProgressBoard, Step
from bot.replies import queue_card
from scheduler.notices import (
    AccountConnected,
    AccountNeedsReauth,
    ClipExamined,
    ConnectFailed,
    Notice,
    TaskCancelled,
    TaskCompleted,
    TaskDeferred,
    TaskFailed,
    TaskNeedsAttention,
    TaskProgressed,
)
from storage.unit_of_work import UnitOfWork


class Newsroom:
    """A `NoticeListener`. What it writes is sent after the caller's commit; `wake` tells the sender to look.

    The wake may come before that commit: the sender looks again by itself within a second.
    """

    def __init__(self, board: ProgressBoard, *, wake: Callable[[], None] = lambda: None) -> None:
        self._board = board
        self._wake = wake

    def rouse(self, wake: Callable[[], None]) -> None:
        """Name who is to be woken, where the sender is built after the newsroom."""
        self._wake = wake

    async def hear(self, uow: UnitOfWork, notice: Notice) -> None:
        """Queue what the operator should see of this notice."""
        match notice:
            case ClipExamined(clip_id):
                await self._clip(uow, clip_id)
            case TaskProgressed(post_id, task_id, step, fraction):
                self._board.note(task_id, Step(step, fraction))
                await self._card(uow, post_id, is_progress=True)
            case TaskCancelled(post_id, task_id):
                self._board.forget(task_id)
                await self._card(uow, post_id)
            case TaskCompleted() | TaskFailed() | TaskDeferred() | TaskNeedsAttention():
                await self._task(uow, notice)
            case AccountNeedsReauth() | AccountConnected() | ConnectFailed():
                await self._account(uow, notice)
        self._wake()

    async def _clip(self, uow: UnitOfWork, clip_id: int) -> None:
        draft = await uow.drafts.by_clip(clip_id)
        if draft is not None:
            await queue_card(uow, draft)

    async def _card(self, uow: UnitOfWork, post_id: int, *, is_progress: bool = False) -> None:
        draft = await uow.drafts.by_post(post_id)
        if draft is not None:
            await queue_card(uow, draft, is_progress=is_progress)

    async def _task(
        self, uow: UnitOfWork, notice: TaskCompleted | TaskFailed | TaskDeferred | TaskNeedsAttention
    ) -> None:
        self._board.forget(notice.task_id)
        await self._card(uow, notice.post_id)
        post = await uow.posts.get(notice.post_id)
        await uow.outbox.add(chat_id=post.chat_id, kind="news", payload=_task_payload(notice))

    async def _account(self, uow: UnitOfWork, notice: AccountNeedsReauth | AccountConnected | ConnectFailed) -> None:
        # Before the news, so that a connected channel has no button any more that asks to connect it.
        await queue_settled(uow, uow.transaction.clock())
        chat_id, payload = await _account_payload(uow, notice)
        await uow.outbox.add(chat_id=chat_id, kind="news", payload=payload)
        if isinstance(notice, AccountConnected):
            # Open drafts may be waiting for an account to choose.
            for draft in await uow.drafts.open_of(notice.operator_id):
                await queue_card(uow, draft)


def _task_payload(notice: TaskCompleted | TaskFailed | TaskDeferred | TaskNeedsAttention) -> dict[str, Any]:
    match notice:
        case TaskCompleted(left=None):
            return {"news": "completed", "task_id": notice.task_id, "url": notice.video_url}
        case TaskCompleted(left=left):
            left_json = fault_to_json(left) if left is not None else None
            return {"news": "delivered", "task_id": notice.task_id, "url": notice.video_url, "fault": left_json}
        case TaskFailed():
            said: dict[str, Any] = {"news": "failed", "can_retry": notice.can_retry}
        case TaskDeferred():
            said = {"news": "deferred", "until": notice.until.isoformat()}
        case TaskNeedsAttention():
            said = {"news": "attention"}
    return said | {"task_id": notice.task_id, "fault": fault_to_json(notice.fault)}


async def _account_payload(
    uow: UnitOfWork, notice: AccountNeedsReauth | AccountConnected | ConnectFailed
) -> tuple[int, dict[str, Any]]:
    match notice:
        case AccountConnected():
            said = {"news": "connected", "account_id": notice.account_id, "resumed_tasks": notice.resumed_tasks}
            return notice.chat_id, said
        case ConnectFailed():
            failed = {"news": "connect_failed", "platform": notice.platform, "fault": fault_to_json(notice.fault)}
            return notice.chat_id, failed
        case AccountNeedsReauth():
            account = await uow.accounts.get(notice.account_id)
            owner = await uow.operators.get(account.operator_id)
            return owner.telegram_id, {"news": WAITS_FOR_ACCOUNT, "account_id": notice.account_id}
