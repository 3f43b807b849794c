"""Says before anything is sent what Telegram would refuse."""

from __future__ import annotations

from collections.abc import Iterator

from platforms.base import VideoFile, VideoMeta, Violation
from platforms.limits import FileLimits
from platforms.telegram_channel.caption import caption_of, utf16_length
from platforms.telegram_channel.limits import CAPTION_MAX_UNITS, MIME_TYPES


def violations(file: VideoFile | None, meta: VideoMeta, limits: FileLimits) -> tuple[Violation, ...]:
    """Return every rule that the file (where there is one yet) and the texts break."""
    return (*(_file(file, limits) if file is not None else ()), *_texts(meta))


def _texts(meta: VideoMeta) -> Iterator[Violation]:
    units = utf16_length(caption_of(meta).text)
    if units > CAPTION_MAX_UNITS:
        yield Violation("telegram_channel.caption_too_long", {"limit": CAPTION_MAX_UNITS, "actual": units})
    if meta.privacy_status != "public":
        # Everyone in the channel sees a post: one that was meant for few eyes must not become one.
        yield Violation("telegram_channel.no_privacy", {"actual": meta.privacy_status})


def _file(file: VideoFile, limits: FileLimits) -> Iterator[Violation]:
    if file.size < 1:
        yield Violation("telegram_channel.file_empty")
    if limits.max_size is not None and file.size > limits.max_size:
        megabytes = {"limit": limits.max_size // 1_000_000, "actual": -(-file.size // 1_000_000)}
        yield Violation("telegram_channel.file_too_large", megabytes)
    if file.mime_type not in MIME_TYPES:
        yield Violation("telegram_channel.container_refused", {"actual": file.mime_type})
