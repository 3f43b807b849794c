"""One call of the Bot API: parameters in, `result` out. The token stands in the address, which nothing here tells."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from platforms.chunks import Chunk, FileSource
from platforms.http import Http
from platforms.telegram_channel.errors import error_of
from platforms.telegram_channel.settings import TelegramChannelSettings

ANSWER_PATIENCE_S = 600.0
"""How long a post may take after its last byte: a server of one's own sends the file on before it answers."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along in the form, read while it is sent."""

    field: str
    name: str
    mime_type: str
    source: FileSource
    size: int


class BotApi:
    """The methods of one bot."""

    def __init__(self, http: Http, settings: TelegramChannelSettings) -> None:
        self._http = http
        self._settings = settings

    async def call(self, method: str, parameters: Mapping[str, str]) -> Any:
        """Ask, or change something in a way that may be repeated. Raises PlatformError."""
        response = await self._http.send("POST", self._settings.method_root + method, data=parameters)
        return _result(response.status_code, _body(response), commits=False)

    async def post(self, method: str, parameters: Mapping[str, str], attachment: Attachment | None) -> Any:
        """Post something, once. Raises OutcomeUnknownError where it may be there without our knowing."""
        # Nobody can know it beforehand, so no text and no file can end its own part and begin another.
        boundary = secrets.token_hex(16)
        head, tail = _form(parameters, attachment, boundary)
        size = len(head) + len(tail) + (attachment.size if attachment else 0)
        response = await self._http.send(
            "POST",
            self._settings.method_root + method,
            commits=True,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(size)},
            content=_stream(head, attachment, tail),
            answer_within_s=ANSWER_PATIENCE_S,
        )
        return _result(response.status_code, _body(response), commits=True)


def _body(response: Any) -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _result(status: int, body: dict[str, Any] | None, *, commits: bool) -> Any:
    if status == 200 and body is not None and body.get("ok") is True and "result" in body:
        return body["result"]
    # A 200 that cannot be read says nothing of what was done.
    raise error_of(502 if status == 200 and commits else status, body, commits=commits)


def _form(parameters: Mapping[str, str], attachment: Attachment | None, boundary: str) -> tuple[bytes, bytes]:
    """What stands before the file's bytes, and what after them (RFC 7578)."""
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in
             parameters.items()]  # fmt: skip
    if attachment is not None:
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{attachment.field}"; filename="{attachment.name}"'
            f"\r\nContent-Type: {attachment.mime_type}\r\n\r\n"
        )
    end = f"--{boundary}--\r\n"
    return "".join(parts).encode(), (f"\r\n{end}" if attachment else end).encode()


async def _stream(head: bytes, attachment: Attachment | None, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    if attachment is not None:
        whole = Chunk(first=0, last=attachment.size - 1, total=attachment.size)
        async for piece in attachment.source.pieces(whole):
            yield piece
    yield tail
