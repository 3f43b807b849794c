"""Making containers, asking after them, publishing them, and how many may still be published."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.instagram import reel, settings
from sandbox.instagram.call import Call, chosen
from sandbox.instagram.containers import (
    COMPLETE,
    ERROR,
    EXPIRED,
    FINISHED,
    IN_PROGRESS,
    PUBLISHED,
    Container,
    Containers,
    found,
)
from sandbox.instagram.errors import GraphError, bad_parameter, planned
from sandbox.instagram.fetch import Fetcher
from sandbox.instagram.library import Library
from sandbox.world import World

_DURATION_S = 86_400


class Publishing:
    """The way of a Reel to its account."""

    def __init__(self, world: World, containers: Containers, library: Library, fetcher: Fetcher) -> None:
        self._world, self._containers, self._library, self._fetcher = world, containers, library, fetcher

    async def create(self, call: Call) -> web.Response:
        """POST /{ig-user}/media."""
        _check_account(call)
        checked, url = reel.check(call), reel.source(call)
        self._containers.check_room(call.account["id"])
        container = self._containers.make(call.account["id"], checked, url)
        if checked["cover_url"]:
            await self._cover(container)
        if url is not None:
            await self._fetcher.begin(container)
            return web.json_response({"id": container["id"]})
        uri = f"{self._world.base_url}/instagram/rupload/ig-api-upload/{call.version}/{container['id']}"
        return web.json_response({"id": container["id"], "uri": uri})

    async def _cover(self, container: Container) -> None:
        path = self._containers.cover_path(container)
        try:
            await self._fetcher.cover(container["reel"]["cover_url"], path)
        except GraphError:
            self._containers.fail(container, 2207052)
            raise
        container["has_cover"] = True
        self._containers.save(container)

    async def show(self, call: Call) -> web.Response:
        """GET /{container}."""
        container = call.target
        phase = self._containers.status_code(container)
        available = {
            "id": container["id"],
            "status_code": phase,
            "status": self._containers.status(container),
            "video_status": self._video_status(container, phase) if container["video_url"] is None else None,
            "copyright_check_status": {"status": "completed" if phase != IN_PROGRESS else "in_progress",
                                       "matches_found": False},
        }  # fmt: skip
        return web.json_response(chosen(available, call.fields(), "IGMediaBuilder"))

    def _video_status(self, container: Container, phase: str) -> dict[str, Any]:
        arrived = self._containers.stored(container)
        uploading = "complete" if container["state"] == COMPLETE else "in_progress" if arrived else "not_started"
        processing = {IN_PROGRESS: "in_progress", FINISHED: "complete", PUBLISHED: "complete"}.get(phase, "error")
        if container["state"] != COMPLETE:
            processing = "not_started"
        return {
            "uploading_phase": {"status": uploading, "bytes_transferred": arrived},
            "processing_phase": {"status": processing},
        }

    async def publish(self, call: Call) -> web.Response:
        """POST /{ig-user}/media_publish. The settings may plan an error, with or without the publication."""
        _check_account(call)
        if not call.text("creation_id"):
            raise bad_parameter("The parameter creation_id is required")
        container = found(self._containers.get(call.text("creation_id")))
        if container["account"] != call.account["id"]:
            raise GraphError(24, 2207008)
        self._check_ready(container)
        if self._usage(call) >= self._total(call):
            raise GraphError(9, 2207042)
        plan = settings.take_publish(self._world.store)
        if "code" in plan and not plan.get("published"):
            raise planned(plan)
        media = self._library.publish(container)
        if "code" in plan:
            raise planned(plan)
        return web.json_response({"id": media["id"]})

    def _check_ready(self, container: Container) -> None:
        rules, phase = settings.load(self._world.store), self._containers.status_code(container)
        refusals: dict[str, dict[str, Any]] = {
            IN_PROGRESS: {"code": 9007, "subcode": 2207027},
            EXPIRED: rules.expired_publish,
            ERROR: rules.failed_publish,
            PUBLISHED: rules.second_publish,
        }
        if phase in refusals:
            raise planned(refusals[phase])

    async def limit(self, call: Call) -> web.Response:
        """GET /{ig-user}/content_publishing_limit."""
        available = {
            "id": call.account["id"],
            "quota_usage": self._usage(call),
            "config": {"quota_total": self._total(call), "quota_duration": _DURATION_S},
        }
        shown = chosen(available, call.fields("quota_usage"), "IGContentPublishingLimit")
        return web.json_response({"data": [{name: value for name, value in shown.items() if name != "id"}]})

    def _usage(self, call: Call) -> int:
        since = self._world.clock.now() - timedelta(seconds=_DURATION_S)
        return self._library.published_since(call.account["id"], since)

    def _total(self, call: Call) -> int:
        own = call.account["quota_total"]
        return int(settings.load(self._world.store).quota_total if own is None else own)


def _check_account(call: Call) -> None:
    if call.account["restricted"]:
        raise GraphError(25, 2207050, "(#25) The Instagram account is restricted.")
