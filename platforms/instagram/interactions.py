"""What is done with a Reel that is there: comments, figures, deletion. The API offers no like for a Reel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from platforms.errors import ContentRejectedError, NeedsOperatorError, OutcomeUnknownError, PlatformError
from platforms.instagram.api import GraphApi
from platforms.instagram.errors import is_not_found
from platforms.instagram.limits import PUBLISHES
from platforms.instagram.resources import identifier, part, rows, same_caption, text
from platforms.instagram.settings import NAME, Login
from platforms.instagram.users import Users

INSIGHTS: Mapping[str, str] = {
    "views": "views",
    "reach": "reach",
    "likes": "likes",
    "comments": "comments",
    "saved": "saves",
    "shares": "shares",
    "reposts": "reposts",
    "total_interactions": "interactions",
    "ig_reels_avg_watch_time": "average_watch_ms",
    "ig_reels_video_view_total_time": "watched_ms",
}
"""Instagram's metrics and our names for them. One that Instagram drops makes it refuse them all (code 100)."""

COUNTERS: Mapping[str, str] = {"like_count": "likes", "comments_count": "comments"}
COMMENT_PAGE_SIZE = 50
MAX_COMMENT_PAGES = 4


class Interactions:
    """Reads and writes about one Reel at a time."""

    def __init__(self, api: GraphApi, users: Users, login: Login) -> None:
        self._api = api
        self._users = users
        self._login = login

    async def post_comment(self, access_token: str, media_id: str, comment: str) -> str:
        """Comment and return the comment's id. OutcomeUnknownError: ask `find_comment` before it is said again."""
        if not comment.strip():
            raise ContentRejectedError("The comment is empty.", platform=NAME, code="instagram.comment_refused")
        comment_id = identifier(await self._api.commit(access_token, f"{media_id}/comments", {"message": comment}))
        if not comment_id:
            raise OutcomeUnknownError("The comment has no id.", platform=NAME, reason="malformed")
        return comment_id

    async def find_comment(self, access_token: str, media_id: str, comment: str) -> str | None:
        """Return the id of our own comment of that text, None where the newest comments hold none."""
        own = (await self._users.of(access_token)).username
        params = {"fields": "id,text,username,from", "limit": str(COMMENT_PAGE_SIZE)}
        after = ""
        for _ in range(MAX_COMMENT_PAGES):
            body = await self._api.get(
                access_token, f"{media_id}/comments", params | ({"after": after} if after else {})
            )
            for row in rows(body):
                author = text(row, "username") or text(part(row, "from"), "username")
                if author == own and same_caption(text(row, "text"), comment):
                    return identifier(row) or None
            after = text(part(part(body, "paging"), "cursors"), "after") if "next" in part(body, "paging") else ""
            if not after:
                break
        return None

    async def analytics(self, access_token: str, media_id: str) -> dict[str, int]:
        """Read the figures, up to two days old; the Reel's own counters stand in for what is not there yet."""
        counters = await self._api.get(access_token, media_id, {"fields": ",".join(COUNTERS)})
        numbers = _counted(counters)
        try:
            body = await self._api.get(access_token, f"{media_id}/insights", {"metric": ",".join(INSIGHTS)})
        except ContentRejectedError:
            return numbers
        return numbers | _insights(body)

    async def publishing_limit(self, access_token: str) -> dict[str, int]:
        """Read the account's own publishing allowance: used, total, and the window in seconds; what is told of it."""
        user = await self._users.of(access_token)
        body = await self._api.get(
            access_token, f"{user.user_id}/content_publishing_limit", {"fields": "quota_usage,config"}
        )
        row = next(iter(rows(body)), body)
        config = part(row, "config")
        told = {
            "used": row.get("quota_usage"),
            "total": config.get("quota_total"),
            "window_s": config.get("quota_duration"),
        }
        return {name: number for name, value in told.items() if (number := _whole(value)) is not None}

    async def choices(self, access_token: str) -> dict[str, Any]:
        """Read what holds for this account now: its publishing allowance, by bucket, and the calls that were used."""
        limit = await self.publishing_limit(access_token)
        usage = self._api.usage
        regain = usage.regain or timedelta()
        return {
            "buckets": {PUBLISHES: limit["total"]} if limit.get("total") else {},
            "used": {PUBLISHES: limit["used"]} if "used" in limit else {},
            "window_s": limit.get("window_s", int(timedelta(days=1).total_seconds())),
            "usage_percent": usage.percent,
            "regain_s": int(regain.total_seconds()),
        }

    async def delete(self, access_token: str, media_id: str) -> None:
        """Delete a Reel (Facebook Login alone); one that is gone already counts as deleted."""
        if self._login is not Login.FACEBOOK:
            raise NeedsOperatorError(
                "Instagram Login cannot delete.",
                platform=NAME,
                reason="deleteUnsupported",
                code="instagram.delete_unsupported",
            )
        try:
            await self._api.delete(access_token, media_id)
        except PlatformError as error:
            if not is_not_found(error):
                raise
            failure = error
        else:
            return
        if await self._is_there(access_token, media_id):
            # Meta says "missing" of what it may not touch, too.
            raise NeedsOperatorError(
                failure.detail, platform=NAME, reason=failure.reason, code="instagram.cannot_be_deleted"
            )

    async def _is_there(self, access_token: str, media_id: str) -> bool:
        try:
            await self._api.get(access_token, media_id, {"fields": "id"})
        except PlatformError as error:
            if is_not_found(error):
                return False
            raise
        return True


def _counted(body: Mapping[str, Any]) -> dict[str, int]:
    counted = {ours: _whole(body.get(name)) for name, ours in COUNTERS.items()}
    return {name: number for name, number in counted.items() if number is not None}


def _insights(body: Mapping[str, Any]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for row in rows(body):
        name, number = INSIGHTS.get(text(row, "name")), _latest(row)
        if name is not None and number is not None:
            numbers[name] = number
    return numbers


def _latest(row: Mapping[str, Any]) -> int | None:
    """Return a metric's value: `values[-1].value`, or the `total_value` of newer ones."""
    values = row.get("values")
    if isinstance(values, list) and values and isinstance(values[-1], dict):
        return _whole(values[-1].get("value"))
    return _whole(part(row, "total_value").get("value"))


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return round(value)
