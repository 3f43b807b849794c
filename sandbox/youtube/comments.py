"""Comment threads: what viewers, and the channel itself, write under a video."""

from typing import Any

from aiohttp import web

from sandbox.google.directory import Directory
from sandbox.world import World
from sandbox.youtube import errors, resource
from sandbox.youtube.errors import ApiError
from sandbox.youtube.gate import Call, json_of
from sandbox.youtube.library import Library, Video, privacy
from sandbox.youtube.paging import page_of

THREAD_PARTS = frozenset({"id", "replies", "snippet"})
_LONGEST = 10_000
_DOMAIN = "youtube.commentThread"


class Comments:
    """commentThreads.insert and list."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._library, self._directory = world, library, Directory(world)

    async def insert(self, call: Call) -> web.Response:
        """Not idempotent: the same text twice is two comments."""
        video_id, channel_id, text = _given(await json_of(call.request))
        if self._directory.channel(channel_id) is None:
            raise ApiError(404, "channelNotFound", "The specified channel was not found.", domain=_DOMAIN)
        video = self._library.visible(video_id, call.channel)
        if video is None:
            raise ApiError(404, "videoNotFound", "The specified video was not found.", domain=_DOMAIN)
        if _refuses_comments(video):
            message = "The video identified by the videoId parameter has disabled comments."
            raise ApiError(403, "commentsDisabled", message, domain=_DOMAIN)
        now = self._world.clock.now().isoformat(timespec="microseconds")
        comment = {"id": self._world.token("Ug", 24), "video_id": video_id, "channel_id": channel_id}
        comment |= {"author": call.channel, "text": text, "at": now}
        self._world.store.put("comment", comment["id"], comment)
        self._world.events.publish("youtube.comment", {"id": comment["id"], "video": video_id})
        return resource.answer(self._thread(comment))

    async def list(self, call: Call) -> web.Response:
        """By videoId (order=time: newest first) or id."""
        comments = self._world.store.list("comment")
        if video_id := call.query("videoId"):
            if self._library.visible(video_id, call.channel) is None:
                raise ApiError(404, "videoNotFound", "The specified video was not found.", domain=_DOMAIN)
            comments = [comment for comment in reversed(comments) if comment["video_id"] == video_id]
        elif ids := call.listed("id"):
            comments = [comment for comment in comments if comment["id"] in ids]
        else:
            raise errors.bad_request("missingRequiredParameter", "Expected one of: id, videoId.", "parameters.")
        kind = "youtube#commentThreadListResponse"
        return resource.answer(page_of(call, kind, comments, self._thread, usual=20, most=100))

    def _thread(self, comment: dict[str, Any]) -> dict[str, Any]:
        author = self._directory.channel(comment["author"]) or {"title": "", "handle": ""}
        shared = {"channelId": comment["channel_id"], "videoId": comment["video_id"]}
        snippet = {
            **shared,
            "textDisplay": comment["text"],
            "textOriginal": comment["text"],
            "authorDisplayName": author["handle"] or author["title"],
            "authorChannelId": {"value": comment["author"]},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": 0,
            "publishedAt": resource.rfc3339(comment["at"]),
            "updatedAt": resource.rfc3339(comment["at"]),
        }
        top = resource.with_etag({"kind": "youtube#comment", "id": comment["id"], "snippet": snippet})
        thread = {**shared, "topLevelComment": top, "canReply": True, "totalReplyCount": 0, "isPublic": True}
        return resource.with_etag({"kind": "youtube#commentThread", "id": comment["id"], "snippet": thread})


def _given(body: dict[str, Any]) -> tuple[str, str, str]:
    """(video id, channel id, text). Raises ApiError."""
    snippet = body.get("snippet")
    if not isinstance(snippet, dict):
        raise _bad("invalidCommentThreadMetadata", "The request metadata is invalid.")
    if not snippet.get("channelId") or not snippet.get("videoId"):
        raise _bad("channelOrVideoIdMissing", "The API request must specify a channelId and a videoId.")
    top = snippet.get("topLevelComment")
    text = top.get("snippet", {}).get("textOriginal") if isinstance(top, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise _bad("commentTextRequired", "The comment thread resource must include the comment's text.")
    if len(text) > _LONGEST:
        raise _bad("commentTextTooLong", "The comment's text is too long.")
    return str(snippet["videoId"]), str(snippet["channelId"]), text


def _refuses_comments(video: Video) -> bool:
    kids = bool(video["parts"]["status"].get("selfDeclaredMadeForKids"))
    return kids or privacy(video) == "private" or bool(video.get("comments_disabled"))


def _bad(reason: str, message: str) -> ApiError:
    return ApiError(400, reason, message, domain=_DOMAIN, at=("body", "other"))
