"""creator_info, the two inits, status and cancel: a post before and after its bytes."""

from datetime import timedelta
from typing import Any

from sandbox.tiktok import errors, schema
from sandbox.tiktok.chunks import check_plan
from sandbox.tiktok.directory import Directory, privacy_options
from sandbox.tiktok.errors import ApiError, BadParameterError
from sandbox.tiktok.gate import Call
from sandbox.tiktok.posts import (
    COMPLETE,
    DIRECT,
    FAILED,
    IN_INBOX,
    INBOX,
    Post,
    Posts,
    fail_reason,
    is_public,
    status,
)
from sandbox.world import World

_DAY = timedelta(hours=24)
_PRIVACY = frozenset({"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"})
_SOURCES = frozenset({"FILE_UPLOAD", "PULL_FROM_URL"})
_TITLE_UTF16 = 2200
_FLAGS = (
    "disable_duet",
    "disable_comment",
    "disable_stitch",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
)


class Publish:
    """The handlers below `/v2/post/publish/`."""

    def __init__(self, world: World, directory: Directory, posts: Posts) -> None:
        self._world, self._directory, self._posts = world, directory, posts

    async def creator_info(self, call: Call) -> dict[str, Any]:
        """Who cannot post now is told so under HTTP 200, by design."""
        if code := self._block(call):
            raise errors.blocked(code, 200)
        creator, until = call.creator, int(self._world.clock.now().timestamp()) + 7200
        return {
            "creator_avatar_url": f"https://p16.tiktokcdn.example/{creator['username']}.jpeg?x-expires={until}",
            "creator_username": creator["username"],
            "creator_nickname": creator["nickname"],
            "privacy_level_options": privacy_options(creator),
            "comment_disabled": creator["comment_disabled"],
            "duet_disabled": creator["duet_disabled"],
            "stitch_disabled": creator["stitch_disabled"],
            "max_video_post_duration_sec": creator["max_video_post_duration_sec"],
        }

    async def init(self, call: Call) -> dict[str, Any]:
        """A direct post: published as soon as its last byte is there and processed."""
        info = _post_info(schema.part(call.body, "post_info"))
        plan = _plan(call)
        if code := self._block(call):
            raise errors.blocked(code, 403)
        self._check_privacy(call, info["privacy_level"])
        return self._begun(call, self._posts.begin(DIRECT, call.access.creator, call.access.client_key, info, plan))

    async def inbox_init(self, call: Call) -> dict[str, Any]:
        """A draft that the creator finishes in the app."""
        plan, creator, client = _plan(call), call.access.creator, call.access.client_key
        if call.creator["blocked"] in ("spam_risk", "spam_risk_user_banned_from_posting"):
            raise errors.blocked(call.creator["blocked"], 403)
        if self._posts.pending(creator, client, self._world.clock.now() - _DAY) >= call.rules.pending_inbox:
            raise errors.too_many_pending()
        return self._begun(call, self._posts.begin(INBOX, creator, client, None, plan))

    async def fetch_status(self, call: Call) -> dict[str, Any]:
        """Where the post stands. The id of a post that everybody can see is an int64."""
        post, now = self._found(call), self._world.clock.now()
        data: dict[str, Any] = {
            "status": status(post, now),
            "fail_reason": fail_reason(post, now),
            "uploaded_bytes": post["stored"],
            "publicaly_available_post_id": [int(post["id"])] if is_public(post, now) else [],
        }
        return data

    async def cancel(self, call: Call) -> dict[str, Any]:
        """Only while it is under way."""
        post = self._found(call)
        if status(post, self._world.clock.now()) in (COMPLETE, FAILED, IN_INBOX):
            raise ApiError(400, "publish_not_cancellable", "The publish is complete and cannot be cancelled.")
        self._posts.end(post, "publish_cancelled")
        return {}

    def _block(self, call: Call) -> str | None:
        """Why the creator cannot post now, if so."""
        if call.creator["blocked"]:
            return str(call.creator["blocked"])
        since = self._world.clock.now() - _DAY
        if len(self._posts.begun_since(since, mode=DIRECT, creator=call.access.creator)) >= call.rules.posts_per_day:
            return "spam_risk_too_many_posts"
        if not self._is_audited(call):
            begun = self._posts.begun_since(since, mode=DIRECT)
            active = {post["creator"] for post in begun if post["client_key"] == call.access.client_key}
            if len(active | {call.access.creator}) > call.rules.unaudited_users_per_day:
                return "reached_active_user_cap"
        return None

    def _is_audited(self, call: Call) -> bool:
        return bool((self._directory.client(call.access.client_key) or {}).get("audited"))

    def _check_privacy(self, call: Call, level: str) -> None:
        if not self._is_audited(call) and not (level == "SELF_ONLY" and call.creator["is_private"]):
            raise errors.unaudited()
        if level not in privacy_options(call.creator):
            raise errors.privacy_mismatch()

    def _begun(self, call: Call, post: Post) -> dict[str, Any]:
        address = call.request.url.origin() / "tiktok/upload/video/"
        query = {"upload_id": post["id"], "upload_token": post["upload_token"]}
        return {"publish_id": post["publish_id"], "upload_url": str(address.with_query(query))}

    def _found(self, call: Call) -> Post:
        post = self._posts.get(schema.text(call.body, "publish_id"))
        if post is None:
            raise ApiError(400, "invalid_publish_id", "The publish_id does not exist.")
        if (post["creator"], post["client_key"]) != (call.access.creator, call.access.client_key):
            message = "The access_token does not have authorization for the specified publish_id."
            raise ApiError(400, "token_not_authorized_for_specified_publish_id", message)
        return post


def _post_info(given: dict[str, Any]) -> dict[str, Any]:
    """Checked; a cover outside of the video is no error, it gives the first frame."""
    if "privacy_level" not in given:
        raise errors.privacy_mismatch()
    info: dict[str, Any] = {
        "title": schema.text(given, "title", "", _TITLE_UTF16),
        "privacy_level": schema.choice(given, "privacy_level", _PRIVACY),
        "video_cover_timestamp_ms": schema.integer(given, "video_cover_timestamp_ms", 0, schema.INT32),
        **{name: schema.flag(given, name) for name in _FLAGS},
    }
    if info["brand_content_toggle"] and info["privacy_level"] == "SELF_ONLY":
        raise BadParameterError("Branded content cannot be posted with privacy_level SELF_ONLY")
    return info


def _plan(call: Call) -> dict[str, int]:
    source = schema.part(call.body, "source_info")
    if schema.choice(source, "source", _SOURCES) == "PULL_FROM_URL":
        if not schema.text(source, "video_url").startswith("https://"):
            raise BadParameterError("video_url is invalid")
        raise errors.url_unverified()
    plan = {name: schema.integer(source, name) for name in ("video_size", "chunk_size", "total_chunk_count")}
    check_plan(plan, call.rules)
    return plan
