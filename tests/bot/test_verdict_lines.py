"""The lines that tell, before approval, what awaits a clip at each site, with the real sites' rules."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.card import draft_problems
from bot.draft_card import render_draft
from bot.texts import LOCALES_FOLDER, Texts, read_catalogue
from bot.verdict_lines import verdict_lines
from media.info import AudioStream, MediaInfo, VideoStream
from platforms.registry import load_platforms
from scheduler.approval import Approval
from scheduler.desk import TaskDesk
from scheduler.intake import facts_of
from storage.values import Account, AccountStatus, Clip
from tests.bot.test_cards import CARD, CLIP, NOON
from tests.support.listeners import Recorder
from tests.support.voices import FakePresets

TEXTS = Texts()
ROOT = Path(__file__).resolve().parent.parent.parent
SITES = load_platforms(
    {
        "youtube": {"client_id": "id", "client_secret": "secret"},
        "tiktok": {"client_key": "key", "client_secret": "secret"},
        "instagram": {"client_id": "id", "client_secret": "secret", "login": "facebook"},
    }
)
ACCOUNTS = tuple(
    Account(number, name, f"x{number}", title, "", AccountStatus.ACTIVE, frozenset(), 1, NOON)
    for number, (name, title) in enumerate(
        {"youtube": "Morning Tales", "tiktok": "Quiet Kitchen", "instagram": "Slow Trains"}.items(), 1
    )
)


def media(container: str = "mp4", *, seconds: float = 20, size: int = 10_000_000, **picture: Any) -> MediaInfo:
    video = VideoStream("h264", 1080, 1920, 30.0, variable_fps=False, rotation=0, start_s=0, duration_s=20, frames=600)
    sound = AudioStream("aac", 48_000, 2, start_s=0.0, duration_s=seconds)
    return MediaInfo(container, seconds, size, replace(video, **picture), sound)


def clip_of(info: MediaInfo) -> Clip:
    return replace(CLIP, path="/clip", facts=facts_of(info, "ab" * 32))


def approval() -> Approval:
    return Approval(SITES, FakePresets(), lambda: NOON, desk=TaskDesk(Recorder(), lambda: NOON, SITES))


def card(info: MediaInfo, **options: Any) -> Any:
    """The card of a draft for all three sites."""
    draft = replace(
        CARD.draft,
        account_ids=(1, 2, 3),
        description="",
        title="A title",
        options={"privacy_status": "public", **options},
    )
    clip = clip_of(info)
    return replace(
        CARD,
        draft=draft,
        clip=clip,
        accounts=ACCOUNTS,
        platforms=tuple((name, site.display_name) for name, site in SITES.items()),
        problems=approval().problems(draft, clip, ACCOUNTS),
        outlooks=approval().outlooks(draft, clip, ACCOUNTS),
    )


def lines(info: MediaInfo, locale: str = "en", **options: Any) -> dict[str, str]:
    """What is said of each site, without the names; sites that are told the same share a line."""
    said: dict[str, str] = {}
    for line in verdict_lines(card(info, **options), TEXTS.of(locale)):
        names, sentence = line.split(": ", 1)
        said |= {name.split(" · ")[1]: f"{line.split(' ')[0]} {sentence}" for name in names.split(", ")}
    return said


def test_a_clip_that_fits_is_sent_as_it_is() -> None:
    assert lines(media()) == {
        "YouTube": "✅ will be a Short; sent as it is",
        "TikTok": "✅ sent as it is",
        "Instagram": "✅ sent as it is",
    }


def test_hevc_in_mov_will_be_converted_and_stands_in_nobodys_way() -> None:
    shown = card(media("mov", codec="hevc"))
    assert shown.problems == ()
    said = lines(media("mov", codec="hevc"))
    assert said["TikTok"].startswith("🔧 will be converted, to about")
    assert said["TikTok"].endswith("MOV becomes MP4; HEVC becomes H.264")


@pytest.mark.parametrize("container", ["matroska", "webm"])
def test_what_a_site_does_not_take_and_the_fitter_mends_does_not_block(container: str) -> None:
    assert card(media(container, fps=12.0, width=2160, height=3840)).problems == ()


def test_a_lying_clip_is_asked_about_and_is_a_short_once_it_is_padded() -> None:
    lying = media(width=1920, height=1080)
    assert lines(lying)["YouTube"] == ("⚠️ landscape, so not a Short: “Frame” pads or crops it to 9:16; sent as it is")
    assert lines(lying)["Instagram"].startswith("⚠️ landscape, so shown small between bars:")
    assert lines(lying, frame="pad_blur")["YouTube"].startswith("🔧 will be a Short; will be converted")
    assert "padded to 1080×1920" in lines(lying, frame="pad_blur")["Instagram"]
    assert "cropped to 608×1080" in lines(lying, frame="crop")["TikTok"]


def test_two_seconds_are_too_short_for_a_reel_and_it_is_said_once() -> None:
    shown = card(media(seconds=2))
    assert {problem.code for problem in shown.problems} == {"instagram.video_too_short", "tiktok.video_too_short"}
    assert (
        lines(media(seconds=2))["Instagram"] == "⛔ Instagram wants at least 3 s, and this lasts 2 s: send a longer one"
    )
    text = render_draft(shown, TEXTS.of("en")).text
    assert "shorter than the 3 seconds" not in text
    assert "Before approval" not in text


def test_a_large_reel_is_made_to_fit() -> None:
    big = media(seconds=180, size=400_000_000)
    assert card(big).problems == ()
    assert "400 MB" not in lines(big)["YouTube"]
    slow = media(seconds=600, size=400_000_000)
    assert "400 MB is made to fit into 300 MB" in lines(slow)["Instagram"]
    assert lines(slow)["YouTube"] == "⚠️ 7:00 too long for a Short: an ordinary video; sent as it is"


def test_too_long_for_the_account_tells_by_how_much() -> None:
    shown = card(media(seconds=180))
    tiktok = next(each for each in ACCOUNTS if each.platform == "tiktok")
    found = approval().outlooks(shown.draft, shown.clip, (tiktok,), {tiktok.id: 120.0})
    (line,) = verdict_lines(replace(shown, outlooks=found), TEXTS.of("en"))
    assert (
        line == "⛔ Quiet Kitchen · TikTok: 60 s over TikTok’s limit for this account (2:00): cut it and send it again"
    )


def test_too_long_for_the_account_keeps_from_approval_and_is_said_once() -> None:
    shown = card(media(seconds=180))
    tiktok = next(each for each in ACCOUNTS if each.platform == "tiktok")
    found = approval().outlooks(shown.draft, shown.clip, ACCOUNTS, {tiktok.id: 120.0})
    (told,) = (fault for each in found for fault in each.told)
    assert told.code == "draft.too_long_for_account"
    text = render_draft(replace(shown, outlooks=found, problems=(told,)), TEXTS.of("en")).text
    assert "Before approval" not in text
    services: Any = SimpleNamespace(approval=approval(), options=SimpleNamespace(longest_s=lambda: {tiktok.id: 120.0}))
    assert draft_problems(services, shown.draft, shown.clip, ACCOUNTS) == (told,)


def test_a_short_over_a_minute_is_told_of_claims() -> None:
    assert "if somebody claims its music" in lines(media(seconds=90))["YouTube"]


def test_accounts_of_one_site_that_fare_alike_share_a_line() -> None:
    shown = card(media())
    twin = replace(ACCOUNTS[0], id=9, title="Evening Tales")
    both = approval().outlooks(shown.draft, shown.clip, (ACCOUNTS[0], twin))
    (line,) = verdict_lines(replace(shown, outlooks=both), TEXTS.of("en"))
    assert line == "✅ Morning Tales, Evening Tales · YouTube: will be a Short; sent as it is"


def test_sites_that_are_told_the_same_share_a_line() -> None:
    said = verdict_lines(card(media()), TEXTS.of("en"))
    assert "✅ Slow Trains · Instagram, Quiet Kitchen · TikTok: sent as it is" in said
    assert len(said) == 2


def test_work_that_nobody_sees_is_not_spelled_out() -> None:
    shown = card(media("mov", codec="hevc", width=3840, height=2160), frame="pad_blur")
    assert any(note.code == "fit.scaled_down" for each in shown.outlooks for note in each.notes)
    assert "scaled" not in "".join(verdict_lines(shown, TEXTS.of("en")))


def test_figures_are_spelled_in_the_language() -> None:
    assert "59,9 кадров в секунду станут 30" in lines(media(fps=59.94), "ru")["Instagram"]


def test_ten_accounts_are_judged_at_once() -> None:
    shown, begun = card(media("mov", codec="hevc")), time.perf_counter()
    for _ in range(10):
        approval().outlooks(shown.draft, shown.clip, ACCOUNTS)
    assert time.perf_counter() - begun < 1


def codes_of_the_fitter() -> Iterator[str]:
    for path in (ROOT / "media" / "fit").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("fit."):
                yield node.value


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_every_verdict_has_a_sentence(locale: str) -> None:
    codes = set(codes_of_the_fitter())
    assert len(codes) > 25
    entries = read_catalogue(LOCALES_FOLDER / locale / "LC_MESSAGES" / "messages.po", locale).entries
    assert [code for code in sorted(codes) if code not in entries] == []
