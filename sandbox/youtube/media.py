"""The simple uploads: the bytes alone (`media`), or with their JSON in front (`multipart/related`)."""

import json
import re
from collections.abc import AsyncIterator
from email.message import Message
from email.parser import BytesParser
from typing import Any

from aiohttp import web

from sandbox.wire import WIRE
from sandbox.youtube.errors import ApiError, bad_json

_LARGEST_HEAD = 1 << 20


async def media_parts(request: web.Request, kind: str) -> tuple[dict[str, Any], str, AsyncIterator[bytes]]:
    """The metadata, the media's type and its bytes, read as they arrive. Raises ApiError."""
    if not request.can_read_body:
        raise _no_media()
    pieces = request[WIRE].pieces()
    if kind == "media" or not request.content_type.startswith("multipart/"):
        return {}, request.content_type, pieces
    boundary = Message()
    boundary["Content-Type"] = request.headers["Content-Type"]
    related = _Related(pieces, (boundary.get_boundary() or "").encode())
    body, content_type = await related.head()
    return body, content_type, related.media()


class _Related:
    """Two parts, JSON and media. Lines may end in CRLF or, as Google's own Python client has them, in LF alone."""

    def __init__(self, pieces: AsyncIterator[bytes], boundary: bytes) -> None:
        self._pieces, self._buffer = pieces, b""
        mark = rb"--" + re.escape(boundary)
        self._head = re.compile(
            mark + rb"(?P<eol>\r?\n).*?(?P=eol)(?P=eol)(?P<json>.*?)(?P=eol)" + mark
            + rb"(?P=eol)(?P<headers>.*?(?P=eol))(?P=eol)",
            re.DOTALL,
        )  # fmt: skip
        self._tail = b"--" + boundary + b"--"

    async def head(self) -> tuple[dict[str, Any], str]:
        """The JSON object and the media's type."""
        while (match := self._head.search(self._buffer)) is None:
            piece = await anext(self._pieces, b"")
            if not piece or len(self._buffer) > _LARGEST_HEAD:
                raise _no_media()
            self._buffer += piece
        self._tail = match["eol"] + self._tail
        self._buffer = self._buffer[match.end() :]
        headers = BytesParser().parsebytes(match["headers"])
        return _json_object(match["json"]), headers.get_content_type()

    async def media(self) -> AsyncIterator[bytes]:
        """Everything up to the closing boundary; so many bytes are held back that it can't slip through."""
        held_back = len(self._tail) + 2  # and the line end after it
        async for piece in self._pieces:
            self._buffer += piece
            if len(self._buffer) > held_back:
                yield self._buffer[:-held_back]
                self._buffer = self._buffer[-held_back:]
        end = self._buffer.rfind(self._tail)
        if end < 0:
            raise bad_json("The multipart body has no end.")
        if end:
            yield self._buffer[:end]


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise ApiError(400, "parseError", "Parse Error") from error
    if not isinstance(body, dict):
        raise bad_json("The first part must be a JSON object.")
    return body


def _no_media() -> ApiError:
    message = "The request does not include the video content."
    return ApiError(400, "mediaBodyRequired", message, domain="youtube.video")
