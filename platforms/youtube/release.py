"""When a video becomes public: at once, or by YouTube itself at a set minute.

A video with `status.publishAt` is private until then. YouTube takes the time only of a video that was never public, and
a time that has passed publishes at once (developers.google.com/youtube/v3/docs/videos, status.publishAt).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from platforms.base import VideoMeta
from platforms.errors import ContentRejectedError
from platforms.youtube.settings import NAME
from platforms.youtube.validate import parse_moment


@dataclass(frozen=True, slots=True)
class Release:
    """Who may see a video, and from when on everybody may (aware UTC)."""

    privacy_status: str
    publish_at: datetime | None = None

    def fields(self) -> dict[str, str]:
        """Write it as fields of `status`."""
        if self.publish_at is None:
            return {"privacyStatus": self.privacy_status}
        return {"privacyStatus": self.privacy_status, "publishAt": self.publish_at.astimezone(UTC).isoformat()}


def first_release(meta: VideoMeta, now: datetime) -> Release:
    """Say how a new video begins: private where its time is still to come, else as it is meant."""
    publish_at = parse_moment(meta.options.get("publish_at"))
    if publish_at is None or publish_at <= now:
        return Release(meta.privacy_status)
    return Release("private", publish_at)


def next_release(meta: VideoMeta, current: Release, now: datetime) -> Release:
    """Say how an existing video goes on.

    A time in `options["publish_at"]` moves the set one, None takes it away (the video is then what `privacy_status`
    says), and where the options do not speak of it, a time that is set stays. With no `privacy_status` nothing of
    it changes.
    Raises ContentRejectedError for a time that YouTube would not keep.
    """
    if not meta.privacy_status:
        return current if current.privacy_status == "private" else Release(current.privacy_status)
    if "publish_at" not in meta.options:
        return current if current.publish_at is not None else Release(meta.privacy_status)
    publish_at = parse_moment(meta.options["publish_at"])
    if publish_at is None:
        return Release(meta.privacy_status)
    if current.privacy_status == "private":
        if publish_at <= now and publish_at != current.publish_at:
            raise ContentRejectedError(
                "The time to publish has passed.",
                platform=NAME,
                reason="invalidPublishAt",
                code="youtube.publish_at_past",
            )
        return Release("private", publish_at)
    if publish_at > now:
        raise ContentRejectedError(
            "It is public already.", platform=NAME, reason="invalidPublishAt", code="youtube.already_public"
        )
    return Release(meta.privacy_status)  # the time has come and YouTube kept it


def release_of(status: Mapping[str, Any]) -> Release:
    """Read it from a video's `status`."""
    privacy, publish_at = status.get("privacyStatus"), parse_moment(status.get("publishAt"))
    return Release(privacy if isinstance(privacy, str) else "private", publish_at)
