"""What TikTok would refuse is said before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platforms.base import VideoFile
from platforms.tiktok.caption import caption, hashtag, utf16_length
from platforms.tiktok.limits import file_limits
from platforms.tiktok.settings import Mode
from platforms.tiktok.validate import violations
from tests.platforms.tiktok.stage import make_meta

LIMITS = file_limits(3.0)
PUBLIC = {"privacy_level": "PUBLIC_TO_EVERYONE"}


def file(**changes: Any) -> VideoFile:
    fields: dict[str, Any] = {"size": 5_000_000, "duration_s": 20.0, "width": 1080, "height": 1920, "fps": 30.0}
    return VideoFile(path=Path("render.mp4"), sha256="", **(fields | changes))


def codes(video: VideoFile | None = None, *, mode: Mode = Mode.DIRECT, **changes: Any) -> list[str]:
    return [each.code for each in violations(video, make_meta(**changes), mode=mode, limits=LIMITS)]


def test_a_good_post_breaks_nothing() -> None:
    assert codes(file()) == []


@pytest.mark.parametrize("privacy_status", ["public", "private", "unlisted", ""])
def test_a_privacy_has_to_be_chosen_in_tiktoks_words(privacy_status: str) -> None:
    assert codes(options={}, privacy_status=privacy_status) == ["tiktok.privacy_missing"]


@pytest.mark.parametrize("level", ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"])
def test_every_level_of_tiktok_may_be_chosen_in_either_place(level: str) -> None:
    assert codes(options={"privacy_level": level}) == []
    assert codes(options={}, privacy_status=level) == []


def test_into_the_inbox_nothing_has_to_be_said() -> None:
    assert codes(file(), mode=Mode.INBOX, options={}, title="x" * 3000) == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"privacy_level": "EVERYBODY"}, "tiktok.privacy_unknown"),
        ({"privacy_level": "SELF_ONLY", "brand_content_toggle": True}, "tiktok.branded_private"),
        (PUBLIC | {"disable_duet": "yes"}, "tiktok.option_unknown"),
        (PUBLIC | {"is_aigc": 1}, "tiktok.option_unknown"),
        (PUBLIC | {"cover_ms": -1}, "tiktok.option_unknown"),
        (PUBLIC | {"cover_ms": 2**31}, "tiktok.option_unknown"),
        (PUBLIC | {"cover_ms": 1.5}, "tiktok.option_unknown"),
        (PUBLIC | {"cover_ms": 20_001}, "tiktok.cover_outside"),
    ],
)
def test_an_option_that_cannot_be_is_named(options: dict[str, Any], code: str) -> None:
    assert codes(file(), options=options) == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 0}, "tiktok.file_empty"),
        ({"size": 4_000_000_001}, "tiktok.file_too_large"),
        ({"mime_type": "video/x-matroska"}, "tiktok.container_refused"),
        ({"duration_s": 2.9}, "tiktok.video_too_short"),
        ({"duration_s": 600.5}, "tiktok.video_too_long"),
        ({"width": 359}, "tiktok.picture_size"),
        ({"height": 4097}, "tiktok.picture_size"),
        ({"fps": 22.0}, "tiktok.frame_rate"),
        ({"fps": 61.0}, "tiktok.frame_rate"),
    ],
)
def test_a_file_that_cannot_be_is_told_why_in_both_modes(changes: dict[str, Any], code: str) -> None:
    assert codes(file(**changes)) == [code]
    assert codes(file(**changes), mode=Mode.INBOX, options={}) == [code]


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 4_000_000_000},
        {"duration_s": 3.0},
        {"duration_s": 600.0},
        {"width": 360, "height": 4096},
        {"fps": 23.976},
        {"fps": 60.0},
        {"fps": None},
        {"mime_type": "video/webm"},
        {"mime_type": "video/quicktime"},
    ],
)
def test_a_file_at_the_limit_is_fine(changes: dict[str, Any]) -> None:
    assert codes(file(**changes)) == []


def test_the_title_is_counted_in_utf16_units() -> None:
    assert codes(title="🌅" * 1100) == []
    (violation,) = violations(None, make_meta(title="🌅" * 1100 + "x"), mode=Mode.DIRECT, limits=LIMITS)
    assert (violation.code, violation.params) == ("tiktok.title_too_long", {"limit": 2200, "actual": 2201})


def test_a_lone_surrogate_counts_one() -> None:
    assert utf16_length("\ud83c") == 1


def test_the_caption_holds_all_three_texts() -> None:
    meta = make_meta(title=" Morning ", description="With #Coffee", keywords=("old town", "coffee", "old town", "!"))
    assert caption(meta) == "Morning\n\nWith #Coffee\n\n#oldtown"


def test_a_caption_of_ones_own_replaces_them() -> None:
    assert caption(make_meta(options={"caption": " Mine "})) == "Mine"


@pytest.mark.parametrize(("keyword", "tag"), [("old town", "#oldtown"), ("#утро", "#утро"), ("c++", "#c"), ("!?", "")])
def test_a_keyword_becomes_a_hashtag(keyword: str, tag: str) -> None:
    assert hashtag(keyword) == tag
