"""When each phrase is spoken and how fast, so that the new voice keeps step with the old one."""

from __future__ import annotations

from dataclasses import dataclass

from voice.methods.silero.transcript import Phrase

SLOWEST, FASTEST = 0.85, 1.35
"""What a listener still takes for somebody's own tempo."""
PAUSE_SHARE = 0.35
"""How much of the pause after a phrase it may fill."""
GAP_S = 0.05
"""The least silence before the next phrase."""
NATURAL = 0.02
"""A tempo this near to 1 is left at 1."""


@dataclass(frozen=True, slots=True)
class Place:
    """`tempo` above 1 is faster. `overflow_s` is how much longer the phrase lasts than it was meant to."""

    start_s: float
    tempo: float
    length_s: float
    overflow_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.length_s


def place(natural_s: float, phrase: Phrase, next_start_s: float, free_from_s: float) -> Place:
    """The place of a phrase that takes `natural_s` at its own tempo.

    `next_start_s` is when the next one begins (or the sound ends), `free_from_s` when the one before it is over. What
    is too long even at the fastest tempo pushes into the pause, and where that is too short, the next phrase along.
    A short one is slowed to last as long as it did, and never to fill a pause.
    """
    start = max(phrase.start_s, free_from_s)
    pause = max(0.0, next_start_s - phrase.end_s)
    latest = max(phrase.end_s, min(phrase.end_s + PAUSE_SHARE * pause, next_start_s - GAP_S))
    slot = max(1e-3, latest - start)
    tempo = _tempo(natural_s, max(1e-3, phrase.end_s - start), slot)
    length = natural_s / tempo
    return Place(start, tempo, length, max(0.0, start + length - latest - NATURAL * slot))


def _tempo(natural_s: float, own_s: float, slot_s: float) -> float:
    wanted = min(1.0, natural_s / own_s) if natural_s <= slot_s else natural_s / slot_s
    return 1.0 if abs(wanted - 1) <= NATURAL else min(FASTEST, max(SLOWEST, wanted))
