"""videos.insert: the resumable protocol byte by byte, and the two simple kinds of upload."""

from datetime import timedelta
from typing import Any

from aiohttp import ClientPayloadError, web

from sandbox.wire import WIRE, ConnectionCutError
from sandbox.world import World
from sandbox.youtube import errors, metadata, resource, settings
from sandbox.youtube.errors import ApiError
from sandbox.youtube.gate import Call, Gate, json_of
from sandbox.youtube.library import Library
from sandbox.youtube.media import media_parts
from sandbox.youtube.sessions import CHUNK, ContentRange, Session, Sessions, parse_content_range

_LARGEST = 274_877_906_944
_DEFAULT_SNIPPET = {"title": "unknown", "description": "", "categoryId": "22"}
_DAY = timedelta(hours=24)


class Upload:
    """One handler to begin, one for everything inside a session."""

    def __init__(self, world: World, gate: Gate, library: Library, sessions: Sessions) -> None:
        self._world, self._gate, self._library, self._sessions = world, gate, library, sessions

    async def insert(self, call: Call) -> web.Response:
        """POST: begins a session, or takes the whole video at once. Metadata and quota errors arrive here."""
        kind = call.query("uploadType", "multipart")
        if kind == "resumable":
            return await self._begin(call)
        if kind not in ("multipart", "media"):
            raise errors.bad_request("invalidParameter", f"Invalid upload type: {kind}", "uploadType")
        body, content_type, pieces = await media_parts(call.request, kind)
        session = self._open(call, body, None, content_type)
        await self._sessions.write(session, pieces, None)
        return await self._finish(session, 200)

    async def put(self, request: web.Request) -> web.StreamResponse:
        """PUT to a session: bytes, or the question where it stands."""
        try:
            session = self._sessions.find(request.query.get("upload_id", ""))
            if "Authorization" in request.headers:
                self._gate.authenticate(request)
            return await self._put(request, session)
        except ApiError as error:
            await _drain(request)
            return error.response()

    async def _begin(self, call: Call) -> web.Response:
        body = await json_of(call.request) if call.request.can_read_body else {}
        length = call.request.headers.get("X-Upload-Content-Length")
        if length is not None and (not length.isdecimal() or int(length) > _LARGEST):
            raise errors.bad_json(f"Invalid X-Upload-Content-Length: {length}")
        content_type = call.request.headers.get("X-Upload-Content-Type", "application/octet-stream")
        session = self._open(call, body, None if length is None else int(length), content_type)
        location = call.request.url.with_query({"uploadType": "resumable", "upload_id": session["id"]})
        return web.Response(headers={"Location": str(location), "X-GUploader-UploadID": session["id"]})

    def _open(self, call: Call, body: dict[str, Any], total: int | None, content_type: str) -> Session:
        if not content_type.startswith("video/") and content_type != "application/octet-stream":
            message = (
                f"Media type '{content_type}' is not supported. Valid media types: [video/*, application/octet-stream]"
            )
            raise ApiError(400, "badContent", message)
        parts = metadata.check(body, call.parts)
        self._check_channel_cap(call.channel)
        file_name = call.request.headers.get("Slug", "")
        if len(file_name) > 255 or any(ord(character) < 32 for character in file_name):
            message = "The video file name specified in the Slug header is invalid."
            raise errors.bad_metadata("invalidFilename", message, "Slug")
        parts.setdefault("snippet", dict(_DEFAULT_SNIPPET))
        parts.setdefault("status", metadata.default_status())
        return self._sessions.open(
            {
                "channel": call.channel,
                "client_id": call.access.client_id,
                "parts": parts,
                "shown": list(call.parts),
                "total": total,
                "content_type": content_type,
                "file_name": file_name or "unknown",
            }
        )

    def _check_channel_cap(self, channel: str) -> None:
        cap = settings.load(self._world.store).channel_uploads_per_day
        if cap is not None and self._library.uploads_since(channel, self._world.clock.now() - _DAY) >= cap:
            raise errors.upload_limit_exceeded()

    async def _put(self, request: web.Request, session: Session) -> web.Response:
        header = request.headers.get("Content-Range")
        asked = parse_content_range(header) if header is not None else None
        if session["final"] is not None:
            await _drain(request)
            return self._replay(session)
        self._sessions.supersede(session)
        if asked is not None and asked.total is not None:
            session = self._sessions.set_total(session, asked.total)
        if asked is None or not asked.is_query:
            _check_length(request, session, asked)
            session = await self._receive(request, session, asked)
        if session["total"] == self._sessions.stored(session):
            return await self._finish(session, settings.load(self._world.store).final_status)
        return self._incomplete(session)

    async def _receive(self, request: web.Request, session: Session, asked: ContentRange | None) -> Session:
        """Append the bytes; a gap or an overlap stores none of them."""
        if ((asked.first if asked else 0) or 0) != self._sessions.stored(session):
            await _drain(request)
            return session
        try:
            await self._sessions.write(session, request[WIRE].pieces(), request.content_length)
        except (ClientPayloadError, ConnectionError) as error:
            # The client is gone; what has arrived stays.
            raise ConnectionCutError from error
        if asked is None and session["total"] is None:
            return self._sessions.set_total(session, self._sessions.stored(session))
        return session

    async def _finish(self, session: Session, status: int) -> web.Response:
        session, video = await self._sessions.end(session, status)
        if video is not None and "body" not in session["final"]:
            channel, now = self._library.channel_of(video), self._world.clock.now()
            shown = resource.render(video, channel, session["shown"], self._world.store, now)
            self._sessions.remember_answer(session, shown)
            self._library.announce()
        return self._replay(session)

    def _replay(self, session: Session) -> web.Response:
        final = session["final"]
        return resource.answer(final.get("body", {}), final["status"])

    def _incomplete(self, session: Session) -> web.Response:
        stored = self._sessions.stored(session)
        headers = {"X-GUploader-UploadID": session["id"]}
        if stored:
            headers["Range"] = f"bytes=0-{stored - 1}"
        return web.Response(status=308, reason="Resume Incomplete", headers=headers)


def _check_length(request: web.Request, session: Session, asked: ContentRange | None) -> None:
    """The Content-Range must be of the size that is sent, and a chunk that is not the last a multiple of 256 KiB."""
    length, total = request.content_length, session["total"]
    if asked is None:
        if total is not None and length not in (None, total):
            raise errors.bad_json(f"The upload was announced with {total} bytes, not {length}.")
        return
    size = (asked.last or 0) - (asked.first or 0) + 1
    if length is not None and length != size:
        raise errors.bad_json(f"Content-Range is of {size} bytes, Content-Length says {length}.")
    is_last = total is not None and asked.last == total - 1
    if not is_last and size % CHUNK:
        raise errors.bad_json(f"A chunk that is not the last must be a multiple of {CHUNK} bytes, not {size}.")


async def _drain(request: web.Request) -> None:
    async for _ in request[WIRE].pieces():
        pass
