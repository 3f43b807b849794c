"""The buttons of an approved post and of its tasks."""

from __future__ import annotations

from collections.abc import Mapping

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.callbacks import PostAct, PostButton, TaskAct, TaskButton
from bot.handlers.presses import adopt_card, own_draft
from bot.ports import Answer
from bot.turn import RefusedError, Turn
from storage.errors import NotFoundError, StaleVersionError
from storage.values import Draft, DraftState, Task

ANSWERS: Mapping[TaskAct, Answer] = {
    TaskAct.IT_IS_THERE: "it_is_there",
    TaskAct.PUBLISH_AGAIN: "publish_again",
    TaskAct.DROP: "drop",
    TaskAct.PUBLISH_NOW: "publish_now",
}


async def on_post_button(query: CallbackQuery, callback_data: PostButton, turn: Turn) -> None:
    """Show a post's card, take the post back for editing, or cancel it."""
    draft = await own_draft(turn, callback_data.draft)
    if callback_data.act is PostAct.SHOW:
        await turn.replies.new_card(draft)
        return
    draft = await adopt_card(turn, draft, query)
    if draft.state is not DraftState.APPROVED or draft.version != callback_data.version or draft.post_id is None:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)
    await _obey(turn, draft, draft.post_id, callback_data.act)
    turn.replies.wakes_scheduler = True
    await turn.replies.card(draft)


async def _obey(turn: Turn, draft: Draft, post_id: int, act: PostAct) -> None:
    try:
        if act is PostAct.EDIT:
            await turn.services.approval.reopen(turn.uow, post_id)
            turn.replies.toast(turn.t.plain("toast.reopened"))
        else:
            await turn.services.approval.cancel(turn.uow, post_id)
            turn.replies.toast(turn.t.plain("toast.cancelled"))
    except StaleVersionError:
        raise RefusedError(turn.t.plain("toast.too_late"), draft=draft, is_alert=True) from None


async def on_task_button(_: CallbackQuery, callback_data: TaskButton, turn: Turn) -> None:
    """Retry or cancel one task, or answer the question that it waits with."""
    task = await _own_task(turn, callback_data.task)
    draft = await turn.uow.drafts.by_post(task.post_id)
    try:
        await _tell_desk(turn, task, callback_data.act)
    except StaleVersionError:
        raise RefusedError(turn.t.plain("toast.too_late"), draft=draft, is_alert=True) from None
    turn.replies.toast(turn.t.plain(f"toast.task.{callback_data.act.name.lower()}"))
    turn.replies.wakes_scheduler = True
    if draft is not None:
        await turn.replies.card(draft)


async def _tell_desk(turn: Turn, task: Task, act: TaskAct) -> None:
    desk = turn.services.desk
    if act is TaskAct.RETRY:
        await desk.retry(turn.uow, task.id)
    elif act is TaskAct.CANCEL:
        await desk.cancel(turn.uow, task.id)
    else:
        await desk.resolve(turn.uow, task.id, ANSWERS[act])


async def _own_task(turn: Turn, task_id: int) -> Task:
    try:
        task = await turn.uow.tasks.get(task_id)
        post = await turn.uow.posts.get(task.post_id)
    except NotFoundError:
        raise RefusedError(turn.t.plain("toast.unknown")) from None
    if post.operator_id != turn.operator.id:
        raise RefusedError(turn.t.plain("toast.unknown"))
    return task


def build() -> Router:
    """The router of approved posts."""
    router = Router(name="posts")
    router.callback_query.register(on_post_button, PostButton.filter())
    router.callback_query.register(on_task_button, TaskButton.filter())
    return router
