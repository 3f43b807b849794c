"""`/control/youtube`: the ledger of what was published, its files, the sessions, and the server's rules."""

from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.control.bodies import json_object, missing, refusal
from sandbox.world import World
from sandbox.youtube import resource, settings
from sandbox.youtube.library import Library, Video, is_settled, is_short, privacy, upload_status
from sandbox.youtube.quota import INSERTS, SEARCHES, STATS, UNITS, Quota
from sandbox.youtube.sessions import Sessions

_CHANGEABLE = frozenset({"statistics", "views", "comments_disabled", "ratings_disabled", "outcome", "days"})


def info(world: World) -> dict[str, Any]:
    """What a client of the sandbox has to know."""
    return {
        "youtube_api_url": f"{world.base_url}/youtube",
        "youtube_analytics_url": f"{world.base_url}/youtube/analytics",
    }


def routes(world: World) -> list[web.RouteDef]:
    """Relative to `/control`."""
    control = _YoutubeControl(world)
    return [
        web.get("/youtube/videos", control.videos),
        web.get("/youtube/videos/{id}", control.video),
        web.post("/youtube/videos/{id}", control.change_video),
        web.get("/youtube/videos/{id}/file", control.file),
        web.get("/youtube/videos/{id}/thumbnail", control.thumbnail),
        web.get("/youtube/comments", control.comments),
        web.get("/youtube/sessions", control.sessions),
        web.post("/youtube/sessions/kill", control.kill_sessions),
        web.get("/youtube/settings", control.settings),
        web.post("/youtube/settings", control.change_settings),
        web.get("/youtube/quota", control.quota),
        web.post("/youtube/quota", control.change_quota),
    ]


class _YoutubeControl:
    def __init__(self, world: World) -> None:
        self._world, self._library, self._quota = world, Library(world), Quota(world)
        self._sessions = Sessions(world, self._library)

    async def videos(self, request: web.Request) -> web.Response:
        """Oldest first. Query: channel=ID, deleted=1."""
        deleted, channel = request.query.get("deleted") == "1", request.query.get("channel")
        videos = [v for v in self._library.all(deleted=deleted) if channel in (None, v["channel"])]
        return web.json_response({"videos": [self._line(video) for video in videos]})

    async def video(self, request: web.Request) -> web.Response:
        return web.json_response(self._line(self._found(request)))

    async def change_video(self, request: web.Request) -> web.Response:
        """{"statistics"?: {viewCount: …}, "views"?, "comments_disabled"?, "ratings_disabled"?, "outcome"?, "days"?}."""
        video, body = self._found(request), await json_object(request)
        if unknown := sorted(set(body) - _CHANGEABLE):
            raise refusal(f"unknown fields: {', '.join(unknown)}")
        try:
            settings.check_outcome(body.get("outcome") or video["outcome"])
        except (ValueError, AttributeError) as error:
            raise refusal(str(error)) from error
        changed = {**video, **body}
        self._library.save(changed)
        return web.json_response(self._line(changed))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The bytes as they were uploaded; Range is honoured."""
        video = self._found(request)
        kind = video["file"]["type"] if video["file"]["type"].startswith("video/") else "video/mp4"
        return web.FileResponse(self._library.path(video["id"]), headers={"Content-Type": kind})

    async def thumbnail(self, request: web.Request) -> web.StreamResponse:
        video = self._found(request)
        if video["thumbnail"] is None:
            raise missing("no thumbnail was set")
        path = self._library.path(video["id"]).with_suffix(".thumbnail")
        return web.FileResponse(path, headers={"Content-Type": video["thumbnail"]["type"]})

    async def comments(self, request: web.Request) -> web.Response:
        """Oldest first. Query: video=ID."""
        video = request.query.get("video")
        comments = [c for c in self._world.store.list("comment") if video in (None, c["video_id"])]
        return web.json_response({"comments": comments})

    async def sessions(self, _: web.Request) -> web.Response:
        """Without their ids, which are secrets: what is promised, stored and done."""
        now = self._world.clock.now()
        lines = [
            {
                "video_id": session["video_id"],
                "channel": session["channel"],
                "created_at": session["created_at"],
                "file_name": session["file_name"],
                "total": session["total"],
                "stored": self._sessions.stored(session),
                "finished": session["final"] is not None,
                "killed": session["killed"],
                "expired": datetime.fromisoformat(session["expires_at"]) <= now,
            }
            for session in self._sessions.all()
        ]
        return web.json_response({"sessions": lines})

    async def kill_sessions(self, request: web.Request) -> web.Response:
        """{"status"?: 410 | 404, …}: unfinished sessions answer so from now on."""
        status = (await json_object(request)).get("status", 410)
        if status not in (404, 410, 400, 403):
            raise refusal("status is one of 404, 410, 400, 403")
        return web.json_response({"killed": self._sessions.kill(None, status)})

    async def settings(self, _: web.Request) -> web.Response:
        return web.json_response(settings.to_json(settings.load(self._world.store)))

    async def change_settings(self, request: web.Request) -> web.Response:
        """Any fields of YoutubeSettings."""
        try:
            changed = settings.change(self._world.store, await json_object(request))
        except (TypeError, ValueError) as error:
            raise refusal(str(error)) from error
        return web.json_response(settings.to_json(changed))

    async def quota(self, _: web.Request) -> web.Response:
        """What is used today, bucket by bucket."""
        buckets = {
            bucket: {"used": self._quota.used(bucket), "size": self._quota.size(bucket)}
            for bucket in (INSERTS, SEARCHES, UNITS, STATS)
        }
        return web.json_response({"buckets": buckets, "resets_at": self._quota.resets_at().isoformat()})

    async def change_quota(self, request: web.Request) -> web.Response:
        """{"used": {"inserts": 99, …}} or {"clear": true}."""
        body = await json_object(request)
        if body.get("clear"):
            self._quota.clear()
        for bucket, used in dict(body.get("used", {})).items():
            if bucket not in (INSERTS, SEARCHES, UNITS, STATS) or not isinstance(used, int):
                raise refusal("used is a number per bucket: inserts, searches, units, stats")
            self._quota.set_used(bucket, used)
        return await self.quota(request)

    def _found(self, request: web.Request) -> Video:
        video = self._library.get(request.match_info["id"])
        if video is None:
            raise missing("no such video")
        return video

    def _line(self, video: Video) -> dict[str, Any]:
        now, file, snippet = self._world.clock.now(), video["file"], video["parts"]["snippet"]
        status = upload_status(video, now)
        return {
            "id": video["id"],
            "channel": video["channel"],
            "channel_title": self._library.channel_of(video)["title"],
            "title": snippet["title"],
            "description": snippet["description"],
            "tags": snippet.get("tags", []),
            "category_id": snippet.get("categoryId"),
            "status": video["parts"]["status"],
            "privacy": privacy(video),
            "publish_at": video["parts"]["status"].get("publishAt"),
            "published_at": video["published_at"],
            "uploaded_at": video["uploaded_at"],
            "processed_at": video["processed_at"] if is_settled(video, now) else None,
            "deleted_at": video["deleted_at"],
            "upload_status": status,
            "reason": video["outcome"].get("reason") if status in ("failed", "rejected") else None,
            "size": file["size"],
            "sha256": file["sha256"],
            "file_name": file["name"],
            "content_type": file["type"],
            "duration_s": file["duration_s"],
            "width": file["width"],
            "height": file["height"],
            "is_short": is_short(video),
            "statistics": resource.statistics(video, self._world.store),
            "ratings": video["ratings"],
            "has_thumbnail": video["thumbnail"] is not None,
            "file_url": f"/control/youtube/videos/{video['id']}/file",
            "watch_url": f"https://www.youtube.com/watch?v={video['id']}",
        }
