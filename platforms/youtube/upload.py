"""YouTube's resumable upload (developers.google.com/youtube/v3/guides/using_resumable_upload_protocol).

Metadata buys a session address; the bytes go there in chunks; whoever comes back asks where the session stands. The
video exists once the last byte has arrived, whether or not we hear of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from platforms.base import BeforeCommit, OnProgress, OnSession, UploadSession, VideoFile, VideoMeta
from platforms.chunks import Chunk, FileChangedError, FileSource, next_chunk
from platforms.errors import (
    ContentRejectedError,
    OutcomeUnknownError,
    PlatformError,
    SessionGoneError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.http import Http, is_loopback
from platforms.youtube.api import bearer
from platforms.youtube.errors import error_of
from platforms.youtube.resources import text, video_body
from platforms.youtube.settings import NAME, YouTubeSettings

_MARKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_SUFFIXES = {"video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv"}
_RANGE = re.compile(r"bytes=0-(\d{1,18})")
_GOOGLE_HOSTS = (".googleapis.com", ".google.com", ".youtube.com")


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The session waits for the byte at `offset`; `moved_to` is its new address where the site gave one."""

    offset: int
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """The video exists."""

    video_id: str


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
    """Opens sessions and feeds them."""

    def __init__(self, http: Http, settings: YouTubeSettings, clock: Callable[[], datetime], pool: Executor) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock
        self._pool = pool

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
            content=json.dumps(video_body(meta), ensure_ascii=False).encode("utf-8"),
        )
        if not response.is_success:
            raise error_of(response, self._clock())
        address = self.checked_address(response, base=url)
        if address is None:
            raise UnexpectedAnswerError("No session address came.", platform=NAME, reason="missingLocation")
        return _session(address, file)

    async def resume(
        self,
        access_token: str,
        session: UploadSession,
        file: VideoFile,
        *,
        on_progress: OnProgress,
        before_commit: BeforeCommit,
        on_session: OnSession | None,
    ) -> str:
        """Ask where the session stands, send what is missing, and return the video's id."""
        conversation = _Conversation(self, access_token, _address_of(session), file.size)
        standing = await conversation.ask()
        await self._heed(conversation, standing, session, on_session)
        if isinstance(standing, Finished):
            # Asked before the file is opened: a finished upload needs its file no more.
            await on_progress(file.size)
            return standing.video_id
        _require_same_file(session, file)
        try:
            source = await FileSource.open(file.path, size=file.size, sha256=file.sha256, pool=self._pool)
        except FileChangedError as error:
            raise _file_changed(error) from None
        try:
            while isinstance(standing, Incomplete):
                await on_progress(standing.offset)
                chunk = self._next(standing.offset, file.size)
                if chunk.is_last:
                    await before_commit()
                standing = await conversation.put(chunk, source, file.mime_type)
                await self._heed(conversation, standing, session, on_session)
        except FileChangedError as error:
            raise _file_changed(error) from None
        finally:
            await source.close()
        await on_progress(file.size)
        return standing.video_id

    def _next(self, offset: int, total: int) -> Chunk:
        if offset == total:
            raise OutcomeUnknownError("Every byte arrived, and YouTube has not answered yet.", platform=NAME)
        return next_chunk(offset=offset, total=total, size=self._settings.chunk_size)

    async def _heed(
        self,
        conversation: _Conversation,
        standing: Incomplete | Finished,
        session: UploadSession,
        on_session: OnSession | None,
    ) -> None:
        """Follow a session that moved, and let the caller store its new address."""
        if not isinstance(standing, Incomplete) or standing.moved_to in (None, conversation.address):
            return
        conversation.address = str(standing.moved_to)
        if on_session is not None:
            await on_session(replace(session, data={**session.data, "address": conversation.address}))

    async def put(
        self, address: str, headers: Mapping[str, str], content: bytes | AsyncIterator[bytes], *, commits: bool
    ) -> httpx.Response:
        """Send one request of a session."""
        return await self._http.send("PUT", address, headers=headers, content=content, commits=commits)

    def refusal(self, response: httpx.Response) -> PlatformError:
        """Say what a session's refusal means."""
        if response.status_code in (404, 410):
            return SessionGoneError(
                platform=NAME, reason=f"http{response.status_code}", http_status=response.status_code
            )
        return error_of(response, self._clock())

    def checked_address(self, response: httpx.Response, *, base: str) -> str | None:
        """Return the Location that an answer names, None where it names none.

        The access token goes there too, so an address outside the API's own host and Google's is refused.
        """
        location: str | None = response.headers.get("Location")
        if not location:
            return None
        address = urljoin(base, location)
        if not _is_trusted(address, self._settings.api_url):
            raise UnexpectedAnswerError(
                "The session address is on a host that is not YouTube's.", platform=NAME, reason="foreignLocation"
            )
        return address


class _Conversation:
    """One session's questions and answers, at the address where it is at the moment."""

    def __init__(self, upload: ResumableUpload, access_token: str, address: str, total: int) -> None:
        self._upload = upload
        self._access_token = access_token
        self._total = total
        self.address = address

    async def ask(self) -> Incomplete | Finished:
        """Ask which bytes the session holds. An upload that ended repeats its final answer."""
        headers = bearer(self._access_token) | {"Content-Range": f"bytes */{self._total}"}
        return self._read(await self._upload.put(self.address, headers, b"", commits=False))

    async def put(self, chunk: Chunk, source: FileSource, mime_type: str) -> Incomplete | Finished:
        """Send one chunk. The end of the last one publishes, so a lost or broken answer to it is an unknown outcome."""
        source.check_unchanged()
        headers = bearer(self._access_token) | {
            "Content-Length": str(chunk.size),
            "Content-Range": chunk.content_range,
            "Content-Type": mime_type,
        }
        response = await self._upload.put(self.address, headers, source.pieces(chunk), commits=chunk.is_last)
        try:
            standing = self._read(response)
        except TransientError as error:
            if not chunk.is_last:
                raise
            unknown = OutcomeUnknownError(
                error.detail, platform=NAME, reason=error.reason, http_status=response.status_code
            )
        else:
            if isinstance(standing, Incomplete) and standing.offset <= chunk.first:
                # Sending the same bytes again at once could go on for ever; the next attempt asks first.
                raise TransientError("YouTube stored nothing of a chunk.", platform=NAME, reason="noProgress")
            return standing
        raise unknown

    def _read(self, response: httpx.Response) -> Incomplete | Finished:
        if response.status_code == 308:
            moved_to = self._upload.checked_address(response, base=self.address)
            return Incomplete(offset=self._confirmed(response), moved_to=moved_to)
        if response.is_success:
            return Finished(_video_id(response))
        raise self._upload.refusal(response)

    def _confirmed(self, response: httpx.Response) -> int:
        """Count the bytes that the site stored: `Range: bytes=0-N` is N+1, no Range is none."""
        header = response.headers.get("Range")
        if header is None:
            return 0
        match = _RANGE.fullmatch(header.strip())
        confirmed = int(match.group(1)) + 1 if match else -1
        if not 0 < confirmed <= self._total:
            raise UnexpectedAnswerError(
                "YouTube confirmed bytes that the file does not have.", platform=NAME, reason="badRange"
            )
        return confirmed


def _insert_params(meta: VideoMeta) -> dict[str, str]:
    params = {"uploadType": "resumable", "part": "snippet,status"}
    if "notify_subscribers" in meta.options:
        params["notifySubscribers"] = "true" if meta.options["notify_subscribers"] else "false"
    return params


def _session(address: str, file: VideoFile) -> UploadSession:
    """Make the session's handle. Its public id is a fingerprint: the address itself lets anybody send bytes."""
    data = {"address": address, "size": file.size, "sha256": file.sha256}
    return UploadSession(data=data, upload_id=hashlib.sha256(address.encode()).hexdigest()[:16])


def _address_of(session: UploadSession) -> str:
    address = session.data.get("address")
    if not isinstance(address, str) or not address:
        raise SessionGoneError("No session address was stored.", platform=NAME, reason="missingAddress")
    return address


def _require_same_file(session: UploadSession, file: VideoFile) -> None:
    if (session.data.get("size"), session.data.get("sha256")) != (file.size, file.sha256):
        raise _file_changed("the session was opened for another file")


def _file_changed(why: FileChangedError | str) -> ContentRejectedError:
    return ContentRejectedError(str(why), platform=NAME, reason="fileChanged", code="youtube.file_changed")


def _video_id(response: httpx.Response) -> str:
    """Read the id of the video that an upload became. Without one we know only that something was published."""
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    video_id = text(body, "id") if isinstance(body, dict) else ""
    if not video_id:
        raise OutcomeUnknownError(
            "YouTube took the video, and its answer cannot be read.",
            platform=NAME,
            reason="malformed",
            http_status=response.status_code,
        )
    return video_id


def _is_trusted(address: str, api_url: str) -> bool:
    if is_loopback(api_url):
        return is_loopback(address)
    target = urlsplit(address)
    host = target.hostname or ""
    return target.scheme == "https" and (host == urlsplit(api_url).hostname or host.endswith(_GOOGLE_HOSTS))
