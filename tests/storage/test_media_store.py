"""Files are whole and named, or not there at all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.media_store import MediaStore

CONTENT = b"a clip" * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


async def chunks(content: bytes = CONTENT) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


async def test_what_is_received_is_named_by_its_content(tmp_path: Path) -> None:
    stored = await MediaStore(tmp_path).receive(chunks(), suffix=".mp4")
    assert (stored.path, stored.sha256, stored.size) == (tmp_path / f"{SHA256}.mp4", SHA256, len(CONTENT))
    assert stored.path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [stored.path]


async def test_the_same_content_is_stored_once(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    first, second = await asyncio.gather(store.receive(chunks()), store.receive(chunks()))
    assert first == second
    assert list(tmp_path.iterdir()) == [first.path]


async def test_a_broken_transfer_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await MediaStore(tmp_path).receive(broken())
    assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_transfer_leaves_nothing(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"half"
        started.set()
        await asyncio.Event().wait()

    receiving = asyncio.create_task(MediaStore(tmp_path).receive(endless()))
    await started.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert list(tmp_path.iterdir()) == []


async def test_a_file_from_elsewhere_is_copied_and_stays(tmp_path: Path) -> None:
    source = tmp_path / "source.MP4"
    source.write_bytes(CONTENT)
    folder = tmp_path / "media"
    folder.mkdir()
    stored = await MediaStore(folder).receive_file(source)
    assert stored.path == folder / f"{SHA256}.MP4"
    assert source.read_bytes() == stored.path.read_bytes() == CONTENT


async def test_what_another_program_wrote_gets_its_durable_name(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    temporary = store.temporary(".mp4")
    temporary.write_bytes(CONTENT)
    stored = await store.place(temporary)
    assert (stored.path.name, stored.size) == (f"{SHA256}.mp4", len(CONTENT))
    assert list(tmp_path.iterdir()) == [stored.path]


async def test_a_start_removes_what_a_dead_process_left_and_nothing_else(tmp_path: Path) -> None:
    dead = MediaStore(tmp_path).temporary(".mp4")
    dead.write_bytes(b"half")
    store = MediaStore(tmp_path)
    stored = await store.receive(chunks())
    mine = store.temporary()
    mine.touch()
    assert store.sweep() == 1
    assert sorted(tmp_path.iterdir()) == sorted([stored.path, mine])


async def test_a_file_is_removed_once_and_only_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    store = MediaStore(folder)
    stored = await store.receive(chunks())
    store.remove(stored.path)
    store.remove(stored.path)
    assert list(folder.iterdir()) == []
    (tmp_path / "other").touch()
    with pytest.raises(ValueError, match="is not in"):
        store.remove(folder / ".." / "other")
