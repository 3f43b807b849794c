"""What was said and when: read from a file beside the clip, or put together from the words that a listener heard."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voice.errors import BadTranscriptError

PAUSE_S = 0.35
"""A longer silence between two words ends a phrase."""
LONGEST_S = 12.0
LONGEST_CHARS = 300
LARGEST_BYTES = 8 << 20
MOST_PHRASES = 50_000
NO_SPEECH = 0.6
"""A listener's doubt above which a segment is taken for noise."""
SENTENCE_ENDS = (".", "!", "?", "…")

_CLOCK = r"(\d{1,3}):([0-5]?\d):([0-5]?\d)[,.](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_TAG = re.compile(r"<[^<>]*>|\{[^{}]*\}")
"""Neither looks past another opening sign: a file of nothing but those costs no more than its length."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words said in one breath, from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    text: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s) and 0 <= self.start_s <= self.end_s):
            raise ValueError(f"a phrase cannot last from {self.start_s} to {self.end_s}")


def read_transcript(path: Path) -> list[Phrase]:
    """The phrases of an .srt or .json file in order of time, those without words left out.

    JSON is what listeners write: a list of segments, or an object with `segments`, each with `start` and `end` in
    seconds and `text`, perhaps `words` of the same kind. Raises BadTranscriptError.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise bad_transcript(path, "it is larger than 8 MiB")
        text = path.read_text(encoding="utf-8-sig")
        found = list(_from_json(json.loads(text)) if path.suffix.lower() == ".json" else _from_srt(text))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise bad_transcript(path, f"it cannot be read ({error})") from error
    phrases = sorted((each for each in found if each.text), key=lambda each: each.start_s)
    if not phrases:
        raise bad_transcript(path, "no phrase with a time was found in it")
    if len(phrases) > MOST_PHRASES:
        raise bad_transcript(path, f"it has more than {MOST_PHRASES} phrases")
    return phrases


def bad_transcript(path: Path, why: str) -> BadTranscriptError:
    """The error for one file; `why` completes "…cannot be used: "."""
    return BadTranscriptError(f"The transcript {path.name} cannot be used: {why}.", file=path.name, detail=why)


def _from_srt(text: str) -> Iterator[Phrase]:
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip().split("\n")
        for number, line in enumerate(lines[:2]):  # the counter before the times may be missing
            if found := _TIMES.match(line):
                times = [int(group) for group in found.groups()[:3]], [int(group) for group in found.groups()[4:7]]
                start, end = (hours * 3600 + minutes * 60 + seconds for hours, minutes, seconds in times)
                parts = (float(f"0.{found[4]}"), float(f"0.{found[8]}"))
                words = " ".join(_TAG.sub("", each).strip() for each in lines[number + 1 :])
                yield Phrase(start + parts[0], end + parts[1], words.strip())
                break


def _from_json(data: Any) -> Iterator[Phrase]:
    segments = data["segments"] if isinstance(data, Mapping) else data
    for segment in segments:
        if words := segment.get("words"):
            heard = (Phrase(float(one["start"]), float(one["end"]), _word(one)) for one in words)
            yield from join_words(heard)
        else:
            yield Phrase(float(segment["start"]), float(segment["end"]), str(segment["text"]).strip())


def _word(one: Mapping[str, Any]) -> str:
    return str(one["word"] if "word" in one else one["text"]).strip()


def join_words(words: Iterable[Phrase]) -> Iterator[Phrase]:
    """Words to phrases: a new one after a pause or a sentence's end, and before one gets too long."""
    held: Phrase | None = None
    for word in words:
        if not word.text:
            continue
        if held is None:
            held = word
        elif _belongs(held, word):
            held = replace(held, end_s=max(held.end_s, word.end_s), text=f"{held.text} {word.text}")
        else:
            yield held
            held = word
    if held is not None:
        yield held


def _belongs(held: Phrase, word: Phrase) -> bool:
    return (
        word.start_s - held.end_s <= PAUSE_S
        and not held.text.endswith(SENTENCE_ENDS)
        and word.end_s - held.start_s <= LONGEST_S
        and len(held.text) + 1 + len(word.text) <= LONGEST_CHARS
    )
