"""The scheduler's notices become outbox rows, in the transaction that records what they tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.consents import queue_settled
from bot.news import fault_to_json
from bot.post_card import WAITS_FOR_ACCOUNT
from bot.progress import ProgressBoard, Step
from bot.replies import queue_card
from bot.tended_news import hear_tended
from scheduler.notices import (
    AccountConnected,
    AccountExpiring,
    AccountNeedsReauth,
    AccountNotConfirmed,
    AccountToConfirm,
    ClipExamined,
    ConnectFailed,
    InboxFollowed,
    Notice,
    TaskCancelled,
    TaskCompleted,
    TaskDeferred,
    TaskFailed,
    TaskNeedsAttention,
    TaskProgressed,
    UploadTended,
)
from storage.unit_of_work import UnitOfWork
from storage.values import TaskStatus

WAITING = frozenset({TaskStatus.PENDING, TaskStatus.PROCESSING, TaskStatus.NEEDS_ATTENTION})


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
            case TaskProgressed(post_id, task_id, step, fraction, left_s):
                self._board.note(task_id, Step(step, fraction, left_s))
                await self._card(uow, post_id, is_progress=True)
            case TaskCancelled(post_id, task_id):
                self._board.forget(task_id)
                await self._card(uow, post_id)
            case TaskCompleted() | TaskFailed() | TaskDeferred() | TaskNeedsAttention():
                await self._task(uow, notice)
            case UploadTended() | InboxFollowed():
                await hear_tended(uow, notice)
            case AccountNeedsReauth() | AccountExpiring() | AccountNotConfirmed():
                await self._ending(uow, notice)
            case AccountConnected() | AccountToConfirm() | ConnectFailed():
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

    async def _account(self, uow: UnitOfWork, notice: AccountConnected | AccountToConfirm | ConnectFailed) -> None:
        # Before the news, so that a connected channel has no button any more that asks to connect it.
        await queue_settled(uow, uow.transaction.clock())
        await uow.outbox.add(chat_id=notice.chat_id, kind="news", payload=_account_payload(notice))
        if isinstance(notice, AccountConnected):
            # Open drafts may be waiting for an account to choose.
            for draft in await uow.drafts.open_of(notice.operator_id):
                await queue_card(uow, draft)

    async def _ending(
        self, uow: UnitOfWork, notice: AccountNeedsReauth | AccountExpiring | AccountNotConfirmed
    ) -> None:
        """Said to whoever connected the account, and to everybody whose posts wait for it."""
        account = await uow.accounts.get(notice.account_id)
        owner = await uow.operators.get(account.operator_id)
        posts = {task.post_id for task in await uow.tasks.of_account(account.id, WAITING)}
        chats = {owner.telegram_id, *[(await uow.posts.get(post_id)).chat_id for post_id in sorted(posts)]}
        for chat_id in sorted(chats):
            await uow.outbox.add(chat_id=chat_id, kind="news", payload=_ending_payload(notice))


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


def _account_payload(notice: AccountConnected | AccountToConfirm | ConnectFailed) -> dict[str, Any]:
    match notice:
        case AccountConnected():
            said: dict[str, Any] = {"news": "connected", "resumed_tasks": notice.resumed_tasks}
        case AccountToConfirm():
            said = {"news": "confirm"}
        case ConnectFailed():
            return {"news": "connect_failed", "platform": notice.platform, "fault": fault_to_json(notice.fault)}
    return said | {"account_id": notice.account_id, "instead_of": notice.instead_of}


def _ending_payload(notice: AccountNeedsReauth | AccountExpiring | AccountNotConfirmed) -> dict[str, Any]:
    match notice:
        case AccountNeedsReauth():
            said: dict[str, Any] = {"news": WAITS_FOR_ACCOUNT}
        case AccountExpiring():
            said = {"news": "expiring", "until": notice.ends_at.isoformat()}
        case AccountNotConfirmed():
            said = {"news": "not_confirmed"}
    return said | {"account_id": notice.account_id}
