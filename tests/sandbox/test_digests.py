"""The digest of a growing file is that of the file, however the bytes came."""

import asyncio
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import digests
from sandbox.digests import GrowingDigests


def write(growing: GrowingDigests, path: Path, offset: int, piece: bytes) -> None:
    with path.open("r+b") as file:
        file.truncate(offset)
        file.seek(offset)
        file.write(piece)
    growing.feed(path, offset, piece)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=50)), max_size=12), data=st.data())
def test_it_is_the_files(tmp_path: Path, pieces: list[tuple[bool, bytes]], data: st.DataObject) -> None:
    growing, path = GrowingDigests(), tmp_path / "file"
    path.write_bytes(b"")
    for goes_on, piece in pieces:
        size = path.stat().st_size
        offset = size if goes_on else data.draw(st.integers(0, size))
        write(growing, path, offset, piece)
    assert asyncio.run(growing.of(path)) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_after_a_restart_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    growing = GrowingDigests()
    write(growing, path, 6, b" and after")
    assert asyncio.run(growing.of(path)) == hashlib.sha256(b"before and after").hexdigest()


def test_what_came_in_order_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, growing = tmp_path / "file", GrowingDigests()
    path.write_bytes(b"")
    for start in range(0, 30, 10):
        write(growing, path, start, b"0123456789")
    monkeypatch.setattr(digests, "_read", lambda _: "read")
    assert asyncio.run(growing.of(path)) == hashlib.sha256(b"0123456789" * 3).hexdigest()
