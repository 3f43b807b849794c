"""The methods on videos that exist already."""

from collections.abc import Sequence

from aiohttp import web

from sandbox.world import World
from sandbox.youtube import errors, metadata, resource
from sandbox.youtube.errors import ApiError
from sandbox.youtube.gate import Call, json_of
from sandbox.youtube.library import Library, Video, privacy
from sandbox.youtube.paging import page_of

_MOST_IDS = 50


class Videos:
    """videos.list, update, delete, rate, getRating and batchGetStats."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._library = world, library

    async def list(self, call: Call) -> web.Response:
        """By id, myRating or chart; an unknown id is simply not in the items."""
        filters = [name for name in ("id", "myRating", "chart") if name in call.request.query]
        if len(filters) != 1:
            reason = "missingRequiredParameter" if not filters else "incompatibleParameters"
            raise errors.bad_request(reason, "Expected exactly one of: chart, id, myRating.", "parameters.")
        found = self._found(call, filters[0])
        if metadata.OWNER_ONLY & set(call.parts) and any(video["channel"] != call.channel for video in found):
            raise errors.forbidden("The request cannot access user rating or owner information.")
        most = _MOST_IDS
        usual = most if filters[0] == "id" else 5
        body = page_of(call, "youtube#videoListResponse", found, lambda v: self._shown(v, call), usual=usual, most=most)
        return resource.answer(body)

    async def update(self, call: Call) -> web.Response:
        """Overwrites each named part whole."""
        body = await json_of(call.request)
        if not body.get("id"):
            raise errors.bad_request("missingRequiredParameter", "Missing video id.", "body.id")
        video = self._own(str(body["id"]), call)
        if "snippet" in call.parts:
            snippet = body.get("snippet")
            if not isinstance(snippet, dict) or not snippet.get("title") or not snippet.get("categoryId"):
                raise errors.bad_metadata("invalidVideoMetadata", "The request metadata is invalid.")
        parts = metadata.check(body, call.parts)
        if parts.get("status", {}).get("publishAt") and video["published_at"] is not None:
            message = "The request metadata specifies an invalid scheduled publishing time."
            raise errors.bad_metadata("invalidPublishAt", message, "body.status.publishAt")
        changed = self._library.change_parts(video, parts)
        self._library.announce()
        return resource.answer(self._shown(changed, call))

    async def delete(self, call: Call) -> web.Response:
        """204 and no body."""
        self._library.delete(self._own(_required(call, "id"), call))
        self._library.announce()
        return web.Response(status=204)

    async def rate(self, call: Call) -> web.Response:
        """like, dislike or none; 204 and no body."""
        rating = _required(call, "rating")
        if rating not in ("like", "dislike", "none"):
            raise errors.bad_request("invalidRating", "The request contained an unexpected rating value.", "rating")
        video = self._library.visible(_required(call, "id"), call.channel)
        if video is None:
            raise errors.video_not_found()
        if video.get("ratings_disabled"):
            message = "The owner of the video that you are trying to rate has disabled ratings for that video."
            raise ApiError(403, "videoRatingDisabled", message, domain="youtube.video")
        ratings = {channel: given for channel, given in video["ratings"].items() if channel != call.channel}
        if rating != "none":
            ratings[call.channel] = rating
        self._library.save({**video, "ratings": ratings})
        self._world.events.publish("youtube.rating", {"id": video["id"], "rating": rating})
        return web.Response(status=204)

    async def get_rating(self, call: Call) -> web.Response:
        """What the caller thinks of each video."""
        items = []
        for video_id in call.listed("id")[:_MOST_IDS]:
            video = self._library.visible(video_id, call.channel)
            if video is not None:
                items.append({"videoId": video_id, "rating": video["ratings"].get(call.channel, "none")})
        return resource.answer(resource.with_etag({"kind": "youtube#videoGetRatingResponse", "items": items}))

    async def batch_get_stats(self, call: Call) -> web.Response:
        """Counts of up to fifty videos in one cheap call."""
        items = []
        for video_id in call.listed("id")[:_MOST_IDS]:
            video = self._library.visible(video_id, call.channel)
            if video is not None:
                items.append(self._stat(video, call.parts))
        return resource.answer(resource.with_etag({"kind": "youtube#batchGetStatsResponse", "items": items}))

    def _stat(self, video: Video, parts: tuple[str, ...]) -> dict[str, object]:
        counted = resource.statistics(video, self._world.store)
        available = {
            "statistics": {name: counted[name] for name in ("viewCount", "likeCount", "commentCount")},
            "snippet": {"publishTime": resource.published_at(video)},
            "contentDetails": {"duration": f"{round(video['file']['duration_s'])}s"},
        }
        shown = {name: value for name, value in available.items() if name in parts}
        return resource.with_etag({"kind": "youtube#videoStat", "id": video["id"], **shown})

    def _found(self, call: Call, by: str) -> Sequence[Video]:
        if by == "id":
            ids = call.listed("id")
            if len(ids) > _MOST_IDS:
                raise errors.bad_request("invalidFilters", "The request specifies too many ids.", "id")
            videos = [self._library.visible(video_id, call.channel) for video_id in ids]
            return [video for video in videos if video is not None and self._library.is_listed(video)]
        if by == "myRating":
            wanted = call.query("myRating")
            return [video for video in self._library.all() if video["ratings"].get(call.channel) == wanted]
        return [video for video in reversed(self._library.all()) if privacy(video) == "public"]

    def _own(self, video_id: str, call: Call) -> Video:
        video = self._library.visible(video_id, call.channel)
        if video is None:
            raise errors.video_not_found()
        if video["channel"] != call.channel:
            raise errors.forbidden("The video is owned by another channel.")
        return video

    def _shown(self, video: Video, call: Call) -> dict[str, object]:
        channel = self._library.channel_of(video)
        return resource.render(video, channel, call.parts, self._world.store, self._world.clock.now())


def _required(call: Call, name: str) -> str:
    value = call.query(name)
    if not value:
        raise errors.bad_request("missingRequiredParameter", f"Missing required parameter: {name}", name)
    return value
