"""Chunks cover a file exactly, and a file that changed is not sent."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.base import VideoFile
from platforms.chunks import PIECE_SIZE, Chunk, FileChangedError, FileSource, next_chunk

POOL = ThreadPoolExecutor(1)
UNIT = 256 * 1024


async def open_source(path: Path, data: bytes) -> FileSource:
    return await FileSource.begin(video_file(path, data), pool=POOL)


def video_file(path: Path, data: bytes) -> VideoFile:
    return VideoFile(path, len(data), hashlib.sha256(data).hexdigest(), duration_s=1, width=9, height=16)


@given(total=st.integers(1, 10**12), start=st.integers(0, 10**12), units=st.integers(1, 64))
def test_from_any_offset_the_chunk_starts_there_and_is_a_multiple_unless_it_ends_the_file(
    total: int, start: int, units: int
) -> None:
    offset = start % total
    chunk = next_chunk(offset=offset, total=total, size=units * UNIT)
    assert chunk.first == offset
    assert chunk.is_last == (chunk.last == total - 1)
    assert chunk.size == units * UNIT or (chunk.is_last and chunk.size < units * UNIT)


@given(total=st.integers(1, 5000), size=st.integers(1, 700))
def test_chunks_cover_every_byte_once(total: int, size: int) -> None:
    covered, offset = [], 0
    while offset < total:
        chunk = next_chunk(offset=offset, total=total, size=size)
        covered += range(chunk.first, chunk.last + 1)
        offset = chunk.last + 1
    assert covered == list(range(total))


@pytest.mark.parametrize("offset", [-1, 10, 11])
def test_there_is_no_chunk_outside_the_file(offset: int) -> None:
    with pytest.raises(ValueError):
        next_chunk(offset=offset, total=10, size=4)


def test_a_content_range_names_the_last_byte_inclusively() -> None:
    assert next_chunk(offset=4, total=10, size=4).content_range == "bytes 4-7/10"


@settings(max_examples=20, deadline=None)
@given(first=st.integers(0, 700_000), length=st.integers(1, 700_000))
async def test_pieces_are_the_chunks_bytes_and_never_larger_than_a_piece(
    tmp_path_factory: pytest.TempPathFactory, first: int, length: int
) -> None:
    data = bytes(range(256)) * 2800
    path = tmp_path_factory.mktemp("chunks") / "file"
    path.write_bytes(data)
    chunk = Chunk(first, min(first + length, len(data)) - 1, len(data))
    source = await open_source(path, data)
    pieces = [piece async for piece in source.pieces(chunk)]
    await source.close()
    assert b"".join(pieces) == data[chunk.first : chunk.last + 1]
    assert max(map(len, pieces)) <= PIECE_SIZE


async def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileChangedError):
        await open_source(tmp_path / "none", b"x")


async def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"longer")
    with pytest.raises(FileChangedError, match="6 bytes, 4 were expected"):
        await open_source(tmp_path / "file", b"long")


async def test_a_file_of_the_same_size_and_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"evil")
    with pytest.raises(FileChangedError):
        await open_source(tmp_path / "file", b"good")


async def test_the_last_piece_is_held_back_when_somebody_wrote_to_the_file(tmp_path: Path) -> None:
    data = b"a" * (2 * PIECE_SIZE)
    path = tmp_path / "file"
    path.write_bytes(data)
    source = await open_source(path, data)
    pieces = source.pieces(Chunk(0, len(data) - 1, len(data)))
    assert len(await anext(pieces)) == PIECE_SIZE
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(FileChangedError):
        await anext(pieces)
    await source.close()


async def test_a_file_replaced_under_its_name_does_not_matter_to_an_open_source(tmp_path: Path) -> None:
    data = b"approved"
    path = tmp_path / "file"
    path.write_bytes(data)
    source = await open_source(path, data)
    (tmp_path / "other").write_bytes(b"replaced")
    (tmp_path / "other").rename(path)
    pieces = [piece async for piece in source.pieces(Chunk(0, 7, 8))]
    await source.close()
    assert b"".join(pieces) == data


async def test_a_closed_source_reads_no_more(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    source = await open_source(tmp_path / "file", b"data")
    await source.close()
    await source.close()
    with pytest.raises(FileChangedError):
        source._read(0, 1)
