"""A Bot API server that says what a test tells it to, for what the sandbox's faithful one would never say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "42:very-secret-token"


@dataclass
class ScriptedTelegram:
    """`answers` are given in order, each a status and a body; then `{"ok": true, "result": []}` for ever."""

    answers: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    moved: str | None = None
    """Where every file is said to be now."""

    async def on_method(self, request: web.Request) -> web.Response:
        body = await request.json() if request.content_type == "application/json" else dict(await request.post())
        self.asked.append((request.match_info["method"], body))
        status, answer = self.answers.pop(0) if self.answers else (200, {"ok": True, "result": []})
        if isinstance(answer, str):
            return web.Response(status=status, text=answer)
        return web.json_response(answer, status=status)

    async def on_file(self, request: web.Request) -> web.Response:
        if self.moved is not None:
            return web.Response(status=302, headers={"Location": self.moved})
        data = self.files.get(request.match_info["path"])
        return web.Response(status=404) if data is None else web.Response(body=data)


@asynccontextmanager
async def scripted_telegram() -> AsyncIterator[ScriptedTelegram]:
    server = ScriptedTelegram()
    app = web.Application()
    app.router.add_post(f"/bot{TOKEN}/{{method}}", server.on_method)
    app.router.add_get(f"/file/bot{TOKEN}/{{path:.*}}", server.on_file)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
