"""Every post that was begun, and what bytes, time and people make of it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.tiktok import settings
from sandbox.tiktok.directory import Directory
from sandbox.world import World
from sandbox.youtube.mp4 import read_facts

Post = dict[str, Any]
DIRECT, INBOX = "direct", "inbox"
UPLOADING, IN_INBOX, COMPLETE, FAILED = "PROCESSING_UPLOAD", "SEND_TO_USER_INBOX", "PUBLISH_COMPLETE", "FAILED"
PUBLIC = "PUBLIC_TO_EVERYONE"
_PREFIX = {DIRECT: "v_pub_file~v2-1.", INBOX: "v_inbox_file~v2."}
_PICTURE = range(360, 4097)
_FIRST_ITEM = 7_500_000_000_000_000_000  # ids of posts are int64 and above 2**53, as TikTok's are


class Posts:
    """Durable; the clock's effects are worked out when a post is looked at."""

    def __init__(self, world: World, directory: Directory) -> None:
        self._world, self._store, self._directory = world, world.store, directory
        self._folder = world.files / "tiktok"
        self._folder.mkdir(exist_ok=True)
        self._told: dict[str, tuple[str, ...]] = {}

    def path(self, post: Post) -> Path:
        """Where the bytes lie."""
        return self._folder / f"{post['id']}.bin"

    def begin(
        self, mode: str, creator: str, client_key: str, info: dict[str, Any] | None, source: dict[str, int]
    ) -> Post:
        """A new post with an upload address and no bytes yet."""
        now, number = self._world.clock.now(), self._store.next_id("tiktok_post")
        # The low digits go up in uneven steps, so a client that reads ids as floating point gets others.
        item = str(_FIRST_ITEM + number * 1_000_003)
        post: Post = {
            "id": item,
            "publish_id": _PREFIX[mode] + item,
            "mode": mode,
            "creator": creator,
            "client_key": client_key,
            "info": info,
            "source": source,
            "upload_token": self._world.token(n=48),
            "created_at": _exact(now),
            "expires_at": _exact(now + timedelta(seconds=settings.load(self._store).upload_life_s)),
            "stored": 0,
            "killed": None,
            "arrived_at": None,
            "processed_at": None,
            "finished_at": None,
            "moderated_at": None,
            "deleted_at": None,
            "fail_reason": None,
            "ended_at": None,
            "file": None,
            "statistics": {},
        }
        with self._store.transaction():
            self.save(post)
            self._store.put("tiktok_publish", post["publish_id"], {"id": item})
            self._store.put("tiktok_upload", post["upload_token"], {"id": item})
        return post

    def save(self, post: Post) -> Post:
        """Write it down."""
        self._store.put("tiktok_post", post["id"], post)
        return post

    def all(self) -> list[Post]:
        """In the order of their inits."""
        return self._store.list("tiktok_post")

    def get(self, name: str) -> Post | None:
        """By the post's id or its publish_id."""
        return self._store.get("tiktok_post", name) or self._pointed("tiktok_publish", name)

    def by_upload(self, upload_token: str) -> Post | None:
        """By the secret of its upload address."""
        return self._pointed("tiktok_upload", upload_token)

    def arrive(self, post: Post, sha256: str, content_type: str) -> Post:
        """The last byte is there: from now on everything goes by itself."""
        now, rules = self._world.clock.now(), settings.load(self._store)
        facts = read_facts(self.path(post))
        file = {
            "size": post["source"]["video_size"],
            "sha256": sha256,
            "type": content_type,
            "duration_s": facts.duration_s,
            "width": facts.width,
            "height": facts.height,
        }
        processed = now + timedelta(seconds=rules.processing_s)
        with self._store.transaction():
            post = {
                **post,
                "stored": file["size"],
                "file": file,
                "arrived_at": _exact(now),
                "processed_at": _exact(processed),
                "moderated_at": _exact(processed + timedelta(seconds=rules.moderation_s)),
                "fail_reason": settings.take_outcome(self._store) or self._fault_of(post, file, rules),
            }
            self.save(post)
        self.announce()
        return post

    def finish(self, post: Post, title: str, privacy_level: str) -> Post:
        """The creator posts the draft in the app."""
        now, wait = self._world.clock.now(), timedelta(seconds=settings.load(self._store).moderation_s)
        info = {"title": title, "privacy_level": privacy_level}
        post = {**post, "info": info, "finished_at": _exact(now), "moderated_at": _exact(now + wait)}
        return self.save(post)

    def end(self, post: Post, reason: str) -> Post:
        """It fails now, whatever it was about to become."""
        return self.save({**post, "fail_reason": reason, "ended_at": _exact(self._world.clock.now())})

    def lose_permission(self, creator: str, client_key: str | None) -> None:
        """What was not through when the creator took the permission back, fails."""
        now = self._world.clock.now()
        for post in self.all():
            mine = post["creator"] == creator and client_key in (None, post["client_key"])
            if mine and status(post, now) == UPLOADING:
                self.end(post, "auth_removed")

    def sweep(self) -> None:
        """Remove the bytes of uploads that ran out unfinished; their lines stay."""
        now = self._world.clock.now()
        for post in self.all():
            if post["arrived_at"] is None and status(post, now) == FAILED:
                self.path(post).unlink(missing_ok=True)

    def begun_since(self, since: datetime, *, mode: str, creator: str | None = None) -> list[Post]:
        """By `posts_count_from`: all begun ones, or those whose bytes came."""
        counts = "created_at" if settings.load(self._store).posts_count_from == "init" else "arrived_at"
        return [
            post
            for post in self.all()
            if post["mode"] == mode and creator in (None, post["creator"]) and _after(post[counts], since)
        ]

    def pending(self, creator: str, client_key: str, since: datetime) -> int:
        """Drafts begun since then that the creator has neither posted nor lost."""
        now = self._world.clock.now()
        mine = [p for p in self.all() if (p["creator"], p["client_key"], p["mode"]) == (creator, client_key, INBOX)]
        return sum(_after(p["created_at"], since) and status(p, now) in (UPLOADING, IN_INBOX) for p in mine)

    def public_of(self, creator: str) -> list[Post]:
        """What everybody sees of this creator, newest first."""
        now = self._world.clock.now()
        seen = [post for post in self.all() if post["creator"] == creator and is_public(post, now)]
        return sorted(seen, key=lambda post: str(published_at(post)), reverse=True)

    def announce(self) -> None:
        """Tell the watchers, if there are any, of every post that looks other than when last told."""
        if not self._world.events.watched:
            return
        now = self._world.clock.now()
        for post in self.all():
            looks = (status(post, now), str(is_public(post, now)), str(post["deleted_at"]), str(post["arrived_at"]))
            if self._told.get(post["id"]) != looks:
                self._told[post["id"]] = looks
                event = {"id": post["id"], "status": looks[0], "is_public": looks[1] == "True"}
                self._world.events.publish("tiktok.post", event)

    def _pointed(self, kind: str, key: str) -> Post | None:
        pointer = self._store.get(kind, key)
        return None if pointer is None else self._store.get("tiktok_post", pointer["id"])

    def _fault_of(self, post: Post, file: dict[str, Any], rules: settings.TiktokSettings) -> str | None:
        creator = self._directory.creator(post["creator"]) or {}
        if not rules.check_videos:
            return None
        if file["duration_s"] > creator.get("max_video_post_duration_sec", 600):
            return "duration_check_failed"
        if file["width"] and not (file["width"] in _PICTURE and file["height"] in _PICTURE):
            return "picture_size_check_failed"
        return None


def status(post: Post, now: datetime) -> str:
    """As status/fetch says it."""
    if post["ended_at"] is not None:
        return FAILED
    if post["arrived_at"] is None:
        return UPLOADING if _after(post["expires_at"], now) else FAILED
    if _after(post["processed_at"], now):
        return UPLOADING
    if post["fail_reason"] is not None:
        return FAILED
    return IN_INBOX if post["mode"] == INBOX and post["finished_at"] is None else COMPLETE


def fail_reason(post: Post, now: datetime) -> str:
    """Empty unless it failed; a post whose bytes never came failed by itself."""
    if status(post, now) != FAILED:
        return ""
    return str(post["fail_reason"] or "internal")


def is_public(post: Post, now: datetime) -> bool:
    """Whether everybody can see it: posted for everyone, and moderation is through."""
    if status(post, now) != COMPLETE or post["deleted_at"] is not None:
        return False
    return bool(post["info"]["privacy_level"] == PUBLIC and not _after(post["moderated_at"], now))


def published_at(post: Post) -> str | None:
    """When it was (or will be) posted; None for a draft."""
    moment: str | None = post["finished_at"] if post["mode"] == INBOX else post["processed_at"]
    return moment


def _after(moment: str | None, than: datetime) -> bool:
    return moment is not None and datetime.fromisoformat(moment) > than


def _exact(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
