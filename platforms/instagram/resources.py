"""Meta's JSON, closed behind types at the edge: containers and media, and the caption that a post becomes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from platforms.base import VideoMeta

_TIMESTAMP = "%Y-%m-%dT%H:%M:%S%z"


class ContainerState(StrEnum):
    """`status_code` of a container."""

    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"
    PUBLISHED = "PUBLISHED"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Container:
    """A Reel in the making. `received` is how many bytes of a resumable upload arrived, None where it is not told."""

    state: ContainerState
    status: str
    received: int | None
    upload_status: str
    processing_status: str

    @property
    def has_every_byte(self) -> bool:
        """Whether nothing is left to send."""
        if self.state in (ContainerState.FINISHED, ContainerState.PUBLISHED):
            return True
        return self.upload_status == "complete"


@dataclass(frozen=True, slots=True)
class Media:
    """A published post; `published_at` is aware UTC."""

    media_id: str
    caption: str
    permalink: str
    product: str
    published_at: datetime | None

    @property
    def is_reel(self) -> bool:
        return self.product in ("REELS", "")


def parse_container(body: Mapping[str, Any]) -> Container:
    video = part(body, "video_status")
    uploading, processing = part(video, "uploading_phase"), part(video, "processing_phase")
    code = text(body, "status_code")
    return Container(
        state=ContainerState(code) if code in set(ContainerState) else ContainerState.UNKNOWN,
        status=text(body, "status"),
        received=_count(uploading.get("bytes_transferred", uploading.get("bytes_transfered"))),
        upload_status=text(uploading, "status"),
        processing_status=text(processing, "status"),
    )


def parse_media(body: Mapping[str, Any]) -> Media:
    return Media(
        media_id=identifier(body),
        caption=text(body, "caption"),
        permalink=text(body, "permalink"),
        product=text(body, "media_product_type"),
        published_at=moment(text(body, "timestamp")),
    )


def caption_of(meta: VideoMeta) -> str:
    """Write the caption: `options["caption"]` as it is, or title, description and keywords as hashtags.

    A Reel has no title of its own; one that already begins the description is not said twice.
    """
    given = meta.options.get("caption")
    if isinstance(given, str) and given.strip():
        return given.strip()
    title, description = meta.title.strip(), meta.description.strip()
    if title and description.startswith(title):
        title = ""
    written = {tag.casefold() for tag in hashtags(f"{title} {description}")}
    tags = [tag for keyword in meta.keywords if (tag := _hashtag(keyword)) and tag.casefold() not in written]
    return "\n\n".join(each for each in (title, description, " ".join(dict.fromkeys(tags))) if each)


def hashtags(caption: str) -> list[str]:
    """Return every hashtag of a caption, with its sign."""
    return re.findall(r"(?<![\w#&])#\w+", caption)


def mentions(caption: str) -> list[str]:
    """Return every @mention of a caption, with its sign."""
    return re.findall(r"(?<![\w@.])@[A-Za-z0-9_.]+", caption)


def same_caption(one: str, other: str) -> bool:
    """Compare captions as Instagram keeps them: composed characters, trimmed, and line ends of one kind."""
    return _normal(one) == _normal(other)


def part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part of an object, empty where it is missing or no object."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def rows(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the objects of a `data` list; a missing list is an empty one."""
    value = body.get("data")
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a string, "" where it is missing or something else."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def identifier(body: Mapping[str, Any], name: str = "id") -> str:
    """Return an id of digits: Meta writes some as numbers and some as strings. "" for anything else."""
    value = body.get(name)
    written = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return written if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", written) else ""


def moment(value: str) -> datetime | None:
    """Read a time like `2026-11-20T12:00:00+0000` as aware UTC; None where it is none."""
    try:
        return datetime.strptime(value, _TIMESTAMP).astimezone(UTC)
    except ValueError:
        return None


def _hashtag(keyword: str) -> str:
    word = re.sub(r"\W+", "", keyword)
    return f"#{word}" if word else ""


def _normal(caption: str) -> str:
    lines = unicodedata.normalize("NFC", caption).replace("\r\n", "\n").strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)


def _count(value: object) -> int | None:
    """Return a number that JSON carries as itself or as digits."""
    written = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return int(written) if written.isascii() and written.isdigit() else None
