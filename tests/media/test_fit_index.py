"""What the index of an MP4 says of its edit lists, and that no bytes make the reader fail."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.index import read_index

Edit = tuple[int, int]
"""Length in thousandths of a second (the movie's units), start in the track's units (48 000 a second)."""
LASTS_S = 10
WHOLE = LASTS_S * 1000


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def track(handler: bytes, edits: list[Edit], first_offset: int = 0) -> bytes:
    entries = b"".join(struct.pack(">Iii", length, start, 1 << 16) for length, start in edits)
    elst = box(b"edts", box(b"elst", struct.pack(">II", 0, len(edits)), entries)) if edits else b""
    mdhd = box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 48_000, LASTS_S * 48_000), bytes(4))
    ctts = box(b"ctts", struct.pack(">IIIi", 0, 1, 300, first_offset))
    hdlr = box(b"hdlr", bytes(8), handler, bytes(13))
    return box(b"trak", elst, box(b"mdia", mdhd, hdlr, box(b"minf", box(b"stbl", ctts))))


def movie(folder: Path, *tracks: bytes) -> Path:
    out = folder / "movie.mp4"
    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, WHOLE), bytes(80))
    out.write_bytes(box(b"ftyp", b"isom") + box(b"moov", mvhd, *tracks) + box(b"mdat", bytes(9)))
    return out


@pytest.mark.parametrize(
    ("handler", "edits", "first_offset", "expected"),
    [
        (b"vide", [], 3200, "none"),
        (b"vide", [(WHOLE, 0)], 0, "start"),
        (b"vide", [(WHOLE, 3200)], 3200, "start"),
        (b"vide", [(WHOLE, 0)], 3200, "cut"),  # shows nothing for two frames
        (b"vide", [(WHOLE - 1000, 48_000)], 0, "cut"),  # hides the first second
        (b"vide", [(WHOLE - 1000, 0)], 0, "cut"),  # hides the last second
        (b"vide", [(WHOLE, 0), (WHOLE, 0)], 0, "cut"),  # plays twice
        (b"soun", [(WHOLE - 44, 2112)], 0, "start"),  # a phone's AAC
        (b"soun", [(400, -1), (WHOLE, 0)], 0, "cut"),  # begins late
        (b"soun", [(WHOLE - 500, 24_000)], 0, "cut"),
    ],
)
def test_an_edit_list_is_known_for_what_it_does(
    tmp_path: Path, handler: bytes, edits: list[Edit], first_offset: int, expected: str
) -> None:
    index = read_index(movie(tmp_path, track(handler, edits, first_offset)))
    assert index.edits[handler.decode()] == expected
    assert index.first


def test_the_first_track_of_a_kind_counts(tmp_path: Path) -> None:
    path = movie(tmp_path, track(b"soun", []), track(b"soun", [(400, -1), (WHOLE, 0)]))
    assert read_index(path).edits == {"soun": "none"}


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.just(track(b"vide", [(1, 2)])), st.sampled_from([b"elst", b"mdhd"])))
)
def test_no_bytes_make_the_reader_fail(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "odd.mp4")
        path.write_bytes(box(b"moov", *(box(kind, *pieces) for kind in (b"trak", b"mvhd", b"edts"))) + b"".join(pieces))
        assert set(read_index(path).edits.values()) <= {"none", "start", "cut"}
