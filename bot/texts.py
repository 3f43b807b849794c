"""The sentences, looked up by key in `locales/<language>/LC_MESSAGES/messages.po`.

What only one platform says lies in that platform's folder: `platforms/<name>/locales/<language>.po`. The catalogues are
read as they are, with no compile step: 600 sentences take about 30 ms, once per language.
"""

from __future__ import annotations

import gettext
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from bot.screen import escape

DEFAULT_LOCALE = "en"
LOCALES_FOLDER = Path(__file__).resolve().parent.parent / "locales"
PLATFORMS_FOLDER = LOCALES_FOLDER.parent / "platforms"

Entry: TypeAlias = str | tuple[str, ...]


class Markup(str):
    """A string that is Telegram HTML already: it is not escaped again."""

    __slots__ = ()


@dataclass(frozen=True)
class Catalogue:
    """One language: sentences by key, and which plural form a number takes."""

    locale: str
    entries: Mapping[str, Entry]
    plural_form: Callable[[int], int]


class _Gaps(dict[str, Any]):
    """Parameters of a sentence; one that nobody gave shows as an ellipsis instead of losing the message."""

    def __missing__(self, key: str) -> str:
        return "…"


class _Filler(string.Formatter):
    """`{name}` only: no attributes and no indexes, for a parameter comes from outside."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002
        return kwargs[field_name], field_name


class Speech:
    """One language, spoken: `t("key", name=…)` is Telegram HTML with every parameter escaped."""

    def __init__(self, catalogue: Catalogue, fallback: Catalogue) -> None:
        self._catalogue = catalogue
        self._fallback = fallback

    @property
    def locale(self) -> str:
        return self._catalogue.locale

    def __call__(self, key: str, **params: object) -> str:
        """The sentence as Telegram HTML."""
        return self._say(key, {name: _as_markup(value) for name, value in params.items()})

    def plain(self, key: str, **params: object) -> str:
        """The sentence for a place without markup: a button's label, a toast."""
        return self._say(key, {name: str(value) for name, value in params.items()})

    def count(self, key: str, n: int, **params: object) -> str:
        """The sentence in the form that the number `n` takes; the sentence names it `{n}`. Telegram HTML."""
        return self._say(key, {"n": str(n)} | {name: _as_markup(value) for name, value in params.items()}, n)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self._catalogue.entries or key in self._fallback.entries

    def _say(self, key: str, params: Mapping[str, str], n: int = 1) -> str:
        spoken = self._catalogue if key in self._catalogue.entries else self._fallback
        entry = spoken.entries.get(key, key)
        sentence = entry if isinstance(entry, str) else entry[spoken.plural_form(n)]
        return _Filler().vformat(sentence, (), _Gaps(params))


def _as_markup(value: object) -> str:
    return value if isinstance(value, Markup) else escape(str(value))


class Texts:
    """Every language that has a folder; `rooms` hold the folders of platforms with sentences of their own."""

    def __init__(self, folder: Path = LOCALES_FOLDER, rooms: Sequence[Path] = (PLATFORMS_FOLDER,)) -> None:
        self._folder = folder
        self._rooms = rooms
        self._read: dict[str, Catalogue] = {}

    @cached_property
    def locales(self) -> tuple[str, ...]:
        """The languages there are, English first."""
        found = {path.parent.parent.name for path in self._folder.glob("*/LC_MESSAGES/messages.po")}
        return tuple(sorted(found, key=lambda name: (name != DEFAULT_LOCALE, name)))

    def of(self, locale: str | None) -> Speech:
        """The speech of a language; of an unknown one, or none, English. `ru-RU` is `ru`."""
        language = (locale or "").replace("_", "-").split("-")[0].lower()
        name = language if language in self.locales else DEFAULT_LOCALE
        return Speech(self.catalogue(name), self.catalogue(DEFAULT_LOCALE))

    def catalogue(self, locale: str) -> Catalogue:
        """Everything that is said in one language."""
        if locale not in self._read:
            house = read_catalogue(self._folder / locale / "LC_MESSAGES" / "messages.po", locale)
            entries = dict(house.entries)
            for path in (path for room in self._rooms for path in sorted(room.glob(f"*/locales/{locale}.po"))):
                entries |= read_catalogue(path, locale).entries
            self._read[locale] = replace(house, entries=entries)
        return self._read[locale]


def read_catalogue(path: Path, locale: str) -> Catalogue:
    """Read a .po file. An untranslated or fuzzy entry counts as missing."""
    # Imported here: only the process that talks to people pays for it.
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale)
    entries: dict[str, Entry] = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        sentence = message.string if isinstance(message.string, str) else tuple(message.string or ())
        if sentence and all(sentence):
            entries[key] = sentence
    # gettext's own reader of the Plural-Forms expression; typeshed does not list it.
    plural_form: Callable[[int], int] = gettext.c2py(catalogue.plural_expr)
    return Catalogue(locale, entries, plural_form)
