"""The videos of all channels and what time does to them: processing, publication at a set minute, rejection."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.google.directory import Directory
from sandbox.world import World
from sandbox.youtube import settings
from sandbox.youtube.mp4 import read_facts

Video = dict[str, Any]
_UNVERIFIED_LONGEST_S = 900
_SHORT_LONGEST_S = 180


class Library:
    """Durable; the clock's effects are worked out when a video is looked at."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store
        self._directory = Directory(world)
        self._folder = world.files / "youtube"
        self._folder.mkdir(exist_ok=True)
        self._told: dict[str, tuple[str, ...]] = {}

    def path(self, video_id: str) -> Path:
        """Where the bytes lie, from the first one on."""
        return self._folder / f"{video_id}.bin"

    def new_id(self) -> str:
        """Eleven characters, as on the site."""
        return self._world.token(n=11)

    def get(self, video_id: str) -> Video | None:
        """As it stands now; None: there is none (any more)."""
        video = self._store.get("video", video_id)
        return None if video is None or video["deleted_at"] else self._settled(video)

    def visible(self, video_id: str, viewer: str) -> Video | None:
        """None also where it is private and the viewer's channel is another."""
        video = self.get(video_id)
        if video is None or (privacy(video) == "private" and video["channel"] != viewer):
            return None
        return video

    def all(self, *, deleted: bool = False) -> list[Video]:
        """Oldest first; with `deleted`, those too."""
        videos = self._store.list("video")
        return [v if v["deleted_at"] else self._settled(v) for v in videos if deleted or not v["deleted_at"]]

    def of_channel(self, channel: str) -> list[Video]:
        """Newest first."""
        return [video for video in reversed(self.all()) if video["channel"] == channel]

    def is_listed(self, video: Video) -> bool:
        """A new video may be missing from lists for a while."""
        lag = timedelta(seconds=settings.load(self._store).list_lag_s)
        return datetime.fromisoformat(video["uploaded_at"]) + lag <= self._world.clock.now()

    def uploads_since(self, channel: str, since: datetime) -> int:
        """How many the channel has begun, deleted ones too."""
        videos = self._store.list("video")
        return sum(v["channel"] == channel and datetime.fromisoformat(v["uploaded_at"]) > since for v in videos)

    def add(self, video_id: str, *, channel: str, client_id: str, parts: dict[str, Any], file: dict[str, Any]) -> Video:
        """The last byte is there: the video exists, and its processing begins. `file`: name, size, sha256, type."""
        now, rules = self._world.clock.now(), settings.load(self._store)
        facts = read_facts(self.path(video_id))
        file = {**file, "duration_s": facts.duration_s, "width": facts.width, "height": facts.height}
        if rules.lock_private:
            parts = {**parts, "status": {**parts["status"], "privacyStatus": "private"}}
        video: Video = {
            "id": video_id,
            "channel": channel,
            "client_id": client_id,
            "parts": parts,
            "file": file,
            "uploaded_at": now.isoformat(timespec="microseconds"),
            "processed_at": (now + timedelta(seconds=rules.processing_s)).isoformat(timespec="microseconds"),
            "outcome": settings.take_outcome(self._store) or self._outcome(channel, file, rules),
            "published_at": None,
            "deleted_at": None,
            "ratings": {},
            "views": 0,
            "thumbnail": None,
        }
        self.save(video)
        return self._settled(video)

    def save(self, video: Video) -> None:
        """Write it down and let it be announced."""
        self._store.put("video", video["id"], video)

    def change_parts(self, video: Video, parts: dict[str, Any]) -> Video:
        """Each given part is overwritten whole."""
        changed = {**video, "parts": {**video["parts"], **parts}}
        self.save(changed)
        return self._settled(changed)

    def delete(self, video: Video) -> None:
        """The file goes, the ledger keeps the line."""
        self.save({**video, "deleted_at": self._world.clock.now().isoformat(timespec="microseconds")})
        self.path(video["id"]).unlink(missing_ok=True)

    def channel_of(self, video: Video) -> dict[str, Any]:
        """The channel's record."""
        return self._directory.channel(video["channel"]) or {"id": video["channel"], "title": video["channel"]}

    def announce(self) -> None:
        """Tell the watchers, if there are any, of every video that looks other than when last told."""
        if not self._world.events.watched:
            return
        for video in self.all(deleted=True):
            looks = (upload_status(video, self._world.clock.now()), privacy(video), str(video["deleted_at"]))
            if self._told.get(video["id"]) != looks:
                self._told[video["id"]] = looks
                event = {"id": video["id"], "upload_status": looks[0], "privacy": looks[1]}
                self._world.events.publish("youtube.video", event)

    def _settled(self, video: Video) -> Video:
        """Publication: at once where it is public, or when the set minute has passed."""
        status, now = video["parts"]["status"], self._world.clock.now()
        due = status.get("publishAt")
        if status["privacyStatus"] == "private" and due and datetime.fromisoformat(due) <= now:
            moment = max(datetime.fromisoformat(due), datetime.fromisoformat(video["uploaded_at"]))
            public = {name: value for name, value in status.items() if name != "publishAt"}
            public["privacyStatus"] = "public"
            video = {**video, "parts": {**video["parts"], "status": public}, "published_at": _exact(moment)}
            self.save(video)
        elif status["privacyStatus"] == "public" and video["published_at"] is None:
            video = {**video, "published_at": _exact(now)}
            self.save(video)
        return video

    def _outcome(self, channel: str, file: dict[str, Any], rules: settings.YoutubeSettings) -> dict[str, str]:
        if file["size"] == 0:
            return {"uploadStatus": "failed", "reason": "emptyFile"}
        same = [v for v in self.of_channel(channel) if v["file"]["sha256"] == file["sha256"]]
        if rules.reject_duplicates and any(v["outcome"]["uploadStatus"] == "processed" for v in same):
            return {"uploadStatus": "rejected", "reason": "duplicate"}
        verified = (self._directory.channel(channel) or {}).get("long_uploads") == "allowed"
        if file["duration_s"] > _UNVERIFIED_LONGEST_S and not verified:
            return {"uploadStatus": "rejected", "reason": "length"}
        return {"uploadStatus": "processed"}


def privacy(video: Video) -> str:
    """public, unlisted or private."""
    return str(video["parts"]["status"]["privacyStatus"])


def upload_status(video: Video, now: datetime) -> str:
    """uploaded, then processed, failed or rejected; deleted."""
    if video["deleted_at"]:
        return "deleted"
    return str(video["outcome"]["uploadStatus"]) if is_settled(video, now) else "uploaded"


def is_settled(video: Video, now: datetime) -> bool:
    """Whether the processing is over."""
    return datetime.fromisoformat(video["processed_at"]) <= now


def is_short(video: Video) -> bool:
    """Square or upright, and at most three minutes long."""
    file = video["file"]
    return bool(0 < file["width"] <= file["height"] and 0 < file["duration_s"] <= _SHORT_LONGEST_S)


def _exact(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
