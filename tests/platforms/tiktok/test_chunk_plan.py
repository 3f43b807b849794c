"""The chunk plan keeps TikTok's rules for every size, whichever MB is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.tiktok.chunk_plan import LARGEST_SINGLE, MAX_CHUNK_SIZE, MIN_CHUNK_SIZE, ChunkPlan, plan_chunks

SIZES = st.integers(1, 4 * 1024**3)
MIB_64, MB_128 = 64 * 1024 * 1024, 128_000_000


def chunks_of(plan: ChunkPlan) -> list[tuple[int, int]]:
    """The chunks of a plan in order, as first and last byte."""
    found, offset = [], 0
    while offset < plan.total:
        chunk = plan.chunk_at(offset)
        found.append((chunk.first, chunk.last))
        offset = chunk.last + 1
    return found


@pytest.mark.parametrize(
    ("total", "size", "count"),
    [
        (1, 1, 1),
        (4_999_999, 4_999_999, 1),
        (64_000_000, 64_000_000, 1),
        (64_000_001, 10_000_000, 6),
        (77_000_000, 10_000_000, 7),
        (127_999_999, 10_000_000, 12),
        (4_000_000_000, 10_000_000, 400),
        (4 * 1024**3, 10_000_000, 429),
    ],
)
def test_the_plan_of_a_size(total: int, size: int, count: int) -> None:
    assert plan_chunks(total) == ChunkPlan(total, size, count)


def test_the_documented_example_is_met() -> None:
    plan = plan_chunks(50_000_123, largest_single=0)
    assert chunks_of(plan)[-1] == (40_000_000, 50_000_122)
    assert plan.count == 5


@given(
    total=SIZES, chunk_size=st.integers(MIN_CHUNK_SIZE, MAX_CHUNK_SIZE), largest_single=st.integers(0, LARGEST_SINGLE)
)
def test_every_plan_keeps_every_rule(total: int, chunk_size: int, largest_single: int) -> None:
    plan = plan_chunks(total, chunk_size=chunk_size, largest_single=largest_single)
    chunks = chunks_of(plan)
    lengths = [last - first + 1 for first, last in chunks]
    assert len(chunks) == plan.count == total // plan.size <= 1000
    assert sum(lengths) == total
    if plan.count == 1:
        assert plan.size == total <= LARGEST_SINGLE
    else:
        assert all(MIN_CHUNK_SIZE <= length <= LARGEST_SINGLE for length in lengths[:-1])
        assert MIN_CHUNK_SIZE <= lengths[-1] <= MB_128
    assert total <= MIB_64 or plan.count > 1


@given(total=st.integers(1, 10**6), parts=st.integers(1, 12), data=st.data())
def test_from_any_byte_the_rest_of_its_chunk_follows(total: int, parts: int, data: st.DataObject) -> None:
    size = max(total // parts, 1)
    plan = ChunkPlan(total, size, total // size)
    offset = data.draw(st.integers(0, total - 1))
    chunk = plan.chunk_at(offset)
    assert chunk.first == offset
    assert any(first <= offset <= last == chunk.last for first, last in chunks_of(plan))
    assert plan.is_boundary(chunk.last + 1)


def test_an_empty_file_has_no_plan() -> None:
    with pytest.raises(ValueError, match="empty"):
        plan_chunks(0)


def test_more_than_1000_chunks_are_refused() -> None:
    with pytest.raises(ValueError, match="1000"):
        plan_chunks(1001 * MIN_CHUNK_SIZE, chunk_size=MIN_CHUNK_SIZE)
