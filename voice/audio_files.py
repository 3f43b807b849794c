"""Audio files on disk, read and written piece by piece. Arrays are (channels, samples) float64."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from voice.errors import BadAudioError, DiskFullError

Samples = npt.NDArray[np.float64]

SILENT_BLOCK = 1 << 18
LOWEST_RATE_HZ = 8_000
HIGHEST_RATE_HZ = 192_000
WAV_LIMIT_BYTES = 4_000_000_000
"""A WAV counts its bytes in 32 bits; beyond it the same layout with 64 bits is called RF64."""


def open_audio(path: Path) -> soundfile.SoundFile:
    """Open for reading; raises BadAudioError where there is nothing that could be converted."""
    try:
        sound = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise BadAudioError("This audio file cannot be read.", reason="unreadable", detail=str(error)) from error
    if sound.frames == 0 or not LOWEST_RATE_HZ <= sound.samplerate <= HIGHEST_RATE_HZ:
        reason = "no_samples" if sound.frames == 0 else "sample_rate"
        sound.close()
        raise BadAudioError("This audio file holds no sound that can be converted.", reason=reason)
    return sound


class WavWriter(soundfile.SoundFile):  # type: ignore[misc] # soundfile has no types
    """A sound file whose `write` says when it could not."""

    def write(self, data: npt.NDArray[np.floating]) -> None:
        """Append (samples, channels); raises DiskFullError where fewer bytes reached the disk."""
        try:
            super().write(data)
        except (AssertionError, soundfile.LibsndfileError) as error:  # it asserts that all was written
            raise DiskFullError from error


def create_wav(path: Path, sample_rate: int, channels: int, frames: int) -> WavWriter:
    """Open a float32 WAV for writing; `frames` is how many will come, which decides between WAV and RF64."""
    kind = "RF64" if frames * channels * 4 > WAV_LIMIT_BYTES else "WAV"
    try:
        return WavWriter(path, "w", sample_rate, channels, subtype="FLOAT", format=kind)
    except soundfile.LibsndfileError as error:
        raise DiskFullError from error


def write_silence(like: soundfile.SoundFile, target: Path) -> None:
    """A float32 WAV of the same form, of zeros."""
    with create_wav(target, like.samplerate, like.channels, like.frames) as out:
        for begin, end in spans(like.frames, SILENT_BLOCK):
            out.write(np.zeros((end - begin, like.channels)))


def read_span(sound: soundfile.SoundFile, begin: int, end: int) -> Samples:
    """Samples `begin` to `end` of all channels; raises BadAudioError for a sample that is no number."""
    sound.seek(begin)
    block = sound.read(end - begin, dtype="float64", always_2d=True)
    if len(block) != end - begin:
        raise BadAudioError("This audio file ends before it should.", reason="truncated")
    if not np.isfinite(block).all():
        raise BadAudioError("This audio holds samples that are not numbers.", reason="not_finite")
    return np.ascontiguousarray(block.T)


def spans(frames: int, block: int) -> Iterator[tuple[int, int]]:
    """The spans of `block` samples that cover `frames`; the last may be shorter."""
    for begin in range(0, frames, block):
        yield begin, min(begin + block, frames)
