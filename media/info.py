"""What a probe finds in a media file, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from media.errors import NoAudioTrackError, NoVideoTrackError

Edits = Literal["none", "start", "cut"]
"""What a track's edit list does: there is none; it hides the encoder's start-up alone; it moves or hides content."""


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture. Width and height in pixels as shown, that is after rotation (degrees counter-clockwise, 0..359).

    `start_s` counts from the start of the file; `frames` is 0 where the file does not say. `pixel_aspect` is the width
    of a pixel as shown over its height; `matrix` and `transfer` are ITU-T H.273 numbers (2: not said).
    """

    codec: str
    width: int
    height: int
    fps: float
    variable_fps: bool
    rotation: int
    start_s: float
    duration_s: float
    frames: int
    pixel_format: str = "yuv420p"
    pixel_aspect: float = 1.0
    interlaced: bool = False
    matrix: int = 2
    transfer: int = 2
    edits: Edits = "none"


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The first sound track; `sample_rate` in Hz, `start_s` counts from the start of the file."""

    codec: str
    sample_rate: int
    channels: int
    start_s: float
    duration_s: float
    edits: Edits = "none"


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A readable, complete media file: `container` is mp4, mov, webm or matroska; `size` in bytes.

    `index_first` is true where a player can start before it has the whole file.
    """

    container: str
    duration_s: float
    size: int
    video: VideoStream | None
    audio: AudioStream | None
    index_first: bool = True

    def require_video(self) -> VideoStream:
        """The picture; raises NoVideoTrackError where there is none."""
        if self.video is None:
            raise NoVideoTrackError
        return self.video

    def require_audio(self) -> AudioStream:
        """The sound; raises NoAudioTrackError where there is none."""
        if self.audio is None:
            raise NoAudioTrackError
        return self.audio

    def to_json(self) -> dict[str, Any]:
        """Plain data, the inverse of `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MediaInfo:
        """The value that `to_json` wrote down."""
        video, audio = data["video"], data["audio"]
        return cls(
            container=data["container"],
            duration_s=data["duration_s"],
            size=data["size"],
            video=None if video is None else VideoStream(**video),
            audio=None if audio is None else AudioStream(**audio),
            index_first=data.get("index_first", True),
        )
