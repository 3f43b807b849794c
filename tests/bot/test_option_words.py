"""Every option that a platform declares can be said in every language, and its buttons fit into Telegram's 64 bytes."""

from __future__ import annotations

import pytest

from bot.callbacks import DraftAct, DraftButton
from bot.option_panels import QUESTION, panel_name, value_key
from bot.texts import Texts
from platforms.instagram.options import POST_OPTIONS as INSTAGRAM
from platforms.options import Choice, PostOptions, Toggle
from platforms.tiktok.options import DIRECT_OPTIONS, INBOX_OPTIONS
from platforms.tiktok.validate import PRIVACY_LEVELS
from platforms.youtube.options import POST_OPTIONS as YOUTUBE

DECLARED = [("tiktok", DIRECT_OPTIONS), ("tiktok", INBOX_OPTIONS), ("instagram", INSTAGRAM), ("youtube", YOUTUBE)]
TEXTS = Texts()
TELEGRAM_BYTES = 64


@pytest.mark.parametrize("locale", TEXTS.locales)
@pytest.mark.parametrize(("site", "options"), DECLARED)
def test_every_option_has_its_sentences(site: str, options: PostOptions, locale: str) -> None:
    keys = [f"option.{site}.note.{note.key}" for note in options.notes]
    keys += [f"option.{site}.account"] if options.facts else []
    for option in options.options:
        keys.append(f"option.{site}.{option.key}")
        if isinstance(option, Choice):
            keys += [f"option.{site}.{option.key}.{value.lower()}" for value in option.values]
        elif not isinstance(option, Toggle):
            keys.append(f"option.{site}.{option.key}.ask")
    entries = TEXTS.catalogue(locale).entries
    assert [key for key in keys if key not in entries] == []


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_every_audience_of_tiktok_has_its_words(locale: str) -> None:
    entries = TEXTS.catalogue(locale).entries
    assert all(f"option.tiktok.privacy_level.{level.lower()}" in entries for level in PRIVACY_LEVELS)


@pytest.mark.parametrize(("site", "options"), DECLARED)
def test_every_button_fits(site: str, options: PostOptions) -> None:
    for option in options.options:
        args = [(DraftAct.OPTION, f"{site}.{option.key}.1")]
        if isinstance(option, Choice):
            args = [(DraftAct.OPTION, f"{site}.{option.key}.{value_key('x')}")]
            args.append((DraftAct.PANEL, panel_name(site, option.key)))
        elif not isinstance(option, Toggle):
            args = [(DraftAct.PANEL, f"{QUESTION}{site}.{option.key}")]
        for act, arg in args:
            button = DraftButton(draft=10**8, version=10**4, act=act, arg=arg)
            assert len(button.pack().encode()) <= TELEGRAM_BYTES
            assert DraftButton.unpack(button.pack()) == button
