"""Features are moved towards their neighbours in the index, and an index that lies about itself is refused."""

from __future__ import annotations

import contextlib
import os
import struct
import tracemalloc
from pathlib import Path

import faiss
import numpy as np
import pytest

from tests.parity.stand_ins import save_index
from voice.errors import BadModelError, DamagedModelError, MissingModelError, UnknownModelError
from voice.retrieval import FeatureIndex

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(size=(400, 16)).astype(np.float32)
QUERIES = RNG.normal(size=(50, 16)).astype(np.float32)


def by_faiss(path: Path, queries: np.ndarray, rate: float) -> np.ndarray:
    """The rule as the reference has it, with faiss itself."""
    index = faiss.read_index(str(path))
    vectors = index.reconstruct_n(0, index.ntotal)
    distances, ids = index.search(queries, k=8)
    weights = np.square(1 / distances)
    weights /= weights.sum(axis=1, keepdims=True)
    return rate * (vectors[ids] * weights[:, :, None]).sum(axis=1) + (1 - rate) * queries


@pytest.mark.parametrize("cells", [1, 7, 60])
def test_features_move_as_with_faiss(tmp_path: Path, cells: int) -> None:
    """With 60 cells some hold fewer than the eight neighbours."""
    save_index(tmp_path / "a.index", VECTORS, cells)
    with FeatureIndex(tmp_path / "a.index") as index:
        assert np.allclose(index.blend(QUERIES, 0.75), by_faiss(tmp_path / "a.index", QUERIES, 0.75), atol=1e-4)


def test_indexes_that_faiss_wrote_are_read(tmp_path: Path) -> None:
    flat = faiss.IndexFlatL2(16)
    flat.add(VECTORS)
    faiss.write_index(flat, str(tmp_path / "flat.index"))
    inverted = faiss.index_factory(16, "IVF10,Flat")
    inverted.train(VECTORS)
    inverted.add(VECTORS)
    inverted.make_direct_map()
    faiss.write_index(inverted, str(tmp_path / "ivf.index"))
    for name in ("flat", "ivf"):
        with FeatureIndex(tmp_path / f"{name}.index") as index:
            expected = by_faiss(tmp_path / f"{name}.index", QUERIES, 0.5)
            assert np.allclose(index.blend(QUERIES, 0.5), expected, atol=1e-4), name


@pytest.mark.parametrize(("probes", "cells"), [(3, 60), (60, 60), (5, 7)])
def test_as_many_cells_are_looked_into_as_the_file_says(tmp_path: Path, probes: int, cells: int) -> None:
    path = tmp_path / "a.index"
    save_index(path, VECTORS, cells)
    asked = faiss.read_index(str(path))
    asked.nprobe = probes
    faiss.write_index(asked, str(path))
    with FeatureIndex(path) as index:
        assert np.allclose(index.blend(QUERIES, 0.75), by_faiss(path, QUERIES, 0.75), atol=1e-4)


def test_a_query_on_a_stored_vector_becomes_that_vector(tmp_path: Path) -> None:
    save_index(tmp_path / "a.index", VECTORS, 5)
    with FeatureIndex(tmp_path / "a.index") as index:
        assert np.allclose(index.blend(VECTORS[:9], 1.0), VECTORS[:9], atol=1e-4)


def test_an_index_without_vectors_moves_nothing(tmp_path: Path) -> None:
    faiss.write_index(faiss.IndexFlatL2(16), str(tmp_path / "empty.index"))
    with FeatureIndex(tmp_path / "empty.index") as index:
        assert np.array_equal(index.blend(QUERIES, 1.0), QUERIES)


@pytest.mark.parametrize(
    ("at", "form", "value"),
    [
        (4, "<i", 2**31 - 1),  # width
        (4, "<i", -5),
        (8, "<q", 2**60),  # vectors in all
        (37, "<Q", 2**62),  # cells
        (37, "<Q", 2**20),
        (37, "<Q", 0),
        (90, "<Q", 2**61),  # numbers of the centres
    ],
)
def test_absurd_sizes_are_refused(tmp_path: Path, at: int, form: str, value: int) -> None:
    path = tmp_path / "a.index"
    save_index(path, VECTORS, 5)
    held = bytearray(path.read_bytes())
    struct.pack_into(form, held, at, value)
    path.write_bytes(held)
    with pytest.raises(DamagedModelError) as caught:
        FeatureIndex(path)
    assert caught.value.params["file"] == "a.index"


@pytest.mark.parametrize("cells", [7, 60])
def test_blocks_of_queries_and_of_cells_find_what_one_look_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    save_index(tmp_path / "a.index", VECTORS, cells)
    with FeatureIndex(tmp_path / "a.index") as index:
        at_once = index.blend(QUERIES, 0.75)
        monkeypatch.setattr("voice.retrieval.BLOCK_QUERIES", 7)
        monkeypatch.setattr("voice.retrieval.BLOCK_VECTORS", 5)
        assert np.allclose(index.blend(QUERIES, 0.75), at_once, atol=1e-6)


def test_many_cells_and_many_queries_take_little_memory(tmp_path: Path) -> None:
    """All distances at once would be 240 MB."""
    cells, width = 50_000, 4
    header = struct.pack("<iqqqBi", width, cells, 1 << 20, 1 << 20, 1, 1)
    centres = RNG.normal(size=(cells, width)).astype("<f4")
    with (tmp_path / "a.index").open("wb") as file:
        file.write(b"IwFl" + header + struct.pack("<QQ", cells, 1))
        file.write(b"IxF2" + header + struct.pack("<Q", cells * width) + centres.tobytes())
        file.write(struct.pack("<BQ", 0, 0) + b"ilar" + struct.pack("<QQ", cells, 4 * width) + b"full")
        file.write(struct.pack("<Q", cells) + np.ones(cells, "<u8").tobytes())
        for number, centre in enumerate(centres):
            file.write(centre.tobytes() + struct.pack("<q", number))
    queries = centres[:600] + np.float32(1e-3)
    tracemalloc.start()
    try:
        with FeatureIndex(tmp_path / "a.index") as index:
            blended = index.blend(queries, 1.0)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    assert np.allclose(blended, centres[:600], atol=1e-6)


def test_sizes_are_refused_before_anything_of_their_size_is_held(tmp_path: Path) -> None:
    """A file of 200 MB, all of it holes, that says it has five million cells of one number each."""
    cells = 5_000_000
    path = tmp_path / "a.index"
    header = struct.pack("<iqqqBi", 1, 0, 0, 0, 1, 1)
    with path.open("wb") as file:
        file.write(b"IwFl" + header + struct.pack("<QQ", cells, 1))
        file.write(b"IxF2" + struct.pack("<iqqqBi", 1, cells, 0, 0, 1, 1) + struct.pack("<Q", cells))
        file.seek(4 * cells, os.SEEK_CUR)
        file.write(
            struct.pack("<BQ", 0, 0) + b"ilar" + struct.pack("<QQ", cells, 4) + b"full" + struct.pack("<Q", cells)
        )
        file.truncate(200 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(DamagedModelError, match="5000000 cells"):
            FeatureIndex(path)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_any_flipped_size_or_cut_end_is_refused_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "a.index"
    save_index(path, VECTORS[:20], 2)
    whole = path.read_bytes()
    for at in range(150):
        path.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        with contextlib.suppress(BadModelError), FeatureIndex(path) as index:
            assert index.blend(QUERIES, 0.5).shape == QUERIES.shape
    for share in (0.0, 0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(DamagedModelError):
            FeatureIndex(path)


def test_other_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError):
        FeatureIndex(tmp_path / "none.index")
    (tmp_path / "text.index").write_text("hello")
    with pytest.raises(UnknownModelError, match="not of the kind"):
        FeatureIndex(tmp_path / "text.index")
    faiss.write_index(faiss.IndexFlatIP(16), str(tmp_path / "inner.index"))
    with pytest.raises(BadModelError):
        FeatureIndex(tmp_path / "inner.index")
