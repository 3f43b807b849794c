"""Pieces that overlap become one: no sample is lost, and what they do not share keeps its power."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.crossfade import faded, joined


@given(st.lists(st.integers(20, 400), min_size=1, max_size=5), st.integers(1, 10), st.booleans())
def test_every_sample_is_in_its_place(lengths: list[int], half: int, is_stereo: bool) -> None:
    places = [0, *itertools.accumulate(lengths)]
    whole = np.arange(places[-1], dtype=float)
    if is_stereo:
        whole = np.stack([whole, -whole])
    pieces = [
        whole[..., max(0, begin - half) : min(places[-1], end + half)] for begin, end in itertools.pairwise(places)
    ]
    made = np.concatenate(list(joined(iter(pieces), half)), axis=-1)
    assert made.shape == whole.shape
    alone = np.ones(places[-1], dtype=bool)
    for cut in places[1:-1]:
        alone[cut - half : cut + half] = False
    assert np.array_equal(made[..., alone], whole[..., alone])


def test_the_power_of_sounds_that_share_nothing_stays() -> None:
    draws = np.random.default_rng(1)
    middle = faded(draws.normal(size=200_000), draws.normal(size=200_000))
    assert [float(part.std()) for part in np.split(middle, 4)] == pytest.approx([1.0] * 4, abs=0.02)
