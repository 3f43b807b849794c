"""Publishing a finished container, and finding out whether that happened when the answer is lost.

A container says itself whether it was published, but not as what; the Reel is then found among the account's newest by
its caption and time. One that is FINISHED after a lost answer is not published yet, and is published again as it is:
a new container could double the Reel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from platforms.base import (
    Absent,
    CannotTell,
    Evidence,
    Found,
    Publication,
    SearchResult,
    Unpublished,
    UploadSession,
)
from platforms.errors import NotReadyError, OutcomeUnknownError, PlatformError, SessionGoneError, TransientError
from platforms.instagram.api import GraphApi
from platforms.instagram.containers import Containers, container_id_of, opened_at, stored_moment
from platforms.instagram.errors import ACTION_BLOCKED, DUPLICATE, status_error
from platforms.instagram.resources import (
    Container,
    ContainerState,
    Media,
    caption_of,
    identifier,
    parse_media,
    part,
    rows,
    same_caption,
    text,
)
from platforms.instagram.settings import NAME
from platforms.instagram.users import Users

WEB_URL = "https://www.instagram.com/"
MEDIA_FIELDS = "id,caption,permalink,timestamp,media_product_type"
PAGE_SIZE = 50
MAX_PAGES = 10
CLOCK_SLACK = timedelta(minutes=1)  # our clock against Instagram's
PERMALINK_PATIENCE_S = 5.0

FIRST_POLLS = timedelta(seconds=15)
NEXT_POLLS = timedelta(minutes=1)  # Meta's guidance: "once per minute"
FIRST_MINUTE = timedelta(minutes=1)

REFUSALS = {ACTION_BLOCKED: "action_blocked", DUPLICATE: "duplicate_post"}
"""Refusals that a second try would only repeat: where they published nothing, a person decides."""


def poll_gap(waited: timedelta) -> timedelta:
    """How long until a container that Instagram has worked on for so long should be asked about again."""
    return FIRST_POLLS if waited < FIRST_MINUTE else NEXT_POLLS


class Publishing:
    """The request that others see, and the search for what became of it."""

    def __init__(self, api: GraphApi, users: Users, containers: Containers, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._users = users
        self._containers = containers
        self._clock = clock

    async def publish(self, access_token: str, session: UploadSession) -> Publication:
        """Publish a finished container, once.

        Raises NotReadyError while Instagram works on it, SessionGoneError where it failed or expired, and
        OutcomeUnknownError where the Reel may be public: then `find_published` is next, never this again.
        """
        container = await self._containers.ask(access_token, session)
        self._require_finished(container, session)
        user_id = identifier(session.data, "user_id") or (await self._users.of(access_token)).user_id
        form = {"creation_id": container_id_of(session)}
        media_id = identifier(await self._api.commit(access_token, f"{user_id}/media_publish", form))
        if not media_id:
            raise OutcomeUnknownError(
                "Instagram published, and its answer names nothing.", platform=NAME, reason="malformed"
            )
        return Publication(media_id, await self.permalink(access_token, media_id) or _profile(session))

    def _require_finished(self, container: Container, session: UploadSession) -> None:
        match container.state:
            case ContainerState.FINISHED:
                return
            case ContainerState.PUBLISHED:
                raise OutcomeUnknownError("The container is published already.", platform=NAME, reason="PUBLISHED")
            case ContainerState.ERROR:
                raise status_error(container.status)
            case _:
                now = self._clock()
                since = stored_moment(session.data, "sent_at") or opened_at(session, now)
                raise NotReadyError(
                    container.status, platform=NAME, reason=container.state.value, retry_after=poll_gap(now - since)
                )

    async def permalink(self, access_token: str, media_id: str) -> str:
        """Read the address of a Reel; "" where Instagram does not tell (yet): a live post does not fail over it."""
        try:
            async with asyncio.timeout(PERMALINK_PATIENCE_S):
                return text(await self._api.get(access_token, media_id, {"fields": "permalink"}), "permalink")
        except (PlatformError, TimeoutError):
            return ""

    async def find(self, access_token: str, evidence: Evidence) -> SearchResult:
        """Ask the container first, then look through the account's newest Reels.

        Raises TransientError where the container is published and its Reel is not listed yet.
        """
        container = await self._container(access_token, evidence.session)
        state = container.state if container is not None else ContainerState.UNKNOWN
        if state is ContainerState.IN_PROGRESS:
            return Unpublished()
        alike, is_complete = await self._alike(access_token, evidence)
        if len(alike) > 1:
            return CannotTell("several_look_alike")
        if state is ContainerState.FINISHED:
            return self._finished(alike, evidence)
        if alike:
            return self._only(alike[0], evidence, state)
        if state is ContainerState.PUBLISHED:
            raise TransientError(
                "The Reel is published and not listed yet.",
                platform=NAME,
                reason="notListed",
                code="instagram.not_listed",
                retry_after=FIRST_POLLS,
            )
        if refused := REFUSALS.get(evidence.reason):
            return CannotTell(refused)
        return Absent() if is_complete else CannotTell("too_many_uploads")

    async def _container(self, access_token: str, session: UploadSession | None) -> Container | None:
        if session is None:
            return None
        try:
            return await self._containers.look(access_token, session)
        except SessionGoneError:
            return None

    @staticmethod
    def _finished(alike: Sequence[Media], evidence: Evidence) -> SearchResult:
        """Not published, as the container says; a Reel that looks like it is a contradiction for a person."""
        if alike:
            return CannotTell("looks_alike")
        refused = REFUSALS.get(evidence.reason)
        return CannotTell(refused) if refused else Unpublished()

    @staticmethod
    def _only(media: Media, evidence: Evidence, state: ContainerState) -> SearchResult:
        """The one candidate, unless the only likeness is that neither has a caption."""
        if not media.caption.strip() and state is not ContainerState.PUBLISHED:
            return CannotTell("looks_alike")
        return Found(Publication(media.media_id, media.permalink or _profile(evidence.session)))

    async def _alike(self, access_token: str, evidence: Evidence) -> tuple[list[Media], bool]:
        """Collect Reels of the caption, published since the container was made; and whether all were looked at."""
        user = await self._users.of(access_token)
        since = evidence.since - CLOCK_SLACK
        caption = caption_of(evidence.meta) if evidence.meta is not None else evidence.title
        params = {"fields": MEDIA_FIELDS, "limit": str(PAGE_SIZE), "since": str(int(since.timestamp()))}
        found: list[Media] = []
        after = ""
        for _ in range(MAX_PAGES):
            body = await self._api.get(
                access_token, f"{user.user_id}/media", params | ({"after": after} if after else {})
            )
            page = [parse_media(row) for row in rows(body)]
            found += [each for each in page if _could_be(each, caption, since, exact=evidence.meta is not None)]
            # `paging.next` is a whole address with the token in it; the cursor alone does as well.
            after = text(part(part(body, "paging"), "cursors"), "after") if "next" in part(body, "paging") else ""
            if not after or _reaches_back(page, since):
                return found, True
        return found, False


def _could_be(media: Media, caption: str, since: datetime, *, exact: bool) -> bool:
    """Say whether a Reel can be ours. Without the texts of the post, its title must at least begin the caption."""
    if not media.media_id or not media.is_reel:
        return False
    if media.published_at is not None and media.published_at < since:
        return False
    if exact:
        return same_caption(media.caption, caption)
    return bool(caption.strip()) and media.caption.strip().startswith(caption.strip())


def _reaches_back(page: Sequence[Media], since: datetime) -> bool:
    return bool(page) and all(each.published_at is not None and each.published_at < since for each in page)


def _profile(session: UploadSession | None) -> str:
    """Return the account's own page, for a Reel whose address is not known yet."""
    username = text(session.data, "username") if session is not None else ""
    return f"{WEB_URL}{username}/" if username else WEB_URL
