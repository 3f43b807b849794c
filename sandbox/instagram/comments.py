"""Comments and replies under a Reel; sixty an hour. The API has no way to like anything."""

import re
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.instagram import reel, settings
from sandbox.instagram.call import Call, chosen
from sandbox.instagram.errors import bad_parameter, no_permission, planned
from sandbox.instagram.library import Library
from sandbox.instagram.paging import page_of
from sandbox.world import World

_KIND = "instagram_comment"
_LONGEST, _MOST_HASHTAGS, _MOST_LINKS, _PAGE = 300, 4, 1, 50
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
Comment = dict[str, Any]


class Comments:
    """Not idempotent: the same text twice is two comments."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._store, self._library = world, world.store, library

    async def create(self, call: Call) -> web.Response:
        """POST /{media}/comments."""
        if not call.target["comments_enabled"]:
            raise no_permission("comments are turned off for this media")
        return self._add(call, call.target["id"], None)

    async def reply(self, call: Call) -> web.Response:
        """POST /{comment}/replies."""
        return self._add(call, call.target["media"], call.target["id"])

    async def list(self, call: Call) -> web.Response:
        """GET /{media}/comments: newest first, without replies."""
        found = [c for c in reversed(self._library.comments(call.target["id"])) if c["parent"] is None]
        return web.json_response(page_of(call, found, lambda comment: self._shown(comment, call), _PAGE))

    async def replies(self, call: Call) -> web.Response:
        """GET /{comment}/replies."""
        found = [c for c in self._library.comments(call.target["media"]) if c["parent"] == call.target["id"]]
        return web.json_response(page_of(call, found, lambda comment: self._shown(comment, call), _PAGE))

    async def show(self, call: Call) -> web.Response:
        """GET /{comment}."""
        return web.json_response(self._shown(call.target, call))

    async def hide(self, call: Call) -> web.Response:
        """POST /{comment}?hide=true."""
        hidden = call.flag("hide")
        if hidden is None:
            raise bad_parameter("The parameter hide is required")
        self._store.put(_KIND, call.target["id"], {**call.target, "hidden": hidden})
        return web.json_response({"success": True})

    async def delete(self, call: Call) -> web.Response:
        """DELETE /{comment}."""
        self._store.delete(_KIND, call.target["id"])
        return web.json_response({"success": True})

    def get(self, comment_id: str) -> Comment | None:
        """The stored comment, or None."""
        return self._store.get(_KIND, comment_id)

    def _add(self, call: Call, media_id: str, parent: str | None) -> web.Response:
        rules, now = settings.load(self._store), self._world.clock.now()
        text = call.text("message").strip()
        if not text:
            raise bad_parameter("The parameter message is required")
        if rules.comment_rules:
            _check_text(text)
        since, author = now - timedelta(hours=1), call.account["id"]
        written = [c for c in self._store.list(_KIND) if c["author"] == author]
        if sum(datetime.fromisoformat(c["at"]) > since for c in written) >= rules.comments_per_hour:
            raise planned(rules.comment_limit)
        comment: Comment = {"id": f"178{self._store.next_id('instagram_comment'):014d}", "media": media_id}
        comment |= {"author": author, "username": call.account["username"], "text": text, "parent": parent}
        comment |= {"at": now.isoformat(timespec="microseconds"), "hidden": False}
        self._store.put(_KIND, comment["id"], comment)
        self._world.events.publish("instagram.comment", {"id": comment["id"], "video": media_id})
        return web.json_response({"id": comment["id"]})

    def _shown(self, comment: Comment, call: Call) -> dict[str, Any]:
        available = {
            "id": comment["id"],
            "text": comment["text"],
            "timestamp": datetime.fromisoformat(comment["at"]).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "username": comment["username"],
            "from": {"id": comment["author"], "username": comment["username"]},
            "user": {"id": comment["author"]},
            "media": {"id": comment["media"], "media_product_type": "REELS"},
            "parent_id": comment["parent"],
            "like_count": 0,
            "hidden": comment["hidden"],
        }
        return chosen(available, call.fields("timestamp,text,id"), "IGComment")


def _check_text(text: str) -> None:
    letters = [character for character in text if character.isalpha()]
    if len(text) > _LONGEST:
        raise bad_parameter(f"The comment is longer than {_LONGEST} characters")
    if len(reel.hashtags(text)) > _MOST_HASHTAGS or len(_LINK.findall(text)) > _MOST_LINKS:
        raise bad_parameter(f"A comment has at most {_MOST_HASHTAGS} hashtags and {_MOST_LINKS} link")
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        raise bad_parameter("A comment cannot consist of capital letters alone")
