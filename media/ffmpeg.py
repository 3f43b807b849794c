"""ffmpeg behind its guard: local files of known formats alone, bounded in time and output, with progress."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from media.errors import FfmpegFailedError, MediaDiskFullError
from media.guard import Limits, run_guarded

VIDEO_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
"""Demuxers a stranger's file may reach. Playlists (hls, concat) are not among them: they open other files."""
AUDIO_FORMATS = "wav,w64,flac"
"""Demuxers for files that we made ourselves."""
SOUND_FORMATS = f"{VIDEO_FORMATS},{AUDIO_FORMATS},mp3,aac,ogg,aiff"
"""Demuxers for a file of which the sound alone is wanted."""

NO_ROOM = ("No space left on device", "Disk quota exceeded")
"""strerror(3) of ENOSPC and EDQUOT; the child's language is C."""

_DIRECTORY = re.compile(r"(?:file:)?/(?:[^\s'\":/]+/)+")


def video_input(path: Path) -> tuple[str, ...]:
    """ffmpeg's words for reading a stranger's video file."""
    return _guarded_input(path, VIDEO_FORMATS)


def audio_input(path: Path) -> tuple[str, ...]:
    """ffmpeg's words for reading an audio file of our own making."""
    return _guarded_input(path, AUDIO_FORMATS)


def sound_input(path: Path) -> tuple[str, ...]:
    """ffmpeg's words for reading the sound of a stranger's file."""
    return _guarded_input(path, SOUND_FORMATS)


def output(path: Path) -> str:
    """ffmpeg's word for a file to write: never taken for an option or a protocol."""
    return f"file:{path.absolute()}"


def _guarded_input(path: Path, formats: str) -> tuple[str, ...]:
    name = f"file:{path.absolute()}"
    return ("-protocol_whitelist", "file", "-format_whitelist", formats, "-i", name)


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """One ffmpeg binary. `memory_bytes` bounds the address space of each run."""

    binary: Path
    memory_bytes: int = 4 << 30

    @classmethod
    def locate(cls) -> Ffmpeg:
        """The ffmpeg on the PATH, or else the one that the imageio-ffmpeg package carries."""
        found = shutil.which("ffmpeg")
        if found is None:
            import imageio_ffmpeg  # a 100 ms import that most machines never need

            found = imageio_ffmpeg.get_ffmpeg_exe()
        return cls(Path(found).resolve())

    async def run(
        self,
        args: Sequence[str],
        *,
        time_limit_s: float,
        output_limit_bytes: int,
        on_progress: Callable[[float], None] | None = None,
    ) -> str:
        """Run ffmpeg with `args`; `on_progress` hears the seconds of output written so far. Returns its last words.

        Inputs must come from `video_input`, `sound_input` or `audio_input`: a bare `-i` is refused, as is what is no
        local file.
        Raises FfmpegFailedError (with the last lines of its output), MediaTimeoutError, OutputTooLargeError,
        MediaDiskFullError.
        """
        _require_guarded(args)
        words = (str(self.binary), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-progress", "pipe:1", *args)
        limits = Limits(time_limit_s, output_limit_bytes, self.memory_bytes)
        hear = None if on_progress is None else _progress_listener(on_progress)
        finished = await run_guarded(words, limits, on_line=hear)
        tail = without_directories(finished.stderr_tail)
        if finished.status != 0 and any(words in tail for words in NO_ROOM):
            raise MediaDiskFullError
        if finished.status != 0:
            raise FfmpegFailedError(tail, status=finished.status, detail=(tail.splitlines() or [""])[-1])
        return tail


def without_directories(text: str) -> str:
    """The text with file names in place of full paths: where our files lie is nobody's business."""
    return _DIRECTORY.sub("", text)


def _require_guarded(args: Sequence[str]) -> None:
    for place, word in enumerate(args):
        if word != "-i":
            continue
        guard = tuple(args[max(0, place - 4) : place])
        name = args[place + 1] if place + 1 < len(args) else ""
        whitelisted = guard[:3] == ("-protocol_whitelist", "file", "-format_whitelist")
        if not (whitelisted and name.startswith("file:/")):
            raise ValueError(f"an ffmpeg input without its guard: {name!r}")


def _progress_listener(on_progress: Callable[[float], None]) -> Callable[[str], None]:
    """Turns the lines of `-progress` into seconds; "N/A" comes before the first frame."""

    def hear(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.lstrip("-").isdigit():
            on_progress(max(0.0, int(value) / 1e6))

    return hear
