"""Comments in the channel's name. The API has no key against doing it twice, so a lost answer is looked up.

Both methods need the scope `youtube.force-ssl`; a grant of the device flow does not have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from platforms.errors import (
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    PlatformError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.http import json_object
from platforms.youtube.api import YouTubeApi
from platforms.youtube.errors import reason_error
from platforms.youtube.resources import items, part, text
from platforms.youtube.settings import NAME

PAGE_SIZE = 100  # the API's maximum
MAX_PAGES = 10


class Comments:
    """The channel's own comments under its videos."""

    def __init__(self, api: YouTubeApi) -> None:
        self._api = api

    async def post(self, access_token: str, video_id: str, comment: str) -> str:
        """Write a comment and return its id.

        Raises OutcomeUnknownError where it may have been written: `find` says whether it was.
        """
        listed = items(await self._api.get(access_token, "videos", {"part": "snippet", "id": video_id}))
        if not listed:
            raise reason_error("videoNotFound", "YouTube does not list the video.")
        channel_id = text(part(listed[0], "snippet"), "channelId")
        try:
            response = await self._api.write(
                "POST", access_token, "commentThreads", {"part": "snippet"}, _body(channel_id, video_id, comment),
                commits=True,
            )  # fmt: skip
        except PlatformError as error:
            _reraise(error)
        try:
            comment_id = text(json_object(response, NAME), "id")
        except UnexpectedAnswerError:
            comment_id = ""
        if not comment_id:
            raise OutcomeUnknownError("YouTube took the comment, and its answer cannot be read.", platform=NAME)
        return comment_id

    async def find(self, access_token: str, video_id: str, comment: str) -> str | None:
        """Look for a comment of this channel with this text; None where there is none."""
        author, page_token = await self._own_channel(access_token), ""
        for _ in range(MAX_PAGES):
            params = {"part": "snippet", "videoId": video_id, "order": "time", "textFormat": "plainText"}
            params |= {"maxResults": str(PAGE_SIZE)} | ({"pageToken": page_token} if page_token else {})
            try:
                body = await self._api.get(access_token, "commentThreads", params)
            except PlatformError as error:
                _reraise(error)
            for thread in items(body):
                if _is_by(thread, author, comment):
                    return text(thread, "id")
            page_token = text(body, "nextPageToken")
            if not page_token:
                return None
        raise OutcomeUnknownError("There are too many comments to look through.", platform=NAME, reason="tooMany")

    async def _own_channel(self, access_token: str) -> str:
        channels = items(await self._api.get(access_token, "channels", {"part": "id", "mine": "true"}))
        if not channels:
            raise reason_error("youtubeSignupRequired", "The Google account has no YouTube channel.")
        return text(channels[0], "id")


def _reraise(error: PlatformError) -> NoReturn:
    """A failing server may have kept the comment; a grant that lacks this one scope is good for all the rest."""
    if isinstance(error, TransientError) and (error.http_status or 0) >= 500:
        raise OutcomeUnknownError(
            error.detail, platform=NAME, reason=error.reason, http_status=error.http_status
        ) from None
    if isinstance(error, NeedsReauthError):
        raise NeedsOperatorError(
            error.detail, platform=NAME, reason=error.reason, http_status=error.http_status,
            code="youtube.comment_scope_missing",
        ) from None  # fmt: skip
    raise error


def _body(channel_id: str, video_id: str, comment: str) -> Mapping[str, Any]:
    top = {"snippet": {"textOriginal": comment}}
    return {"snippet": {"channelId": channel_id, "videoId": video_id, "topLevelComment": top}}


def _is_by(thread: Mapping[str, Any], author: str, comment: str) -> bool:
    snippet = part(part(part(thread, "snippet"), "topLevelComment"), "snippet")
    said = text(snippet, "textOriginal") or text(snippet, "textDisplay")
    return text(part(snippet, "authorChannelId"), "value") == author and said.split() == comment.split()
