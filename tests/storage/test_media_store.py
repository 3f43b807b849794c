"""Files are whole and named, or not there at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from storage.media_store import MediaStore

CONTENT = b"a clip" * 100_000


async def test_what_another_program_wrote_gets_its_durable_name(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    temporary = store.temporary(".mp4")
    temporary.write_bytes(CONTENT)
    kept = await store.keep(temporary, "clip.mp4")
    assert list(tmp_path.iterdir()) == [kept] == [tmp_path / "clip.mp4"]
    assert kept.read_bytes() == CONTENT


async def test_the_file_is_on_disk_before_it_has_its_name_and_the_name_before_anybody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, bool]] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        seen.append((is_folder, (tmp_path / "clip.mp4").exists()))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store = MediaStore(tmp_path)
    temporary = store.temporary()
    temporary.write_bytes(CONTENT)
    await store.keep(temporary, "clip.mp4")
    assert seen == [(False, False), (True, True)]


async def test_a_start_removes_what_a_dead_process_left_and_nothing_else(tmp_path: Path) -> None:
    dead = MediaStore(tmp_path).temporary(".mp4")
    dead.write_bytes(b"half")
    store = MediaStore(tmp_path)
    kept = tmp_path / "clip.mp4"
    kept.write_bytes(CONTENT)
    mine = store.temporary()
    mine.touch()
    assert store.sweep() == 1
    assert sorted(tmp_path.iterdir()) == sorted([kept, mine])


def test_a_discarded_file_is_gone_and_may_be_discarded_twice(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    temporary = store.temporary()
    temporary.touch()
    store.discard(temporary)
    store.discard(temporary)
    assert list(tmp_path.iterdir()) == []
