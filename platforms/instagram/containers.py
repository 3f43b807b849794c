"""Containers: a Reel in the making, which takes a file, is processed for minutes, and dies unpublished after a day.

Making one publishes nothing. Its id is harmless to others, and is stored before a byte is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from platforms.base import UploadSession, VideoFile, VideoMeta
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    PlatformError,
    QuotaExhaustedError,
    SessionGoneError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.instagram.api import GraphApi
from platforms.instagram.errors import is_not_found
from platforms.instagram.limits import CONTAINERS
from platforms.instagram.resources import Container, ContainerState, caption_of, identifier, parse_container, text
from platforms.instagram.settings import NAME, InstagramSettings, Login
from platforms.instagram.users import Users
from platforms.options import COVER_MS

SETTLING = timedelta(minutes=2)
"""For so long a container that is not found may merely not be known everywhere yet."""

_FLAGS = ("share_to_feed",)
_TEXTS = ("cover_url", "audio_name", "location_id")


class Containers:
    """Makes containers and asks how they are."""

    def __init__(self, api: GraphApi, users: Users, settings: InstagramSettings, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._users = users
        self._settings = settings
        self._clock = clock

    async def open(self, access_token: str, file: VideoFile, meta: VideoMeta) -> UploadSession:
        """Make a container: for the bytes to come (Facebook Login), or for Meta to fetch (Instagram Login)."""
        if file.size < 1:
            raise ContentRejectedError("The file is empty.", platform=NAME, code="instagram.file_empty")
        user = await self._users.of(access_token)
        form = {"media_type": "REELS"} | container_fields(meta) | self._source(file)
        body = await self._make(access_token, f"{user.user_id}/media", form)
        container_id = identifier(body)
        if not container_id:
            raise UnexpectedAnswerError("The container has no id.", platform=NAME, reason="malformed")
        address = {"uri": text(body, "uri")} if text(body, "uri") else {}
        data = address | {
            "user_id": user.user_id,
            "username": user.username,
            "size": file.size,
            "sha256": file.sha256,
            "opened_at": self._clock().isoformat(),
        }
        return UploadSession(data=data, upload_id=container_id)

    async def _make(self, access_token: str, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        try:
            return await self._api.post(access_token, path, form)
        except QuotaExhaustedError as error:
            # Publications are counted where they happen, at `media_publish`; here it is the day's containers.
            full = error
        raise QuotaExhaustedError(
            full.detail, bucket=CONTAINERS, until=full.until, platform=NAME, reason=full.reason, code=full.code
        )

    async def ask(self, access_token: str, session: UploadSession) -> Container:
        """Ask how a container is. Raises SessionGoneError where it can no longer become a Reel."""
        container = await self.look(access_token, session)
        if container.state is ContainerState.EXPIRED:
            raise SessionGoneError(
                safe_status(container), platform=NAME, reason="EXPIRED", code="instagram.container_expired"
            )
        return container

    async def look(self, access_token: str, session: UploadSession) -> Container:
        """Ask how a container is, whatever the answer. Raises SessionGoneError where Meta does not know it."""
        fields = "status_code,status"
        if self._settings.login is Login.FACEBOOK:
            fields += ",video_status"
        try:
            return parse_container(await self._api.get(access_token, container_id_of(session), {"fields": fields}))
        except PlatformError as error:
            failure = self._missing(error, session)
        raise failure

    def _missing(self, error: PlatformError, session: UploadSession) -> PlatformError:
        """A container that is not found is gone, unless it is so young that it may not be known everywhere."""
        if error.reason != "24/2207008" and not is_not_found(error):
            return error
        age = self._clock() - opened_at(session, self._clock())
        if age < SETTLING:
            return TransientError(
                error.detail,
                platform=NAME,
                reason=error.reason,
                code="instagram.container_missing",
                retry_after=timedelta(seconds=30),
            )
        return SessionGoneError(error.detail, platform=NAME, reason=error.reason, code="instagram.container_missing")

    def _source(self, file: VideoFile) -> dict[str, str]:
        if self._settings.login is Login.FACEBOOK:
            return {"upload_type": "resumable"}
        if not file.url:
            raise NeedsOperatorError(
                "There is no public address for the file.",
                platform=NAME,
                reason="noVideoUrl",
                code="instagram.public_url_missing",
            )
        return {"video_url": file.url}


def container_fields(meta: VideoMeta) -> dict[str, str]:
    """Write the texts and switches of a Reel. There is no privacy: a Reel is as public as its account."""
    options = meta.options
    form = {"caption": caption_of(meta)} if caption_of(meta) else {}
    for name in _FLAGS:
        if name in options:
            form[name] = _bool(options[name])
    for name in _TEXTS:
        if options.get(name):
            form[name] = str(options[name])
    if COVER_MS in options and "cover_url" not in form:
        form["thumb_offset"] = str(options[COVER_MS])
    if collaborators := list(options.get("collaborators") or ()):
        form["collaborators"] = json.dumps([str(name).removeprefix("@") for name in collaborators])
    if meta.contains_synthetic_media:
        form["is_ai_generated"] = "true"
    return form


def container_id_of(session: UploadSession) -> str:
    """Return the container's id. Raises SessionGoneError for a session without one."""
    if not session.upload_id:
        raise SessionGoneError("No container was stored.", platform=NAME, reason="missingContainer")
    return session.upload_id


def opened_at(session: UploadSession, default: datetime) -> datetime:
    """Return when the container was made (aware UTC)."""
    return stored_moment(session.data, "opened_at") or default


def stored_moment(data: Mapping[str, Any], name: str) -> datetime | None:
    """Read a moment that was stored with a session."""
    try:
        moment = datetime.fromisoformat(text(data, name))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def safe_status(container: Container) -> str:
    return container.status or container.state.value


def _bool(value: object) -> str:
    return "true" if value else "false"
