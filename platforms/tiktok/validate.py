"""Says before anything is sent what TikTok would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from platforms.base import VideoFile, VideoMeta, Violation
from platforms.limits import FileLimits
from platforms.options import COVER_MS
from platforms.tiktok.caption import caption, utf16_length
from platforms.tiktok.limits import CAPTION_MAX_UNITS, MIME_TYPES, PICTURE_LIMITS
from platforms.tiktok.options import BRANDED, DISCLOSES, OWN_BRAND
from platforms.tiktok.settings import Mode

SELF_ONLY = "SELF_ONLY"
PRIVACY_LEVELS = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", SELF_ONLY)
SWITCHES = (
    "disable_comment",
    "disable_duet",
    "disable_stitch",
    BRANDED,
    OWN_BRAND,
    "is_aigc",
    DISCLOSES,
)


def violations(file: VideoFile | None, meta: VideoMeta, *, mode: Mode, limits: FileLimits) -> tuple[Violation, ...]:
    """Return every rule that the file (where there is one yet) and the texts break.

    Into the inbox goes the file alone: everything else is said in the app, so nothing of it can be wrong.
    """
    found = [*_post(file, meta)] if mode is Mode.DIRECT else []
    return tuple(found if file is None else [*found, *_file(file, limits)])


def privacy_level(meta: VideoMeta) -> str:
    """The level that was chosen; "" where none was. The house's own words (`public`) choose nothing here.

    TikTok forbids a default, so `options["privacy_level"]` or a `privacy_status` in TikTok's words has to be said.
    """
    chosen = meta.options.get("privacy_level")
    if isinstance(chosen, str) and chosen:
        return chosen
    return meta.privacy_status if meta.privacy_status in PRIVACY_LEVELS else ""


def _post(file: VideoFile | None, meta: VideoMeta) -> Iterator[Violation]:
    length = utf16_length(caption(meta))
    if length > CAPTION_MAX_UNITS:
        yield _beyond("tiktok.title_too_long", CAPTION_MAX_UNITS, length)
    yield from _privacy(meta)
    if meta.options.get(DISCLOSES) is True and not (meta.options.get(BRANDED) or meta.options.get(OWN_BRAND)):
        yield Violation("tiktok.disclosure_incomplete")
    for option in SWITCHES:
        if not isinstance(meta.options.get(option, False), bool):
            yield Violation("tiktok.option_unknown", {"option": option, "actual": str(meta.options[option])})
    if COVER_MS in meta.options:
        yield from _cover(meta.options[COVER_MS], file)


def _privacy(meta: VideoMeta) -> Iterator[Violation]:
    level = privacy_level(meta)
    if not level:
        yield Violation("tiktok.privacy_missing")
    elif level not in PRIVACY_LEVELS:
        yield Violation("tiktok.privacy_unknown", {"actual": level})
    elif level == SELF_ONLY and meta.options.get(BRANDED) is True:
        yield Violation("tiktok.branded_private")


def _cover(value: Any, file: VideoFile | None) -> Iterator[Violation]:
    """TikTok takes the first frame in place of a time that cannot be, which nobody would have asked for."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        yield Violation("tiktok.option_unknown", {"option": COVER_MS, "actual": str(value)})
    elif file is not None and value > file.duration_s * 1000:
        yield _beyond("tiktok.cover_outside", round(file.duration_s * 1000), value)


def _file(file: VideoFile, limits: FileLimits) -> Iterator[Violation]:
    if file.size < 1:
        yield Violation("tiktok.file_empty")
    if limits.max_size is not None and file.size > limits.max_size:
        yield _beyond("tiktok.file_too_large", limits.max_size, file.size)
    if file.mime_type not in MIME_TYPES:
        yield Violation("tiktok.container_refused", {"actual": file.mime_type})
    if limits.min_duration_s is not None and file.duration_s < limits.min_duration_s:
        yield _lasts("tiktok.video_too_short", limits.min_duration_s, file.duration_s)
    if limits.max_duration_s is not None and file.duration_s > limits.max_duration_s:
        yield _lasts("tiktok.video_too_long", limits.max_duration_s, file.duration_s)
    yield from _picture(file)


def _picture(file: VideoFile) -> Iterator[Violation]:
    rule = PICTURE_LIMITS
    if not rule.min_side <= min(file.width, file.height) <= max(file.width, file.height) <= rule.max_side:
        sides = {"least": rule.min_side, "most": rule.max_side, "width": file.width, "height": file.height}
        yield Violation("tiktok.picture_size", sides)
    # What is measured (29.97, 59.94) is rounded; TikTok counts whole frames.
    if file.fps is not None and not rule.min_fps <= round(file.fps) <= rule.max_fps:
        frames = {"least": rule.min_fps, "most": rule.max_fps, "actual": round(file.fps, 2)}
        yield Violation("tiktok.frame_rate", frames)


def _beyond(code: str, limit: float, actual: float) -> Violation:
    return Violation(code, {"limit": limit, "actual": actual})


def _lasts(code: str, limit_s: float, actual_s: float) -> Violation:
    return Violation(code, {"limit_s": limit_s, "actual_s": actual_s})
