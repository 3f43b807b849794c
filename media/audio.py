"""Take the sound out of a video and put another in, with the picture untouched and the lips in sync."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media.errors import FfmpegFailedError, NoAudioTrackError
from media.ffmpeg import Ffmpeg, audio_input, output, video_input
from media.info import MediaInfo
from media.on_time import ON_TIME
from media.partial import whole_file

SAMPLE_RATE = 44_100
WAV_BYTES_PER_S = SAMPLE_RATE * 2 * 4  # stereo float32
LONGEST_S = 12 * 3600
"""YouTube's longest video; nothing longer is handled."""
SPARE_BYTES = 64 << 20
"""How much larger than its parts a muxed file may get: the new sound and the tables."""

OnSeconds = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Container:
    muxer: str
    sound: tuple[str, ...]


_FASTSTART = ("-movflags", "+faststart")
_AAC = ("-c:a", "aac", "-b:a", "192k")
_CONTAINERS = {
    ".mp4": _Container("mp4", (*_AAC, *_FASTSTART)),
    ".m4v": _Container("mp4", (*_AAC, *_FASTSTART)),
    ".mov": _Container("mov", (*_AAC, *_FASTSTART)),
    ".mkv": _Container("matroska", _AAC),
    ".webm": _Container("webm", ("-c:a", "libopus", "-b:a", "160k")),
}


VIDEO_SUFFIXES = tuple(_CONTAINERS)


def render_suffix(info: MediaInfo) -> str:
    """The file name suffix under which `replace_audio` keeps this file's container."""
    return {"mp4": ".mp4", "mov": ".mov", "webm": ".webm", "matroska": ".mkv"}[info.container]


async def extract_audio(
    ffmpeg: Ffmpeg, video: Path, wav: Path, *, time_limit_s: float = 1800.0, on_progress: OnSeconds | None = None
) -> None:
    """Write the first sound track as 44.1 kHz float WAV whose first sample is the file's first moment.

    A track that starts late begins with silence and gaps are filled (`media.on_time`), so sample n is heard at
    n / 44100 s. Mono and stereo stay; more channels are mixed down to stereo, which is what the sites play.
    Raises NoAudioTrackError, FfmpegFailedError, MediaTimeoutError, OutputTooLargeError.
    """
    with whole_file(wav) as partial:
        words = (
            *video_input(video),
            *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"),
            *("-af", f"{ON_TIME},aformat=channel_layouts=stereo|mono"),
            *("-ar", str(SAMPLE_RATE), "-c:a", "pcm_f32le", "-rf64", "auto", "-f", "wav", output(partial)),
        )
        try:
            limit = LONGEST_S * WAV_BYTES_PER_S
            await ffmpeg.run(words, time_limit_s=time_limit_s, output_limit_bytes=limit, on_progress=on_progress)
        except FfmpegFailedError as error:
            if "matches no streams" in error.stderr_tail:
                raise NoAudioTrackError from error
            raise


async def replace_audio(
    ffmpeg: Ffmpeg,
    video: Path,
    wav: Path,
    out: Path,
    *,
    time_limit_s: float = 1800.0,
    on_progress: OnSeconds | None = None,
) -> None:
    """Write `out`: the picture of `video`, copied packet for packet, with the sound of `wav`.

    Rotation, metadata and chapters are kept; mp4 gets its index first (faststart) and AAC at 192 kbit/s, WebM Opus.
    The container follows the suffix of `out` (`render_suffix` says which fits). Other sound tracks are left out: they
    would still hold the voice that was to be changed.
    Raises ValueError for a suffix unknown here, FfmpegFailedError, MediaTimeoutError, OutputTooLargeError.
    """
    container = _CONTAINERS.get(out.suffix.lower())
    if container is None:
        raise ValueError(f"no container for a file named {out.name!r}")
    size_limit = video.stat().st_size + wav.stat().st_size + SPARE_BYTES
    with whole_file(out) as partial:
        words = (
            *video_input(video),
            *audio_input(wav),
            *("-map", "0:V:0", "-map", "1:a:0", "-map_metadata", "0", "-map_chapters", "0"),
            *("-c:v", "copy", *container.sound, "-f", container.muxer, output(partial)),
        )
        await ffmpeg.run(words, time_limit_s=time_limit_s, output_limit_bytes=size_limit, on_progress=on_progress)
