"""The bytes of a resumable upload: one request carries all that is missing, and whoever comes back asks how much came.

Source: developers.facebook.com, Instagram Platform, "Resumable uploads". Many small requests are not documented, so
the whole rest is one; it is read from the disk in pieces, and memory stays flat.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from platforms.base import OnProgress, OnSession, UploadSession, VideoFile
from platforms.chunks import Chunk, FileChangedError, FileSource
from platforms.errors import (
    ContentRejectedError,
    NeedsReauthError,
    PlatformError,
    SessionGoneError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.http import Http, is_loopback
from platforms.instagram.containers import Containers, container_id_of
from platforms.instagram.errors import error_of, safe, status_error
from platforms.instagram.resources import Container, ContainerState, part, text
from platforms.instagram.settings import NAME, InstagramSettings, Login
from platforms.known_files import KnownFiles

OFFSET_WORDS = ("offset",)


class Transfer:
    """Brings a container's file to it, if Meta does not fetch it itself."""

    def __init__(
        self,
        http: Http,
        containers: Containers,
        settings: InstagramSettings,
        clock: Callable[[], datetime],
        pool: Executor,
    ) -> None:
        self._http = http
        self._containers = containers
        self._settings = settings
        self._clock = clock
        self._pool = pool
        self._known = KnownFiles(clock)

    async def resume(
        self,
        access_token: str,
        session: UploadSession,
        file: VideoFile,
        *,
        on_progress: OnProgress,
        on_session: OnSession | None,
    ) -> None:
        """Ask how much came, send the rest. Nothing of this publishes, so it may be done again after any break."""
        container = await self._containers.ask(access_token, session)
        _require_usable(container)
        if not self._is_all_there(container, file):
            await self._send(access_token, session, file, container.received or 0, on_progress)
            if on_session is not None:
                # From here on Instagram is at work: `publish` asks soon at first and then once a minute.
                await on_session(replace(session, data={**session.data, "sent_at": self._clock().isoformat()}))
        await on_progress(file.size)

    def _is_all_there(self, container: Container, file: VideoFile) -> bool:
        return self._settings.login is Login.INSTAGRAM or container.has_every_byte or container.received == file.size

    async def verify(self, session: UploadSession, file: VideoFile) -> None:
        """Check that the file is still the one that was approved. Raises ContentRejectedError."""
        source = await self._open(session, file)
        try:
            await source.verified()
        except FileChangedError as error:
            raise file_changed(str(error)) from None
        finally:
            await source.close()

    async def _send(
        self, access_token: str, session: UploadSession, file: VideoFile, offset: int, on_progress: OnProgress
    ) -> None:
        if offset > file.size:
            raise UnexpectedAnswerError(
                "Instagram confirmed bytes that the file does not have.", platform=NAME, reason="badOffset"
            )
        address = self._address(session)
        source = await self._open(session, file)
        try:
            await on_progress(offset)
            chunk = Chunk(first=offset, last=file.size - 1, total=file.size)
            headers = {
                "Authorization": f"OAuth {access_token}",
                "offset": str(offset),
                "file_size": str(file.size),
                "Content-Length": str(chunk.size),
                "Content-Type": "application/octet-stream",
            }
            response = await self._http.send("POST", address, headers=headers, content=source.pieces(chunk))
        except FileChangedError as error:
            raise file_changed(str(error)) from None
        finally:
            await source.close()
        self._read(response)

    async def _open(self, session: UploadSession, file: VideoFile) -> FileSource:
        if (session.data.get("size"), session.data.get("sha256")) != (file.size, file.sha256):
            raise file_changed("the container was made for another file")
        try:
            return await FileSource.begin(file, pool=self._pool, known=self._known)
        except FileChangedError as error:
            raise file_changed(str(error)) from None

    def _address(self, session: UploadSession) -> str:
        """Return where the bytes go. The access token goes there too, so no host but Meta's upload host is trusted."""
        own = f"{self._settings.upload_url}/ig-api-upload/{self._settings.version}/{container_id_of(session)}"
        address = text(session.data, "uri") or own
        target, trusted = urlsplit(address), urlsplit(self._settings.upload_url)
        is_ours = (target.scheme, target.hostname) == (trusted.scheme, trusted.hostname)
        if not is_ours and not (is_loopback(self._settings.upload_url) and is_loopback(address)):
            raise UnexpectedAnswerError(
                "The upload address is on a host that is not Meta's.", platform=NAME, reason="foreignUri"
            )
        return address

    def _read(self, response: httpx.Response) -> None:
        try:
            body: Any = response.json()
        except ValueError:
            body = None
        body = body if isinstance(body, dict) else {}
        if response.is_success and body.get("success") is not False and "debug_info" not in body:
            return
        if "debug_info" in body:
            raise debug_error(body, response.status_code)
        raise error_of(response, self._clock())


def debug_error(body: dict[str, Any], status: int) -> PlatformError:
    """Say what a refusal by the upload host means: `{"debug_info": {"retriable", "type", "message"}}`."""
    info = part(body, "debug_info")
    kind, detail = text(info, "type"), safe(text(info, "message"))
    facts: dict[str, Any] = {"platform": NAME, "reason": kind or "debugInfo", "http_status": status}
    word = f"{kind} {detail}".lower()
    if "authoriz" in word or "token" in word:
        return NeedsReauthError(detail, code="instagram.grant_gone", **facts)
    if info.get("retriable") is True or status >= 500 or any(each in word for each in OFFSET_WORDS):
        # A wrong offset is put right by asking again how much came.
        return TransientError(detail, **facts)
    return SessionGoneError(detail, code="instagram.processing_failed", **facts)


def _require_usable(container: Container) -> None:
    if container.state is ContainerState.ERROR:
        raise status_error(container.status)


def file_changed(why: str) -> ContentRejectedError:
    return ContentRejectedError(why, platform=NAME, reason="fileChanged", code="instagram.file_changed")
