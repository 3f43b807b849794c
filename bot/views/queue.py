"""`/queue`: what is coming up, what is running, and the drafts that wait for approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import formats
from bot.callbacks import PostAct, PostButton, TaskAct, TaskButton, ViewButton
from bot.post_card import MARKS, can_cancel
from bot.screen import Button, Screen, shorten
from bot.views.context import ViewContext
from scheduler.staging import is_staged
from storage.values import ClipState, Draft, Task, TaskStatus

SHOWN_TASKS = 15
SHOWN_DRAFTS = 5


async def queue_view(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    """Tasks by their time, each with a button to open and, while possible, one to cancel."""
    t = context.t
    tasks = (await context.uow.tasks.queue(limit=SHOWN_TASKS + 1))[: SHOWN_TASKS + 1]
    drafts, failed = await _drafts(context)
    refresh = Button(t.plain("button.refresh"), data=ViewButton(view="queue").pack())
    if not tasks and not drafts and not failed:
        return Screen(t("queue.empty"), ((refresh,),))
    lines, rows = [t("queue.title")], []
    for number, task in enumerate(tasks[:SHOWN_TASKS], start=1):
        lines.append(await _task_line(context, number, task))
        rows.append(await _task_row(context, number, task))
    if len(tasks) > SHOWN_TASKS:
        lines.append(t("queue.more"))
    if not tasks:
        lines.append(t("queue.no_tasks"))
    if drafts:
        lines += ["", t.count("queue.drafts", len(drafts))]
    if failed:
        lines += ["", t.count("queue.failed", len(failed))]
    draft_rows = [_draft_row(context, "📝", draft) for draft in drafts[:SHOWN_DRAFTS]]
    draft_rows += [_draft_row(context, "⚠️", draft) for draft in failed[:SHOWN_DRAFTS]]
    return Screen("\n".join(lines), (*filter(None, rows), *draft_rows, (refresh,)))


async def _drafts(context: ViewContext) -> tuple[list[Draft], list[Draft]]:
    """The open drafts that wait for approval, and those whose file came to nothing."""
    waiting: list[Draft] = []
    failed: list[Draft] = []
    for draft in await context.uow.drafts.open_of(context.operator.id):
        clip = await context.uow.clips.get(draft.clip_id)
        (failed if clip.state is ClipState.FAILED else waiting).append(draft)
    return waiting, failed


async def _task_line(context: ViewContext, number: int, task: Task) -> str:
    account = await context.uow.accounts.get(task.account_id)
    return context.t(
        "queue.task",
        n=number,
        title=shorten(task.title, 60),
        account=shorten(account.title, 40),
        platform=context.platform_title(task.platform),
        mark=MARKS.get(task.status, "•"),
        state=_state(context, task),
    )


def _state(context: ViewContext, task: Task) -> str:
    if task.status is TaskStatus.PENDING or is_staged(task, context.now):
        return formats.moment(task.scheduled_time, context.operator.timezone, context.now, context.t)
    return context.t.plain(f"status.{task.status.value}")


async def _task_row(context: ViewContext, number: int, task: Task) -> tuple[Button, ...]:
    buttons: tuple[Button, ...] = ()
    draft = await context.uow.drafts.by_post(task.post_id)
    if draft is not None and draft.operator_id == context.operator.id:
        show = PostButton(draft=draft.id, version=draft.version, act=PostAct.SHOW).pack()
        buttons = (Button(f"{number}. {shorten(task.title, 24)}", data=show),)
    if can_cancel(task, context.now):
        cancel = TaskButton(task=task.id, act=TaskAct.CANCEL).pack()
        buttons = (*buttons, Button(context.t.plain("button.cancel_numbered", n=number), data=cancel))
    return buttons


def _draft_row(context: ViewContext, mark: str, draft: Draft) -> tuple[Button, ...]:
    show = PostButton(draft=draft.id, version=draft.version, act=PostAct.SHOW).pack()
    title = shorten(draft.title, 40) or context.t.plain("card.untitled")
    return (Button(f"{mark} {title}", data=show),)
