"""The sandbox in this process, a bot's HTTP conversation with it, and the strict reading of its answers."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import BaseModel

from sandbox import server
from sandbox.telegram.settings import BOT_TOKEN
from sandbox.world import World

TINY_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000000c49444154789c63606040070000120001ab3f2d6b0000000049454e44ae426082"
)


@dataclass
class Telegram:
    """What a test holds: the world, the address, and short ways to call both sides."""

    world: World
    http: aiohttp.ClientSession
    url: str

    async def call(self, method: str, *, token: str = BOT_TOKEN, **parameters: Any) -> dict[str, Any]:
        """The whole answer of a method, refusals too."""
        async with self.http.post(f"{self.url}/telegram/bot{token}/{method}", json=parameters) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == answer.get("error_code", 200)
            return answer

    async def result(self, method: str, **parameters: Any) -> Any:
        answer = await self.call(method, **parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **parameters: Any) -> str:
        answer = await self.call(method, **parameters)
        assert not answer["ok"], answer
        description: str = answer["description"]
        return description

    async def control(self, path: str, **body: Any) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/control/telegram/{path}", json=body) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer

    async def read(self, path: str) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/control/telegram/{path}") as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def say(self, text: str, user: int = 1001) -> int:
        message_id: int = (await self.control("message", user=user, text=text))["message_id"]
        return message_id

    async def send_file(self, data: bytes, name: str, mime: str, **fields: Any) -> dict[str, Any]:
        form = aiohttp.FormData({key: str(value) for key, value in fields.items()})
        form.add_field("file", data, filename=name, content_type=mime)
        async with self.http.post(f"{self.url}/control/telegram/message", data=form) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            message: dict[str, Any] = answer["messages"][0]
            return message


@asynccontextmanager
async def telegram_server(state: Path) -> AsyncIterator[Telegram]:
    """The whole sandbox on a free port; its state lies in `state`."""
    world = World(state, "http://127.0.0.1:0")
    runner = web.AppRunner(server.build(world), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    world.base_url = f"http://{host}:{port}"
    async with aiohttp.ClientSession() as http:
        yield Telegram(world, http, world.base_url)
    await runner.cleanup()
    world.close()


def strictly(kind: type[BaseModel], answer: dict[str, Any]) -> BaseModel:
    """The answer as the Bot API type: every required field present, no field that the type doesn't know."""
    model = kind.model_validate(json.loads(json.dumps(answer)))
    unknown = list(_extras(model, kind.__name__))
    assert not unknown, unknown
    return model


def _extras(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{where}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _extras(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _extras(item, f"{where}[{number}]")
