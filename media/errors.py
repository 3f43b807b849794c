"""What can be wrong with a media file, or with handling one.

MediaError
├── NotAVideoError       the file is not a video that ffmpeg understands
├── EmptyFileError       zero bytes
├── TruncatedError       the file ends before its content does
├── NoVideoTrackError    sound only
├── NoAudioTrackError    a voice was asked for, and there is no sound
├── MediaTimeoutError    the child took longer than it was allowed, and was killed
├── OutputTooLargeError  the child wrote more than it was allowed, and was stopped
├── MediaDiskFullError   there is no room left for what the child writes
└── FfmpegFailedError    anything else that ffmpeg said; `stderr_tail` holds its last lines
"""

from __future__ import annotations

from typing import ClassVar


class MediaError(Exception):
    """The media file could not be handled."""

    code: ClassVar[str] = "media.error"

    def __init__(self, message: str | None = None, **params: object) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.params = params


class NotAVideoError(MediaError):
    """This file is not a video."""

    code = "media.not_a_video"


class EmptyFileError(MediaError):
    """This file is empty."""

    code = "media.empty_file"


class TruncatedError(MediaError):
    """This video is cut short: a part of it is missing."""

    code = "media.truncated"


class NoVideoTrackError(MediaError):
    """This file has sound but no picture."""

    code = "media.no_video_track"


class NoAudioTrackError(MediaError):
    """This video has no sound, so there is no voice to change."""

    code = "media.no_audio_track"


class MediaTimeoutError(MediaError):
    """Handling this video took too long and was stopped."""

    code = "media.timeout"


class OutputTooLargeError(MediaError):
    """Handling this video produced more data than is allowed and was stopped."""

    code = "media.output_too_large"


class MediaDiskFullError(MediaError):
    """There is no room left on the disk for handling this video."""

    code = "media.disk_full"


class FfmpegFailedError(MediaError):
    """ffmpeg could not handle this video."""

    code = "media.ffmpeg_failed"

    def __init__(self, stderr_tail: str, **params: object) -> None:
        super().__init__(f"ffmpeg failed: {stderr_tail}", **params)
        self.stderr_tail = stderr_tail
