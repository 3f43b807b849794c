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
from hypothesis import given
from hypothesis import strategies as st

from platforms import chunks
from platforms.base import VideoFile
from platforms.chunks import Chunk, FileChangedError, FileSource
from platforms.known_files import MOST, KnownFiles, Stamp, stamp_of
from platforms.passing_digest import PassingDigest

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


def file(path: Path, sha256: str = DIGEST, checked: Stamp | None = None) -> VideoFile:
    return VideoFile(path, len(DATA), sha256, duration_s=1, width=9, height=16, checked=checked)


class Readings:
    """Counts how often a whole file is read for its digest."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        digest = FileSource._whole_digest

        def counted(source: FileSource) -> str:
            self.count += 1
            return digest(source)

        monkeypatch.setattr(FileSource, "_whole_digest", counted)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    return Readings(monkeypatch)


async def begin(path: Path, pool: ThreadPoolExecutor, known: KnownFiles | None = None) -> None:
    source = await FileSource.begin(file(path), pool=pool, known=known)
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
        await FileSource.begin(file(path, sha256="0" * 64), pool=pool, known=later)


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
    monkeypatch.setattr(FileSource, "_whole_digest", lambda source: go_on.wait(10) and "another")
    source = await FileSource.begin(file(path), pool=pool)
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
    source = await FileSource.begin(file(path), pool=pool)
    pieces = source.pieces(Chunk(0, 1999, len(DATA)))
    assert [len(piece) async for piece in pieces] == [1000, 1000]
    rest = [piece async for piece in source.pieces(Chunk(2000, len(DATA) - 1, len(DATA)))]
    await source.close()
    assert b"".join(rest) == DATA[2000:]


async def test_a_source_that_is_closed_early_leaves_nothing_behind(
    path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHECK_FIRST_SIZE", 0)
    source = await FileSource.begin(file(path), pool=pool)
    await source.close()
    await source.close()
    with pytest.raises(FileChangedError):
        source._read(0, 1)


async def test_the_bytes_that_are_sent_are_the_bytes_that_are_checked_and_none_is_read_twice(
    path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHECK_FIRST_SIZE", 0)
    monkeypatch.setattr(chunks, "PIECE_SIZE", 1000)
    pread, lengths = os.pread, []
    monkeypatch.setattr(os, "pread", lambda fd, length, at: lengths.append(length) or pread(fd, length, at))
    source = await FileSource.begin(file(path), pool=pool)
    sent = [piece async for piece in source.pieces(Chunk(0, len(DATA) - 1, len(DATA)))]
    await source.close()
    assert b"".join(sent) == DATA
    assert sum(lengths) == len(DATA)


async def test_an_upload_that_goes_on_in_the_middle_checks_what_lies_before(
    path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHECK_FIRST_SIZE", 0)
    monkeypatch.setattr(chunks, "PIECE_SIZE", 1000)
    path.write_bytes(b"x" + DATA[1:])
    source = await FileSource.begin(file(path), pool=pool)
    with pytest.raises(FileChangedError):
        async for _ in source.pieces(Chunk(4000, len(DATA) - 1, len(DATA))):
            pass
    await source.close()


async def test_a_file_that_the_caller_compared_is_not_compared_again_unless_it_was_written_to(
    path: Path, pool: ThreadPoolExecutor, readings: Readings
) -> None:
    checked = stamp_of(path.stat())
    await (await FileSource.begin(file(path, checked=checked), pool=pool)).close()
    assert readings.count == 0
    os.utime(path)
    await (await FileSource.begin(file(path, checked=checked), pool=pool)).close()
    assert readings.count == 1


@given(orders=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=30))
def test_in_whatever_order_pieces_pass_the_digest_is_the_files(orders: list[tuple[int, int]]) -> None:
    data = bytes(range(60))
    digest = PassingDigest()
    for offset, length in orders:
        digest.feed(offset, data[offset : offset + length])
    assert digest.finish(60, lambda offset: data[offset : offset + 7]) == hashlib.sha256(data).hexdigest()
