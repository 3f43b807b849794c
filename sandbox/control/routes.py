"""`/control`: health, clock, faults and the record of requests; each server adds the routes of its own ledger."""

from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from aiohttp import web

from sandbox.control.bodies import json_object, missing, refusal
from sandbox.faultplan import BadRuleError
from sandbox.world import World

_SERVERS = ("telegram", "google", "youtube", "tiktok", "instagram")


def app(world: World) -> web.Application:
    """A server with own controls offers `sandbox.<name>.control` with `routes(world)` and `info(world)`."""
    control = web.Application()
    plain = _Plain(world)
    control.router.add_routes(plain.routes())
    for name in _SERVERS:
        module = _control_of(name)
        if module is not None:
            control.router.add_routes(module.routes(world))
            plain.servers.append(name)
            if hasattr(module, "info"):
                plain.informants.append(module.info)
    return control


def _control_of(server: str) -> Any:
    if find_spec(f"sandbox.{server}") is None or find_spec(f"sandbox.{server}.control") is None:
        return None
    return import_module(f"sandbox.{server}.control")


class _Plain:
    """The routes that belong to no single server."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.informants: list[Any] = []
        self.servers: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health", self.health),
            web.get("/info", self.info),
            web.get("/clock", self.clock),
            web.post("/clock", self.move_clock),
            web.get("/faults", self.faults),
            web.post("/faults", self.add_fault),
            web.delete("/faults", self.clear_faults),
            web.delete("/faults/{id}", self.remove_fault),
            web.post("/faults/{id}/release", self.release_fault),
            web.get("/requests", self.requests),
            web.delete("/requests", self.clear_requests),
        ]

    async def health(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def info(self, _: web.Request) -> web.Response:
        told: dict[str, Any] = {"base_url": self.world.base_url, "servers": self.servers}
        for informant in self.informants:
            told.update(informant(self.world))
        return web.json_response(told)

    async def clock(self, _: web.Request) -> web.Response:
        clock = self.world.clock
        return web.json_response({"now": clock.now().isoformat(), "offset_s": clock.offset.total_seconds()})

    async def move_clock(self, request: web.Request) -> web.Response:
        """Body: {"advance_s": number} or {"set": "RFC 3339 time"} or {"reset": true}."""
        body = await json_object(request)
        try:
            if "advance_s" in body:
                self.world.clock.advance(timedelta(seconds=float(body["advance_s"])))
            elif "set" in body:
                self.world.clock.set(datetime.fromisoformat(str(body["set"])))
            elif body.get("reset"):
                self.world.clock.reset()
            else:
                raise refusal("say advance_s, set or reset")
        except (ValueError, TypeError, OverflowError) as error:
            raise refusal(str(error)) from error
        self.world.events.publish("clock", {"now": self.world.clock.now().isoformat()})
        return await self.clock(request)

    async def faults(self, _: web.Request) -> web.Response:
        return web.json_response({"faults": self.world.faults.to_json()})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Body: one rule, or a list of rules."""
        body = await request.json()
        try:
            rules = [self.world.faults.add(rule) for rule in (body if isinstance(body, list) else [body])]
        except BadRuleError as error:
            raise refusal(str(error)) from error
        ids = [rule.id for rule in rules]
        return web.json_response({"id": ids[0] if ids else None, "ids": ids}, status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        self.world.faults.clear()
        return web.json_response({"faults": []})

    async def remove_fault(self, request: web.Request) -> web.Response:
        if not self.world.faults.remove(request.match_info["id"]):
            raise missing("no such fault")
        return web.json_response({"ok": True})

    async def release_fault(self, request: web.Request) -> web.Response:
        if not self.world.faults.release(request.match_info["id"]):
            raise missing("no such fault")
        return web.json_response({"ok": True})

    async def requests(self, request: web.Request) -> web.Response:
        """Query: service=youtube, after=NUMBER."""
        after, service = int(request.query.get("after", "0")), request.query.get("service")
        recorded = [
            record.to_json()
            for record in self.world.requests.all()
            if record.number > after and (service is None or record.path.startswith(f"/{service}/"))
        ]
        return web.json_response({"requests": recorded})

    async def clear_requests(self, _: web.Request) -> web.Response:
        self.world.requests.clear()
        return web.json_response({"requests": []})
