"""A recording divided at its silences, and its voiced parts into pieces that the networks can take at once.

The rule for silences is the reference's: frames of 20 ms below a level, at least 300 ms of them, at least 5 s after the
last cut. A silence of more than 5 s is left out; a shorter one is cut at its quietest place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voice.f0.signal16k import Floats, Signal

HOP_S = 0.02
WINDOW_HOPS = 4
SHORTEST_SILENCE = 15
SHORTEST_CLIP = 250
LONGEST_KEPT = 250
"""In frames of 20 ms."""
BLOCK_FRAMES = 3000
LAST_PIECE_S = 1


@dataclass(frozen=True, slots=True)
class Span:
    """Samples `begin` to `end` that are voiced, or silent."""

    begin: int
    end: int
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A span, or a part of one: what it `follows` and `precedes` is another part of the same."""

    begin: int
    end: int
    is_silent: bool
    follows: bool = False
    precedes: bool = False


def frame_hop(rate: int) -> int:
    """Samples of a frame."""
    return round(rate * HOP_S)


def frame_levels(signal: Signal, hop: int) -> Floats:
    """The root mean square of four hops around each frame's beginning; beyond the ends lies silence."""
    half, frames = WINDOW_HOPS * hop // 2, 1 + len(signal) // hop
    levels = np.empty(frames)
    for first in range(0, frames, BLOCK_FRAMES):
        last = min(first + BLOCK_FRAMES, frames)
        begin, end = first * hop - half, (last - 1) * hop + half
        heard = signal[max(0, begin) : min(len(signal), end)]
        left = max(0, -begin)
        sums = np.pad(heard**2, (left + 1, end - begin - left - len(heard))).cumsum()
        starts = hop * np.arange(last - first)
        levels[first:last] = (sums[starts + 2 * half] - sums[starts]) / (2 * half)
    return np.sqrt(np.maximum(levels, 0))


def spans(levels: Floats, threshold: float, hop: int, length: int) -> list[Span]:
    """The voiced and silent spans that cover `length` samples; spans without samples are left out."""
    edges = [0]
    for begin, end in _silences(levels, threshold):
        edges += [min(length, begin * hop), min(length, end * hop)]
    edges.append(length)
    marked = zip(edges[:-1], edges[1:], range(len(edges)), strict=False)
    return [Span(begin, end, is_silent=number % 2 == 1) for begin, end, number in marked if begin < end]


def pieces(spans_of_file: list[Span], levels: Floats, rate: int, longest_s: float) -> list[Piece]:
    """The spans in order, with voiced ones of more than `longest_s` cut at their quietest frames."""
    return [piece for span in spans_of_file for piece in _parts(span, levels, rate, round(longest_s * rate))]


def _parts(span: Span, levels: Floats, rate: int, longest: int) -> Iterator[Piece]:
    hop, begin = frame_hop(rate), span.begin
    while not span.is_silent and span.end - begin > longest:
        first, last = (begin + longest // 2) // hop, min(begin + longest, span.end - LAST_PIECE_S * rate) // hop
        cut = (first + int(levels[first:last].argmin())) * hop
        yield Piece(begin, cut, is_silent=False, follows=begin > span.begin, precedes=True)
        begin = cut
    yield Piece(begin, span.end, span.is_silent, follows=begin > span.begin)


def _silences(levels: Floats, threshold: float) -> Iterator[tuple[int, int]]:
    """Frames to leave out, (begin, end); a cut without anything left out begins and ends at the same frame."""
    clip_start, start = 0, None
    for place in range(len(levels)):
        if levels[place] < threshold:
            start = place if start is None else start
            continue
        if start is None:
            continue
        length = place - start
        leads = start == 0 and place > LONGEST_KEPT
        if leads or (length >= SHORTEST_SILENCE and place - clip_start >= SHORTEST_CLIP):
            begin, end = _cut(levels, start, place)
            yield (0 if start == 0 else begin), end
            clip_start = end
        start = None
    if start is not None and len(levels) - start >= SHORTEST_SILENCE:
        yield _quietest(levels, start, min(len(levels), start + LONGEST_KEPT) + 1), len(levels) + 1


def _cut(levels: Floats, start: int, stop: int) -> tuple[int, int]:
    """What to leave out of a silence that the sound ends at `stop`."""
    if stop - start <= LONGEST_KEPT:
        place = _quietest(levels, start, stop + 1)
        return place, place
    left = _quietest(levels, start, start + LONGEST_KEPT + 1)
    right = _quietest(levels, stop - LONGEST_KEPT, stop + 1)
    if stop - start > 2 * LONGEST_KEPT or start == 0:
        return left, right
    middle = _quietest(levels, stop - LONGEST_KEPT, start + LONGEST_KEPT + 1)
    return min(left, middle), max(right, middle)


def _quietest(levels: Floats, begin: int, end: int) -> int:
    return begin + int(levels[begin:end].argmin())
