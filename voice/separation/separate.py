"""The voice of a recording, or of a span of it, as a file; the music is what is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from voice.audio_files import create_wav, open_audio
from voice.separation.blocks import BlockSeparator, voice_between
from voice.separation.model_file import SAMPLE_RATE
from voice.separation.rough import LOST_DB, RoughSeparator


def separate(
    source: Path,
    target: Path,
    model: Path | None,
    span: tuple[int, int] | None = None,
    report: Callable[[float], None] = lambda _: None,
) -> None:
    """Write the voice of the samples `span` of `source` (all of them by default) as a float WAV.

    By `model`, or roughly without one, and where the recording has not the 44.1 kHz of every model.
    Raises BadAudioError, BadModelError's kinds.
    """
    with open_audio(source) as sound:
        begin, end = span or (0, sound.frames)
        separator = _separator(model, sound.samplerate)
        with create_wav(target, sound.samplerate, sound.channels, end - begin) as out:
            for piece in voice_between(sound, begin, end, separator):
                out.write(np.ascontiguousarray(piece.T))
                report(out.tell() / (end - begin))


def lost_db(model: Path | None, sample_rate: int) -> float:
    """By how much the music is to be raised, for having lost that with the voice."""
    return LOST_DB if _is_rough(model, sample_rate) else 0.0


def _is_rough(model: Path | None, sample_rate: int) -> bool:
    return model is None or sample_rate != SAMPLE_RATE


def _separator(model: Path | None, sample_rate: int) -> BlockSeparator:
    if model is None or _is_rough(model, sample_rate):
        return RoughSeparator(sample_rate)
    from voice.separation.mdx import MdxSeparator  # torch and audio-separator come in with it: seconds

    return MdxSeparator(model)
