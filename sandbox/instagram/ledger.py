"""A line of the ledger of published Reels, in the same shape as YouTube's, so that one wall shows both."""

from typing import Any

from sandbox.instagram.library import Library, Media, permalink
from sandbox.instagram.reel import hashtags

_SHORT_LONGEST_S = 180


def line(library: Library, media: Media) -> dict[str, Any]:
    """The common fields first, then Instagram's own."""
    container, reel, figures = library.container_of(media), media["reel"], library.figures(media)
    file, caption = container["file"], reel["caption"]
    return {
        "id": media["id"],
        "platform": "instagram",
        "channel": media["account"],
        "channel_title": library.account_of(media)["username"],
        "title": (caption.splitlines() or [""])[0],
        "description": caption,
        "tags": hashtags(caption),
        "status": {},
        "privacy": "public",
        "publish_at": None,
        "published_at": media["published_at"],
        "uploaded_at": container["completed_at"],
        "processed_at": container["completed_at"],
        "deleted_at": media["deleted_at"],
        "upload_status": "deleted" if media["deleted_at"] else "processed",
        "reason": None,
        "size": file["size"],
        "sha256": file["sha256"],
        "file_name": "",
        "content_type": file["type"],
        "duration_s": file["duration_s"],
        "width": file["width"],
        "height": file["height"],
        "is_short": bool(0 < file["width"] <= file["height"] and 0 < file["duration_s"] <= _SHORT_LONGEST_S),
        "statistics": {
            "viewCount": str(figures["views"]),
            "likeCount": str(figures["likes"]),
            "commentCount": str(figures["comments"]),
        },
        "ratings": {},
        "has_thumbnail": container["has_cover"],
        "file_url": f"/control/instagram/videos/{media['id']}/file",
        "watch_url": permalink(media),
        "container_id": container["id"],
        "caption": caption,
        "shortcode": media["shortcode"],
        **{name: value for name, value in reel.items() if name != "caption"},
    }
