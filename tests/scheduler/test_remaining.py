"""How long it will still take is said when it can be known."""

from __future__ import annotations

import pytest

from scheduler.remaining import seconds_left


@pytest.mark.parametrize(
    ("elapsed_s", "fraction", "left_s"),
    [(60, 0.25, 180), (60, 1.0, 0), (5, 0.5, None), (60, 0.0, None), (60, 0.01, None)],
)
def test_what_is_left_follows_from_what_is_done(elapsed_s: float, fraction: float, left_s: float | None) -> None:
    assert seconds_left(elapsed_s, fraction) == left_s
