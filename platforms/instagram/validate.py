"""Says before anything is sent what Instagram would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from platforms.base import VideoFile, VideoMeta, Violation
from platforms.instagram.limits import CAPTION_MAX_CHARACTERS, FILE_LIMITS, REEL_LIMITS, TEXT_LIMITS
from platforms.instagram.resources import caption_of, hashtags, mentions
from platforms.options import COVER_MS


def violations(file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
    """Return every rule that the file (where there is one yet), the texts and the options break."""
    found = [*_caption(meta), *_options(meta, file)]
    return tuple(found if file is None else [*_file(file), *found])


def _caption(meta: VideoMeta) -> Iterator[Violation]:
    if len(meta.title) > TEXT_LIMITS.title_max_characters:
        yield _too_much("instagram.title_too_long", TEXT_LIMITS.title_max_characters, len(meta.title))
        return
    caption = caption_of(meta)
    for code, limit, actual in (
        ("instagram.caption_too_long", CAPTION_MAX_CHARACTERS, len(caption)),
        ("instagram.too_many_hashtags", REEL_LIMITS.max_hashtags, len(hashtags(caption))),
        ("instagram.too_many_mentions", REEL_LIMITS.max_mentions, len(mentions(caption))),
    ):
        if actual > limit:
            yield _too_much(code, limit, actual)


def _options(meta: VideoMeta, file: VideoFile | None) -> Iterator[Violation]:
    options = meta.options
    if meta.privacy_status != "public":
        # A Reel is as public as its account: one that was meant for few eyes must not become one.
        yield Violation("instagram.no_privacy", {"actual": meta.privacy_status})
    if "share_to_feed" in options and not isinstance(options["share_to_feed"], bool):
        yield _unknown("share_to_feed", options["share_to_feed"])
    offset = options.get(COVER_MS)
    if offset is not None and not _is_offset(offset, file):
        yield _unknown(COVER_MS, offset)
    cover = options.get("cover_url")
    if cover and not (isinstance(cover, str) and cover.startswith("https://")):
        yield _unknown("cover_url", cover)
    collaborators = options.get("collaborators") or ()
    if not isinstance(collaborators, (list, tuple)) or not all(isinstance(name, str) for name in collaborators):
        yield _unknown("collaborators", collaborators)
    elif len(collaborators) > REEL_LIMITS.max_collaborators:
        yield _too_much("instagram.too_many_collaborators", REEL_LIMITS.max_collaborators, len(collaborators))


def _is_offset(value: Any, file: VideoFile | None) -> bool:
    """A cover's place is whole milliseconds within the video."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return False
    return file is None or value <= file.duration_s * 1000


def _file(file: VideoFile) -> Iterator[Violation]:
    if file.size < 1:
        yield Violation("instagram.file_empty")
    if FILE_LIMITS.max_size is not None and file.size > FILE_LIMITS.max_size:
        yield _too_much("instagram.file_too_large", FILE_LIMITS.max_size, file.size)
    if FILE_LIMITS.min_duration_s is not None and file.duration_s < FILE_LIMITS.min_duration_s:
        yield _too_much("instagram.video_too_short", FILE_LIMITS.min_duration_s, file.duration_s)
    if FILE_LIMITS.max_duration_s is not None and file.duration_s > FILE_LIMITS.max_duration_s:
        yield _too_much("instagram.video_too_long", FILE_LIMITS.max_duration_s, file.duration_s)
    yield from _picture(file)


def _picture(file: VideoFile) -> Iterator[Violation]:
    if file.mime_type not in REEL_LIMITS.mime_types:
        yield Violation("instagram.container_refused", {"actual": file.mime_type})
    if file.width > REEL_LIMITS.max_width:
        yield _too_much("instagram.video_too_wide", REEL_LIMITS.max_width, file.width)
    if file.height and not REEL_LIMITS.min_aspect <= file.width / file.height <= REEL_LIMITS.max_aspect:
        yield Violation("instagram.aspect_refused", {"actual": f"{file.width}:{file.height}"})
    if file.fps is not None and round(file.fps, 1) < REEL_LIMITS.min_fps:
        yield _too_much("instagram.too_few_fps", REEL_LIMITS.min_fps, file.fps)
    if file.fps is not None and round(file.fps, 1) > REEL_LIMITS.max_fps:
        yield _too_much("instagram.too_many_fps", REEL_LIMITS.max_fps, file.fps)


def _unknown(option: str, value: Any) -> Violation:
    return Violation("instagram.option_unknown", {"option": option, "actual": str(value)})


def _too_much(code: str, limit: float, actual: float) -> Violation:
    return Violation(code, {"limit": limit, "actual": actual})
