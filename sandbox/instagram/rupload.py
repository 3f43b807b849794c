"""rupload.facebook.com: the bytes of a container, sent whole or from where they broke off."""

from aiohttp import ClientPayloadError, web

from sandbox.instagram import settings
from sandbox.instagram.containers import IN_PROGRESS, WAITING, Container, Containers
from sandbox.instagram.directory import FACEBOOK
from sandbox.instagram.errors import GraphError, UploadError, unauthorized_upload
from sandbox.instagram.fetch import Fetcher
from sandbox.instagram.grants import Grants
from sandbox.wire import WIRE, ConnectionCutError
from sandbox.world import World

_ANSWER = {"success": True, "message": "Upload successful."}


class Rupload:
    """POST /ig-api-upload/{version}/{container}."""

    def __init__(self, world: World, grants: Grants, containers: Containers, fetcher: Fetcher) -> None:
        self._world, self._grants, self._containers, self._fetcher = world, grants, containers, fetcher
        self._writers: dict[str, object] = {}

    async def upload(self, request: web.Request) -> web.Response:
        """Headers `Authorization: OAuth …`, `offset`, `file_size`; or `file_url` and no body."""
        try:
            container = self._container(request)
            if file_url := request.headers.get("file_url"):
                await self._from_address(container, file_url)
            else:
                await self._from_body(request, container)
        except UploadError as error:
            async for _ in request[WIRE].pieces():
                pass
            return error.response()
        return web.json_response(_ANSWER)

    def _container(self, request: web.Request) -> Container:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "OAuth" or not token.strip():
            raise UploadError("NotAuthorizedError", "User not authorized to perform this request")
        try:
            access = self._grants.access(token.strip(), FACEBOOK)
        except GraphError as error:
            raise unauthorized_upload() from error
        container = self._containers.get(request.match_info["container"])
        if container is None or container["account"] not in access.accounts:
            raise unauthorized_upload()
        if "instagram_content_publish" not in access.permissions:
            raise unauthorized_upload()
        if container["video_url"] is not None:
            raise UploadError("ProcessingFailedError", "The container is not of upload_type resumable")
        if container["completed_at"] is None and self._containers.status_code(container) != IN_PROGRESS:
            raise UploadError("ProcessingFailedError", "The media builder does not exist or has been expired.")
        return container

    async def _from_address(self, container: Container, url: str) -> None:
        if container["state"] != WAITING or self._containers.stored(container):
            raise UploadError("OffsetInvalidError", "Request starting offset is invalid")
        container = {**container, "video_url": url, "state": "fetching"}
        self._containers.save(container)
        try:
            await self._fetcher.begin(container)
        except GraphError as error:
            raise UploadError("ProcessingFailedError", error.message) from error

    async def _from_body(self, request: web.Request, container: Container) -> None:
        offset, total = _number(request, "offset"), _number(request, "file_size")
        largest = settings.load(self._world.store).largest_file
        if total > largest or total == 0 or container["total"] not in (None, total):
            raise UploadError("ProcessingFailedError", f"Request processing failed: file_size {total} is invalid")
        if container["total"] is None:
            container = {**container, "total": total}
            self._containers.save(container)
        if offset != self._containers.stored(container):
            raise UploadError("OffsetInvalidError", "Request starting offset is invalid")
        await self._write(request, container, total - offset)
        if self._containers.stored(container) < total:
            message = "Partial request (did not match length of file)"
            raise UploadError("PartialRequestError", message, retriable=True)
        await self._containers.complete(container)

    async def _write(self, request: web.Request, container: Container, room: int) -> None:
        """Append each piece as it arrives. A later writer of the container ends an earlier one."""
        if request.content_length is not None and request.content_length > room:
            raise UploadError("ProcessingFailedError", "Request processing failed: more bytes than file_size")
        me = object()
        self._writers[container["id"]] = me
        try:
            path = self._containers.path(container)
            with path.open("ab", buffering=0) as file:
                async for piece in request[WIRE].pieces():
                    # No await stands between this look and the write, so two writers never interleave.
                    if self._writers.get(container["id"]) is not me:
                        raise ConnectionCutError
                    if len(piece) > room:
                        raise UploadError(
                            "ProcessingFailedError", "Request processing failed: more bytes than file_size"
                        )
                    room -= len(piece)
                    start = file.tell()
                    file.write(piece)
                    self._containers.digests.feed(path, start, piece)
        except (ClientPayloadError, ConnectionError) as error:
            # The client is gone; what has arrived stays.
            raise ConnectionCutError from error


def _number(request: web.Request, name: str) -> int:
    value = request.headers.get(name, "")
    if not value.isdecimal():
        raise UploadError(
            "ProcessingFailedError", f"Request processing failed: the header {name} is missing or invalid"
        )
    return int(value)
