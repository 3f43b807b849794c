"""Starts the sandbox as a program of its own and learns its addresses over HTTP, as from any outside world."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.settings import PREFIX, Settings
from app.sites import in_sandbox

START_TIMEOUT_S = 20.0


class SandboxError(Exception):
    """The sandbox could not be started; the message says why."""


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that answers at `url`; `process` is None when it was running before us."""

    url: str
    info: dict[str, Any]
    process: asyncio.subprocess.Process | None

    async def stop(self) -> None:
        """Stop the program if it was us who started it."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), timeout=5)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def start_sandbox(settings: Settings, state: Path) -> RunningSandbox:
    """Start the sandbox, or find it running at its address.

    Raises SandboxError if the port belongs to something else or the program does not come up.
    """
    url = f"http://{settings.sandbox_host}:{settings.sandbox_port}"
    found = await _info(url)
    if found is not None:
        return RunningSandbox(url, found, None)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        "--host",
        settings.sandbox_host,
        "--port",
        str(settings.sandbox_port),
        "--state",
        str(state),
        stdout=asyncio.subprocess.DEVNULL,
        # It plays the outside world, which knows none of our settings.
        env={name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)},
        # A terminal's Ctrl-C must reach us first: we stop it when we have stopped talking to it.
        start_new_session=True,
    )
    deadline = asyncio.get_running_loop().time() + START_TIMEOUT_S
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        found = await _info(url)
        if found is not None:
            return RunningSandbox(url, found, process)
        await asyncio.sleep(0.05)
    if process.returncode is None:
        process.kill()
        await process.wait()
    raise SandboxError(
        f"The sandbox did not come up at {url}. If another program uses port {settings.sandbox_port}, "
        "set FABRIC_SANDBOX_PORT to a free one."
    )


async def _info(url: str) -> dict[str, Any] | None:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            answer = await client.get(f"{url}/control/info")
    except httpx.HTTPError:
        return None
    if answer.status_code != 200 or "application/json" not in answer.headers.get("content-type", ""):
        raise SandboxError(f"Something else than the sandbox answers at {url}; set FABRIC_SANDBOX_PORT to a free port.")
    info: dict[str, Any] = answer.json()
    return info


def sandbox_settings(settings: Settings, sandbox: RunningSandbox) -> Settings:
    """The settings with the outside world's addresses and made-up secrets replaced by the sandbox's."""
    info = sandbox.info
    overrides = {
        **in_sandbox(settings, info),
        "bot_token": info["bot_token"],
        "admins": frozenset({info["operator_id"]}),
        "telegram_api_url": info["telegram_api_url"],
        # The sandbox sees this machine alone.
        "public_url": f"http://127.0.0.1:{settings.http_port}",
    }
    return type(settings).model_validate(settings.model_dump() | overrides)
