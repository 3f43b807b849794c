"""What people may say about a video: the writable parts of the resource, checked as the API checks them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.youtube import errors
from sandbox.youtube.errors import ApiError

Part = dict[str, Any]

PARTS = frozenset({
    "ageGating", "brandPartner", "contentDetails", "fileDetails", "id", "liveStreamingDetails", "localizations",
    "monetizationDetails", "paidProductPlacementDetails", "player", "processingDetails", "projectDetails",
    "recordingDetails", "snippet", "statistics", "status", "suggestions", "topicDetails",
})  # fmt: skip
WRITABLE = ("snippet", "status", "recordingDetails", "localizations", "paidProductPlacementDetails")
OWNER_ONLY = frozenset({"fileDetails", "processingDetails", "suggestions"})

_SNIPPET = {
    "title": str, "description": str, "tags": list, "categoryId": str, "defaultLanguage": str,
    "defaultAudioLanguage": str,
}  # fmt: skip
_SNIPPET_READ_ONLY = {
    "channelId", "channelTitle", "liveBroadcastContent", "localized", "publishedAt", "thumbnails",
}  # fmt: skip
_STATUS = {
    "privacyStatus": str, "publishAt": str, "license": str, "embeddable": bool, "publicStatsViewable": bool,
    "selfDeclaredMadeForKids": bool, "containsSyntheticMedia": bool,
}  # fmt: skip
_STATUS_READ_ONLY = {"failureReason", "madeForKids", "rejectionReason", "uploadStatus"}
_CATEGORIES = frozenset(["1", "2", "10", "15", "17", "18", "19", *map(str, range(20, 45))])
_TITLE_CHARACTERS, _DESCRIPTION_BYTES, _TAGS_CHARACTERS = 100, 5000, 500
_STATUS_DEFAULTS: Part = {
    "privacyStatus": "public", "license": "youtube", "embeddable": True, "publicStatsViewable": True,
}  # fmt: skip


def check(body: dict[str, Any], parts: tuple[str, ...]) -> dict[str, Part]:
    """The writable parts named in `part`, checked and completed by defaults. Raises ApiError."""
    for name in body:
        if name in WRITABLE and name not in parts:
            raise errors.bad_request("unexpectedPart", name, "part")
        if name not in PARTS and name not in ("kind", "etag", "id"):
            raise _unknown_name(name, "video")
    checked: dict[str, Part] = {}
    for name in WRITABLE:
        if name in parts:
            given = body.get(name, {})
            if not isinstance(given, dict):
                raise _wrong_type(name, given)
            checked[name] = _CHECKS[name](given) if name in _CHECKS else dict(given)
    if checked.get("localizations") and not checked.get("snippet", {}).get("defaultLanguage"):
        message = "The request is trying to add localized video details without specifying the default language."
        raise errors.bad_metadata("defaultLanguageNotSet", message, "body.localizations")
    return checked


def default_status() -> Part:
    """The status of a video about which nothing was said: public, since 2 November 2026."""
    return dict(_STATUS_DEFAULTS)


def _snippet(given: Part) -> Part:
    snippet = _typed("snippet", given, _SNIPPET, _SNIPPET_READ_ONLY)
    title = snippet.get("title", "")
    if not title.strip() or len(title) > _TITLE_CHARACTERS or _has_angle(title):
        message = "The request metadata specifies an invalid or empty video title."
        raise errors.bad_metadata("invalidTitle", message, "body.snippet.title")
    description = snippet.setdefault("description", "")
    if len(description.encode()) > _DESCRIPTION_BYTES or _has_angle(description):
        message = "The request metadata specifies an invalid video description."
        raise errors.bad_metadata("invalidDescription", message, "body.snippet.description")
    if _tags_length(snippet.get("tags", [])) > _TAGS_CHARACTERS:
        message = "The request metadata specifies invalid video keywords."
        raise errors.bad_metadata("invalidTags", message, "body.snippet.tags")
    if snippet.setdefault("categoryId", "22") not in _CATEGORIES:
        message = "The snippet.categoryId property specifies an invalid category ID."
        raise errors.bad_metadata("invalidCategoryId", message, "body.snippet.categoryId")
    return snippet


def _status(given: Part) -> Part:
    status = {**_STATUS_DEFAULTS, **_typed("status", given, _STATUS, _STATUS_READ_ONLY)}
    if status["privacyStatus"] not in ("public", "unlisted", "private"):
        raise _bad_enum("status.privacyStatus", status["privacyStatus"])
    if status["license"] not in ("youtube", "creativeCommon"):
        raise _bad_enum("status.license", status["license"])
    if "publishAt" in status:
        status["publishAt"] = _publish_at(status)
    return status


def _publish_at(status: Part) -> str:
    try:
        moment = datetime.fromisoformat(status["publishAt"])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or status["privacyStatus"] != "private":
        message = "The request metadata specifies an invalid scheduled publishing time."
        raise errors.bad_metadata("invalidPublishAt", message, "body.status.publishAt")
    return moment.isoformat()


_CHECKS = {"snippet": _snippet, "status": _status}


def _typed(part: str, given: Part, fields: Mapping[str, type], read_only: set[str]) -> Part:
    kept: Part = {}
    for name, value in given.items():
        if name in read_only or value is None:
            continue
        if name not in fields:
            raise _unknown_name(name, f"video.{part}")
        if not isinstance(value, fields[name]):
            raise _wrong_type(f"{part}.{name}", value)
        kept[name] = value
    if any(not isinstance(tag, str) for tag in kept.get("tags", [])):
        raise _wrong_type("snippet.tags", kept["tags"])
    return kept


def _tags_length(tags: list[str]) -> int:
    """Characters with separating commas; a tag with a space counts two more for its quotes."""
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def _has_angle(text: str) -> bool:
    return "<" in text or ">" in text


def _unknown_name(name: str, where: str) -> ApiError:
    return errors.bad_json(f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field.")


def _wrong_type(where: str, value: object) -> ApiError:
    return errors.bad_json(f"Invalid value at 'video.{where}': {value!r}")


def _bad_enum(where: str, value: str) -> ApiError:
    return errors.bad_json(f"Invalid value at 'video.{where}': \"{value}\"")
