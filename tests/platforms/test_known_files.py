"""A file that was checked is not read again until somebody writes to it; a large one is checked while it is sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platforms import chunks
from platforms.chunks import Chunk, FileChangedError, FileSource
from platforms.known_files import MOST, KnownFiles

DATA = b"approved" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def later() -> KnownFiles:
    return KnownFiles(lambda: datetime.now(UTC) + timedelta(seconds=3))


class Readings:
    """Counts how often a whole file is read for its digest."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        digest = FileSource._digest

        def counted(source: FileSource, size: int) -> str:
            self.count += 1
            return digest(source, size)

        monkeypatch.setattr(FileSource, "_digest", counted)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    return Readings(monkeypatch)


async def begin(path: Path, pool: ThreadPoolExecutor, known: KnownFiles | None = None) -> None:
    source = await FileSource.begin(path, size=len(DATA), sha256=DIGEST, pool=pool, known=known)
    await source.close()


async def test_a_file_is_read_once_for_two_uploads(
    path: Path, pool: ThreadPoolExecutor, later: KnownFiles, readings: Readings
) -> None:
    await begin(path, pool, later)
    await begin(path, pool, later)
    assert readings.count == 1


async def test_a_file_that_was_written_to_is_read_again(
    path: Path, pool: ThreadPoolExecutor, later: KnownFiles
) -> None:
    await begin(path, pool, later)
    times = path.stat()
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(FileChangedError):
        await begin(path, pool, later)


async def test_another_digest_of_a_known_file_is_refused(
    path: Path, pool: ThreadPoolExecutor, later: KnownFiles
) -> None:
    await begin(path, pool, later)
    with pytest.raises(FileChangedError):
        await FileSource.begin(path, size=len(DATA), sha256="0" * 64, pool=pool, known=later)


async def test_a_file_that_was_written_a_moment_ago_is_not_remembered(
    path: Path, pool: ThreadPoolExecutor, readings: Readings
) -> None:
    known = KnownFiles(lambda: datetime.fromtimestamp(path.stat().st_ctime, UTC) + timedelta(seconds=1))
    await begin(path, pool, known)
    await begin(path, pool, known)
    assert readings.count == 2


def test_only_so_many_are_remembered(tmp_path: Path, later: KnownFiles) -> None:
    states = []
    for number in range(MOST + 1):
        (tmp_path / str(number)).touch()
        states.append((tmp_path / str(number)).stat())
        later.remember(states[-1], DIGEST)
    assert [later.knows(state, DIGEST) for state in (states[0], states[1], states[-1])] == [False, True, True]


# While it is being sent.


async def test_the_last_piece_waits_for_a_slow_check_and_is_not_given_out_where_it_fails(
    path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHECK_FIRST_SIZE", 0)
    monkeypatch.setattr(chunks, "PIECE_SIZE", len(DATA) // 2)
    go_on = threading.Event()
    monkeypatch.setattr(FileSource, "_digest", lambda source, size: go_on.wait(10) and "another")
    source = await FileSource.begin(path, size=len(DATA), sha256=DIGEST, pool=pool)
    pieces = source.pieces(Chunk(0, len(DATA) - 1, len(DATA)))
    assert await anext(pieces) == DATA[: len(DATA) // 2]
    last = asyncio.ensure_future(anext(pieces))
    await asyncio.wait({last}, timeout=0.05)
    assert not last.done()
    go_on.set()
    with pytest.raises(FileChangedError):
        await last
    await source.close()


async def test_a_large_file_is_given_out_before_its_check_has_ended(
    path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHECK_FIRST_SIZE", 0)
    monkeypatch.setattr(chunks, "PIECE_SIZE", 1000)
    source = await FileSource.begin(path, size=len(DATA), sha256=DIGEST, pool=pool)
    pieces = source.pieces(Chunk(0, 1999, len(DATA)))
    assert [len(piece) async for piece in pieces] == [1000, 1000]
    await source.verified()
    rest = [piece async for piece in source.pieces(Chunk(2000, len(DATA) - 1, len(DATA)))]
    await source.close()
    assert b"".join(rest) == DATA[2000:]


async def test_a_source_that_is_closed_early_leaves_nothing_behind(
    path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHECK_FIRST_SIZE", 0)
    source = await FileSource.begin(path, size=len(DATA), sha256=DIGEST, pool=pool)
    await source.close()
    await source.close()
    with pytest.raises(FileChangedError):
        source._read(0, 1)
