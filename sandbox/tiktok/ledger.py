"""One line of the ledger: a post in the words that the wall uses for every platform, and in TikTok's own."""

from datetime import datetime
from typing import Any

from sandbox.tiktok.display import share_url
from sandbox.tiktok.posts import (
    COMPLETE,
    FAILED,
    IN_INBOX,
    UPLOADING,
    Post,
    fail_reason,
    is_public,
    published_at,
    status,
)

_STATES = {UPLOADING: "processing", IN_INBOX: "inbox", COMPLETE: "processed", FAILED: "failed"}
_PRIVACY = {
    "PUBLIC_TO_EVERYONE": "public",
    "FOLLOWER_OF_CREATOR": "followers",
    "MUTUAL_FOLLOW_FRIENDS": "friends",
    "SELF_ONLY": "private",
}
_NO_FILE: dict[str, Any] = {
    "size": 0, "sha256": None, "type": None, "duration_s": 0.0, "width": 0, "height": 0,
}  # fmt: skip


def line(post: Post, creator: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Without the upload address, which is a secret."""
    file, post_info = post["file"] or _NO_FILE, post["info"] or {}
    state, level = status(post, now), post_info.get("privacy_level")
    return {
        "id": post["id"],
        "platform": "tiktok",
        "publish_id": post["publish_id"],
        "mode": post["mode"],
        "status": state,
        "is_public": is_public(post, now),
        "post_info": post["info"],
        "source_info": post["source"],
        "uploaded_bytes": post["stored"],
        "client_key": post["client_key"],
        "begun_at": post["created_at"],
        "channel": post["creator"],
        "channel_title": creator["nickname"],
        "username": creator["username"],
        "title": post_info.get("title", ""),
        "description": "",
        "tags": [],
        "privacy": _PRIVACY.get(level or ""),
        "privacy_level": level,
        "publish_at": None,
        "published_at": published_at(post) if state == COMPLETE else None,
        "uploaded_at": post["arrived_at"],
        "processed_at": post["processed_at"] if state not in (UPLOADING, FAILED) else None,
        "deleted_at": post["deleted_at"],
        "upload_status": _STATES[state],
        "reason": fail_reason(post, now) or None,
        "size": file["size"],
        "sha256": file["sha256"],
        "file_name": "",
        "content_type": file["type"],
        "duration_s": file["duration_s"],
        "width": file["width"],
        "height": file["height"],
        "is_short": False,
        "statistics": {"views": post["statistics"].get("view_count", 0), **post["statistics"]},
        "has_thumbnail": False,
        "file_url": f"/control/tiktok/videos/{post['id']}/file",
        "watch_url": share_url(post, creator),
    }
