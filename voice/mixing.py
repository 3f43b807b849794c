"""The converted voice over the music that was left when the voice was taken out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from voice.audio_files import Samples, create_wav, open_audio, read_span, spans
from voice.loudness import LoudnessMeter, loudness_of
from voice.presets.mix import Mix

BLOCK_S = 10
LARGEST_MATCH_DB = 30.0
"""A converted voice that needs more than this to be as loud as its source holds next to nothing."""
LARGEST_FILL_DB = 2.0


@dataclass(frozen=True, slots=True)
class Stem:
    """A voice that was taken out of its music, and how much quieter the music is for it."""

    voice: Path
    lost_db: float


def mix_down(
    source: Path, stem: Stem, voice: Path, target: Path, mix: Mix, report: Callable[[float], None] = lambda _: None
) -> None:
    """Write gain * `voice` + gain * (`source` - `stem`): all of the source that was not its voice stays.

    What the music lost with the voice it is given back. All files have the same frames, rate and channels.
    """
    with open_audio(source) as whole, open_audio(stem.voice) as before, open_audio(voice) as after:
        meter = LoudnessMeter(whole.samplerate, whole.channels)
        for music in _music(whole, before):
            meter.add(music)
        music_lufs = meter.integrated() + stem.lost_db
        matched_db = _match_db(loudness_of(source), loudness_of(stem.voice), music_lufs, loudness_of(voice))
        voice_gain, music_gain = _gain(matched_db + mix.voice_db), _gain(mix.music_db + stem.lost_db)
        with create_wav(target, whole.samplerate, whole.channels, whole.frames) as out:
            for music in _music(whole, before):
                made = read_span(after, out.tell(), out.tell() + music.shape[1])
                out.write(np.ascontiguousarray((voice_gain * made + music_gain * music).T))
                report(out.tell() / whole.frames)


def _music(whole: soundfile.SoundFile, stem: soundfile.SoundFile) -> Iterator[Samples]:
    for begin, end in spans(whole.frames, BLOCK_S * whole.samplerate):
        yield read_span(whole, begin, end) - read_span(stem, begin, end)


def _match_db(source_lufs: float, stem_lufs: float, music_lufs: float, voice_lufs: float) -> float:
    """What makes the new voice as loud as the old one was, and a little more.

    What was one sound before it was taken apart adds up to less when one part is another: up to 1 dB. The voice makes
    up for it, so that the music need not be raised to give the whole its loudness.
    """
    if not (math.isfinite(stem_lufs) and math.isfinite(voice_lufs)):
        return 0.0
    filled_lufs = _lufs(_power(source_lufs) - _power(music_lufs))
    wanted_lufs = min(max(filled_lufs, stem_lufs - LARGEST_FILL_DB), stem_lufs + LARGEST_FILL_DB)
    return min(max(wanted_lufs - voice_lufs, -LARGEST_MATCH_DB), LARGEST_MATCH_DB)


def _power(lufs: float) -> float:
    return float(10 ** (lufs / 10))


def _lufs(power: float) -> float:
    return 10 * math.log10(power) if power > 0 else -math.inf


def _gain(db: float) -> float:
    return float(10 ** (db / 20))
