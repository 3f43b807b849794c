"""The cover picture of a video: JPEG or PNG of at most 50 MB (developers.google.com/youtube/v3/docs/thumbnails/set).

A Short takes one only after its processing has succeeded: before, YouTube answers well and may not apply it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Executor
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from platforms.errors import ContentRejectedError, PlatformError, TransientError
from platforms.youtube.api import YouTubeApi
from platforms.youtube.errors import CHECK_CODES, FAILED_OTHERWISE, reason_error
from platforms.youtube.resources import items, parse_video, part
from platforms.youtube.settings import NAME
from platforms.youtube.shorts import is_short_shaped

MAX_SIZE = 52_428_800  # bytes
RETRY_AFTER = timedelta(seconds=30)
PIECE_SIZE = 1024 * 1024  # bytes
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class Thumbnails:
    """Reads pictures in the threads of `pool`."""

    def __init__(self, api: YouTubeApi, uploads: YouTubeApi, pool: Executor) -> None:
        self._api = api
        self._uploads = uploads
        self._pool = pool

    async def set(self, access_token: str, video_id: str, image: Path) -> None:
        """Set the picture; a repetition does no harm.

        Raises ContentRejectedError for a file that is no such picture, TransientError (`youtube.thumbnail_too_early`)
        for a Short that is still being processed.
        """
        content_type, size = await self._in_thread(_examine, image)
        await self._require_ready(access_token, video_id)
        params = {"videoId": video_id, "uploadType": "media"}
        await self._uploads.upload(
            access_token, "thumbnails/set", params, self._pieces(image, size),
            content_type=content_type, content_length=str(size),
        )  # fmt: skip

    async def _require_ready(self, access_token: str, video_id: str) -> None:
        params = {"part": "status,processingDetails,fileDetails", "id": video_id}
        listed = items(await self._api.get(access_token, "videos", params))
        if not listed:
            raise reason_error("videoNotFound", "YouTube does not list the video.")
        video = parse_video(listed[0])
        if video.upload_status in ("failed", "rejected", "deleted") or video.processing_status in (
            "failed",
            "terminated",
        ):
            reason = video.rejection_reason or video.failure_reason or video.processing_failure_reason
            raise ContentRejectedError(
                "The video did not survive its processing.", platform=NAME, reason=reason,
                code=CHECK_CODES.get(reason, FAILED_OTHERWISE),
            )  # fmt: skip
        if video.processing_status != "succeeded" and _may_be_short(listed[0]):
            raise TransientError(
                "The video is still being processed.", platform=NAME, reason="processing",
                retry_after=RETRY_AFTER, code="youtube.thumbnail_too_early",
            )  # fmt: skip

    async def _pieces(self, image: Path, size: int) -> AsyncIterator[bytes]:
        file = await self._in_thread(_open, image)
        try:
            while size > 0 and (piece := await self._in_thread(file.read, min(PIECE_SIZE, size))):
                size -= len(piece)
                yield piece
        finally:
            file.close()

    async def _in_thread(self, function: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)


def _open(image: Path) -> BinaryIO:
    return image.open("rb")


def _examine(image: Path) -> tuple[str, int]:
    """Return the picture's type and size in bytes. Raises ContentRejectedError."""
    try:
        with image.open("rb") as file:
            head, size = file.read(8), image.stat().st_size
    except OSError:
        raise _refused("The picture cannot be read.", "fileChanged") from None
    kind = next((kind for magic, kind in _KINDS.items() if head.startswith(magic)), None)
    if kind is None:
        raise _refused("The picture is neither JPEG nor PNG.", "invalidImage")
    if size > MAX_SIZE:
        raise _refused(f"The picture has {size} bytes, YouTube takes {MAX_SIZE}.", "uploadTooLarge")
    return kind, size


def _refused(detail: str, reason: str) -> PlatformError:
    code = "youtube.thumbnail_too_large" if reason == "uploadTooLarge" else "youtube.thumbnail_refused"
    return ContentRejectedError(detail, platform=NAME, reason=reason, code=code)


def _may_be_short(resource: Mapping[str, Any]) -> bool:
    """Whether a video may be a Short: it is, unless YouTube already knows a shape or length that none has."""
    details = part(resource, "fileDetails")
    streams = details.get("videoStreams")
    stream = streams[0] if isinstance(streams, list) and streams and isinstance(streams[0], dict) else {}
    width, height = stream.get("widthPixels"), stream.get("heightPixels")
    if not isinstance(width, int) or not isinstance(height, int) or stream.get("rotation") not in (None, "none"):
        return True
    duration_ms = str(details.get("durationMs", ""))
    return is_short_shaped(width, height, int(duration_ms) / 1000 if duration_ms.isdecimal() else 0.0)
