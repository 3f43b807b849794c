"""The parameters of a Reel's container, checked as the API checks them: what it knows is checked, the rest ignored."""

import re
from typing import Any

from sandbox.instagram.call import Call
from sandbox.instagram.directory import FACEBOOK
from sandbox.instagram.errors import GraphError, bad_parameter

_LONGEST_CAPTION, _MOST_HASHTAGS, _MOST_MENTIONS, _MOST_COLLABORATORS, _MOST_SPONSORS = 2200, 30, 20, 3, 2
_HASHTAG = re.compile(r"#\w+")
_MENTION = re.compile(r"(?<![\w.@])@[A-Za-z0-9_.]+")


def check(call: Call) -> dict[str, Any]:
    """The container's parameters. Raises GraphError."""
    if call.text("media_type").upper() != "REELS":
        if not call.text("media_type"):
            raise bad_parameter("The parameter image_url is required")
        raise GraphError(100, 2207023, f"(#100) The media type {call.text('media_type')} is unknown")
    reel: dict[str, Any] = {
        "caption": _caption(call.text("caption")),
        "share_to_feed": call.flag("share_to_feed") is not False,
        "thumb_offset": call.number("thumb_offset"),
        "cover_url": call.text("cover_url") or None,
        "collaborators": _collaborators(call),
        "is_ai_generated": bool(call.flag("is_ai_generated")),
        "audio_name": call.text("audio_name") or None,
        "location_id": call.text("location_id") or None,
        "user_tags": call.thing("user_tags"),
        "trial_params": _trial(call),
    }
    if call.access.login == FACEBOOK:
        reel |= {"is_paid_partnership": bool(call.flag("is_paid_partnership")), "sponsors": _sponsors(call)}
    return reel


def source(call: Call) -> str | None:
    """The address to fetch the video from; None where it will be uploaded, which only Facebook Login's host offers."""
    kind = call.text("upload_type")
    if call.access.login == FACEBOOK and kind:
        if kind.lower() != "resumable":
            raise bad_parameter("Param upload_type must be one of {RESUMABLE}")
        return None
    if not call.text("video_url"):
        raise bad_parameter("The parameter video_url is required")
    return call.text("video_url")


def hashtags(caption: str) -> list[str]:
    """Without their signs."""
    return [tag[1:] for tag in _HASHTAG.findall(caption)]


def _caption(caption: str) -> str:
    if len(caption) > _LONGEST_CAPTION or len(_HASHTAG.findall(caption)) > _MOST_HASHTAGS:
        raise GraphError(36004, 2207010)
    if len(_MENTION.findall(caption)) > _MOST_MENTIONS:
        raise GraphError(100, 2207040, "(#100) Invalid parameter")
    return caption


def _collaborators(call: Call) -> list[str]:
    names = call.listed("collaborators")
    if len(names) > _MOST_COLLABORATORS:
        raise bad_parameter(f"Param collaborators must have at most {_MOST_COLLABORATORS} elements")
    return names


def _sponsors(call: Call) -> list[str]:
    sponsors = call.listed("branded_content_sponsor_ids")
    if len(sponsors) > _MOST_SPONSORS:
        raise bad_parameter(f"Param branded_content_sponsor_ids must have at most {_MOST_SPONSORS} elements")
    return sponsors


def _trial(call: Call) -> Any:
    trial = call.thing("trial_params")
    if trial is None:
        return None
    strategy = trial.get("graduation_strategy") if isinstance(trial, dict) else None
    if strategy not in ("MANUAL", "SS_PERFORMANCE"):
        raise bad_parameter("Param trial_params[graduation_strategy] must be one of {MANUAL, SS_PERFORMANCE}")
    return trial
