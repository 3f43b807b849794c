"""What the `world` method can be told, checked without importing it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

VERSION = 2
"""Part of every digest; raise it when the same settings begin to sound different."""

CONTEXT_S = 0.5
"""On both sides of a part: the pitch of a frame depends on 0.1 s around it, a cut within it on 0.5 s."""

F0_FACTOR = (0.25, 4.0)
FORMANT_FACTOR = (0.5, 2.0)
F0_RANGE = (0.0, 2.0)
CONSTANT_F0_HZ = (40.0, 800.0)
BREATH = (0.0, 1.0)
F0_SEMITONES = (0.0, 12.0)
FORMANT_PERCENT = (0.0, 40.0)

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Draw:
    """Sizes drawn anew for each job, each up or down by a coin: to know the preset is not enough to undo it."""

    f0_semitones: Span = (0.0, 0.0)
    formant_percent: Span = (0.0, 0.0)
    f0_range: Span = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """How the voice moves.

    `f0_factor` multiplies the pitch; `f0_range` is the exponent of the melody about its mean (below 1 flatter);
    `constant_f0_hz` replaces the melody by one tone; `formant_factor` stretches the spectral envelope (above 1: a
    smaller head); `breath` is the share of periodic energy turned to noise.
    """

    f0_factor: float = 1.0
    formant_factor: float = 1.0
    f0_range: float = 1.0
    constant_f0_hz: float | None = None
    breath: float = 0.0
    draw: Draw | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data, the inverse of `parse`; None is left out, as TOML has no such thing."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def resolved(self, seed: int) -> WorldSettings:
        """The settings with everything drawn; the same seed gives the same voice."""
        if self.draw is None:
            return self
        rng = random.Random(seed)  # noqa: S311 - the seed lies in the task's row on purpose
        semitones = rng.uniform(*self.draw.f0_semitones) * rng.choice((-1, 1))
        percent = rng.uniform(*self.draw.formant_percent)
        stretch = 1 + percent / 100
        return replace(
            self,
            f0_factor=self.f0_factor * 2 ** (semitones / 12),
            formant_factor=self.formant_factor * (stretch if rng.random() < 0.5 else 1 / stretch),
            f0_range=self.f0_range * rng.uniform(*self.draw.f0_range),
            draw=None,
        )


def parse(data: Mapping[str, Any]) -> WorldSettings:
    """Check plain settings; raises ValueError that says which one is wrong and what it may be."""
    _refuse_strangers(data, WorldSettings, "settings")
    drawn = data.get("draw")
    if drawn is not None and not isinstance(drawn, Mapping):
        raise ValueError("draw must be a table")
    constant = data.get("constant_f0_hz")
    return WorldSettings(
        f0_factor=_number(data, "f0_factor", 1.0, F0_FACTOR),
        formant_factor=_number(data, "formant_factor", 1.0, FORMANT_FACTOR),
        f0_range=_number(data, "f0_range", 1.0, F0_RANGE),
        constant_f0_hz=None if constant is None else _number(data, "constant_f0_hz", 0.0, CONSTANT_F0_HZ),
        breath=_number(data, "breath", 0.0, BREATH),
        draw=None if drawn is None else _parse_draw(drawn),
    )


def _parse_draw(data: Mapping[str, Any]) -> Draw:
    _refuse_strangers(data, Draw, "draw")
    return Draw(
        f0_semitones=_span(data, "f0_semitones", (0.0, 0.0), F0_SEMITONES),
        formant_percent=_span(data, "formant_percent", (0.0, 0.0), FORMANT_PERCENT),
        f0_range=_span(data, "f0_range", (1.0, 1.0), F0_RANGE),
    )


def _refuse_strangers(data: Mapping[str, Any], kind: type[WorldSettings | Draw], where: str) -> None:
    known = {one.name for one in fields(kind)}
    if strange := sorted(set(map(str, data)) - known):
        there_are = ", ".join(sorted(known))
        raise ValueError(f"{where} has {strange[0]!r}, which means nothing to this method; it knows {there_are}")


def _number(data: Mapping[str, Any], name: str, default: float, bounds: Span) -> float:
    return _within(name, data.get(name, default), bounds)


def _within(name: str, value: object, bounds: Span) -> float:
    low, high = bounds
    # `not (low <= value)` also refuses NaN; a bool is an int to Python and to nobody else.
    if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)


def _span(data: Mapping[str, Any], name: str, default: Span, bounds: Span) -> Span:
    value = data.get(name, default)
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"{name} must be two numbers, the smallest and the largest")
    low, high = (_within(name, one, bounds) for one in value)
    if low > high:
        raise ValueError(f"{name} must be two numbers, the smaller one first")
    return low, high
