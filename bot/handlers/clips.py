"""A video comes in: a clip, a draft with texts proposed from its caption, and a card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from aiogram import Router
from aiogram.types import Message

from bot.title_limit import title_limit
from bot.turn import Turn
from storage.values import AccountStatus, Clip

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".3gp", ".ts", ".mpg", ".mpeg"})
DEFAULT_OPTIONS = {"privacy_status": "public", "made_for_kids": False}


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """What Telegram says of a file that came with a message."""

    file_id: str
    file_unique_id: str
    file_name: str | None
    mime_type: str | None
    size: int | None


def incoming_video(message: Message) -> IncomingFile | None:
    """The video of a message, however it was sent; None where there is none."""
    if message.video_note is not None:
        note = message.video_note
        return IncomingFile(note.file_id, note.file_unique_id, None, "video/mp4", note.file_size)
    sent = message.video or message.animation or message.document
    if sent is None:
        return None
    file = IncomingFile(sent.file_id, sent.file_unique_id, sent.file_name, sent.mime_type, sent.file_size)
    return file if message.document is None or message.animation or _looks_like_video(file) else None


def _looks_like_video(file: IncomingFile) -> bool:
    is_named_so = PurePath(file.file_name or "").suffix.lower() in VIDEO_SUFFIXES
    return is_named_so or (file.mime_type or "").startswith("video/")


def proposed_texts(caption: str | None, file_name: str | None, limit: int) -> tuple[str, str]:
    """Title and description: the caption's first line and the rest of it, or a title from the file's name."""
    first, _, rest = (caption or "").strip().partition("\n")
    if not first:
        first = PurePath(file_name or "").stem.replace("_", " ")
    title = " ".join(first.split())
    if len(title) <= limit:
        return title, rest.strip()
    # Too long for a title: its beginning is one, and nothing of the caption is lost.
    return title[: limit - 1].rstrip() + "…", (caption or "").strip()


async def has_video(message: Message) -> bool | dict[str, IncomingFile]:
    """Filter: the message brings a video."""
    file = incoming_video(message)
    return {"file": file} if file is not None else False


async def on_video(message: Message, turn: Turn, file: IncomingFile) -> None:
    """Keep the clip and show its card; the same message handled twice changes nothing."""
    clip = await _keep(message, turn, file)
    limit = title_limit(turn.services, await turn.uow.accounts.list())
    title, description = proposed_texts(message.caption, file.file_name, limit)
    draft = await turn.uow.drafts.add(
        operator_id=turn.operator.id,
        clip_id=clip.id,
        chat_id=turn.chat_id,
        title=title,
        description=description,
        options=DEFAULT_OPTIONS,
        account_ids=await _only_account(turn),
    )
    await turn.replies.card(draft)
    turn.replies.wakes_downloads = True


async def _only_account(turn: Turn) -> tuple[int, ...]:
    """Where everything goes as long as there is one place to go; more than one are the person's choice."""
    usable = await turn.uow.accounts.list(statuses=(AccountStatus.ACTIVE,))
    return (usable[0].id,) if len(usable) == 1 else ()


async def _keep(message: Message, turn: Turn, file: IncomingFile) -> Clip:
    return await turn.uow.clips.add(
        operator_id=turn.operator.id,
        chat_id=turn.chat_id,
        message_id=message.message_id,
        file_id=file.file_id,
        file_unique_id=file.file_unique_id,
        file_name=file.file_name,
        mime_type=file.mime_type,
        declared_size=file.size,
    )


def build() -> Router:
    """The router of videos."""
    router = Router(name="clips")
    router.message.register(on_video, has_video)
    return router
