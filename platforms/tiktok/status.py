"""What became of an upload, asked by its `publish_id` (STATUS_PAGE in `limits`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from platforms.errors import UnexpectedAnswerError
from platforms.tiktok.api import TikTokApi
from platforms.tiktok.fields import text, whole
from platforms.tiktok.settings import NAME


class Phase(StrEnum):
    """How far TikTok is."""

    UPLOADING = "PROCESSING_UPLOAD"
    DOWNLOADING = "PROCESSING_DOWNLOAD"
    IN_INBOX = "SEND_TO_USER_INBOX"
    COMPLETE = "PUBLISH_COMPLETE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Standing:
    """An upload as TikTok sees it. `uploaded` is in bytes, None where it is not said.

    `post_id` comes only after moderation, and never for a post that is not public.
    """

    phase: Phase
    fail_reason: str
    uploaded: int | None
    post_id: str


async def ask_standing(api: TikTokApi, access_token: str, publish_id: str) -> Standing:
    """Ask. Raises SessionGoneError where TikTok does not know the id."""
    return parse_standing(await api.post(access_token, "post/publish/status/fetch/", {"publish_id": publish_id}))


def parse_standing(data: Mapping[str, Any]) -> Standing:
    """Read an answer; UnexpectedAnswerError for a status that the documents do not name."""
    status = text(data, "status")
    if status not in set(Phase):
        raise UnexpectedAnswerError("TikTok named a status that is none.", platform=NAME, reason="unknownStatus")
    return Standing(
        phase=Phase(status),
        fail_reason=text(data, "fail_reason"),
        uploaded=whole(data, "uploaded_bytes"),
        post_id=_post_id(data),
    )


def _post_id(data: Mapping[str, Any]) -> str:
    """The field's name is misspelt by TikTok itself; it holds 64-bit numbers, or the same as text."""
    for name in ("publicaly_available_post_id", "publicly_available_post_id"):
        ids = data.get(name)
        if isinstance(ids, list) and ids and isinstance(ids[0], int | str) and not isinstance(ids[0], bool):
            return str(ids[0])
    return ""
