"""What became of an upload whose last answer was lost or left it open: its status first, then the public videos."""

from __future__ import annotations

from platforms.base import Absent, Evidence, Found, Publication, SearchResult
from platforms.errors import SessionGoneError
from platforms.tiktok.api import TikTokApi
from platforms.tiktok.status import Phase, ask_standing
from platforms.tiktok.videos import find_listed


async def find_published(api: TikTokApi, access_token: str, evidence: Evidence) -> SearchResult:
    """Ask by `publish_id`, which is certain; only where TikTok does not know it any more, look for the video itself."""
    publish_id = evidence.session.upload_id if evidence.session is not None else None
    told = await _by_status(api, access_token, publish_id, evidence.size) if publish_id else None
    return told or await find_listed(api, access_token, evidence)


async def _by_status(api: TikTokApi, access_token: str, publish_id: str, size: int) -> SearchResult | None:
    """An upload that misses bytes publishes nothing, ever: its address dies within the hour. Any other is ours.

    One that failed is ours too: `check` goes on with it and says why.
    """
    try:
        standing = await ask_standing(api, access_token, publish_id)
    except SessionGoneError:
        return None
    if standing.phase is Phase.UPLOADING and standing.uploaded is None:
        return None
    if standing.phase is Phase.UPLOADING and (standing.uploaded or 0) < size:
        return Absent()
    return Found(Publication(publish_id, ""))
