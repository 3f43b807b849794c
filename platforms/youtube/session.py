"""One upload session, at the address where it is at the moment: asked where it stands, fed one chunk at a time.

Source: developers.google.com/youtube/v3/guides/using_resumable_upload_protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from platforms.chunks import Chunk, FileSource
from platforms.errors import (
    OutcomeUnknownError,
    PlatformError,
    SessionGoneError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.http import Http, is_loopback
from platforms.youtube.api import bearer
from platforms.youtube.errors import error_of
from platforms.youtube.resources import text
from platforms.youtube.settings import NAME

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


class Session:
    """A conversation about `total` bytes. Whoever knows `address` can hold it, so it goes into no message."""

    def __init__(
        self, http: Http, clock: Callable[[], datetime], *, api_url: str, access_token: str, address: str, total: int
    ) -> None:
        self._http = http
        self._clock = clock
        self._api_url = api_url
        self._access_token = access_token
        self._total = total
        self.address = address

    async def ask(self) -> Incomplete | Finished:
        """Ask which bytes the session holds. An upload that ended repeats its final answer."""
        headers = bearer(self._access_token) | {"Content-Range": f"bytes */{self._total}"}
        return self._read(await self._http.send("PUT", self.address, headers=headers, content=b""))

    async def put(self, chunk: Chunk, source: FileSource, mime_type: str) -> Incomplete | Finished:
        """Send one chunk. The end of the last one publishes, so a lost or broken answer to it is an unknown outcome."""
        source.check_unchanged()
        headers = bearer(self._access_token) | {
            "Content-Length": str(chunk.size),
            "Content-Range": chunk.content_range,
            "Content-Type": mime_type,
        }
        response = await self._http.send(
            "PUT", self.address, headers=headers, content=source.pieces(chunk), commits=chunk.is_last
        )
        if chunk.is_last and response.status_code != 308 and not response.is_success:
            raise _as_answer_to_commit(self._refusal(response))
        standing = self._read(response)
        if isinstance(standing, Incomplete) and standing.offset <= chunk.first:
            # Sending the same bytes again at once could go on for ever; the next attempt asks first.
            raise TransientError("YouTube stored nothing of a chunk.", platform=NAME, reason="noProgress")
        return standing

    def _read(self, response: httpx.Response) -> Incomplete | Finished:
        if response.status_code == 308:
            moved_to = checked_location(response, base=self.address, api_url=self._api_url)
            return Incomplete(offset=self._confirmed(response), moved_to=moved_to)
        if response.is_success:
            return Finished(_video_id(response))
        raise self._refusal(response)

    def _refusal(self, response: httpx.Response) -> PlatformError:
        status = response.status_code
        if status in (404, 410):
            return SessionGoneError(platform=NAME, reason=f"http{status}", http_status=status)
        return error_of(response, self._clock())

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


def checked_location(response: httpx.Response, *, base: str, api_url: str) -> str | None:
    """Return the session address that an answer names, None where it names none.

    The access token goes there too, so an address outside the API's own host and Google's is refused.
    """
    location: str | None = response.headers.get("Location")
    if not location:
        return None
    address = urljoin(base, location)
    if not _is_trusted(address, api_url):
        raise UnexpectedAnswerError(
            "The session address is on a host that is not YouTube's.", platform=NAME, reason="foreignLocation"
        )
    return address


def _is_trusted(address: str, api_url: str) -> bool:
    if is_loopback(api_url):
        return is_loopback(address)
    target = urlsplit(address)
    host = target.hostname or ""
    return target.scheme == "https" and (host == urlsplit(api_url).hostname or host.endswith(_GOOGLE_HOSTS))


def _as_answer_to_commit(error: PlatformError) -> PlatformError:
    """A server that failed while it took the last byte may have taken it; a refusal is a refusal."""
    if not isinstance(error, TransientError):
        return error
    return OutcomeUnknownError(error.detail, platform=NAME, reason=error.reason, http_status=error.http_status)


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
