"""A post from its file to its address: one request carries it all, so it is either there or not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from platforms.base import Publication, UploadSession, VideoFile, VideoMeta
from platforms.chunks import FileChangedError, FileSource
from platforms.errors import ContentRejectedError, OutcomeUnknownError, SessionGoneError
from platforms.known_files import KnownFiles
from platforms.telegram_channel.api import Attachment, BotApi
from platforms.telegram_channel.caption import caption_of
from platforms.telegram_channel.options import SILENT
from platforms.telegram_channel.settings import NAME


class Posting:
    """Sends videos; files are read in the threads of `pool`."""

    def __init__(self, api: BotApi, clock: Callable[[], datetime], pool: Executor, *, local: bool) -> None:
        self._api = api
        self._pool = pool
        self._local = local
        self._known = KnownFiles(clock)

    def open(self, file: VideoFile) -> UploadSession:
        """Telegram has no upload sessions: ours remembers which file it is about."""
        return UploadSession(
            {
                "path": str(file.path.resolve()),
                "size": file.size,
                "sha256": file.sha256,
                "width": file.width,
                "height": file.height,
                "duration": round(file.duration_s),
                "mime_type": file.mime_type,
            }
        )

    async def verify(self, session: UploadSession) -> None:
        """Make sure that the file is the one that was approved. Raises ContentRejectedError, SessionGoneError."""
        async with self._source(session.data):
            pass

    async def post(self, chat_id: str, session: UploadSession, meta: VideoMeta) -> Publication:
        """Send the file to the channel. Raises PlatformError."""
        known = session.data
        parameters = {
            "chat_id": chat_id,
            "supports_streaming": "true",
            "width": str(known["width"]),
            "height": str(known["height"]),
            "duration": str(known["duration"]),
            **({"disable_notification": "true"} if meta.options.get(SILENT) is True else {}),
            **caption_of(meta).fields(),
        }
        async with self._source(known) as source:
            attachment = None
            if self._local:
                parameters["video"] = Path(known["path"]).as_uri()
            else:
                attachment = Attachment("video", f"{meta.marker}.mp4", known["mime_type"], source, known["size"])
            message = await self._api.post("sendVideo", parameters, attachment)
        return _publication(message)

    @asynccontextmanager
    async def _source(self, known: Mapping[str, Any]) -> AsyncIterator[FileSource]:
        """The open file, wholly checked where the server reads it by itself."""
        path = Path(known["path"])
        if not path.is_file():
            raise SessionGoneError("the file is gone", platform=NAME, reason="fileGone")
        file = VideoFile(
            path=path,
            size=known["size"],
            sha256=known["sha256"],
            duration_s=known["duration"],
            width=known["width"],
            height=known["height"],
            mime_type=known["mime_type"],
        )
        try:
            source = await FileSource.begin(file, pool=self._pool, known=self._known)
            try:
                if self._local:
                    await source.verified()
                yield source
            finally:
                await source.close()
        except FileChangedError as error:
            raise ContentRejectedError(
                str(error), platform=NAME, reason="fileChanged", code="telegram_channel.file_changed"
            ) from None


def _publication(message: Any) -> Publication:
    """The post by its number in the channel, and its address: `t.me/c/…` is for the members of a private one."""
    try:
        number, chat = int(message["message_id"]), message["chat"]
        place = chat.get("username") or f"c/{str(chat['id']).removeprefix('-100')}"
    except (KeyError, TypeError, ValueError, AttributeError):
        raise OutcomeUnknownError("The answer names no message.", platform=NAME, reason="malformed") from None
    return Publication(str(number), f"https://t.me/{place}/{number}")
