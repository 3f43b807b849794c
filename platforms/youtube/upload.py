"""YouTube's resumable upload: metadata buys a session, the bytes go there in chunks, and whoever comes back asks first.

The video exists once the last byte has arrived, whether or not we hear of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime

from platforms.base import BeforeCommit, OnProgress, OnSession, UploadSession, VideoFile, VideoMeta
from platforms.chunks import Chunk, FileChangedError, FileSource, next_chunk
from platforms.errors import ContentRejectedError, OutcomeUnknownError, SessionGoneError, UnexpectedAnswerError
from platforms.http import Http
from platforms.known_files import KnownFiles
from platforms.youtube.api import bearer
from platforms.youtube.errors import error_of
from platforms.youtube.resources import video_body
from platforms.youtube.session import Finished, Incomplete, Session, checked_location
from platforms.youtube.settings import NAME, YouTubeSettings

_MARKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_SUFFIXES = {"video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv"}


def marker_file_name(marker: str, mime_type: str) -> str:
    """Name the file by the marker: the name travels in `Slug` and comes back, to the owner alone, in `fileDetails`.

    Raises ValueError for a marker that would not survive a header.
    """
    if not _MARKER.fullmatch(marker):
        raise ValueError("a marker is 1 to 100 letters, digits, underscores or hyphens")
    return f"{marker}{_SUFFIXES.get(mime_type, '.mp4')}"


def carries_marker(file_name: str, marker: str) -> bool:
    """Say whether a file name was made from the marker, whatever its suffix."""
    return file_name.partition(".")[0] == marker


class ResumableUpload:
    """Opens sessions and brings them to their end."""

    def __init__(self, http: Http, settings: YouTubeSettings, clock: Callable[[], datetime], pool: Executor) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock
        self._pool = pool
        self._known = KnownFiles(clock)

    async def open(self, access_token: str, file: VideoFile, meta: VideoMeta) -> UploadSession:
        """Trade the metadata for a session. No byte of the file is sent; metadata and quota are judged here."""
        if file.size < 1:
            raise ContentRejectedError("The file is empty.", platform=NAME, code="youtube.file_empty")
        url = f"{self._settings.api_url}/upload/youtube/v3/videos"
        response = await self._http.send(
            "POST",
            url,
            params=_insert_params(meta),
            headers=bearer(access_token)
            | {
                "Content-Type": "application/json; charset=UTF-8",
                "X-Upload-Content-Length": str(file.size),
                "X-Upload-Content-Type": file.mime_type,
                "Slug": marker_file_name(meta.marker, file.mime_type),
            },
            content=json.dumps(video_body(meta, self._clock()), ensure_ascii=False).encode("utf-8"),
        )
        if not response.is_success:
            raise error_of(response, self._clock())
        address = checked_location(response, base=url, api_url=self._settings.api_url)
        if address is None:
            raise UnexpectedAnswerError("No session address came.", platform=NAME, reason="missingLocation")
        return _handle(address, file)

    async def resume(
        self,
        access_token: str,
        handle: UploadSession,
        file: VideoFile,
        *,
        on_progress: OnProgress,
        before_commit: BeforeCommit,
        on_session: OnSession | None,
    ) -> str:
        """Ask where the session stands, send what is missing, and return the video's id."""
        session = self._session(access_token, handle, file)
        standing = await session.ask()
        if isinstance(standing, Finished):
            # Asked before the file is opened: a finished upload needs its file no more.
            await on_progress(file.size)
            return standing.video_id
        _require_same_file(handle, file)
        try:
            source = await FileSource.begin(file, pool=self._pool, known=self._known)
            try:
                while isinstance(standing, Incomplete):
                    await _follow(session, standing, handle, on_session)
                    await on_progress(standing.offset)
                    chunk = self._next(standing.offset, file.size)
                    if chunk.is_last:
                        await source.verified()
                        await before_commit()
                    standing = await session.put(chunk, source, file.mime_type)
            finally:
                await source.close()
        except FileChangedError as error:
            raise _file_changed(str(error)) from None
        await on_progress(file.size)
        return standing.video_id

    def _session(self, access_token: str, handle: UploadSession, file: VideoFile) -> Session:
        address = handle.data.get("address")
        if not isinstance(address, str) or not address:
            raise SessionGoneError("No session address was stored.", platform=NAME, reason="missingAddress")
        return Session(
            self._http,
            self._clock,
            api_url=self._settings.api_url,
            access_token=access_token,
            address=address,
            total=file.size,
        )

    def _next(self, offset: int, total: int) -> Chunk:
        if offset == total:
            raise OutcomeUnknownError("Every byte arrived, and YouTube has not answered yet.", platform=NAME)
        return next_chunk(offset=offset, total=total, size=self._settings.chunk_size_for(total))


async def _follow(session: Session, standing: Incomplete, handle: UploadSession, on_session: OnSession | None) -> None:
    """Go on where the session moved to, and let the caller store its new address."""
    if standing.moved_to is None or standing.moved_to == session.address:
        return
    session.address = standing.moved_to
    if on_session is not None:
        await on_session(replace(handle, data={**handle.data, "address": session.address}))


def _insert_params(meta: VideoMeta) -> dict[str, str]:
    params = {"uploadType": "resumable", "part": "snippet,status"}
    if "notify_subscribers" in meta.options:
        params["notifySubscribers"] = "true" if meta.options["notify_subscribers"] else "false"
    return params


def _handle(address: str, file: VideoFile) -> UploadSession:
    """Make the session's handle. Its public id is a fingerprint: the address itself lets anybody send bytes."""
    data = {"address": address, "size": file.size, "sha256": file.sha256}
    return UploadSession(data=data, upload_id=hashlib.sha256(address.encode()).hexdigest()[:16])


def _require_same_file(handle: UploadSession, file: VideoFile) -> None:
    if (handle.data.get("size"), handle.data.get("sha256")) != (file.size, file.sha256):
        raise _file_changed("the session was opened for another file")


def _file_changed(why: str) -> ContentRejectedError:
    return ContentRejectedError(why, platform=NAME, reason="fileChanged", code="youtube.file_changed")
