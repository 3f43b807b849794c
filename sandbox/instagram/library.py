"""Published Reels: a file each, with caption, figures and a permalink; the ledger keeps what was deleted."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.instagram import settings
from sandbox.instagram.containers import Container, Containers
from sandbox.instagram.directory import Directory
from sandbox.world import World

Media = dict[str, Any]
_KIND = "instagram_media"
_METRICS = ("reach", "views", "likes", "comments", "saved", "shares", "reposts")


class Library:
    """Durable."""

    def __init__(self, world: World, directory: Directory, containers: Containers) -> None:
        self._world, self._store = world, world.store
        self._directory, self._containers = directory, containers

    def publish(self, container: Container) -> Media:
        """The container becomes a media, both written together."""
        now = self._world.clock.now().isoformat(timespec="microseconds")
        media: Media = {
            "id": f"180{self._store.next_id('instagram_media'):014d}",
            "container": container["id"],
            "account": container["account"],
            "reel": container["reel"],
            "shortcode": self._world.token("D", 10),
            "published_at": now,
            "deleted_at": None,
            "comments_enabled": True,
            "undeletable": False,
            "likes": 0,
            "insights": {},
        }
        with self._store.transaction():
            self.save(media)
            self._containers.save({**container, "media_id": media["id"], "published_at": now})
        self.announce(media)
        return media

    def get(self, media_id: str) -> Media | None:
        """None: there is none (any more)."""
        media = self._store.get(_KIND, media_id)
        return None if media is None or media["deleted_at"] else media

    def readable(self, media_id: str) -> Media | None:
        """None also in the first seconds of its life."""
        media, lag = self.get(media_id), timedelta(seconds=settings.load(self._store).media_lag_s)
        return media if media is not None and self.age(media) >= lag else None

    def age(self, media: Media) -> timedelta:
        """How long it has been published."""
        return self._world.clock.now() - datetime.fromisoformat(media["published_at"])

    def all(self, *, deleted: bool = False) -> list[Media]:
        """Oldest first; with `deleted`, those too."""
        return [media for media in self._store.list(_KIND) if deleted or not media["deleted_at"]]

    def of_account(self, account: str) -> list[Media]:
        """Newest first, as far as they are listed already."""
        lag = timedelta(seconds=settings.load(self._store).list_lag_s)
        return [m for m in reversed(self.all()) if m["account"] == account and self.age(m) >= lag]

    def published_since(self, account: str, since: datetime) -> int:
        """How many the account has published after that moment, deleted ones too, and those only claimed."""
        own: int = sum(
            m["account"] == account and datetime.fromisoformat(m["published_at"]) > since
            for m in self.all(deleted=True)
        )
        claim = self._store.get("instagram_quota_claim", account)
        claimed = int(claim["used"]) if claim and datetime.fromisoformat(claim["at"]) > since else 0
        return own + claimed

    def claim_quota(self, account: str, used: int) -> None:
        """Pretend that so many were published now."""
        claim = {"account": account, "used": used, "at": self._world.clock.now().isoformat()}
        self._store.put("instagram_quota_claim", account, claim)

    def save(self, media: Media) -> None:
        """Write it down."""
        self._store.put(_KIND, media["id"], media)

    def delete(self, media: Media) -> None:
        """The file goes, the ledger keeps the line."""
        deleted = {**media, "deleted_at": self._world.clock.now().isoformat(timespec="microseconds")}
        self.save(deleted)
        self.path(media).unlink(missing_ok=True)
        self.announce(deleted)

    def container_of(self, media: Media) -> Container:
        """What it was made from."""
        return self._containers.get(media["container"]) or {}

    def path(self, media: Media) -> Path:
        """Where the bytes lie."""
        return self._containers.path(self.container_of(media))

    def cover_path(self, media: Media) -> Path:
        """Where the cover lies, if it has one."""
        return self._containers.cover_path(self.container_of(media))

    def account_of(self, media: Media) -> dict[str, Any]:
        """The account's record."""
        return self._directory.account(media["account"]) or {"username": media["account"]}

    def comments(self, media_id: str) -> list[dict[str, Any]]:
        """Oldest first."""
        return [c for c in self._store.list("instagram_comment") if c["media"] == media_id]

    def figures(self, media: Media) -> dict[str, int]:
        """What a person would see now, whatever the API says yet."""
        told = {name: int(media["insights"].get(name, 0)) for name in _METRICS}
        return {**told, "likes": media["likes"], "comments": len(self.comments(media["id"]))}

    def announce(self, media: Media) -> None:
        """Tell whoever watches."""
        status = "deleted" if media["deleted_at"] else "processed"
        self._world.events.publish("instagram.video", {"id": media["id"], "upload_status": status, "privacy": "public"})


def permalink(media: Media) -> str:
    """As the API gives it."""
    return f"https://www.instagram.com/reel/{media['shortcode']}/"
