"""One upload address, fed one chunk at a time, in order.

Whoever knows the address may send bytes, so it goes into no message, and no access token goes there.
Source: developers.tiktok.com/doc/content-posting-api-media-transfer-guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from platforms.chunks import Chunk, FileSource
from platforms.errors import OutcomeUnknownError, PlatformError, TransientError, UnexpectedAnswerError
from platforms.http import Http, is_loopback
from platforms.tiktok.chunk_plan import ChunkPlan
from platforms.tiktok.errors import upload_error_of
from platforms.tiktok.settings import NAME

_RANGE = re.compile(r"bytes 0-(\d{1,18})/\d{1,18}")
_HOSTS = (".tiktokapis.com",)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The chunk is stored, or was before."""

    offset: int


@dataclass(frozen=True, slots=True)
class OutOfStep:
    """TikTok waits for other bytes; `offset` None where it does not say which."""

    offset: int | None


class UploadAddress:
    """Where the bytes of one planned file go."""

    def __init__(self, http: Http, clock: Callable[[], datetime], *, address: str, plan: ChunkPlan) -> None:
        self._http = http
        self._clock = clock
        self._address = address
        self._plan = plan

    async def put(self, chunk: Chunk, source: FileSource, mime_type: str) -> Accepted | OutOfStep:
        """Send one chunk. The end of the last one publishes, so a lost or broken answer to it is an unknown outcome."""
        source.check_unchanged()
        response = await self._http.send(
            "PUT",
            self._address,
            headers={
                "Content-Length": str(chunk.size),
                "Content-Range": chunk.content_range,
                "Content-Type": mime_type,
            },
            content=source.pieces(chunk),
            commits=chunk.is_last,
        )
        if response.status_code == 416:
            return OutOfStep(stored_bytes(response, self._plan))
        if not response.is_success:
            error = upload_error_of(response, self._clock())
            raise _as_answer_to_commit(error) if chunk.is_last else error
        return self._accepted(response, chunk)

    def _accepted(self, response: httpx.Response, chunk: Chunk) -> Accepted | OutOfStep:
        """206 asks for more, 201 wants no more; either may come without saying how much is stored."""
        if response.status_code == 201:
            if not chunk.is_last:
                raise UnexpectedAnswerError(
                    "TikTok wants no more bytes of an unfinished file.", platform=NAME, reason="earlyEnd"
                )
            return Accepted(self._plan.total)
        stored = stored_bytes(response, self._plan)
        # The header may count bytes or name the last one: both mean that this chunk is whole.
        if stored is None or chunk.last <= stored <= chunk.last + 1:
            return Accepted(chunk.last + 1)
        return OutOfStep(stored)


def stored_bytes(response: httpx.Response, plan: ChunkPlan) -> int | None:
    """Count the stored bytes that `Content-Range: bytes 0-N/TOTAL` tells of; None where it tells of none.

    N is the number of bytes in TikTok's documents and the last byte's position in RFC 9110: whichever of the two ends a
    chunk is meant.
    """
    match = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if match is None:
        return None
    stored = int(match.group(1))
    if stored > plan.total:
        raise UnexpectedAnswerError(
            "TikTok confirmed bytes that the file does not have.", platform=NAME, reason="badRange"
        )
    return stored if plan.is_boundary(stored) else stored + 1


def checked_address(address: str, *, api_url: str) -> str:
    """Return the upload address if it is TikTok's: the file goes there. Raises UnexpectedAnswerError otherwise."""
    target = urlsplit(address)
    host = target.hostname or ""
    if is_loopback(api_url):
        trusted = is_loopback(address)
    else:
        trusted = target.scheme == "https" and (host == urlsplit(api_url).hostname or host.endswith(_HOSTS))
    if not trusted:
        raise UnexpectedAnswerError(
            "The upload address is on a host that is not TikTok's.", platform=NAME, reason="foreignUploadAddress"
        )
    return address


def _as_answer_to_commit(error: PlatformError) -> PlatformError:
    """A server that failed while it took the last byte may have taken it; a refusal is a refusal."""
    if not isinstance(error, TransientError):
        return error
    return OutcomeUnknownError(error.detail, platform=NAME, reason=error.reason, http_status=error.http_status)
