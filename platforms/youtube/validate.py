"""Says before anything is sent what YouTube would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from platforms.base import VideoFile, VideoMeta, Violation
from platforms.youtube.limits import FILE_LIMITS, TEXT_LIMITS, keywords_length
from platforms.youtube.shorts import short_violation

PRIVACY_STATUSES = ("public", "unlisted", "private")
_KNOWN_OPTIONS: Mapping[str, Callable[[Any], bool]] = {
    "license": lambda value: value in ("youtube", "creativeCommon"),
    "embeddable": lambda value: isinstance(value, bool),
    "notify_subscribers": lambda value: isinstance(value, bool),
    "short": lambda value: isinstance(value, bool),
    "default_language": lambda value: isinstance(value, str) and bool(value),
}


def violations(file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
    """Return every rule that the file (where there is one yet) and the texts break."""
    found = [*_title(meta.title), *_description(meta.description), *_keywords(meta.keywords), *_options(meta)]
    return tuple(found if file is None else [*found, *_file(file), *_short(file, meta)])


def _title(title: str) -> Iterator[Violation]:
    if not title.strip():
        yield Violation("youtube.title_empty")
    if len(title) > TEXT_LIMITS.title_max_characters:
        yield _too_much("youtube.title_too_long", TEXT_LIMITS.title_max_characters, len(title))
    if _has_forbidden(title):
        yield Violation("youtube.title_forbidden_characters", {"characters": TEXT_LIMITS.forbidden_characters})


def _description(description: str) -> Iterator[Violation]:
    size = len(description.encode("utf-8", "surrogatepass"))  # bytes
    if size > TEXT_LIMITS.description_max_bytes:
        yield _too_much("youtube.description_too_long", TEXT_LIMITS.description_max_bytes, size)
    if _has_forbidden(description):
        yield Violation("youtube.description_forbidden_characters", {"characters": TEXT_LIMITS.forbidden_characters})


def _keywords(keywords: tuple[str, ...]) -> Iterator[Violation]:
    length = keywords_length(keywords)
    if length > TEXT_LIMITS.keywords_max_characters:
        yield _too_much("youtube.keywords_too_long", TEXT_LIMITS.keywords_max_characters, length)
    if any(_has_forbidden(keyword) for keyword in keywords):
        yield Violation("youtube.keywords_forbidden_characters", {"characters": TEXT_LIMITS.forbidden_characters})


def _options(meta: VideoMeta) -> Iterator[Violation]:
    if meta.privacy_status not in PRIVACY_STATUSES:
        yield Violation("youtube.privacy_unknown", {"actual": meta.privacy_status})
    category = meta.options.get("category_id", "22")
    if not (isinstance(category, str) and category.isascii() and category.isdigit()):
        yield Violation("youtube.category_unknown", {"actual": str(category)})
    for option, is_known in _KNOWN_OPTIONS.items():
        if option in meta.options and not is_known(meta.options[option]):
            yield Violation("youtube.option_unknown", {"option": option, "actual": str(meta.options[option])})
    yield from _publish_at(meta)


def _publish_at(meta: VideoMeta) -> Iterator[Violation]:
    publish_at = meta.options.get("publish_at")
    if publish_at is None:
        return
    if parse_moment(publish_at) is None:
        yield Violation("youtube.publish_at_unreadable", {"actual": str(publish_at)})
    if meta.privacy_status != "public":
        yield Violation("youtube.publish_at_needs_public", {"actual": meta.privacy_status})


def _file(file: VideoFile) -> Iterator[Violation]:
    if file.size < 1:
        yield Violation("youtube.file_empty")
    if FILE_LIMITS.max_size is not None and file.size > FILE_LIMITS.max_size:
        yield _too_much("youtube.file_too_large", FILE_LIMITS.max_size, file.size)
    if FILE_LIMITS.max_duration_s is not None and file.duration_s > FILE_LIMITS.max_duration_s:
        yield _too_much("youtube.video_too_long", FILE_LIMITS.max_duration_s, file.duration_s)


def _short(file: VideoFile, meta: VideoMeta) -> Iterator[Violation]:
    """Only where the post is wanted as a Short: there is no other way to be one than the file's own shape."""
    if meta.options.get("short") is True and (violation := short_violation(file)) is not None:
        yield violation


def parse_moment(value: Any) -> datetime | None:
    """Read an RFC 3339 time; None where it is none or names no zone."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _has_forbidden(text: str) -> bool:
    return any(character in text for character in TEXT_LIMITS.forbidden_characters)


def _too_much(code: str, limit: float, actual: float) -> Violation:
    return Violation(code, {"limit": limit, "actual": actual})
