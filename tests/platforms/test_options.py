"""Post options as data: what holds where something, everything or nothing was chosen."""

from __future__ import annotations

import pytest

from platforms.instagram.options import POST_OPTIONS as INSTAGRAM
from platforms.options import Choice, Names, Offer, PostOptions, Toggle, When, offered
from platforms.tiktok.options import DIRECT_OPTIONS, INBOX_OPTIONS
from platforms.youtube.options import POST_OPTIONS as YOUTUBE


def test_tiktoks_direct_posts_begin_with_everything_off_and_no_audience() -> None:
    values = DIRECT_OPTIONS.settled({})
    assert "privacy_level" not in values
    assert [choice.key for choice in DIRECT_OPTIONS.missing(values)] == ["privacy_level"]
    switches = [option for option in DIRECT_OPTIONS.options if isinstance(option, Toggle)]
    assert [option.key for option in switches if option.is_on(values)] == []


def test_a_brand_counts_only_while_content_is_disclosed() -> None:
    chosen = {"discloses": False, "brand_content_toggle": True}
    assert DIRECT_OPTIONS.settled(chosen)["brand_content_toggle"] is False
    assert DIRECT_OPTIONS.settled({**chosen, "discloses": True})["brand_content_toggle"] is True


def test_the_consent_names_branded_content_only_where_there_is_some() -> None:
    def notes(**chosen: bool) -> list[str]:
        values = DIRECT_OPTIONS.settled(chosen)
        return [note.key for note in DIRECT_OPTIONS.notes if note.when is None or note.when.holds(values)]

    assert notes() == ["music"]
    assert notes(discloses=True, brand_content_toggle=True) == ["branded"]


def test_the_inbox_asks_nothing() -> None:
    assert INBOX_OPTIONS.options == ()
    assert INBOX_OPTIONS.asked == frozenset()


def test_only_what_the_panel_needs_is_asked_of_an_account() -> None:
    assert {"privacy_levels", "comment_disabled", "nickname", "max_duration_s"} <= DIRECT_OPTIONS.asked
    assert YOUTUBE.asked == {"categories", "playlists"}
    assert INSTAGRAM.asked == frozenset()


def test_what_no_option_describes_stays() -> None:
    assert YOUTUBE.settled({"default_language": "de"})["default_language"] == "de"


def test_several_accounts_are_offered_what_each_of_them_may() -> None:
    choice = Choice("who", offer=Offer("levels"))
    assert list(offered(choice, [{"levels": ["a", "b", "c"]}, {"levels": ["c", "a"]}])) == ["a", "c"]
    assert offered(choice, [{"levels": ["a"]}, {}]) == {}
    assert offered(choice, []) == {}


def test_titles_come_from_the_site_where_it_has_them() -> None:
    choice = Choice("category", offer=Offer("categories", "id", "title"))
    assert offered(choice, [{"categories": [{"id": "1", "title": "Film"}]}]) == {"1": "Film"}


@pytest.mark.parametrize("values", [(), ("a",)])
def test_a_choice_has_either_values_or_an_offer(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="either"):
        Choice("x", values=values, offer=Offer("xs") if values else None)


def test_a_required_choice_has_no_default() -> None:
    with pytest.raises(ValueError, match="no default"):
        Choice("x", values=("a",), default="a", is_required=True)


def test_an_option_that_does_not_apply_is_not_shown() -> None:
    options = PostOptions((Toggle("a"), Names("b", max_count=2, when=When("a"))))
    assert [option.key for option in options.shown({"a": False})] == ["a"]
    assert [option.key for option in options.shown({"a": True})] == ["a", "b"]
