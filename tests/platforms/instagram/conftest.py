"""Meta on loopback, and an adapter for each login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from platforms.base import VideoFile
from platforms.instagram import Instagram
from tests.platforms.instagram.stage import Clock, Meta, make_file, make_instagram, raise_meta


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    async with raise_meta() as meta:
        yield meta


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def facebook(meta: Meta, clock: Clock) -> AsyncIterator[Instagram]:
    site = make_instagram(meta, clock, login="facebook")
    yield site
    await site.close()


@pytest.fixture
async def instagram(meta: Meta, clock: Clock) -> AsyncIterator[Instagram]:
    site = make_instagram(meta, clock, login="instagram")
    yield site
    await site.close()


@pytest.fixture
def file(meta: Meta, tmp_path: Path) -> VideoFile:
    file = make_file(tmp_path)
    meta.size = file.size
    return file
