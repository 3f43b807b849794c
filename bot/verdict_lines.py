"""What awaits a clip at each account: fine, work to be done, a warning, or impossible; likes share a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from bot import formats
from bot.card import Card
from bot.screen import shorten
from bot.texts import Markup, Speech
from scheduler.outlook import Mark, Outlook
from storage.values import Fault

MARKS = {Mark.FINE: "✅", Mark.WORK: "🔧", Mark.WARNING: "⚠️", Mark.IMPOSSIBLE: "⛔"}
CODECS = {"h264": "H.264", "mpeg4": "MPEG-4", "pcm_s16le": "PCM", "prores": "ProRes"}
CONTAINERS = {"matroska": "MKV", "webm": "WebM"}
UNSEEN = frozenset(
    f"fit.{name}"
    for name in (
        "index_moved", "edit_list_removed", "sound_aligned", "picture_aligned", "sound_resampled", "pixels_squared",
        "scaled_down",
    )
)  # fmt: skip
"""Work that nobody sees in the result; the card says that the file is worked on, and leaves these out."""


def verdict_lines(card: Card, t: Speech) -> list[str]:
    """A line for all accounts that are told the same. Telegram HTML."""
    told: dict[tuple[Mark, str], list[Outlook]] = {}
    for each in sorted(card.outlooks, key=lambda each: each.account.platform):
        seen = tuple(note for note in each.notes if note.code not in UNSEEN)
        told.setdefault((each.mark, "; ".join(_sentences(card, seen, t))), []).append(each)
    return [
        t("card.outlook", mark=MARKS[mark], accounts=_names(card, alike), notes=Markup(notes))
        for (mark, notes), alike in told.items()
    ]


def untold(card: Card) -> tuple[Fault, ...]:
    """The problems of a draft that no line of `verdict_lines` has named."""
    told = [fault for each in card.outlooks for fault in each.told]
    return tuple(problem for problem in card.problems if problem not in told)


def _names(card: Card, alike: list[Outlook]) -> str:
    """`One, Two · YouTube, Three · TikTok`: the accounts of each site, then its name."""
    sites = groupby(alike, key=lambda each: each.account.platform)
    return ", ".join(
        f"{', '.join(shorten(each.account.title, 40) for each in of_site)} · {card.platform_title(site)}"
        for site, of_site in sites
    )


def _sentences(card: Card, notes: tuple[Fault, ...], t: Speech) -> Iterator[str]:
    for note in notes:
        name = note.code.removeprefix("fit.")
        if name == note.code:
            yield formats.fault_sentence(note, t, zone=card.timezone, now=card.now)
        else:
            yield t(f"fit.{name}", **{key: _readable(key, value, t) for key, value in note.params.items()})


def plain_notes(outlook: Outlook, t: Speech, *, zone: str, now: datetime) -> str:
    """What the line says after the account's name, in plain text."""
    told = []
    for note in outlook.notes:
        name = note.code.removeprefix("fit.")
        if name == note.code:
            told.append(formats.fault_toast(note, t, zone=zone, now=now))
        else:
            told.append(t.plain(f"fit.{name}", **{key: _readable(key, value, t) for key, value in note.params.items()}))
    return "; ".join(told)


def _readable(name: str, value: object, t: Speech) -> object:
    """A parameter of a verdict as people read it, by the unit that its name tells."""
    if name == "codec":
        return CODECS.get(str(value), str(value).upper())
    if name == "container":
        return CONTAINERS.get(str(value), str(value).upper())
    if not isinstance(value, int | float):
        return value
    if name.endswith("_s"):
        return formats.length(value, t)
    if name == "bitrate":
        return formats.decimal(value / 1e6, t)
    if name in ("size", "limit") and value > 100_000:  # a limit may also be one of pixels
        return formats.size(int(value), t)
    return formats.decimal(value, t)
