"""A render is compared with its digest before the minute, and not once more at it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platforms.base import VideoFile
from platforms.known_files import stamp_of
from scheduler.checked_files import CheckedFiles
from tests.scheduler.world import World
from tests.support.fake_platform import FakePlatform

DATA = b"approved"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def in_seconds(seconds: float) -> CheckedFiles:
    return CheckedFiles(lambda: datetime.now(UTC) + timedelta(seconds=seconds))


async def test_a_compared_file_has_its_stamp_until_somebody_writes_to_it(path: Path) -> None:
    checked = in_seconds(10)
    assert checked.stamp(path, DIGEST) is None
    await checked.compare(path, DIGEST)
    assert checked.stamp(path, DIGEST) == stamp_of(path.stat())
    path.write_bytes(DATA + b"!")
    assert checked.stamp(path, DIGEST) is None


async def test_a_file_that_is_another_has_no_stamp(path: Path) -> None:
    checked = in_seconds(10)
    await checked.compare(path, "0" * 64)
    assert checked.stamp(path, "0" * 64) is None


async def test_a_file_that_was_written_this_moment_has_no_stamp_unless_we_made_it(path: Path) -> None:
    checked = in_seconds(0)
    await checked.compare(path, DIGEST)
    assert checked.stamp(path, DIGEST) is None
    checked.made(path, DIGEST)
    assert checked.stamp(path, DIGEST) is not None


async def test_at_the_minute_the_site_is_told_that_the_file_was_compared(world: World) -> None:
    files: list[VideoFile] = []

    class Watching(FakePlatform):
        async def transfer(self, access_token: str, session: Any, file: VideoFile, **rest: Any) -> Any:
            files.append(file)
            return await super().transfer(access_token, session, file, **rest)

    world.make_platform = Watching
    world.clock.now = datetime.now(UTC) + timedelta(minutes=1)
    await world.approve(at=world.clock() + timedelta(hours=1))
    await world.live(world.scheduler())
    assert [file.checked for file in files] == [stamp_of(world.clip_path.stat())]
