"""The video resource as JSON, part by part."""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.store import Store
from sandbox.youtube.library import Video, is_settled, is_short, upload_status

_FAILURES = {"invalidFile": "transcodeFailed", "codec": "transcodeFailed", "conversion": "transcodeFailed"}
_THUMBNAILS = {"default": (120, 90), "medium": (320, 180), "high": (480, 360)}


def render(video: Video, channel: dict[str, Any], parts: Iterable[str], store: Store, now: datetime) -> dict[str, Any]:
    """`{kind, etag, id, …the parts}`."""
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "snippet": lambda: _snippet(video, channel),
        "status": lambda: _status(video, now),
        "statistics": lambda: statistics(video, store),
        "contentDetails": lambda: _content_details(video),
        "fileDetails": lambda: _file_details(video),
        "processingDetails": lambda: _processing_details(video, now),
        "player": lambda: {"embedHtml": f'<iframe src="//www.youtube.com/embed/{video["id"]}"></iframe>'},
        "suggestions": dict,
    }
    body: dict[str, Any] = {"kind": "youtube#video", "id": video["id"]}
    for part in parts:
        if part in makers:
            body[part] = makers[part]()
        elif part in video["parts"]:
            body[part] = video["parts"][part]
    return with_etag(body)


def with_etag(body: dict[str, Any]) -> dict[str, Any]:
    """The body with a tag of its content, as every resource has."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {"kind": body["kind"], "etag": digest[:27], **body}


def listing(kind: str, items: list[dict[str, Any]], *, total: int | None = None, page: int = 5) -> dict[str, Any]:
    """A list response with its envelope."""
    shown = {"totalResults": len(items) if total is None else total, "resultsPerPage": page}
    return with_etag({"kind": kind, "items": items, "pageInfo": shown})


def answer(body: dict[str, Any], status: int = 200) -> web.Response:
    """JSON as the API sends it."""
    return web.json_response(body, status=status, headers={"Cache-Control": "private"})


def rfc3339(moment: str) -> str:
    """Whole seconds of UTC with a Z, as the API writes times."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def published_at(video: Video) -> str:
    """When it became public; before that, when it was uploaded."""
    return rfc3339(video["published_at"] or video["uploaded_at"])


def duration(seconds: float) -> str:
    """ISO 8601: PT1M5S."""
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(int(whole.total_seconds()), 3600)
    minutes, left = divmod(rest, 60)
    text = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if value)
    return f"PT{text or '0S'}"


def statistics(video: Video, store: Store) -> dict[str, str]:
    """Counts are uint64, so they are strings."""
    ratings = list(video["ratings"].values())
    comments = sum(comment["video_id"] == video["id"] for comment in store.list("comment"))
    counted = {"viewCount": video["views"], "likeCount": ratings.count("like")}
    counted |= {"dislikeCount": ratings.count("dislike"), "favoriteCount": 0, "commentCount": comments}
    counted |= video.get("statistics", {})
    return {name: str(value) for name, value in counted.items()}


def thumbnails(video: Video) -> dict[str, Any]:
    """The sizes every video has; an upright picture of its own only for a Short with a thumbnail set."""
    root = f"https://i.ytimg.com/vi/{video['id']}"
    sizes = {
        name: {"url": f"{root}/{name}.jpg", "width": width, "height": height}
        for name, (width, height) in _THUMBNAILS.items()
    }
    if video["thumbnail"] is not None:
        key, size = ("shortsAspectRatio", (1080, 1920)) if is_short(video) else ("maxres", (1280, 720))
        sizes[key] = {"url": f"{root}/{key}.jpg", "width": size[0], "height": size[1]}
    return sizes


def _snippet(video: Video, channel: dict[str, Any]) -> dict[str, Any]:
    given = video["parts"]["snippet"]
    return {
        "publishedAt": published_at(video),
        "channelId": video["channel"],
        "channelTitle": channel["title"],
        "thumbnails": thumbnails(video),
        "liveBroadcastContent": "none",
        "localized": {"title": given["title"], "description": given["description"]},
        **given,
    }


def _status(video: Video, now: datetime) -> dict[str, Any]:
    status = {"uploadStatus": upload_status(video, now), **video["parts"]["status"]}
    if "publishAt" in status:
        status["publishAt"] = rfc3339(status["publishAt"])
    if status["uploadStatus"] in ("failed", "rejected"):
        status["failureReason" if status["uploadStatus"] == "failed" else "rejectionReason"] = video["outcome"][
            "reason"
        ]
    status["madeForKids"] = bool(status.get("selfDeclaredMadeForKids", False))
    return status


def _content_details(video: Video) -> dict[str, Any]:
    file = video["file"]
    return {
        "duration": duration(file["duration_s"]),
        "dimension": "2d",
        "definition": "hd" if min(file["width"], file["height"]) >= 720 else "sd",
        "caption": "false",
        "licensedContent": False,
        "contentRating": {},
        "projection": "rectangular",
        "hasCustomThumbnail": video["thumbnail"] is not None,
    }


def _file_details(video: Video) -> dict[str, Any]:
    file = video["file"]
    stream = {"widthPixels": file["width"], "heightPixels": file["height"]}
    return {
        "fileName": file["name"],
        "fileSize": str(file["size"]),
        "fileType": "video",
        "durationMs": str(round(file["duration_s"] * 1000)),
        "videoStreams": [stream] if file["width"] else [],
    }


def _processing_details(video: Video, now: datetime) -> dict[str, Any]:
    done = is_settled(video, now)
    failed = video["outcome"]["uploadStatus"] == "failed"
    left = datetime.fromisoformat(video["processed_at"]) - now
    details: dict[str, Any] = {
        "processingStatus": ("failed" if failed else "succeeded") if done else "processing",
        "fileDetailsAvailability": "available",
        "processingIssuesAvailability": "available" if done else "inProgress",
        "tagSuggestionsAvailability": "available" if done else "inProgress",
        "editorSuggestionsAvailability": "available" if done else "inProgress",
        "thumbnailsAvailability": "available" if done and not failed else "inProgress",
    }
    if not done:
        left_ms = str(max(0, round(left.total_seconds() * 1000)))
        details["processingProgress"] = {"partsTotal": "1000", "partsProcessed": "500", "timeLeftMs": left_ms}
    elif failed:
        details["processingFailureReason"] = _FAILURES.get(video["outcome"]["reason"], "uploadFailed")
    return details
