"""The Display API: a creator's public videos with their figures, and the creator."""

from datetime import UTC, datetime
from typing import Any

from sandbox.tiktok import schema
from sandbox.tiktok.errors import ApiError, BadParameterError
from sandbox.tiktok.gate import Call
from sandbox.tiktok.posts import Post, Posts, published_at
from sandbox.world import World

_PAGE, _LARGEST_PAGE = 10, 20
_COUNTS = ("like_count", "comment_count", "share_count", "view_count")
_VIDEO_FIELDS = frozenset({
    "id", "create_time", "title", "video_description", "duration", "height", "width", "cover_image_url", "share_url",
    "embed_link", "embed_html", *_COUNTS,
})  # fmt: skip
_USER_SCOPES: dict[str, frozenset[str]] = {
    "user.info.basic": frozenset({"open_id", "union_id", "avatar_url", "display_name"}),
    "user.info.profile": frozenset({"bio_description", "profile_deep_link", "is_verified", "username"}),
    "user.info.stats": frozenset({"follower_count", "following_count", "likes_count", "video_count"}),
}


class Display:
    """The handlers of video/list, video/query and user/info."""

    def __init__(self, world: World, posts: Posts) -> None:
        self._world, self._posts = world, posts

    async def list(self, call: Call) -> dict[str, Any]:
        """Newest first; `cursor` is a time in milliseconds, and older videos follow."""
        fields, most = _fields(call, _VIDEO_FIELDS), schema.integer(call.body, "max_count", _PAGE, _LARGEST_PAGE)
        cursor = schema.integer(call.body, "cursor", 0)
        videos = [p for p in self._posts.public_of(call.access.creator) if not cursor or _posted_ms(p) < cursor]
        page = videos[: max(1, most)]
        return {
            "videos": [_video(post, call.creator, fields) for post in page],
            "cursor": _posted_ms(page[-1]) if page else cursor,
            "has_more": len(videos) > len(page),
        }

    async def query(self, call: Call) -> dict[str, Any]:
        """Up to twenty videos by their ids; a stranger's, and what is not public, is not there."""
        fields = _fields(call, _VIDEO_FIELDS)
        wanted = schema.part(call.body, "filters").get("video_ids")
        if not isinstance(wanted, list) or not 0 < len(wanted) <= _LARGEST_PAGE:
            raise BadParameterError("filters.video_ids is a list of 1 to 20 ids")
        if not all(isinstance(name, str) for name in wanted):
            raise BadParameterError("filters.video_ids is a list of strings")
        found = [post for post in self._posts.public_of(call.access.creator) if post["id"] in wanted]
        return {"videos": [_video(post, call.creator, fields) for post in found]}

    async def user_info(self, call: Call) -> dict[str, Any]:
        """Each field needs its own scope."""
        fields = _fields(call, frozenset().union(*_USER_SCOPES.values()))
        for scope, opened in _USER_SCOPES.items():
            if set(fields) & opened and scope not in call.access.scopes:
                message = "The user did not authorize the scope required for completing this request."
                raise ApiError(401, call.rules.scope_code, message)
        creator, public = call.creator, self._posts.public_of(call.access.creator)
        known = {
            "open_id": creator["id"],
            "union_id": f"union-{creator['id']}",
            "avatar_url": f"https://p16.tiktokcdn.example/{creator['username']}.jpeg",
            "display_name": creator["nickname"],
            "username": creator["username"],
            "bio_description": creator["bio"],
            "profile_deep_link": f"https://vm.tiktok.com/{creator['username']}",
            "is_verified": creator["is_verified"],
            "follower_count": creator["followers"],
            "following_count": creator["following"],
            "likes_count": sum(post["statistics"].get("like_count", 0) for post in public),
            "video_count": len(public),
        }
        return {"user": {name: known[name] for name in fields}}


def share_url(post: Post, creator: dict[str, Any]) -> str:
    """The post's address at TikTok."""
    return f"https://www.tiktok.com/@{creator['username']}/video/{post['id']}"


def _fields(call: Call, known: frozenset[str]) -> list[str]:
    fields = [name for name in call.request.query.get("fields", "").split(",") if name]
    if not fields:
        raise BadParameterError("fields is required")
    if unknown := [name for name in fields if name not in known]:
        raise BadParameterError(f"Invalid fields: {','.join(unknown)}")
    return fields


def _posted(post: Post) -> datetime:
    return datetime.fromisoformat(published_at(post) or post["created_at"]).astimezone(UTC)


def _posted_ms(post: Post) -> int:
    return int(_posted(post).timestamp() * 1000)


def _video(post: Post, creator: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    file, url = post["file"], share_url(post, creator)
    known = {
        "id": post["id"],
        "create_time": int(_posted(post).timestamp()),
        "title": post["info"]["title"],
        "video_description": post["info"]["title"],
        "duration": int(file["duration_s"]),
        "height": file["height"],
        "width": file["width"],
        "cover_image_url": f"https://p16.tiktokcdn.example/cover/{post['id']}.jpeg",
        "share_url": url,
        "embed_link": f"https://www.tiktok.com/embed/v2/{post['id']}",
        "embed_html": f'<blockquote class="tiktok-embed" cite="{url}"></blockquote>',
        **{name: post["statistics"].get(name, 0) for name in _COUNTS},
    }
    return {name: known[name] for name in fields}
