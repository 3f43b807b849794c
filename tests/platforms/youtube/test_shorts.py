"""Shape and length decide whether a video is a Short."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.base import VideoFile
from platforms.youtube.shorts import ShortForecast, predict_short
from platforms.youtube.validate import violations
from tests.platforms.stage import make_meta


def file(width: int, height: int, duration_s: float) -> VideoFile:
    return VideoFile(Path("render.mp4"), 1000, "0" * 64, duration_s, width, height)


@pytest.mark.parametrize(
    ("width", "height", "duration_s", "expected"),
    [
        (1080, 1920, 20.0, ShortForecast()),
        (1080, 1080, 60.0, ShortForecast()),
        (1080, 1920, 60.1, ShortForecast(claims_block=True)),
        (1080, 1920, 180.0, ShortForecast(claims_block=True)),
        (1080, 1920, 181.0, ShortForecast("too_long")),
        (1081, 1080, 20.0, ShortForecast("landscape")),
    ],
)
def test_the_forecast(width: int, height: int, duration_s: float, expected: ShortForecast) -> None:
    assert predict_short(width, height, duration_s) == expected


@given(width=st.integers(1, 8000), height=st.integers(1, 8000), duration_s=st.floats(0.1, 10_000))
def test_only_a_short_can_be_blocked_by_claims(width: int, height: int, duration_s: float) -> None:
    forecast = predict_short(width, height, duration_s)
    assert forecast.is_short or not forecast.claims_block


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ((1080, 1920, 90.0), []),
        ((1920, 1080, 20.0), ["youtube.short_landscape"]),
        ((1080, 1920, 200.0), ["youtube.short_too_long"]),
    ],
)
def test_a_post_that_wants_to_be_a_short_must_be_one(facts: tuple[int, int, float], codes: list[str]) -> None:
    assert [each.code for each in violations(file(*facts), make_meta(options={"short": True}))] == codes
    assert violations(file(*facts), make_meta()) == ()
