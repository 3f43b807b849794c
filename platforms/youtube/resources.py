"""YouTube's JSON, closed behind types at the edge: what we read of a video, and what we write of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.base import VideoMeta, Visibility
from platforms.youtube.release import first_release, release_of
from platforms.youtube.validate import parse_moment

DEFAULT_CATEGORY = "22"  # People & Blogs
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@dataclass(frozen=True, slots=True)
class Video:
    """What YouTube says of a video; None and "" where it does not say. Sizes in bytes, `published_at` aware UTC."""

    video_id: str
    title: str
    published_at: datetime | None
    duration_s: float | None
    file_name: str
    file_size: int | None
    upload_status: str
    failure_reason: str
    rejection_reason: str
    processing_status: str
    processing_failure_reason: str
    progress: float | None
    visibility: str


def parse_video(resource: Mapping[str, Any]) -> Video:
    """Read a `youtube#video` of any parts."""
    snippet, status = part(resource, "snippet"), part(resource, "status")
    file, processing = part(resource, "fileDetails"), part(resource, "processingDetails")
    return Video(
        video_id=text(resource, "id"),
        title=text(snippet, "title"),
        published_at=moment(snippet, "publishedAt"),
        duration_s=parse_duration(text(part(resource, "contentDetails"), "duration")),
        file_name=text(file, "fileName"),
        file_size=whole(file, "fileSize"),
        upload_status=text(status, "uploadStatus"),
        failure_reason=text(status, "failureReason"),
        rejection_reason=text(status, "rejectionReason"),
        processing_status=text(processing, "processingStatus"),
        processing_failure_reason=text(processing, "processingFailureReason"),
        progress=_progress(part(processing, "processingProgress")),
        visibility=_visibility(status),
    )


def _visibility(status: Mapping[str, Any]) -> str:
    if "privacyStatus" not in status:
        return ""
    release = release_of(status)
    return Visibility.TIMED if release.publish_at is not None else release.privacy_status


def parse_statistics(resource: Mapping[str, Any]) -> dict[str, int]:
    """Read `statistics`: 64-bit numbers as strings. A counter that the channel hides is left out."""
    statistics = part(resource, "statistics")
    names = {"views": "viewCount", "likes": "likeCount", "comments": "commentCount", "dislikes": "dislikeCount"}
    counted = {name: whole(statistics, key) for name, key in names.items()}
    return {name: count for name, count in counted.items() if count is not None}


def video_body(meta: VideoMeta, now: datetime) -> dict[str, Any]:
    """Write the resource for videos.insert.

    Privacy, audience and synthetic content are always sent: what is left out, YouTube decides (`privacyStatus`
    defaults to public). A video with `options["publish_at"]` starts private and becomes public by itself at that time.
    """
    status = written_status(meta) | first_release(meta, now).fields() | status_choices(meta)
    return {"snippet": written_snippet(meta), "status": status}


def written_snippet(meta: VideoMeta, *, had_category: bool = False) -> dict[str, Any]:
    """Write the texts. A category that the video has and `meta` does not name is left out."""
    options = meta.options
    snippet: dict[str, Any] = {
        "title": meta.title,
        "description": meta.description,
        "tags": [keyword for keyword in meta.keywords if keyword.strip()],
    }
    if "category_id" in options or not had_category:
        snippet["categoryId"] = str(options.get("category_id", DEFAULT_CATEGORY))
    if "default_language" in options:
        snippet["defaultLanguage"] = options["default_language"]
    return snippet


def written_status(meta: VideoMeta) -> dict[str, Any]:
    """Write whom and what the video is declared to be for."""
    return {
        "selfDeclaredMadeForKids": meta.made_for_kids,
        "containsSyntheticMedia": meta.contains_synthetic_media,
    }


def status_choices(meta: VideoMeta) -> dict[str, Any]:
    """Write what was chosen beyond that."""
    return {name: meta.options[name] for name in ("license", "embeddable") if name in meta.options}


def parse_duration(value: str) -> float | None:
    """Read an ISO 8601 duration (`PT1M5S`) in seconds; None where it is absent, unreadable or still zero."""
    match = _DURATION.fullmatch(value)
    if match is None:
        return None
    days, hours, minutes, seconds = (float(number or 0) for number in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
    return length or None


def part(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part of a resource, empty where it is missing or no object."""
    value = resource.get(name)
    return value if isinstance(value, dict) else {}


def items(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the items of a list answer; a missing list is an empty one."""
    value = body.get("items")
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(resource: Mapping[str, Any], name: str) -> str:
    """Return a string, "" where it is missing or something else."""
    value = resource.get(name)
    return value if isinstance(value, str) else ""


def whole(resource: Mapping[str, Any], name: str) -> int | None:
    """Return a number that JSON carries as a string of digits, as 64-bit ones are here."""
    value = str(resource.get(name, ""))
    return int(value) if value.isascii() and value.isdigit() else None


def moment(resource: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time as aware UTC."""
    parsed = parse_moment(text(resource, name))
    return parsed.astimezone(UTC) if parsed is not None else None


def _progress(progress: Mapping[str, Any]) -> float | None:
    """Return the processed share, 0 to 1."""
    total, done = whole(progress, "partsTotal"), whole(progress, "partsProcessed")
    return min(done / total, 1.0) if total and done is not None else None
