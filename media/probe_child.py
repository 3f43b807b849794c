"""The child that opens a stranger's file: PyAV runs here and never in the process that holds the tokens.

Run as `python -P -m media.probe_child FILE`; says one line of JSON: `{"info": …}` or `{"error": "TruncatedError"}`.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream as AvAudio
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream as AvVideo

from media.ffmpeg import VIDEO_FORMATS
from media.index import Index, read_index
from media.info import AudioStream, MediaInfo, VideoStream
from media.layout import Layout, layout_of

GAP_TOLERANCE = 0.1
"""A gap between frames this much off the median gap counts as uneven."""
UNEVEN_SHARE = 0.01
"""Above this share of uneven gaps the frame rate is variable; a single dropped frame is not enough."""
MISSING_S = 1.0
"""How far content may end before its declared duration, in a container that declares no lengths."""


class UnusableError(Exception):
    """The file has the fault of this name in `media.errors`."""


def examine(path: Path) -> MediaInfo:
    """Open, measure and walk the file; raises UnusableError with the name of what is wrong."""
    layout = layout_of(path)
    try:
        with _open(path) as container:
            info = _describe(container, path)
            walk = _walk(container) if layout is Layout.UNKNOWN or info.container in ("webm", "matroska") else None
    except (av.error.FFmpegError, UnicodeDecodeError) as error:
        raise UnusableError("TruncatedError" if layout is Layout.CUT else "NotAVideoError") from error
    if layout is Layout.CUT or (walk and walk.end_s < info.duration_s - MISSING_S):
        raise UnusableError("TruncatedError")
    if walk and info.video and _is_uneven(walk.picture_times):
        return replace(info, video=replace(info.video, variable_fps=True))
    return info


def _open(path: Path) -> InputContainer:
    guard = {"protocol_whitelist": "file", "format_whitelist": VIDEO_FORMATS}
    return av.open(f"file:{path.absolute()}", mode="r", options=guard, metadata_errors="replace")


def _describe(container: InputContainer, path: Path) -> MediaInfo:
    pictures = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    sounds = container.streams.audio
    origin = Fraction(container.start_time or 0, av.time_base)
    length_s = (container.duration or 0) / av.time_base
    name = _container_name(container, path)
    index = read_index(path) if name in ("mp4", "mov") else Index(first=True, edits={})
    audio = _describe_audio(sounds[0], origin, length_s) if sounds else None
    video = _describe_video(container, pictures[0], origin, length_s) if pictures else None
    return MediaInfo(
        container=name,
        duration_s=length_s,
        size=path.stat().st_size,
        audio=audio and replace(audio, edits=index.edits.get("soun", "none")),
        video=video and replace(video, edits=index.edits.get("vide", "none")),
        index_first=index.first,
    )


def _describe_video(container: InputContainer, stream: AvVideo, origin: Fraction, length_s: float) -> VideoStream:
    frame = next(container.decode(stream), None)
    if frame is None:
        raise UnusableError("NotAVideoError")
    rotation = frame.rotation % 360
    width, height = stream.codec_context.width, stream.codec_context.height
    pixel_aspect = stream.sample_aspect_ratio or Fraction(1)
    if rotation in (90, 270):
        width, height, pixel_aspect = height, width, 1 / pixel_aspect
    rate = stream.average_rate or stream.guessed_rate or Fraction(0)
    return VideoStream(
        codec=stream.codec_context.name,
        width=width,
        height=height,
        fps=float(rate),
        variable_fps=_is_variable(stream),
        rotation=rotation,
        start_s=_seconds(stream.start_time, stream.time_base, origin),
        duration_s=_length_s(stream, length_s),
        frames=stream.frames,
        pixel_format=stream.codec_context.pix_fmt or "",
        pixel_aspect=float(pixel_aspect),
        interlaced=frame.interlaced_frame,
        matrix=int(stream.codec_context.colorspace),
        transfer=int(stream.codec_context.color_trc),
    )


def _describe_audio(stream: AvAudio, origin: Fraction, length_s: float) -> AudioStream:
    return AudioStream(
        codec=stream.codec_context.name,
        sample_rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        start_s=_seconds(stream.start_time, stream.time_base, origin),
        duration_s=_length_s(stream, length_s),
    )


def _seconds(moment: int | None, time_base: Fraction | None, origin: Fraction) -> float:
    return 0.0 if moment is None or time_base is None else float(moment * time_base - origin)


def _length_s(stream: AvVideo | AvAudio, fallback_s: float) -> float:
    if stream.duration is None or stream.time_base is None:
        return fallback_s
    return float(stream.duration * stream.time_base)


def _is_variable(stream: AvVideo) -> bool:
    """Judged by the decode times in the file's index; mp4 lists every frame there, matroska only key frames."""
    times = [entry.timestamp for entry in stream.index_entries]
    return 0 < stream.frames <= len(times) and _is_uneven(times)


def _is_uneven(moments: Iterable[int]) -> bool:
    times = sorted(moments)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times) if later > earlier]
    if len(gaps) < 3:
        return False
    usual = statistics.median(gaps)
    uneven = sum(abs(gap - usual) > max(1, GAP_TOLERANCE * usual) for gap in gaps)
    return uneven > UNEVEN_SHARE * len(gaps)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where the last packet ends, in seconds, and when each picture is shown, in its track's own units."""

    end_s: float
    picture_times: list[int]


def _walk(container: InputContainer) -> _Walk:
    """Every byte of the file is read, none is decoded."""
    container.seek(0)
    end_s, picture_times = 0.0, []
    for packet in container.demux():
        if packet.pts is None or packet.time_base is None:
            continue
        end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if packet.stream.type == "video":
            picture_times.append(packet.pts)
    return _Walk(end_s, picture_times)


def _container_name(container: InputContainer, path: Path) -> str:
    if "matroska" in container.format.name:
        with path.open("rb") as file:
            return "webm" if b"webm" in file.read(64) else "matroska"
    return "mov" if container.metadata.get("major_brand", "").strip() == "qt" else "mp4"


def main(path: Path) -> None:
    """Examine one file and say what was found."""
    answer: dict[str, Any]
    try:
        answer = {"info": examine(path).to_json()}
    except UnusableError as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
