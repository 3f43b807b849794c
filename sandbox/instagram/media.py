"""Published Reels over the API: one, the list of an account's own, its insights, comments on or off, deletion."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.instagram import settings
from sandbox.instagram.call import Call, chosen
from sandbox.instagram.errors import GraphError, bad_parameter
from sandbox.instagram.library import Library, Media, permalink
from sandbox.instagram.paging import page_of
from sandbox.world import World

_USUAL = 25
_METRICS = {
    "reach": "Accounts reached", "views": "Views", "likes": "Likes", "comments": "Comments", "saved": "Saved",
    "shares": "Shares", "reposts": "Reposts", "total_interactions": "Interactions",
    "ig_reels_avg_watch_time": "Average watch time", "ig_reels_video_view_total_time": "Watch time",
    "reels_skip_rate": "Skip rate", "crossposted_views": "Crossposted views", "facebook_views": "Facebook views",
}  # fmt: skip
_GONE = ("impressions", "plays", "clips_replays_count", "ig_reels_aggregated_all_plays_count")
_CROSSPOSTED = ("crossposted_views", "facebook_views")
_SUMMED = ("likes", "comments", "saved", "shares", "reposts")


class MediaNodes:
    """Reading and changing what is published."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._library = world, library

    async def show(self, call: Call) -> web.Response:
        """GET /{media}."""
        return web.json_response(self._shown(call.target, call.fields()))

    async def list(self, call: Call) -> web.Response:
        """GET /{ig-user}/media: newest first; limit, after, before, since, until."""
        found = self._between(call, self._library.of_account(call.account["id"]))
        return web.json_response(page_of(call, found, lambda media: self._shown(media, call.fields()), _USUAL))

    async def change(self, call: Call) -> web.Response:
        """POST /{media}: comment_enabled, and nothing else; a caption cannot be changed."""
        enabled = call.flag("comment_enabled")
        if enabled is None:
            raise bad_parameter("The parameter comment_enabled is required")
        self._library.save({**call.target, "comments_enabled": enabled})
        return web.json_response({"success": True})

    async def delete(self, call: Call) -> web.Response:
        """DELETE /{media}, at Facebook Login's host alone."""
        if call.target["undeletable"]:
            raise GraphError(100, 2207073, "(#100) This media cannot be deleted")
        self._library.delete(call.target)
        return web.json_response({"success": True})

    async def insights(self, call: Call) -> web.Response:
        """GET /{media}/insights: nothing yet for a young media."""
        names = call.listed("metric")
        if not names:
            raise bad_parameter("The parameter metric is required")
        for place, name in enumerate(names):
            _check_metric(place, name)
        if call.text("period", "lifetime") != "lifetime":
            raise bad_parameter("The period is incompatible with the metric; use lifetime")
        delay = timedelta(seconds=settings.load(self._world.store).insights_delay_s)
        if self._library.age(call.target) < delay:
            return web.json_response({"data": []})
        return web.json_response({"data": [self._metric(call.target, name) for name in dict.fromkeys(names)]})

    def _metric(self, media: Media, name: str) -> dict[str, Any]:
        figures = self._library.figures(media)
        value = figures.get(name, media["insights"].get(name, 0))
        if name == "total_interactions":
            value = sum(figures[part] for part in _SUMMED)
        return {
            "name": name,
            "period": "lifetime",
            "values": [{"value": value}],
            "title": _METRICS[name],
            "description": f"{_METRICS[name]} of this reel.",
            "id": f"{media['id']}/insights/{name}/lifetime",
        }

    def _between(self, call: Call, found: Sequence[Media]) -> Sequence[Media]:
        since, until = _moment(call, "since"), _moment(call, "until")
        return [
            media
            for media in found
            if (since is None or _second(media) >= since) and (until is None or _second(media) <= until)
        ]

    def _shown(self, media: Media, fields: tuple[str, ...]) -> dict[str, Any]:
        account, figures = self._library.account_of(media), self._library.figures(media)
        file_url = f"{self._world.base_url}/control/instagram/videos/{media['id']}"
        available = {
            "id": media["id"],
            "ig_id": media["id"],
            "caption": media["reel"]["caption"] or None,
            "media_type": "VIDEO",
            "media_product_type": "REELS",
            "media_url": f"{file_url}/file",
            "thumbnail_url": f"{file_url}/thumbnail",
            "permalink": permalink(media),
            "shortcode": media["shortcode"],
            "timestamp": _second(media).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "username": account["username"],
            "owner": {"id": media["account"]},
            "like_count": figures["likes"],
            "comments_count": figures["comments"],
            "is_comment_enabled": media["comments_enabled"],
            "is_shared_to_feed": media["reel"]["share_to_feed"],
            "is_ai_generated": media["reel"]["is_ai_generated"],
            "view_count": figures["views"],
        }
        return chosen(available, fields, "IGMedia")


def _check_metric(place: int, name: str) -> None:
    if name in _GONE:
        raise bad_parameter(f"Starting from version v22.0 and above, the {name} metric is no longer supported.")
    if name not in _METRICS:
        raise bad_parameter(f"metric[{place}] must be one of the following values: {', '.join(_METRICS)}")
    if name in _CROSSPOSTED:
        raise bad_parameter(f"The {name} metric is available for media that was crossposted to Facebook only.")


def _second(media: Media) -> datetime:
    return datetime.fromisoformat(media["published_at"]).replace(microsecond=0)


def _moment(call: Call, name: str) -> datetime | None:
    """Seconds since 1970, or a date in words a computer understands."""
    value = call.text(name)
    if not value:
        return None
    try:
        if value.isdecimal():
            return datetime.fromtimestamp(int(value), UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError) as error:
        raise bad_parameter(f"Param {name} must be a unix timestamp or a date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
