"""What an operator should know of a conversion that came to a good end: plain notes, each with a code and its facts.

`at_s` counts from the beginning of the recording, also in the note of a job that saw only a part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Note: TypeAlias = Mapping[str, Any]

OVERFLOW = "phrase_overflow"
"""A phrase that is spoken anew is longer than its place: `phrase` (its number), `at_s`, `overflow_ms`, `text`."""
ROUGH = "rough_separation"
"""The music was told from the voice without a model."""
OTHERS = "others"
"""Stands at the end for as many as `count`, which were left out."""


def of_part(notes: Iterable[Note], starts_at_s: float, begin_s: float, end_s: float) -> list[dict[str, Any]]:
    """The notes of a job that heard the recording from `starts_at_s` on, in the time of the whole.

    What lies outside of its own part, from `begin_s` to `end_s`, is its neighbours' to tell.
    """
    found = []
    for note in notes:
        if "at_s" not in note:
            found.append(dict(note))
        elif begin_s <= (at_s := starts_at_s + float(note["at_s"])) < end_s:
            found.append({**note, "at_s": round(at_s, 3)})
    return found


def together(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Each once; what concerns the whole first, then in order of time."""
    once = {json.dumps(dict(note), sort_keys=True): dict(note) for note in notes}
    return sorted(once.values(), key=lambda note: float(note.get("at_s", -1.0)))


def shortened(notes: Sequence[Note], most: int) -> tuple[dict[str, Any], ...]:
    """At most `most` of them, and one more that says how many were left out."""
    kept = [dict(note) for note in notes[:most]]
    return (*kept, {"code": OTHERS, "count": len(notes) - most}) if len(notes) > most else tuple(kept)
