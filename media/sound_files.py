"""Sound alone: any file with a sound track to a WAV, and a WAV to what people listen to."""

from __future__ import annotations

from pathlib import Path

from media.audio import LONGEST_S, SPARE_BYTES, WAV_BYTES_PER_S, OnSeconds
from media.errors import FfmpegFailedError, NoAudioTrackError
from media.ffmpeg import Ffmpeg, audio_input, output, sound_input
from media.on_time import ON_TIME
from media.partial import whole_file

_ENCODERS = {
    ".wav": ("-c:a", "pcm_s24le", "-rf64", "auto", "-f", "wav"),
    ".flac": ("-c:a", "flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac"),
    ".mp3": ("-c:a", "libmp3lame", "-b:a", "192k", "-f", "mp3"),
    ".m4a": ("-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", "-f", "ipod"),
}
SOUND_SUFFIXES = tuple(_ENCODERS)
LARGEST_RATE_BYTES = 4 * WAV_BYTES_PER_S
"""A second of float stereo at 176.4 kHz."""


async def decode_sound(
    ffmpeg: Ffmpeg,
    source: Path,
    wav: Path,
    *,
    begin_s: float = 0.0,
    length_s: float | None = None,
    time_limit_s: float = 1800.0,
    on_progress: OnSeconds | None = None,
) -> None:
    """Write the first sound track, or a part of it, as float WAV at its own rate; more than two channels become two.

    Raises NoAudioTrackError, FfmpegFailedError (also for what is no sound at all), MediaTimeoutError,
    OutputTooLargeError.
    """
    part = () if length_s is None else ("-ss", str(begin_s), "-t", str(length_s))
    with whole_file(wav) as partial:
        words = (
            *sound_input(source),
            *part,
            *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"),
            *("-af", f"{ON_TIME},aformat=channel_layouts=stereo|mono"),
            *("-c:a", "pcm_f32le", "-rf64", "auto", "-f", "wav", output(partial)),
        )
        try:
            limit = LONGEST_S * LARGEST_RATE_BYTES
            await ffmpeg.run(words, time_limit_s=time_limit_s, output_limit_bytes=limit, on_progress=on_progress)
        except FfmpegFailedError as error:
            if "matches no streams" in error.stderr_tail:
                raise NoAudioTrackError from error
            raise


async def encode_sound(
    ffmpeg: Ffmpeg, wav: Path, out: Path, *, time_limit_s: float = 1800.0, on_progress: OnSeconds | None = None
) -> None:
    """Write `out` (.wav and .flac with 24 bits, .mp3 and .m4a at 192 kbit/s) from a WAV of our own making.

    Raises ValueError for another suffix, FfmpegFailedError, MediaTimeoutError, OutputTooLargeError.
    """
    encoder = _ENCODERS.get(out.suffix.lower())
    if encoder is None:
        raise ValueError(f"no encoder for a file named {out.name!r}")
    with whole_file(out) as partial:
        words = (*audio_input(wav), *("-map", "0:a:0", *encoder), output(partial))
        limit = wav.stat().st_size + SPARE_BYTES
        await ffmpeg.run(words, time_limit_s=time_limit_s, output_limit_bytes=limit, on_progress=on_progress)
