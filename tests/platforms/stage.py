"""A resumable-upload server on loopback that follows a script, byte by byte."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from platforms.base import VideoFile, VideoMeta

ACCESS_TOKEN = "ya29.canary-access-token"
SESSION_SECRET = "canary-session-secret"
UNIT = 256 * 1024


@dataclass(frozen=True)
class Keep:
    """Store the request's bytes and answer as the protocol says."""


@dataclass(frozen=True)
class CutAfter:
    """Store this many bytes of the request, then close the connection."""

    size: int


@dataclass(frozen=True)
class DropAnswer:
    """Store everything, then close the connection without a word."""


@dataclass(frozen=True)
class Say:
    """Store nothing and answer this."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeepAndSay:
    """Store everything and answer this."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeepOnly:
    """Store this many bytes, and answer 308 as if that were normal."""

    size: int


@dataclass(frozen=True)
class Put:
    """What one PUT looked like."""

    path: str
    content_range: str
    content_length: int
    authorization: str
    received: int


class Stage:
    """One upload session, its bytes, and what the next PUTs that carry bytes will meet."""

    def __init__(self) -> None:
        self.url = ""
        self.opened: list[tuple[dict[str, str], dict[str, str], dict[str, Any]]] = []
        self.puts: list[Put] = []
        self.script: list[Any] = []
        self.query_script: list[Any] = []
        self.stored = bytearray()
        self.final: tuple[int, Any] | None = None
        self.opening: Any = Keep()
        self.path = "/session"

    @property
    def chunk_ranges(self) -> list[str]:
        return [put.content_range for put in self.puts if "*" not in put.content_range]

    async def open(self, request: web.Request) -> web.StreamResponse:
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.opened.append((dict(request.query), headers, json.loads(await request.read())))
        if isinstance(self.opening, Say):
            return _answer(self.opening.status, self.opening.body, self.opening.headers)
        return web.Response(headers={"Location": f"{self.url}{self.path}?upload_id={SESSION_SECRET}"})

    async def put(self, request: web.Request) -> web.StreamResponse:
        content_range = request.headers["Content-Range"]
        query = re.fullmatch(r"bytes \*/(\d+)", content_range)
        script = self.query_script if query else self.script
        act = script.pop(0) if script else Keep()
        received = await self._receive(request, act)
        self.puts.append(
            Put(
                request.path,
                content_range,
                int(request.headers.get("Content-Length", -1)),
                request.headers.get("Authorization", ""),
                len(received),
            )
        )
        if isinstance(act, Say):
            return _answer(act.status, act.body, act.headers)
        if query:
            return self._standing()
        self._store(content_range, received)
        if isinstance(act, (CutAfter, DropAnswer)):
            request.transport.abort()
        if isinstance(act, KeepAndSay):
            return _answer(act.status, act.body, act.headers)
        return self._standing()

    async def _receive(self, request: web.Request, act: Any) -> bytes:
        limit = act.size if isinstance(act, CutAfter) else None
        if limit is None:
            data = await request.read()
            return data[: act.size] if isinstance(act, KeepOnly) else data
        data = bytearray()
        while len(data) < limit and (piece := await request.content.read(limit - len(data))):
            data += piece
        return bytes(data)

    def _store(self, content_range: str, data: bytes) -> None:
        first, _last, total = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", content_range).groups())
        if first != len(self.stored):
            return
        self.stored += data
        if len(self.stored) == total:
            self.final = (201, {"kind": "youtube#video", "id": "video-1"})

    def _standing(self) -> web.Response:
        if self.final is not None:
            return _answer(*self.final, {})
        return web.Response(status=308, headers={"Range": f"bytes=0-{len(self.stored) - 1}"} if self.stored else {})


def _answer(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return web.Response(status=status, text=text, headers=headers)


@asynccontextmanager
async def raise_stage() -> AsyncIterator[Stage]:
    """Serve a stage on a free port."""
    stage = Stage()
    application = web.Application(client_max_size=64 * 1024 * 1024)
    application.router.add_post("/upload/youtube/v3/videos", stage.open)
    application.router.add_put("/{session:session.*}", stage.put)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    stage.url = f"http://{host}:{port}"
    try:
        yield stage
    finally:
        await runner.cleanup()


def make_file(folder: Path, size: int, *, duration_s: float = 20.0) -> VideoFile:
    """Write a file of `size` bytes that differ from each other."""
    path = folder / "render.mp4"
    data = bytes((index * 7 + index // 251) % 256 for index in range(min(size, 65536)))
    data = (data * (size // max(len(data), 1) + 1))[:size]
    path.write_bytes(data)
    return VideoFile(path, size, hashlib.sha256(data).hexdigest(), duration_s, 1080, 1920)


def make_meta(**changes: Any) -> VideoMeta:
    """Make a meta that YouTube accepts."""
    fields: dict[str, Any] = {
        "title": "A morning in Tbilisi",
        "description": "Filmed on a phone.",
        "keywords": ("travel", "old town"),
        "privacy_status": "unlisted",
        "made_for_kids": False,
        "contains_synthetic_media": True,
        "marker": "cf-7-a1b2c3",
    }
    return VideoMeta(**{**fields, **changes})
