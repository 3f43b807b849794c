"""The buttons of a published video: what is asked for becomes a row that the scheduler works on."""

from __future__ import annotations

from collections.abc import Mapping

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.callbacks import PageButton, UploadAct, UploadButton
from bot.handlers.upload_answers import COMMENT, DESCRIPTION, TITLE, ask_text
from bot.turn import RefusedError, Turn
from bot.upload_card import REACHABLE
from scheduler.errors import SchedulerError
from scheduler.faults import fault_of
from storage.errors import NotFoundError, StaleVersionError
from storage.values import Upload

PANELS: Mapping[UploadAct, str] = {UploadAct.ASK_DELETE: "delete", UploadAct.COVERS: "covers"}
DEEDS: Mapping[UploadAct, str] = {
    UploadAct.COUNT: "count",
    UploadAct.LIKE: "like",
    UploadAct.COVER: "thumbnail",
    UploadAct.PLAYLIST: "playlist",
    UploadAct.DELETE: "delete",
}
ERRANDS: Mapping[UploadAct, str] = {UploadAct.PLAYLISTS: "playlists", UploadAct.REPORT: "report"}
TYPED: Mapping[UploadAct, str] = {
    UploadAct.TITLE: TITLE,
    UploadAct.DESCRIPTION: DESCRIPTION,
    UploadAct.COMMENT: COMMENT,
}
PAGED = frozenset({"posts"})


async def on_upload_button(query: CallbackQuery, callback_data: UploadButton, turn: Turn) -> None:
    """Show the card or a part of it, ask for a deed, or ask what the site knows."""
    act = callback_data.act
    upload = await own_upload(turn, callback_data.upload)
    message_id = query.message.message_id if query.message else None
    if act is UploadAct.OPEN:
        await turn.replies.view("upload", upload_id=upload.id)
        return
    if act is not UploadAct.SHOW:
        await require_reachable(turn, upload)
    if act in TYPED:
        await ask_text(turn, upload, TYPED[act])
    elif act in ERRANDS:
        turn.replies.toast(turn.t.plain("toast.asking_site"))
        await turn.replies.errand(ERRANDS[act], upload_id=upload.id, message_id=message_id)
    else:
        if act in DEEDS:
            await _ask(turn, upload, act, callback_data.arg)
        await turn.replies.view("upload", message_id=message_id, upload_id=upload.id, panel=PANELS.get(act, ""))


async def _ask(turn: Turn, upload: Upload, act: UploadAct, arg: str) -> None:
    if act in (UploadAct.COVER, UploadAct.PLAYLIST) and not arg:
        raise RefusedError(turn.t.plain("toast.unknown"))
    if act is UploadAct.COVER:
        await _require_moment(turn, upload, arg)
    try:
        await turn.services.uploads.ask(turn.uow, upload.id, DEEDS[act], arg)
    except StaleVersionError:
        raise RefusedError(turn.t.plain("toast.upload_deleted"), is_alert=True) from None
    except SchedulerError as error:
        raise RefusedError(turn.explain(fault_of(error)), is_alert=True) from None
    turn.replies.toast(turn.t.plain(f"toast.upload.{act.name.lower()}"))
    turn.replies.wakes_scheduler = True


async def _require_moment(turn: Turn, upload: Upload, arg: str) -> None:
    task = await turn.uow.tasks.get(upload.task_id)
    facts = (await turn.uow.clips.get(task.clip_id)).facts
    if not arg.isdecimal() or facts is None or int(arg) >= facts.duration_s * 1000:
        raise RefusedError(turn.t.plain("toast.unknown"))


async def own_upload(turn: Turn, upload_id: int) -> Upload:
    """The upload, if this operator's post became it; a forged or forgotten one is refused the same way."""
    try:
        upload = await turn.uow.uploads.get(upload_id)
        post = await turn.uow.posts.get((await turn.uow.tasks.get(upload.task_id)).post_id)
    except NotFoundError:
        raise RefusedError(turn.t.plain("toast.unknown")) from None
    if post.operator_id != turn.operator.id:
        raise RefusedError(turn.t.plain("toast.unknown"))
    return upload


async def require_reachable(turn: Turn, upload: Upload) -> None:
    """Whatever is done to a video needs its account."""
    account = await turn.uow.accounts.get(upload.account_id)
    if account.status not in REACHABLE:
        raise RefusedError(turn.t.plain("toast.account_away", account=account.title), is_alert=True)


async def on_page_button(query: CallbackQuery, callback_data: PageButton, turn: Turn) -> None:
    """Show a page in the message that the button belongs to."""
    if callback_data.view not in PAGED:
        raise RefusedError(turn.t.plain("toast.unknown"))
    message_id = query.message.message_id if query.message else None
    await turn.replies.view(callback_data.view, message_id=message_id, page=callback_data.page)


def build() -> Router:
    """The router of published videos."""
    router = Router(name="uploads")
    router.callback_query.register(on_upload_button, UploadButton.filter())
    router.callback_query.register(on_page_button, PageButton.filter())
    return router
