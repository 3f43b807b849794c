"""What TikTok offers to one creator at the moment: asked before every direct post, for it may change between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platforms.base import VideoFile, VideoMeta, Violation
from platforms.errors import ContentRejectedError
from platforms.options import COVER_MS
from platforms.tiktok.api import TikTokApi
from platforms.tiktok.fields import text, texts, whole
from platforms.tiktok.options import privacy_sentence
from platforms.tiktok.settings import NAME
from platforms.tiktok.validate import privacy_level


class CreatorRefusesError(ContentRejectedError):
    """This creator may not post this."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(platform=NAME, reason="creatorInfo", code=violation.code)
        self._facts = {name: str(value) for name, value in violation.params.items()}

    def params(self) -> dict[str, str]:
        return super().params() | self._facts


@dataclass(frozen=True, slots=True)
class Creator:
    """A creator's options. `max_duration_s` in seconds, None where TikTok does not say."""

    username: str
    nickname: str
    avatar_url: str
    privacy_levels: tuple[str, ...]
    comment_disabled: bool
    duet_disabled: bool
    stitch_disabled: bool
    max_duration_s: int | None

    def to_json(self) -> dict[str, Any]:
        """The options as `account_choices` gives them."""
        return {
            "username": self.username,
            "nickname": self.nickname,
            "avatar_url": self.avatar_url,
            "privacy_levels": list(self.privacy_levels),
            "comment_disabled": self.comment_disabled,
            "duet_disabled": self.duet_disabled,
            "stitch_disabled": self.stitch_disabled,
            "max_duration_s": self.max_duration_s,
        }


async def ask_creator(api: TikTokApi, access_token: str) -> Creator:
    """Ask for the options. Raises what TikTok says against posting, which comes as a refusal with HTTP 200."""
    return parse_creator(await api.post(access_token, "post/publish/creator_info/query/", {}))


def parse_creator(data: Mapping[str, Any]) -> Creator:
    return Creator(
        username=text(data, "creator_username"),
        nickname=text(data, "creator_nickname"),
        avatar_url=text(data, "creator_avatar_url"),
        privacy_levels=texts(data, "privacy_level_options"),
        comment_disabled=data.get("comment_disabled") is True,
        duet_disabled=data.get("duet_disabled") is True,
        stitch_disabled=data.get("stitch_disabled") is True,
        max_duration_s=whole(data, "max_video_post_duration_sec"),
    )


def creator_violations(creator: Creator, file: VideoFile, meta: VideoMeta) -> tuple[Violation, ...]:
    """Return what this creator may not post, though another could."""
    found = []
    if privacy_level(meta) not in creator.privacy_levels:
        offered = ", ".join(map(privacy_sentence, creator.privacy_levels))
        chosen = privacy_sentence(privacy_level(meta))
        found.append(Violation("tiktok.privacy_not_offered", {"actual": chosen, "offered": offered}))
    if creator.max_duration_s is not None and file.duration_s > creator.max_duration_s:
        numbers = {"limit_s": creator.max_duration_s, "actual_s": file.duration_s}
        found.append(Violation("tiktok.video_too_long_for_account", numbers))
    return tuple(found)


def post_info(creator: Creator, meta: VideoMeta, title: str) -> dict[str, Any]:
    """Write what a direct post says of itself.

    An interaction that the creator switched off stays off. A changed voice is declared whatever the options say.
    """
    options = meta.options
    info: dict[str, Any] = {
        "title": title,
        "privacy_level": privacy_level(meta),
        "disable_comment": creator.comment_disabled or options.get("disable_comment") is True,
        "disable_duet": creator.duet_disabled or options.get("disable_duet") is True,
        "disable_stitch": creator.stitch_disabled or options.get("disable_stitch") is True,
        "brand_content_toggle": options.get("brand_content_toggle") is True,
        "brand_organic_toggle": options.get("brand_organic_toggle") is True,
        "is_aigc": meta.contains_synthetic_media or options.get("is_aigc") is True,
    }
    if COVER_MS in options:
        info["video_cover_timestamp_ms"] = options[COVER_MS]
    return info
