"""thumbnails.set: a picture for a video, in one simple upload."""

from aiohttp import web

from sandbox.google.directory import Directory
from sandbox.world import World
from sandbox.youtube import errors, resource
from sandbox.youtube.errors import ApiError
from sandbox.youtube.gate import Call
from sandbox.youtube.library import Library, Video, is_settled, is_short
from sandbox.youtube.media import media_parts

_LARGEST = 52_428_800
_DOMAIN = "youtube.thumbnail"
_MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


class Thumbnails:
    """The one method of thumbnails."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._library, self._directory = world, library, Directory(world)

    async def set(self, call: Call) -> web.Response:
        """JPEG or PNG. A Short that is still being processed answers well, and does not get it."""
        video = self._owned(call)
        _, content_type, pieces = await media_parts(call.request, call.query("uploadType", "multipart"))
        image = bytearray()
        async for piece in pieces:
            image += piece
            if len(image) > _LARGEST:
                raise ApiError(413, "uploadTooLarge", "Request Too Large")
        if not image:
            raise ApiError(400, "mediaBodyRequired", "The request does not include the image content.", domain=_DOMAIN)
        if not any(image.startswith(magic) for magic in _MAGIC.values()):
            raise ApiError(400, "invalidImage", "The provided image content is invalid.", domain=_DOMAIN)
        if not is_short(video) or is_settled(video, self._world.clock.now()):
            self._library.path(video["id"]).with_suffix(".thumbnail").write_bytes(image)
            video = {**video, "thumbnail": {"size": len(image), "type": content_type}}
            self._library.save(video)
        items = [resource.thumbnails(video)]
        return resource.answer(resource.with_etag({"kind": "youtube#thumbnailSetResponse", "items": items}))

    def _owned(self, call: Call) -> Video:
        video = self._library.visible(call.query("videoId"), call.channel)
        if video is None:
            raise errors.video_not_found()
        allowed = (self._directory.channel(call.channel) or {}).get("custom_thumbnails", True)
        if video["channel"] != call.channel or not allowed:
            raise errors.forbidden("The thumbnail can't be set for the specified video.", _DOMAIN)
        return video
