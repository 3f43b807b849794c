"""A scripted TikTok, and an adapter that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from platforms.tiktok import TikTok
from tests.platforms.tiktok.stage import Stage, make_tiktok, raise_stage

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with raise_stage() as stage:
        yield stage


@pytest.fixture
async def tiktok(stage: Stage) -> AsyncIterator[TikTok]:
    adapter = make_tiktok(api_url=stage.url)
    yield adapter
    await adapter.close()


@pytest.fixture
async def tiktok_answering() -> AsyncIterator[Callable[..., TikTok]]:
    """Build an adapter whose every request meets the given function."""
    adapters: list[TikTok] = []

    def build(handler: Handler, **settings: object) -> TikTok:
        adapters.append(make_tiktok(transport=httpx.MockTransport(handler), **settings))
        return adapters[-1]

    yield build
    for adapter in adapters:
        await adapter.close()
