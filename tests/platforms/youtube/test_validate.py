"""What YouTube would refuse is said before anything is sent, with the limit and what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.base import VideoFile, Violation
from platforms.youtube.limits import keywords_length
from platforms.youtube.validate import violations
from tests.platforms.stage import make_meta


def found(file: VideoFile | None = None, **meta: Any) -> list[Violation]:
    return list(violations(file, make_meta(**meta)))


def video(*, size: int = 1000, duration_s: float = 20.0) -> VideoFile:
    return VideoFile(Path("clip.mp4"), size, "0" * 64, duration_s, 1080, 1920)


def test_a_good_post_breaks_no_rule() -> None:
    assert found(video()) == []


@given(title=st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), min_size=1, max_size=120))
def test_a_title_has_1_to_100_characters(title: str) -> None:
    codes = {violation.code for violation in found(title=title)}
    assert ("youtube.title_too_long" in codes) == (len(title) > 100)
    assert ("youtube.title_empty" in codes) == (not title.strip())


def test_a_title_too_long_says_by_how_much() -> None:
    assert found(title="ы" * 101) == [Violation("youtube.title_too_long", {"limit": 100, "actual": 101})]


@pytest.mark.parametrize("sign", ["<", ">"])
def test_angle_brackets_are_refused_everywhere(sign: str) -> None:
    codes = [violation.code for violation in found(title=sign, description=sign, keywords=(sign,))]
    assert codes == [
        "youtube.title_forbidden_characters",
        "youtube.description_forbidden_characters",
        "youtube.keywords_forbidden_characters",
    ]


@given(description=st.text(st.characters(exclude_characters="<>"), max_size=1300), repeat=st.integers(1, 8))
def test_a_description_is_limited_in_bytes(description: str, repeat: int) -> None:
    text = description * repeat
    size = len(text.encode("utf-8", "surrogatepass"))
    expected = [Violation("youtube.description_too_long", {"limit": 5000, "actual": size})] if size > 5000 else []
    assert found(description=text) == expected


def test_2501_cyrillic_letters_are_too_many_bytes() -> None:
    assert found(description="ы" * 2500) == []
    assert found(description="ы" * 2501)[0].params == {"limit": 5000, "actual": 5002}


@pytest.mark.parametrize(
    ("keywords", "length"),
    [((), 0), (("abc",), 3), (("abc", "de"), 6), (("old town",), 10), (("old town", "a", "b c"), 18)],
)
def test_commas_and_quotes_count_as_keywords(keywords: tuple[str, ...], length: int) -> None:
    assert keywords_length(keywords) == length


def test_500_of_keywords_are_enough() -> None:
    assert found(keywords=("a" * 249, "b" * 250)) == []
    assert found(keywords=("a" * 250, "b" * 250)) == [
        Violation("youtube.keywords_too_long", {"limit": 500, "actual": 501})
    ]


def test_an_empty_file_is_refused() -> None:
    assert found(video(size=0)) == [Violation("youtube.file_empty")]


def test_a_file_over_256_gib_is_refused() -> None:
    assert found(video(size=256 * 2**30)) == []
    assert found(video(size=256 * 2**30 + 1))[0].code == "youtube.file_too_large"


def test_a_video_over_12_hours_is_refused() -> None:
    assert found(video(duration_s=43200)) == []
    assert found(video(duration_s=43201)) == [Violation("youtube.video_too_long", {"limit": 43200.0, "actual": 43201})]


@pytest.mark.parametrize(
    ("meta", "code"),
    [
        ({"privacy_status": "friends"}, "youtube.privacy_unknown"),
        ({"options": {"category_id": "music"}}, "youtube.category_unknown"),
        ({"options": {"category_id": "²"}}, "youtube.category_unknown"),
        ({"options": {"license": "mine"}}, "youtube.option_unknown"),
        ({"options": {"embeddable": "yes"}}, "youtube.option_unknown"),
        ({"options": {"notify_subscribers": 1}}, "youtube.option_unknown"),
        ({"options": {"default_language": ""}}, "youtube.option_unknown"),
        ({"privacy_status": "public", "options": {"publish_at": "tomorrow"}}, "youtube.publish_at_unreadable"),
        (
            {"privacy_status": "public", "options": {"publish_at": "2026-11-21T10:00:00"}},
            "youtube.publish_at_unreadable",
        ),
        ({"options": {"publish_at": "2026-11-21T10:00:00Z"}}, "youtube.publish_at_needs_public"),
    ],
)
def test_an_option_that_youtube_does_not_know_is_refused(meta: dict[str, Any], code: str) -> None:
    assert [violation.code for violation in found(**meta)] == [code]
