"""Containers: IN_PROGRESS, then FINISHED or ERROR, PUBLISHED, and EXPIRED after a day, by the virtual clock."""

import asyncio
import mmap
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.digests import GrowingDigests
from sandbox.instagram import settings
from sandbox.instagram.errors import GraphError, planned
from sandbox.world import World
from sandbox.youtube.mp4 import read_facts

Container = dict[str, Any]
IN_PROGRESS, FINISHED, ERROR, EXPIRED, PUBLISHED = "IN_PROGRESS", "FINISHED", "ERROR", "EXPIRED", "PUBLISHED"
WAITING, FETCHING, COMPLETE = "waiting", "fetching", "complete"
_KIND = "instagram_container"
_DAY = timedelta(hours=24)


class Containers:
    """Durable; the size of the file on disk is the truth about what has arrived."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store
        self._folder = world.files / "instagram"
        self._folder.mkdir(exist_ok=True)
        self._endings: dict[str, asyncio.Lock] = {}
        self.digests = GrowingDigests()

    def check_room(self, account: str) -> None:
        """Raises GraphError at the four-hundredth container of a day."""
        rules, since = settings.load(self._store), self._world.clock.now() - _DAY
        made = sum(c["account"] == account and datetime.fromisoformat(c["created_at"]) > since for c in self.all())
        if made >= rules.containers_per_day:
            raise planned(rules.container_limit)

    def make(self, account: str, reel: dict[str, Any], video_url: str | None) -> Container:
        """A new container that waits for its bytes, or fetches them."""
        container: Container = {
            "id": f"179{self._store.next_id('instagram_container'):014d}",
            "account": account,
            "reel": reel,
            "video_url": video_url,
            "created_at": self._now(),
            "state": WAITING if video_url is None else FETCHING,
            "total": None,
            "completed_at": None,
            "error": None,
            "file": None,
            "has_cover": False,
            "media_id": None,
            "published_at": None,
        }
        self.path(container).touch()
        self.save(container)
        return container

    def get(self, container_id: str) -> Container | None:
        """As it was last written."""
        return self._store.get(_KIND, container_id)

    def fresh(self, container: Container) -> Container:
        """The same container as it is now, after an await."""
        return self.get(container["id"]) or container

    def all(self) -> list[Container]:
        """Oldest first."""
        return self._store.list(_KIND)

    def save(self, container: Container) -> None:
        """Write it down."""
        self._store.put(_KIND, container["id"], container)

    def path(self, container: Container) -> Path:
        """Where the bytes lie, from the first one on."""
        return self._folder / f"{container['id']}.bin"

    def cover_path(self, container: Container) -> Path:
        """Where the cover lies, if it has one."""
        return self._folder / f"{container['id']}.cover"

    def stored(self, container: Container) -> int:
        """Bytes that have arrived."""
        path = self.path(container)
        return path.stat().st_size if path.exists() else 0

    def sweep(self) -> None:
        """Remove the bytes of containers that were never published and have expired; their lines stay."""
        for container in self.all():
            if self.status_code(container) == EXPIRED:
                self.path(container).unlink(missing_ok=True)
                self.cover_path(container).unlink(missing_ok=True)

    def status_code(self, container: Container) -> str:
        """One of the five."""
        rules, now = settings.load(self._store), self._world.clock.now()
        if container["media_id"] is not None:
            return PUBLISHED
        if datetime.fromisoformat(container["created_at"]) + timedelta(seconds=rules.container_life_s) <= now:
            return EXPIRED
        done = container["completed_at"]
        if done is None or datetime.fromisoformat(done) + timedelta(seconds=rules.processing_s) > now:
            return IN_PROGRESS
        return ERROR if container["error"] else FINISHED

    def status(self, container: Container) -> str:
        """The sentence beside the code."""
        return {
            IN_PROGRESS: "In Progress: Media is still being processed.",
            FINISHED: "Finished: Media has been uploaded and it is ready to be published.",
            PUBLISHED: "Published: Media has been successfully published.",
            EXPIRED: "Expired: The container was not published within 24 hours and has expired.",
            ERROR: f"Error: Media upload has failed with error code {container['error']}",
        }[self.status_code(container)]

    async def complete(self, container: Container) -> Container:
        """All bytes are there: hash them and begin the processing, once."""
        async with self._endings.setdefault(container["id"], asyncio.Lock()):
            container = self.fresh(container)
            if container["completed_at"] is not None:
                return container
            digest = await self.digests.of(self.path(container))
            facts = read_facts(self.path(container))
            file = {"size": self.stored(container), "sha256": digest, "duration_s": facts.duration_s}
            file |= {"width": facts.width, "height": facts.height, "type": "video/mp4"}
            with self._store.transaction():
                error = settings.take_outcome(self._store) or self._flaw(container, file)
                changes = {"file": file, "error": error or None, "state": COMPLETE, "completed_at": self._now()}
                container = {**self.fresh(container), **changes}
                self.save(container)
            return container

    def fail(self, container: Container, code: int) -> Container:
        """It will be an ERROR with that code."""
        container = {**self.fresh(container), "error": code, "state": COMPLETE, "completed_at": self._now()}
        self.save(container)
        return container

    def _flaw(self, container: Container, file: dict[str, Any]) -> int:
        """The error code of a file that Instagram would not take; 0: none."""
        rules, offset = settings.load(self._store), container["reel"]["thumb_offset"]
        known = file["duration_s"] > 0
        if file["size"] > rules.largest_file or (
            known and not rules.shortest_s <= file["duration_s"] <= rules.longest_s
        ):
            return 2207026
        if rules.strict_media and (not known or _has_edit_list(self.path(container))):
            return 2207026
        if known and offset is not None and not container["has_cover"] and offset >= file["duration_s"] * 1000:
            return 2207057
        return 0

    def _now(self) -> str:
        return self._world.clock.now().isoformat(timespec="microseconds")


def found(container: Container | None) -> Container:
    """Raises GraphError 24/2207008 where there is none."""
    if container is None:
        raise GraphError(24, 2207008)
    return container


def _has_edit_list(path: Path) -> bool:
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"elst") >= 0
