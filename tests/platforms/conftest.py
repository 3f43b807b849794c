"""A scripted server, an adapter that talks to it, and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest

from platforms.http import Http, create_client
from platforms.youtube import YouTube
from platforms.youtube.settings import YouTubeSettings
from tests.platforms.stage import UNIT, Stage, raise_stage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with raise_stage() as stage:
        yield stage


@pytest.fixture
async def youtube(stage: Stage) -> AsyncIterator[YouTube]:
    adapter = make_youtube(api_url=stage.url, chunk_size=UNIT)
    yield adapter
    await adapter.close()


@pytest.fixture
async def youtube_answering() -> AsyncIterator[Callable[[Callable[[httpx.Request], httpx.Response]], YouTube]]:
    """Build an adapter whose every request meets the given function."""
    adapters: list[YouTube] = []

    def build(handler: Callable[[httpx.Request], httpx.Response]) -> YouTube:
        adapters.append(make_youtube(transport=httpx.MockTransport(handler)))
        return adapters[-1]

    yield build
    for adapter in adapters:
        await adapter.close()


def make_youtube(*, transport: httpx.AsyncBaseTransport | None = None, **settings: object) -> YouTube:
    configured = YouTubeSettings(client_id="client", client_secret="canary-client-secret", **settings)  # type: ignore[arg-type]
    return YouTube(configured, Http(create_client(transport=transport), "youtube"), lambda: NOW)
