"""One call of a method: its parameters, closed behind types, and the files that came with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.telegram.errors import ApiError, bad_request
from sandbox.telegram.files import FileShelf, Upload

_PIECE = 256 * 1024


@dataclass
class Call:
    """Parameters by name (JSON already decoded where it was JSON) and uploads by form field."""

    method: str
    given: dict[str, Any]
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """As text; numbers are taken as their digits. None when it isn't there or empty."""
        value = self.given.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, dict | list):
            raise bad_request(f'field "{name}" must be of type String')
        return str(value)

    def integer(self, name: str, default: int | None = None) -> int | None:
        value = self.given.get(name)
        if value is None or value == "":
            return default
        try:
            return int(str(value))
        except ValueError:
            raise bad_request(f'parameter "{name}" must be a number') from None

    @staticmethod
    def whole(value: Any, what: str) -> int:
        """A number inside a structure."""
        try:
            return int(str(value))
        except ValueError:
            raise bad_request(f"can't parse {what}: expected a number") from None

    def flag(self, name: str) -> bool:
        return str(self.given.get(name, "")).lower() in {"true", "1", "yes"}

    def structure(self, name: str, what: str) -> Any:
        """A JSON-serialised parameter, which in a JSON body may also stand as it is."""
        value = self.given.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    @property
    def chat_id(self) -> str | None:
        return self.text("chat_id")


async def read_call(method: str, request: web.Request, shelf: FileShelf, limit: int) -> Call:
    """GET or POST; query, JSON, urlencoded or multipart. Files go straight to disk; `413` above `limit` bytes."""
    call = Call(method, dict(request.query))
    if request.method != "POST":
        return call
    if request.content_type == "application/json":
        call.given.update(_object(await request.text()))
    elif request.content_type == "multipart/form-data":
        await _read_multipart(request, call, shelf, limit)
    elif request.body_exists:
        call.given.update((name, value) for name, value in (await request.post()).items() if isinstance(value, str))
    return call


def _object(body: str) -> Mapping[str, Any]:
    try:
        loaded = json.loads(body or "{}")
    except ValueError:
        raise bad_request("can't parse request JSON object") from None
    if not isinstance(loaded, dict):
        raise bad_request("can't parse request JSON object")
    return loaded


async def _read_multipart(request: web.Request, call: Call, shelf: FileShelf, limit: int) -> None:
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.filename is None:
            call.given[part.name] = await part.text()
            continue
        # Several files under one name: the second is `name#2`, and so on (the control route's albums).
        again = sum(1 for name in call.uploads if name.split("#")[0] == part.name)
        call.uploads[f"{part.name}#{again + 1}" if again else part.name] = await receive_file(part, shelf, limit)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ApiError(413, "Request Entity Too Large")


async def receive_file(part: BodyPartReader, shelf: FileShelf, limit: int) -> Upload:
    """The part, written to disk as it comes; nothing is left there if it is too long or breaks off."""
    place = shelf.incoming()
    digest, size = hashlib.sha256(), 0
    try:
        with place.open("wb") as out:
            while piece := await part.read_chunk(_PIECE):
                size += len(piece)
                _check_size(size, limit)
                digest.update(piece)
                out.write(piece)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return Upload(place, part.filename or "file", part.headers.get("Content-Type"), size, digest.hexdigest())
