"""Where a recording is divided, told to those who speak a part of it, so that they divide it as the whole is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from voice.f0.signal16k import Signal
from voice.methods.sovits.settings import SovitsSettings
from voice.methods.sovits.slices import LAST_PIECE_S, Piece, frame_hop, frame_levels, pieces, spans

Numbered = tuple[int, Piece]
"""A piece and its number in the whole recording, from which it has its noise."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is heard of a recording: `length` samples from `begin` on, at the voice's rate."""

    begin: int
    length: int


def plan(heard: Signal, peak: float, settings: SovitsSettings, rate: int) -> list[Piece]:
    """The pieces of a whole recording with this peak. In a quiet one the level of silence is meant below its peak."""
    hop = frame_hop(rate)
    levels = frame_levels(heard, hop)
    threshold = 10 ** (settings.silence_db / 20) * min(1.0, peak)
    return pieces(spans(levels, threshold, hop, len(heard)), levels, rate, settings.clip_s)


def seams(planned: Sequence[Piece]) -> list[int]:
    """Where the recording may be parted with the least harm: between two sounds, or in the middle of a silence."""
    middles = [(piece.begin + piece.end) // 2 for piece in planned if piece.is_silent]
    borders = [piece.begin for piece in planned[1:] if not piece.follows and not piece.is_silent]
    return sorted(middles + borders)


def told(planned: Sequence[Piece]) -> list[list[Any]]:
    """Plain data, the inverse of `heard_of`."""
    return [list(astuple(piece)) for piece in planned]


def heard_of(listed: Sequence[Sequence[Any]], part: Part, rate: int) -> list[Numbered]:
    """The pieces that lie in a part, counted from its beginning; of those at its ends, what the part has of them.

    A neighbour may want to hear more than such a rest. One so short lies in what is heard for context alone, and is
    left silent.
    """
    whole = [Piece(*one) for one in listed]
    inside = [
        (number, replace(piece, begin=max(0, piece.begin - part.begin), end=min(part.length, piece.end - part.begin)))
        for number, piece in enumerate(whole)
        if piece.begin < part.begin + part.length and piece.end > part.begin
    ]
    crumbs = {number for number, piece in inside if _is_crumb(piece, whole[number], rate)}
    return [
        (
            number,
            replace(
                piece,
                is_silent=piece.is_silent or number in crumbs,
                follows=piece.follows and piece.begin > 0 and not {number - 1, number} & crumbs,
                precedes=piece.precedes and piece.end < part.length and not {number, number + 1} & crumbs,
            ),
        )
        for number, piece in inside
    ]


def _is_crumb(rest: Piece, piece: Piece, rate: int) -> bool:
    length = rest.end - rest.begin
    return length < LAST_PIECE_S * rate and piece.end - piece.begin - length > frame_hop(rate)


def part_of(whole: Mapping[str, Any], source_rate: int, length: int, rate: int) -> Part:
    """Which part of the whole recording a job hears that was told where it `begins` in it."""
    return Part(round(whole["begins"] * rate / source_rate), length)
