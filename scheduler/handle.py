"""The stored form of an upload session: what the site gave, and what we found out about it since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from platforms.base import Publication, UploadSession


@dataclass(frozen=True, slots=True)
class Handle:
    """`url` is set once the site named the video; `absent_since` once a search did not find it (aware UTC).

    `reason` is the site's word in the answer that left the outcome of publishing open; `republished` is how often the
    same session was published again because the site said that it is not public. `release_at` is when the site makes
    the upload public by itself (aware UTC); `is_unwanted`: the operator took it back, so it must not come to that.
    `is_held`: its account is paused, so it must not come to that before somebody resumes it; `was_missed`: it came to
    that all the same. `marker` is what the upload was marked with, where it was another task's.
    """

    data: Mapping[str, Any] = field(repr=False)
    upload_id: str | None = None
    url: str = ""
    absent_since: datetime | None = None
    reason: str = ""
    republished: int = 0
    release_at: datetime | None = None
    is_unwanted: bool = False
    is_held: bool = False
    was_missed: bool = False
    marker: str = ""

    @classmethod
    def of(cls, session: UploadSession) -> Handle:
        return cls(data=session.data, upload_id=session.upload_id)

    @property
    def session(self) -> UploadSession:
        return UploadSession(data=self.data, upload_id=self.upload_id)

    def published(self, publication: Publication) -> Handle:
        return replace(self, url=publication.url, absent_since=None)

    def moved(self, session: UploadSession) -> Handle:
        return replace(self, data=session.data, upload_id=session.upload_id)

    def to_json(self) -> dict[str, Any]:
        absent = self.absent_since.isoformat() if self.absent_since else None
        return {
            "data": dict(self.data),
            "upload_id": self.upload_id,
            "url": self.url,
            "absent_since": absent,
            "reason": self.reason,
            "republished": self.republished,
            "release_at": self.release_at.isoformat() if self.release_at else None,
            "is_unwanted": self.is_unwanted,
            "is_held": self.is_held,
            "was_missed": self.was_missed,
            "marker": self.marker,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Handle:
        """The inverse of `to_json`; a task without a session has an empty handle."""
        if stored is None:
            return cls(data={})
        absent, release_at = stored.get("absent_since"), stored.get("release_at")
        return cls(
            data=stored["data"],
            upload_id=stored.get("upload_id"),
            url=stored.get("url", ""),
            absent_since=datetime.fromisoformat(absent) if absent else None,
            reason=stored.get("reason", ""),
            republished=stored.get("republished", 0),
            release_at=datetime.fromisoformat(release_at) if release_at else None,
            is_unwanted=stored.get("is_unwanted", False),
            is_held=stored.get("is_held", False),
            was_missed=stored.get("was_missed", False),
            marker=stored.get("marker", ""),
        )
