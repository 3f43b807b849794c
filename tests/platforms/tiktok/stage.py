"""TikTok's API and upload host on loopback, following a script byte by byte."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from platforms.base import UploadSession, VideoFile, VideoMeta
from platforms.http import Http, create_client
from platforms.tiktok import TikTok
from platforms.tiktok.settings import Mode, TikTokSettings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACCESS_TOKEN = "act.canary-access-token"
UPLOAD_SECRET = "canary-upload-token"
PUBLISH_ID = "v_pub_file~v2-1.7"
CREATOR = {
    "creator_avatar_url": "https://p16.example/a.jpeg",
    "creator_username": "anna",
    "creator_nickname": "Anna films",
    "privacy_level_options": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
    "comment_disabled": False,
    "duet_disabled": True,
    "stitch_disabled": False,
    "max_video_post_duration_sec": 300,
}


@dataclass(frozen=True)
class Keep:
    """Store the chunk and answer as the documents say."""


@dataclass(frozen=True)
class CutAfter:
    """Read this many bytes, keep none, and close the connection."""

    size: int


@dataclass(frozen=True)
class DropAnswer:
    """Store the chunk, then close the connection without a word."""


@dataclass(frozen=True)
class Say:
    """Store nothing and answer this."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeepAndSay:
    """Store the chunk and answer this."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Stage:
    """One upload: what was asked, what is stored, and what the next requests will meet."""

    def __init__(self) -> None:
        self.url = ""
        self.upload_url = ""
        self.calls: list[tuple[str, dict[str, str], Any]] = []
        self.puts: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, Any] = {}
        self.script: list[Any] = []
        self.stored = bytearray()
        self.phase = "PROCESSING_UPLOAD"
        self.tells_uploaded = True
        self.tells_range = True

    @property
    def ranges(self) -> list[str]:
        return [content_range for content_range, _ in self.puts]

    async def api(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v2/").strip("/")
        text = await request.text()
        self.calls.append((path, dict(request.headers), json.loads(text) if text else None))
        answer = self.answers.get(path)
        if answer is None:
            answer = {
                "post/publish/creator_info/query": CREATOR,
                "post/publish/video/init": {"publish_id": PUBLISH_ID, "upload_url": self.upload_url},
                "post/publish/inbox/video/init": {"publish_id": "v_inbox_file~v2.7", "upload_url": self.upload_url},
                "post/publish/status/fetch": self._status(),
            }[path]
        if isinstance(answer, Say):
            return _answer(answer)
        return web.json_response({"data": answer, "error": {"code": "ok", "message": "", "log_id": "log"}})

    async def put(self, request: web.Request) -> web.StreamResponse:
        act = self.script.pop(0) if self.script else Keep()
        content_range = request.headers["Content-Range"]
        self.puts.append((content_range, dict(request.headers)))
        if isinstance(act, CutAfter):
            await request.content.readexactly(act.size)
            request.transport.abort()  # type: ignore[union-attr]
            return web.Response()
        data = await request.read()
        if isinstance(act, Say):
            return _answer(act)
        first, _, total = map(int, re.findall(r"\d+", content_range))
        if first != len(self.stored):
            return self._standing(416, total)
        self.stored += data
        if isinstance(act, DropAnswer):
            request.transport.abort()  # type: ignore[union-attr]
        if isinstance(act, KeepAndSay):
            return _answer(act)
        return self._standing(201 if len(self.stored) == total else 206, total)

    def _standing(self, status: int, total: int) -> web.Response:
        told = {"Content-Range": f"bytes 0-{len(self.stored)}/{total}"} if self.tells_range else {}
        return web.Response(status=status, headers=told)

    def _status(self) -> dict[str, Any]:
        told = {"uploaded_bytes": len(self.stored)} if self.tells_uploaded else {}
        return {"status": self.phase, "fail_reason": "", **told}


def _answer(act: Say | KeepAndSay) -> web.Response:
    text = act.body if isinstance(act.body, str) else json.dumps(act.body)
    return web.Response(status=act.status, text=text, headers=dict(act.headers))


def refusal(status: int, code: str, message: str = "no", **headers: str) -> Say:
    """A refusal in the envelope."""
    return Say(status, {"data": {}, "error": {"code": code, "message": message, "log_id": "log-1"}}, headers)


@asynccontextmanager
async def raise_stage() -> AsyncIterator[Stage]:
    """Serve a stage on a free port."""
    stage = Stage()
    application = web.Application(client_max_size=64 * 1024 * 1024)
    application.router.add_route("*", "/v2/{path:.*}", stage.api)
    application.router.add_put("/upload", stage.put)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    stage.url = f"http://{host}:{port}"
    stage.upload_url = f"{stage.url}/upload?upload_id=7&upload_token={UPLOAD_SECRET}"
    try:
        yield stage
    finally:
        await runner.cleanup()


def make_tiktok(*, transport: httpx.AsyncBaseTransport | None = None, **settings: Any) -> TikTok:
    configured = TikTokSettings(
        client_key="key", client_secret="canary-client-secret", **{"mode": Mode.DIRECT, **settings}
    )
    return TikTok(configured, Http(create_client(transport=transport), "tiktok"), lambda: NOW)


def make_file(folder: Path, size: int, **changes: Any) -> VideoFile:
    """Write a file of `size` bytes that differ from each other."""
    path = folder / "render.mp4"
    data = bytes((index * 7 + index // 251) % 256 for index in range(size))
    path.write_bytes(data)
    fields: dict[str, Any] = {"duration_s": 20.0, "width": 1080, "height": 1920}
    return VideoFile(path, size, hashlib.sha256(data).hexdigest(), **(fields | changes))


def make_meta(**changes: Any) -> VideoMeta:
    """Make a meta that TikTok accepts."""
    fields: dict[str, Any] = {
        "title": "A morning in Tbilisi",
        "description": "",
        "keywords": (),
        "privacy_status": "public",
        "made_for_kids": False,
        "contains_synthetic_media": False,
        "marker": "cf-7-a1b2c3",
        "options": {"privacy_level": "PUBLIC_TO_EVERYONE"},
    }
    return VideoMeta(**{**fields, **changes})


def make_session(stage: Stage, file: VideoFile, *, chunk_size: int) -> UploadSession:
    """A session as it was stored, with chunks that are small enough for a test."""
    count = max(file.size // chunk_size, 1)
    data = {
        "upload_url": stage.upload_url,
        "size": file.size,
        "sha256": file.sha256,
        "chunk_size": chunk_size if count > 1 else file.size,
        "chunk_count": count,
        "opened_at": NOW.isoformat(),
    }
    return UploadSession(data=data, upload_id=PUBLISH_ID)
