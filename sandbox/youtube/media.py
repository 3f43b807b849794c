"""The simple uploads: the bytes alone (`media`), or with their JSON in front (`multipart/related`)."""

import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web

from sandbox.wire import WIRE
from sandbox.youtube.errors import ApiError, bad_json


async def media_parts(request: web.Request, kind: str) -> tuple[dict[str, Any], str, AsyncIterator[bytes]]:
    """The metadata, the media's type and its bytes, read as they arrive. Raises ApiError."""
    if kind == "media" or not request.content_type.startswith("multipart/"):
        if not request.can_read_body:
            raise _no_media()
        return {}, request.content_type, request[WIRE].pieces()
    reader = await request.multipart()
    body = await _read_json(await _next(reader))
    media = await _next(reader)
    return body, media.headers.get("Content-Type", "application/octet-stream"), _pieces(media)


async def _next(reader: MultipartReader) -> BodyPartReader:
    part = await reader.next()
    if not isinstance(part, BodyPartReader):
        raise _no_media()
    return part


async def _read_json(part: BodyPartReader) -> dict[str, Any]:
    try:
        body = json.loads(await part.read())
    except ValueError as error:
        raise ApiError(400, "parseError", "Parse Error") from error
    if not isinstance(body, dict):
        raise bad_json("The first part must be a JSON object.")
    return body


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(65536):
        yield piece


def _no_media() -> ApiError:
    message = "The request does not include the video content."
    return ApiError(400, "mediaBodyRequired", message, domain="youtube.video")
