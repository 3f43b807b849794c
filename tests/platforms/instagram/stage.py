"""Meta's servers on loopback, as far as one Reel goes: they follow a script and write down every request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from platforms.base import UploadSession, VideoFile, VideoMeta
from platforms.http import Http, create_client
from platforms.instagram import Instagram
from platforms.instagram.settings import InstagramSettings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOKEN = "EAAGcanaryAccessTokenThatNobodyMayRead0123456789"
SECRET = "canary-app-secret-0123456789"
USER_ID = "17841400000000001"
CONTAINER_ID = "17900000000000001"
MEDIA_ID = "18000000000000001"


@dataclass(frozen=True)
class Say:
    """Answer this and change nothing."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DropAnswer:
    """Do what was asked, then close the connection without a word."""


@dataclass(frozen=True)
class CutAfter:
    """Store this many bytes of the upload, then close the connection."""

    size: int


@dataclass(frozen=True)
class Call:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    size: int

    @property
    def address(self) -> str:
        return f"{self.path}?{self.query}"


class Meta:
    """One account, one container, and what the next request to a path will meet: `script[path]`."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.script: dict[str, list[Any]] = {}
        self.stored = bytearray()
        self.size = 0
        self.status_code = "IN_PROGRESS"
        self.status = ""
        self.media: list[dict[str, Any]] = []
        self.publishes = 0
        self.answers: dict[str, Any] = {}

    def to(self, ending: str) -> list[Call]:
        return [call for call in self.calls if call.path.endswith(ending)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        act = next((acts.pop(0) for ending, acts in self.script.items() if path.endswith(ending) and acts), None)
        body = await self._receive(request, act)
        is_form = "urlencoded" in request.headers.get("Content-Type", "")
        form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if is_form else {}
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(Call(request.method, path, dict(request.query), headers, form, len(body)))
        if isinstance(act, Say):
            text = act.body if isinstance(act.body, str) else json.dumps(act.body)
            return web.Response(status=act.status, text=text, headers=act.headers)
        answer = self._do(request.method, path, form, body, headers)
        if act is not None:
            request.transport.abort()
        return web.json_response(answer)

    async def _receive(self, request: web.Request, act: Any) -> bytes:
        if not isinstance(act, CutAfter):
            return await request.read()
        data = bytearray()
        while len(data) < act.size and (piece := await request.content.read(act.size - len(data))):
            data += piece
        return bytes(data)

    def _do(self, method: str, path: str, form: dict[str, str], body: bytes, headers: dict[str, str]) -> Any:
        for ending, answer in self.answers.items():
            if path.endswith(ending):
                return answer
        if "/rupload/" in path:
            assert int(headers["offset"]) == len(self.stored)
            self.stored += body
            return {"success": True, "message": "Upload successful."}
        if path.endswith("/media_publish"):
            self.publishes += 1
            self.publish(form["creation_id"])
            return {"id": MEDIA_ID}
        if path.endswith("/media"):
            uri = f"{self.url}/rupload/ig-api-upload/v26.0/{CONTAINER_ID}"
            return {"id": CONTAINER_ID, "uri": uri} if method == "POST" else {"data": self.media}
        if path.endswith(CONTAINER_ID):
            return self._container()
        if path.endswith(MEDIA_ID):
            return {"id": MEDIA_ID, "permalink": "https://www.instagram.com/reel/abc/"}
        if path.endswith("/me"):
            return {
                "id": "99",
                "user_id": USER_ID,
                "username": "fabric",
                "name": "Fabric",
                "instagram_business_account": {"id": USER_ID},
            }
        if path.endswith(USER_ID):
            return {"id": USER_ID, "username": "fabric", "name": "Fabric"}
        return {"success": True}

    def _container(self) -> dict[str, Any]:
        phase = "complete" if self.size and len(self.stored) >= self.size else "in_progress"
        return {
            "id": CONTAINER_ID,
            "status_code": self.status_code,
            "status": self.status,
            "video_status": {"uploading_phase": {"status": phase, "bytes_transferred": len(self.stored)}},
        }

    def publish(self, container_id: str) -> None:
        assert container_id == CONTAINER_ID
        self.status_code = "PUBLISHED"
        self.media.insert(0, reel(caption="A morning\n\n#old"))


def reel(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": MEDIA_ID,
        "caption": "A morning",
        "permalink": "https://www.instagram.com/reel/abc/",
        "timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "media_product_type": "REELS",
    }
    return fields | changes


def at(minutes: float) -> str:
    """A time as Meta writes it, in minutes from NOW."""
    return (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def refusal(code: int, subcode: int | None = None, *, message: str = "No.", transient: bool = False) -> dict[str, Any]:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1"}
    if subcode is not None:
        error["error_subcode"] = subcode
    return {"error": error | ({"is_transient": True} if transient else {})}


@asynccontextmanager
async def raise_meta() -> AsyncIterator[Meta]:
    meta = Meta()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", meta.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    meta.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield meta
    finally:
        await runner.cleanup()


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def make_instagram(meta: Meta, clock: Clock, *, login: str) -> Instagram:
    settings = InstagramSettings.parse(
        {
            "client_id": "4711",
            "client_secret": SECRET,
            "login": login,
            "api_url": f"{meta.url}/graph",
            "auth_url": f"{meta.url}/www",
            "token_url": f"{meta.url}/api",
            "upload_url": f"{meta.url}/rupload",
            "public_url": "https://fabric.example",
        }
    )
    assert settings is not None
    return Instagram(settings, Http(create_client(), "instagram"), clock)


def make_file(folder: Path, size: int = 700_000) -> VideoFile:
    data = bytes(range(256)) * (size // 256 + 1)
    path = folder / "reel.mp4"
    path.write_bytes(data[:size])
    return VideoFile(path, size, hashlib.sha256(data[:size]).hexdigest(), 20.0, 1080, 1920, fps=30.0)


def make_meta(**changes: Any) -> VideoMeta:
    fields: dict[str, Any] = {
        "title": "A morning",
        "description": "",
        "keywords": ("old",),
        "privacy_status": "public",
        "made_for_kids": False,
        "contains_synthetic_media": True,
        "marker": "fabric-1",
    }
    return VideoMeta(**(fields | changes))


def make_session(file: VideoFile, **changes: Any) -> UploadSession:
    data = {
        "user_id": USER_ID,
        "username": "fabric",
        "size": file.size,
        "sha256": file.sha256,
        "opened_at": NOW.isoformat(),
    }
    return UploadSession(data=data | changes, upload_id=CONTAINER_ID)


class Progress:
    """The scheduler's side of a transfer."""

    def __init__(self) -> None:
        self.confirmed: list[int] = []
        self.commits = 0
        self.sessions: list[UploadSession] = []

    async def on_progress(self, confirmed: int) -> None:
        self.confirmed.append(confirmed)

    async def before_commit(self) -> None:
        self.commits += 1

    async def on_session(self, session: UploadSession) -> None:
        self.sessions.append(session)


async def send(site: Instagram, session: UploadSession, file: VideoFile, progress: Progress | None = None) -> None:
    progress = progress or Progress()
    await site.transfer(
        TOKEN,
        session,
        file,
        on_progress=progress.on_progress,
        before_commit=progress.before_commit,
        on_session=progress.on_session,
    )
