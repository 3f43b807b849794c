"""A local faster-whisper model hears what was said. Optional: `pip install content-fabric[whisper]`.

The folder holds a model in CTranslate2's format; nothing is ever fetched, so a file that the library would fetch is
asked for in a sentence.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voice.errors import BadModelError, MissingModelError
from voice.memory import is_lack_of_memory
from voice.methods.silero.settings import LISTENER, no_listener
from voice.methods.silero.transcript import NO_SPEECH, Phrase, join_words

SAMPLE_RATE = 16_000
NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""Without tokenizer.json the library would ask the network for one."""
LANGUAGE = "ru"


def hear(speech: npt.NDArray[np.float32], folder: Path, report: Callable[[float], None]) -> list[Phrase]:
    """The phrases in `speech` (samples,) at 16 kHz. Raises NoListenerError, MissingModelError, BadModelError."""
    model = _load(folder)
    segments, _ = model.transcribe(
        speech, language=LANGUAGE, word_timestamps=True, vad_filter=True, condition_on_previous_text=False
    )
    return list(join_words(_words(segments, max(1e-3, len(speech) / SAMPLE_RATE), report)))


def _load(folder: Path) -> Any:
    for name in NEEDED:
        if not (folder / name).is_file():
            raise MissingModelError(
                f"The whisper model {folder.name} lacks the file {name}.", file=f"{folder.name}/{name}"
            )
    try:
        library = importlib.import_module(LISTENER)
    except ImportError as error:
        raise no_listener() from error
    try:
        return library.WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1, local_files_only=True
        )
    except Exception as error:  # the library's many ways to dislike a file
        if is_lack_of_memory(error):
            raise
        detail = str(error)[:200]
        raise BadModelError(
            f"The whisper model {folder.name} cannot be used: {detail}", file=folder.name, detail=detail
        ) from error


def _words(segments: Any, duration_s: float, report: Callable[[float], None]) -> Iterator[Phrase]:
    # Segments are computed as they are asked for; times are numpy's numbers.
    for segment in segments:
        report(float(segment.end) / duration_s)
        if segment.no_speech_prob > NO_SPEECH:
            continue
        if not segment.words:  # they could not be told apart in time
            yield Phrase(max(0.0, float(segment.start)), max(0.0, float(segment.end)), segment.text.strip())
        for word in segment.words or ():
            start = max(0.0, float(word.start))
            yield Phrase(start, max(start, float(word.end)), word.word.strip())
