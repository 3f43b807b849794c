"""Subtitles that an operator gave for a clip: looked into before they are believed, and where a post keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scheduler.errors import IntakeError
from scheduler.faults import fault_of
from storage.values import JsonObject
from voice.errors import VoiceError
from voice.methods.silero.transcript import read_transcript

SUFFIXES = (".srt", ".json")
TRANSCRIPT = "voice_transcript"
"""The option of a draft, post or task that holds them: `file` (a path), `name` (the sender's) and `phrases`."""


@dataclass(frozen=True, slots=True)
class TranscriptFacts:
    """What is in a file of subtitles: how many phrases, and when the first one begins."""

    phrases: int
    begins_s: float


async def examine_transcript(path: Path) -> TranscriptFacts:
    """Read an .srt or .json file. Raises IntakeError."""
    try:
        phrases = await asyncio.to_thread(read_transcript, path)
    except VoiceError as error:
        raise IntakeError(fault_of(error)) from error
    return TranscriptFacts(len(phrases), phrases[0].start_s)


def transcript_of(options: JsonObject) -> Path | None:
    """The file that says what is said in the clip; None where none was given, or it is gone."""
    given = options.get(TRANSCRIPT)
    if not isinstance(given, Mapping) or not isinstance(given.get("file"), str):
        return None
    path = Path(given["file"])
    return path if path.is_file() else None


def beside(clip: Path) -> list[Path]:
    """Subtitles that were kept for this clip, beside its file: `clip-7.<digest>.srt`."""
    return [path for path in clip.parent.glob(f"{clip.stem}.*") if path.suffix in SUFFIXES]
