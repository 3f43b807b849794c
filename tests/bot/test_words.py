"""Sentences, their shapes in both languages, and the buttons' typed data."""

from __future__ import annotations

import ast
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import formats
from bot.callbacks import (
    AccountAct,
    AccountButton,
    DraftAct,
    DraftButton,
    PostAct,
    PostButton,
    SettingAct,
    SettingButton,
    TaskAct,
    TaskButton,
    voice_key,
)
from bot.handlers.clips import proposed_texts
from bot.handlers.settings import known_zone
from bot.locale_check import Named, complaints, error_codes_in, missing_keys, named_in
from bot.screen import plain, shorten, utf16_length
from bot.texts import Texts
from platforms.registry import platform_names
from platforms.youtube import errors as youtube_errors
from storage.values import Fault
from tests.bot.chat import NOON, TEXTS

ROW_IDS = st.integers(min_value=1, max_value=2**63 - 1)
EN, RU = TEXTS.of("en"), TEXTS.of("ru")


@settings(max_examples=50)
@given(ROW_IDS, st.integers(min_value=1, max_value=2**31), st.sampled_from(DraftAct), st.text(max_size=60))
def test_a_draft_button_comes_back_as_it_was_packed(draft: int, version: int, act: DraftAct, name: str) -> None:
    button = DraftButton(draft=draft, version=version, act=act, arg=voice_key(name))
    packed = button.pack()
    assert len(packed.encode()) <= 64
    assert DraftButton.unpack(packed) == button


@settings(max_examples=30)
@given(ROW_IDS, st.sampled_from(TaskAct), st.sampled_from(AccountAct), st.sampled_from(PostAct))
def test_the_other_buttons_come_back_too(row: int, task: TaskAct, account: AccountAct, post: PostAct) -> None:
    for button in (
        TaskButton(task=row, act=task),
        AccountButton(account=row, act=account),
        PostButton(draft=row, version=1, act=post),
    ):
        assert type(button).unpack(button.pack()) == button


def test_the_longest_zone_name_fits_into_a_button() -> None:
    button = SettingButton(act=SettingAct.TIMEZONE, arg="America/Argentina/ComodRivadavia")
    assert len(button.pack().encode()) <= 64


@settings(max_examples=50)
@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_fits_and_is_a_beginning(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert utf16_length(short) <= limit
    assert short == text or text.startswith(short.removesuffix("…").rstrip())


def test_every_sentence_that_code_asks_for_exists_in_every_language() -> None:
    assert complaints() == []


def test_every_word_of_youtubes_has_a_sentence() -> None:
    meanings = [*youtube_errors.REASONS.values(), *youtube_errors.OAUTH_ERRORS.values()]
    codes = {meaning.code for meaning in meanings if meaning.code} | set(youtube_errors.CHECK_CODES.values())
    assert {code for code in codes if not EN.knows(f"error.{code}")} == set()


def test_the_check_finds_a_key_without_a_sentence() -> None:
    named = named_in(ast.parse('t("card.nowhere"); t(f"voice.{name}")'))
    assert named == Named(frozenset({"card.nowhere"}), frozenset({"voice."}))
    assert list(missing_keys(EN._catalogue, named, [])) == ["en: no sentence for card.nowhere"]


def test_the_check_finds_the_code_of_an_error_class() -> None:
    tree = ast.parse('class LostError(Exception):\n    code: str = "media.lost"\nFault("clip.gone", {})')
    assert set(error_codes_in(tree)) == {"media.lost", "clip.gone"}


def test_the_check_reports_every_fault_of_a_catalogue(tmp_path: Path) -> None:
    for language, sentence in (("en", "Hello <b>{name}</b>"), ("ru", "Привет {nom}")):
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        head = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        body = f'"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\nmsgid "card.moved"\nmsgstr "{sentence}"\n'
        (folder / "messages.po").write_text(head + body)
    found = complaints(locales=tmp_path)
    assert "ru: card.moved has other placeholders or tags than in en" in found
    assert "en: no sentence for card.untitled" in found


@pytest.mark.parametrize(
    ("n", "form"),
    [
        (1, "черновик ждёт"),
        (2, "черновика ждут"),
        (5, "черновиков ждут"),
        (11, "черновиков"),
        (21, "черновик ждёт"),
        (22, "черновика"),
        (111, "черновиков"),
    ],
)
def test_russian_numbers_take_their_forms(n: int, form: str) -> None:
    assert form in RU.count("queue.drafts", n)


def test_foreign_strings_are_escaped_in_sentences_and_not_in_toasts() -> None:
    assert EN("card.heading", title="a<b>&") == "<b>a&lt;b&gt;&amp;</b>"
    assert EN.plain("page.connected", account="a<b>&") == "Connected: a<b>&"
    assert EN("task.completed", url='https://host/"><b>') == '<a href="https://host/&quot;&gt;&lt;b&gt;">Published</a>'


def test_a_parameter_cannot_reach_into_our_objects() -> None:
    assert EN.plain("page.connected", account="{account.__class__}") == "Connected: {account.__class__}"


def test_a_parameter_that_nobody_gave_shows_as_an_ellipsis() -> None:
    assert "“…”" in EN.plain("error.time.format")


def test_an_unknown_language_is_english_and_a_regional_one_its_language() -> None:
    texts = Texts()
    assert [texts.of(name).locale for name in ("xx", None, "ru-RU", "ru_UA", "")] == ["en", "en", "ru", "ru", "en"]


def test_an_unknown_error_code_still_says_something() -> None:
    said = formats.fault_sentence(Fault("nowhere.known"), EN, zone="UTC", now=NOON)
    assert said == "Something went wrong (code nowhere.known)."


def test_a_moment_in_a_fault_is_told_on_the_operators_clock() -> None:
    fault = Fault("platform.quota_exhausted", {"until": "2026-11-21T08:00:00+00:00"})
    assert "tomorrow 09:00" in formats.fault_sentence(fault, EN, zone="Europe/Berlin", now=NOON)
    assert "завтра 09:00" in formats.fault_sentence(fault, RU, zone="Europe/Berlin", now=NOON)


def test_a_code_in_a_fault_is_told_as_its_sentence() -> None:
    fault = Fault("task.rejected", {"platform": "youtube", "reason": "youtube.rejected_copyright"})
    assert "rejected for copyright" in formats.fault_sentence(fault, EN, zone="UTC", now=NOON)


@pytest.mark.parametrize(
    ("days", "english", "russian"),
    [
        (0, "today 13:00", "сегодня 13:00"),
        (1, "tomorrow 13:00", "завтра 13:00"),
        (5, "Wed 25 Nov, 13:00", "ср 25 нояб., 13:00"),
        (365, "20 Nov 2027, 13:00", "20 нояб. 2027, 13:00"),
    ],
)
def test_moments_are_told_the_way_people_do(days: int, english: str, russian: str) -> None:
    when = NOON + timedelta(days=days)
    assert plain(formats.moment(when, "Europe/Berlin", NOON, EN)) == english
    assert formats.moment(when, "Europe/Berlin", NOON, RU).replace("\u202f", " ") == russian


def test_sizes_and_lengths_are_short() -> None:
    assert [formats.size(n, EN) for n in (0, 900, 3_400_000, 45_000_000, 2_100_000_000)] == [
        "0 B",
        "900 B",
        "3.4 MB",
        "45 MB",
        "2.1 GB",
    ]
    assert formats.size(3_400_000, RU) == "3,4 МБ"
    assert [formats.duration(s) for s in (0, 20.02, 725, 3723)] == ["0:00", "0:20", "12:05", "1:02:03"]


def test_large_numbers_are_grouped_as_the_language_does() -> None:
    assert (formats.number(10_000, EN), formats.number(10_000, RU)) == ("10,000", "10\xa0000")


def test_a_bar_is_full_only_at_the_end() -> None:
    assert (formats.bar(0), formats.bar(1), formats.bar(7)) == ("▱" * 12, "▰" * 12, "▰" * 12)
    assert (formats.percent(0.999), formats.percent(1)) == ("99 %", "100 %")


@pytest.mark.parametrize(
    ("caption", "name", "expected"),
    [
        ("One\nTwo\nThree", "x.mp4", ("One", "Two\nThree")),
        (None, "my_clip.mp4", ("my clip", "")),
        ("  ", None, ("", "")),
        ("y" * 150 + "\nrest", None, ("y" * 99 + "…", "y" * 150 + "\nrest")),
    ],
)
def test_texts_are_proposed(caption: str | None, name: str | None, expected: tuple[str, str]) -> None:
    assert proposed_texts(caption, name, 100) == expected


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Moscow", "Europe/Moscow"),
        ("europe/moscow", "Europe/Moscow"),
        ("new york", "America/New_York"),
        ("Berlin", "Europe/Berlin"),
        ("Atlantis", None),
        ("../etc/passwd", None),
    ],
)
def test_a_zone_is_understood_by_name_or_city(typed: str, zone: str | None) -> None:
    assert known_zone(typed) == zone


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_allowance_of_every_site_has_a_name(language: str) -> None:
    speech = TEXTS.of(language)
    for site in platform_names():
        for bucket in import_module(f"platforms.{site}.limits").BUCKETS:
            assert speech.knows(f"bucket.{site}.{bucket.name}"), (site, bucket.name)
