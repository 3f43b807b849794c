"""Texts typed for a published video: a new title, a new description, a comment."""

from __future__ import annotations

from bot.handlers.questions import close_question
from bot.news import fault_to_json
from bot.screen import shorten
from bot.turn import RefusedError, Turn
from scheduler.errors import SchedulerError
from scheduler.faults import fault_of
from storage.errors import NotFoundError, StaleVersionError
from storage.values import Conversation, Upload

TITLE, DESCRIPTION, COMMENT = "upload_title", "upload_description", "upload_comment"
QUESTIONS = frozenset({TITLE, DESCRIPTION, COMMENT})
NEEDS = {TITLE: "edit", DESCRIPTION: "edit", COMMENT: "comment"}
SHOWN = 2000
"""UTF-16 units of the present text that the question repeats."""


async def ask_text(turn: Turn, upload: Upload, question: str) -> None:
    """Have the next text be the answer; what the site offers to nobody is not asked for."""
    if NEEDS[question] not in turn.services.uploads.abilities(upload.platform):
        raise RefusedError(turn.t.plain("toast.unknown"))
    title, description = await turn.services.uploads.texts(turn.uow, upload)
    await close_question(turn)
    await turn.uow.conversations.ask(turn.chat_id, question, None, {"upload_id": upload.id})
    present = {TITLE: title, DESCRIPTION: description}.get(question, "")
    shown = shorten(present, SHOWN) or turn.t.plain("card.untitled")
    await turn.replies.ask(question, f"upload.type.{question.removeprefix('upload_')}", now=shown, title=title)


async def answer_upload(turn: Turn, asked: Conversation, text: str) -> bool:
    """Have it done; a text that breaks a rule is asked for again. Always an answer to what was asked."""
    upload_id = int(asked.params["upload_id"])
    try:
        await _obey(turn, asked.question, upload_id, text)
    except (StaleVersionError, NotFoundError):
        await turn.uow.conversations.clear(turn.chat_id)
        await turn.replies.text("sorry.upload_deleted")
        return True
    except SchedulerError as error:
        await turn.replies.ask_again(asked.question, fault_to_json(fault_of(error)))
        return True
    await turn.uow.conversations.clear(turn.chat_id)
    turn.replies.wakes_scheduler = True
    await turn.replies.view("upload", upload_id=upload_id)
    return True


async def _obey(turn: Turn, question: str, upload_id: int, text: str) -> None:
    uploads = turn.services.uploads
    if question == COMMENT:
        await uploads.comment(turn.uow, upload_id, text)
    elif question == TITLE:
        await uploads.edit(turn.uow, upload_id, {"title": " ".join(text.split())})
    else:
        await uploads.edit(turn.uow, upload_id, {"description": "" if text == "-" else text})
