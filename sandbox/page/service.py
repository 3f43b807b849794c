"""Serves the page's files and its live stream of news."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from sandbox.events import Event, Subscription
from sandbox.world import World

_STATIC = Path(__file__).parent / "static"
_HEARTBEAT_S = 15.0
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": _POLICY}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
}


def app(world: World) -> web.Application:
    """``/``, ``/watch?v=<id>``, ``/static/<file>`` and ``/chat/events?user=<id>`` (server-sent events)."""

    async def index(_: web.Request) -> web.StreamResponse:
        return _file("index.html")

    async def watch(request: web.Request) -> web.StreamResponse:
        # The address that the bot gives for a published video: it hangs on the wall.
        raise web.HTTPFound(f"/?{urlencode({'view': 'wall', 'video': request.query.get('v', '')})}")

    async def static(request: web.Request) -> web.StreamResponse:
        return _file(request.match_info["name"])

    async def events(request: web.Request) -> web.StreamResponse:
        asked = request.query.get("user", "")
        user_id = int(asked) if asked.isdecimal() else 0
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        with world.events.subscribe() as news:
            await response.prepare(request)
            with suppress(ConnectionResetError):  # the page was closed
                async for line in _lines(news, user_id):
                    await response.write(line)
        return response

    application = web.Application()
    application.router.add_get("/", index)
    application.router.add_get("/watch", watch)
    application.router.add_get("/static/{name}", static)
    application.router.add_get("/chat/events", events)
    return application


def _file(name: str) -> web.StreamResponse:
    place = _STATIC / name
    if place.parent != _STATIC or not place.is_file() or place.suffix not in _TYPES:
        raise web.HTTPNotFound
    return web.FileResponse(place, headers={**_HEADERS, "Content-Type": _TYPES[place.suffix]})


async def _lines(news: Subscription, user_id: int) -> AsyncIterator[bytes]:
    """What this person may see: their own chat's news and everybody's wall; a comment when nothing happens."""
    yield b"retry: 1000\n\n"
    while True:
        try:
            event = await asyncio.wait_for(anext(news), _HEARTBEAT_S)
        except TimeoutError:
            yield b": still here\n\n"
            continue
        except StopAsyncIteration:
            return
        if _concerns(event, user_id):
            body = json.dumps({"topic": event.topic, "data": event.data}, ensure_ascii=False)
            yield f"data: {body}\n\n".encode()


def _concerns(event: Event, user_id: int) -> bool:
    return not event.topic.startswith("telegram.") or event.data.get("chat_id") in (None, user_id)
