"""The upload host: chunks in their order, each whole or not at all, and no access token."""

import re
from datetime import datetime

from aiohttp import ClientPayloadError, web

from sandbox.digests import GrowingDigests
from sandbox.tiktok import settings
from sandbox.tiktok.chunks import chunk_end
from sandbox.tiktok.errors import ApiError
from sandbox.tiktok.posts import Post, Posts
from sandbox.wire import WIRE, ConnectionCutError
from sandbox.world import World

_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm"})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Upload:
    """`PUT` to an upload address; the post's `stored` says how many bytes count."""

    def __init__(self, world: World, posts: Posts) -> None:
        self._world, self._posts = world, posts
        self._writers: dict[str, object] = {}
        self._digests = GrowingDigests()

    async def put(self, request: web.Request) -> web.StreamResponse:
        """206: more is expected; 201: that was all; 416: another byte is next."""
        try:
            post = self._found(request)
            first, last = self._asked(request, post)
        except ApiError as error:
            await _drain(request)
            return error.response(self._world.clock.now())
        if first != post["stored"]:
            await _drain(request)
            return self._answer(post, 416)
        if last != chunk_end(post["source"], first):
            await _drain(request)
            return _bad(f"A chunk from byte {first} ends at another byte than {last}.").response(
                self._world.clock.now()
            )
        return await self._receive(request, post, last)

    def _found(self, request: web.Request) -> Post:
        post = self._posts.by_upload(request.query.get("upload_token", ""))
        if post is None or post["id"] != request.query.get("upload_id") or post["ended_at"] is not None:
            raise ApiError(404, "upload_not_found", "The upload task does not exist.")
        if post["killed"]:
            raise ApiError(post["killed"], "upload_not_found", "The upload task does not exist.")
        if datetime.fromisoformat(post["expires_at"]) <= self._world.clock.now():
            raise ApiError(403, "upload_url_expired", "The upload_url has expired.")
        return post

    def _asked(self, request: web.Request, post: Post) -> tuple[int, int]:
        """First and last byte. Raises ApiError 400."""
        if settings.load(self._world.store).refuse_bearer and "Authorization" in request.headers:
            raise _bad("The upload host takes no access token.")
        if request.content_type not in _TYPES:
            raise _bad("Content-Type is video/mp4, video/quicktime or video/webm.")
        match = _CONTENT_RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if match is None:
            raise _bad("Content-Range is bytes FIRST-LAST/TOTAL.")
        first, last, total = map(int, match.groups())
        if total != post["source"]["video_size"] or not first <= last < total:
            raise _bad("Content-Range does not match the announced video_size.")
        if request.content_length != last - first + 1:
            raise _bad("Content-Length does not match Content-Range.")
        return first, last

    async def _receive(self, request: web.Request, post: Post, last: int) -> web.StreamResponse:
        me = self._writers[post["id"]] = object()
        try:
            complete = await self._write(request, post, me, last + 1 - post["stored"])
        except (ClientPayloadError, ConnectionError) as error:
            self._keep_partial(post, request[WIRE].received, me)
            raise ConnectionCutError from error
        if not complete:
            return _bad("Fewer bytes than announced.").response(self._world.clock.now())
        if last + 1 < post["source"]["video_size"]:
            post = {**self._now(post), "stored": last + 1}
            self._posts.save(post)
            return self._answer(post, 206)
        digest = await self._digests.of(self._posts.path(post))
        self._require_current(post, me)
        return self._answer(self._posts.arrive(self._now(post), digest, request.content_type), 201)

    async def _write(self, request: web.Request, post: Post, me: object, length: int) -> bool:
        """Straight to the disk; whether all bytes came. A later request for the same upload ends an earlier one."""
        arrived, path = 0, self._posts.path(post)
        path.touch()
        with path.open("r+b", buffering=0) as file:
            file.truncate(post["stored"])
            file.seek(post["stored"])
            async for piece in request[WIRE].pieces():
                # No await stands between this look and the write, so two writers never interleave.
                self._require_current(post, me)
                file.write(piece)
                self._digests.feed(path, post["stored"] + arrived, piece)
                arrived += len(piece)
        self._require_current(post, me)
        return arrived == length

    def _require_current(self, post: Post, me: object) -> None:
        """Raises ConnectionCutError where another request for the same upload has come since."""
        if self._writers.get(post["id"]) is not me:
            raise ConnectionCutError

    def _keep_partial(self, post: Post, received: int, me: object) -> None:
        keeps = settings.load(self._world.store).keep_partial_chunks
        if keeps and self._writers.get(post["id"]) is me and received:
            # At least one byte of the chunk stays wanted: only a whole last chunk ends an upload.
            most = chunk_end(post["source"], post["stored"])
            self._posts.save({**self._now(post), "stored": min(post["stored"] + received, most)})

    def _now(self, post: Post) -> Post:
        """The post as it is by now: it may have been cancelled while its bytes came."""
        return self._posts.get(post["id"]) or post

    def _answer(self, post: Post, status: int) -> web.Response:
        stored, total = post["stored"], post["source"]["video_size"]
        end = stored if settings.load(self._world.store).range_end == "uploaded" else max(0, stored - 1)
        return web.Response(status=status, headers={"Content-Range": f"bytes 0-{end}/{total}"})


def _bad(message: str) -> ApiError:
    return ApiError(400, "invalid_params", message)


async def _drain(request: web.Request) -> None:
    async for _ in request[WIRE].pieces():
        pass
