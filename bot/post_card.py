"""An approved post's card: how each account's task fares, and what can still be done about it."""

from __future__ import annotations

from datetime import datetime

from bot import formats
from bot.callbacks import PostAct, PostButton, TaskAct, TaskButton
from bot.card import Card, TaskLine
from bot.card_lines import facts_line, title_of, voice_title
from bot.progress import Step
from bot.screen import Button, Rows, Screen, shorten
from bot.tended import tended_lines
from bot.texts import Markup, Speech
from bot.upload_card import manage_button
from bot.voice_notes import note_lines
from scheduler.handle import Handle
from scheduler.notices import OUTCOME_UNKNOWN, TOO_LATE
from scheduler.staging import TakeBack, can_reopen, is_staged, is_timed, is_unwanted, take_back
from storage.repositories.interactions import InteractionState
from storage.values import Fault, Stage, Task, TaskStatus

MARKS = {
    TaskStatus.PENDING: "🕒",
    TaskStatus.PROCESSING: "⏳",
    TaskStatus.COMPLETED: "✅",
    TaskStatus.FAILED: "❌",
    TaskStatus.CANCELLED: "🚫",
    TaskStatus.NEEDS_ATTENTION: "❗",
}
LEFT_TO_DO = "📥"
"""The mark of a task that has ended for us and not for the operator."""
WAITS_FOR_ACCOUNT = "account.needs_reauth"
QUESTIONS: dict[str, tuple[TaskAct, ...]] = {
    OUTCOME_UNKNOWN: (TaskAct.IT_IS_THERE, TaskAct.PUBLISH_AGAIN, TaskAct.DROP),
    TOO_LATE: (TaskAct.PUBLISH_NOW, TaskAct.DROP),
    WAITS_FOR_ACCOUNT: (TaskAct.DROP,),
    "account.disabled": (TaskAct.DROP,),
}
"""What may be answered to each question that a task waits with; to any other trouble, "retry" or "drop"."""


WORTH_SAYING_S = 90.0
"""What is over sooner needs no minutes named."""


def render_post(card: Card, t: Speech) -> Screen:
    """The card of an approved draft."""
    head = [
        t("card.heading", title=title_of(card, t)),
        Markup(facts_line(card, t)),
        t("card.voice", voice=voice_title(card.draft.voice_preset, card.voices, t)),
    ]
    head += note_lines(card.notes, t)
    if card.tasks:
        head.append(t("card.when", when=formats.moment(_due(card), card.timezone, card.now, t)))
    blocks = [_task_block(card, line, t) for line in card.tasks]
    return Screen("\n\n".join(["\n".join(head), *blocks]), _buttons(card, t))


def _due(card: Card) -> datetime:
    return min(line.task.scheduled_time for line in card.tasks)


def can_edit(tasks: tuple[Task, ...], now: datetime) -> bool:
    """Nothing was published: every task waits, is being prepared, is staged, or failed before anything was sent."""
    return bool(tasks) and all(can_reopen(task, now) for task in tasks)


def can_cancel(task: Task, now: datetime) -> bool:
    """It has not begun the request that publishes, or what the site would publish can still be deleted there."""
    is_going_on = task.status in (TaskStatus.PENDING, TaskStatus.PROCESSING)
    return is_going_on and task.stage is not Stage.UNDO and take_back(task, now) is not TakeBack.TOO_LATE


def _task_block(card: Card, line: TaskLine, t: Speech) -> str:
    task = line.task
    name = t(
        "card.task",
        mark=LEFT_TO_DO if task.status is TaskStatus.COMPLETED and task.fault else MARKS.get(task.status, "•"),
        account=shorten(line.account.title, 60),
        platform=card.platform_title(task.platform),
    )
    tended = tended_lines(line.tended, t, zone=card.timezone, now=card.now)
    return "\n".join([f"{name}\n{_fate(card, line, t)}", *tended])


def _fate(card: Card, line: TaskLine, t: Speech) -> str:
    task = line.task
    if task.status is TaskStatus.COMPLETED:
        return _completed(card, line, t)
    if task.status is TaskStatus.CANCELLED:
        return _cancelled(card, task, t)
    if task.fault is not None:
        return _faulty(card, task, task.fault, t)
    if is_staged(task, card.now):
        return _staged(card, task, t)
    if task.status is TaskStatus.PROCESSING or task.lease_owner is not None:
        return _progress(task, line.step, t)
    return t("task.waiting", when=formats.moment(task.scheduled_time, card.timezone, card.now, t))


def _cancelled(card: Card, task: Task, t: Speech) -> str:
    """What was dropped and could not be deleted is still with the site, which may make it public."""
    due = Handle.from_json(task.session).release_at
    is_left = task.fault is not None and (is_unwanted(task) or take_back(task, card.now) is TakeBack.UNDO)
    if is_left and due is not None and card.now < due:
        when = formats.moment(due, card.timezone, card.now, t)
        return t("task.left_timed", platform=card.platform_title(task.platform), when=when)
    return t("task.left_there" if is_left else "task.cancelled")


def _staged(card: Card, task: Task, t: Speech) -> str:
    """What waits for the minute: nothing of ours where the site publishes by itself, else the last small request."""
    when = formats.moment(task.scheduled_time, card.timezone, card.now, t)
    if task.stage is Stage.CONFIRM:
        return t("task.staged_timed", when=when, platform=card.platform_title(task.platform))
    return t("task.staged", when=when)


def _completed(card: Card, line: TaskLine, t: Speech) -> str:
    """Where the video is; a fault names what only the operator can do now, in the site's own app."""
    if line.task.fault is not None:
        return formats.fault_sentence(line.task.fault, t, zone=card.timezone, now=card.now)
    url = line.upload.video_url if line.upload else ""
    return t("task.completed", url=url) if url else t("task.completed_no_link")


def _faulty(card: Card, task: Task, fault: Fault, t: Speech) -> str:
    why = Markup(formats.fault_sentence(fault, t, zone=card.timezone, now=card.now))
    if task.status in (TaskStatus.PENDING, TaskStatus.PROCESSING):
        when = formats.moment(task.next_attempt_at or card.now, card.timezone, card.now, t)
        return t("task.deferred", why=why, when=when)
    if fault.code == WAITS_FOR_ACCOUNT and is_timed(task, card.now):
        when = formats.moment(task.scheduled_time, card.timezone, card.now, t)
        return t("task.still_timed", why=why, platform=card.platform_title(task.platform), when=when)
    return why


def _progress(task: Task, step: Step | None, t: Speech) -> str:
    name, fraction = (step.name, step.fraction) if step else (task.stage.value, None)
    if fraction is None and task.stage is Stage.TRANSFER and task.bytes_total:
        fraction = task.bytes_confirmed / task.bytes_total
    key = f"step.{name}"
    doing = t(key) if t.knows(key) else t(f"step.{task.stage.value}")
    if fraction is None:
        return t("task.doing", doing=Markup(doing))
    said = t("task.progress", doing=Markup(doing), bar=formats.bar(fraction), percent=formats.percent(fraction))
    if step is None or step.left_s is None or step.left_s < WORTH_SAYING_S:
        return said
    return t("task.progress_left", said=Markup(said), minutes=round(step.left_s / 60))


def _buttons(card: Card, t: Speech) -> Rows:
    rows: Rows = ()
    sites = [line.task.platform for line in card.tasks]
    for line in card.tasks:
        upload_id = line.upload.id if line.upload else None
        where = _where(card, line, sites)
        rows = (*rows, *task_buttons(line.task, t, url=_link(line), upload_id=upload_id, where=where))
    edit = PostButton(draft=card.draft.id, version=card.draft.version, act=PostAct.EDIT).pack()
    cancel = PostButton(draft=card.draft.id, version=card.draft.version, act=PostAct.CANCEL).pack()
    last: tuple[Button, ...] = ()
    if can_edit(tuple(line.task for line in card.tasks), card.now):
        last = (Button(t.plain("button.edit"), data=edit),)
    if any(can_cancel(line.task, card.now) for line in card.tasks):
        last = (*last, Button(t.plain("button.cancel"), data=cancel))
    return (*rows, last) if last else rows


def _where(card: Card, line: TaskLine, sites: list[str]) -> str:
    """What tells a task's buttons from those of the others: nothing, the site, or the account where sites repeat."""
    if len(sites) == 1:
        return ""
    is_alone = sites.count(line.task.platform) == 1
    return card.platform_title(line.task.platform) if is_alone else shorten(line.account.title, 24)


def _link(line: TaskLine) -> str | None:
    """Where the video is to be seen; None once it was deleted from here."""
    is_gone = any(row.interaction_type == "delete" and row.state is InteractionState.DONE for row in line.tended)
    return None if is_gone or line.upload is None else line.upload.video_url


def task_buttons(
    task: Task, t: Speech, *, url: str | None = None, upload_id: int | None = None, where: str = ""
) -> Rows:
    """What can be done about a task, by its state; what can be done with its video is on a card of its own.

    `where` names the task where a message holds the buttons of several.
    """
    if task.status is TaskStatus.COMPLETED:
        label = t.plain("button.open_video_at", where=where) if where else t.plain("button.open_video")
        link = (Button(label, url=url),) if url else ()
        manage = (manage_button(upload_id, t, where="" if link else where),) if upload_id is not None else ()
        return ((*link, *manage),) if link or manage else ()
    if task.status is TaskStatus.FAILED:
        if task.fault is not None and task.fault.params.get("final"):
            return ()  # the same file would be refused again
        return ((_task_button(task, t, TaskAct.RETRY, "button.retry", where),),)
    if task.status is not TaskStatus.NEEDS_ATTENTION:
        return ()
    acts = QUESTIONS.get(task.fault.code if task.fault else "", (TaskAct.RETRY, TaskAct.DROP))
    return tuple((_task_button(task, t, act, f"button.{act.name.lower()}", where),) for act in acts)


def _task_button(task: Task, t: Speech, act: TaskAct, key: str, where: str) -> Button:
    label = t.plain("button.of_task", does=t.plain(key), where=where) if where else t.plain(key)
    return Button(label, data=TaskButton(task=task.id, act=act).pack())
