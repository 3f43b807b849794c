"""The middleware that records every request and commits the faults of the plan."""

import asyncio
import hashlib
import json
from typing import Any

from aiohttp import web

from sandbox.faultplan import SERVICES, Rule
from sandbox.recorder import RecordedRequest
from sandbox.wire import WIRE, ConnectionCutError, Wire, close_connection
from sandbox.world import World

Answer = web.StreamResponse
_UPLOADS_TO = ("youtube", "tiktok", "instagram")
_SMALL = 1 << 20  # bodies up to this size are read ahead to be hashed
_HTML_502 = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n<p><b>502.</b> That’s an error.\n"
    "<p>The server encountered a temporary error and could not complete your request."
    "<p>Please try again in 30 seconds. That’s all we know.\n"
)


def service_of(path: str) -> str | None:
    """Which of the outside servers a path belongs to; None: the sandbox's own pages."""
    first = path.split("/", 2)[1]
    return first if first in SERVICES else None


def streams(service: str, path: str) -> bool:
    """Whether the handler reads the body through its Wire, piece by piece."""
    return service in _UPLOADS_TO and any(part in path for part in ("/upload/", "/rupload/"))


def middleware(world: World) -> Any:
    """Record, fail as planned, else pass on. The control routes and the web pages are spared."""

    @web.middleware
    async def misbehave(request: web.Request, handler: Any) -> Answer:
        service = service_of(request.path)
        if service is None:
            passed: Answer = await handler(request)
            return passed
        return await _Exchange(world, request, handler, service).run()

    return misbehave


class _Exchange:
    """One request to an outside server, with its record and its fault."""

    def __init__(self, world: World, request: web.Request, handler: Any, service: str) -> None:
        self.world, self.request, self.handler, self.service = world, request, handler, service
        self.wire = Wire(request)
        request[WIRE] = self.wire
        self.record: RecordedRequest = world.requests.begin(
            at=world.clock.now().isoformat(),
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
        )

    async def run(self) -> Answer:
        rule = self.world.faults.strike(self.service, self.request.method, self.request.path)
        try:
            if rule is None:
                response = await self._process()
            else:
                self.record.fault = rule.fault
                response = await self._misbehave(rule)
        except ConnectionCutError:
            close_connection(self.request)
            return web.Response(status=499)
        except web.HTTPException as error:
            self.record.status = error.status
            raise
        else:
            self.record.status = response.status
            return response
        finally:
            if streams(self.service, self.request.path):
                self.record.body_bytes = self.wire.received

    async def _process(self) -> Answer:
        await self._note_small_body()
        response: Answer = await self.handler(self.request)
        return response

    async def _note_small_body(self) -> None:
        request, length = self.request, self.request.content_length or 0
        self.record.body_bytes = length
        multipart = request.content_type.startswith("multipart/")
        if multipart or streams(self.service, request.path) or not 0 < length <= _SMALL:
            return
        self.record.body_sha256 = hashlib.sha256(await request.read()).hexdigest()

    async def _misbehave(self, rule: Rule) -> Answer:
        match rule.fault:
            case "status" | "rate_limit":
                await self._read_all()
                return planned_answer(rule, self.service, self.request.path)
            case "status_after":
                await self._process()
                return planned_answer(rule, self.service, self.request.path)
            case "html":
                await self._read_all()
                return web.Response(status=rule.status or 502, text=_HTML_502, content_type="text/html")
            case "slow":
                return await self._slow(rule)
            case "cut":
                return await self._cut(rule)
            case "malformed":
                return _truncated(await self._process())
            case "hold" if rule.bytes is not None and streams(self.service, self.request.path):
                self.wire.hold_at, self.wire.hold = rule.bytes, lambda: self.world.faults.hold(rule)
                return await self._process()
            case "hold":
                await self.world.faults.hold(rule)
                return await self._process()
            case "hold_after":
                response = await self._process()
                await self.world.faults.hold(rule)
                return response
            case "drop_after":
                await self._process()
                self._drop()
            case _:
                self._drop()
        raise ConnectionCutError

    async def _slow(self, rule: Rule) -> Answer:
        await asyncio.sleep(rule.delay_s or 0)
        link = self.world.faults.link(rule)
        if link is not None and streams(self.service, self.request.path):
            self.wire.link = link
        elif link is not None:
            await link.carry(self.request.content_length or 0)
        return await self._process()

    async def _cut(self, rule: Rule) -> Answer:
        self.wire.cut_at = rule.bytes or 0
        if streams(self.service, self.request.path):
            if self.wire.cut_at == 0:
                self._drop()
            return await self._process()
        await self._read_all()  # half a message is no message: a server that needs all of it does nothing
        raise ConnectionCutError

    async def _read_all(self) -> None:
        """Take the body off the wire and forget it, so that the client is ready to hear an answer."""
        async for _ in self.wire.pieces():
            pass

    def _drop(self) -> None:
        close_connection(self.request)
        raise ConnectionCutError


def planned_answer(rule: Rule, service: str, path: str = "") -> web.Response:
    """The error answer of `status` and `rate_limit`, in the service's own shape unless the rule has a body."""
    status = rule.status or (429 if rule.fault == "rate_limit" else 503)
    retry_after = rule.retry_after or (3 if rule.fault == "rate_limit" else None)
    headers = dict(rule.headers or {})
    if retry_after is not None:
        headers.setdefault("Retry-After", str(retry_after))
    body = _default_body(service, status, retry_after, path) if rule.body is None else rule.body
    if isinstance(body, str):
        return web.Response(status=status, text=body, headers=headers)
    return web.json_response(body, status=status, headers=headers)


def _default_body(service: str, status: int, retry_after: int | None, path: str) -> dict[str, Any]:
    if service == "telegram":
        if status == 429:
            description = f"Too Many Requests: retry after {retry_after or 1}"
            return {
                "ok": False,
                "error_code": 429,
                "description": description,
                "parameters": {"retry_after": retry_after or 1},
            }
        return {"ok": False, "error_code": status, "description": "Internal Server Error" if status >= 500 else "Error"}
    if service == "google":
        return {"error": "rate_limit_exceeded" if status == 429 else "internal_failure"}
    if service == "tiktok":
        return _tiktok_body(status, path)
    if service == "instagram":
        return _instagram_body(status)
    reason, domain, message = {
        429: ("rateLimitExceeded", "usageLimits", "Quota exceeded: too many requests per minute."),
        403: ("forbidden", "global", "Forbidden"),
        410: ("gone", "global", "Gone"),
    }.get(status, ("backendError", "global", "Backend Error"))
    error = {"message": message, "domain": domain, "reason": reason}
    return {"error": {"code": status, "message": message, "errors": [error]}}


def _tiktok_body(status: int, path: str) -> dict[str, Any]:
    log_id = "20260101000000FA0170FA0170FA01"
    if "/oauth/" in path:
        code = "server_error" if status >= 500 else "temporarily_unavailable"
        return {"error": code, "error_description": "Something went wrong.", "log_id": log_id}
    code, message = {
        429: ("rate_limit_exceeded", "The API rate limit was exceeded. Please try again later."),
        401: ("access_token_invalid", "The access token is invalid or not found in the request."),
    }.get(status, ("internal_error", "Something went wrong. Please try again later."))
    return {"data": {}, "error": {"code": code, "message": message, "log_id": log_id}}


def _instagram_body(status: int) -> dict[str, Any]:
    code, message = (
        (4, "Application request limit reached") if status == 429 else (2, "Service temporarily unavailable")
    )
    error = {"message": message, "type": "OAuthException", "is_transient": True, "code": code}
    return {"error": {**error, "fbtrace_id": "AfaultAfaultAfault"}}


def _truncated(response: Answer) -> Answer:
    if not isinstance(response, web.Response):
        return response
    whole = response.body if isinstance(response.body, bytes) else json.dumps({"broken": True}).encode()
    return web.Response(status=response.status, body=whole[: len(whole) // 2], content_type="application/json")
