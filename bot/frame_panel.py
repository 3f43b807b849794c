"""The parts of a draft's card that say what is done to the picture: its frame, its loudness, its cover."""

from __future__ import annotations

from bot import formats
from bot.callbacks import DraftAct
from bot.card import Card
from bot.card_lines import press
from bot.powers import lacks_lines
from bot.screen import Button, Rows
from bot.texts import Markup, Speech

FRAMES = ("keep", "pad_blur", "pad_black", "crop")
"""Values of `options["frame"]`; the first one is what happens unasked."""
EVEN_LUFS = -14.0
"""What `options["loudness_lufs"]` becomes where an even loudness is wanted: the sites turn louder sound down to it."""
COVER_MS = "cover_ms"
"""The option that holds the cover's moment, in milliseconds of the video as shown."""
MOMENTS = 6
"""How many moments are offered for a cover."""
EDGE = 0.05
"""A video's first and last twentieth are often black."""


def frame_panel(card: Card, t: Speech) -> tuple[str, Rows]:
    """The frame, and the loudness below it."""
    chosen, lufs = card.draft.options.get("frame", FRAMES[0]), card.draft.options.get("loudness_lufs")
    frames: Rows = tuple(
        (Button(_mark(chosen == name) + t.plain(f"frame.{name}"), data=press(card, DraftAct.FRAME, name)),)
        for name in FRAMES
    )
    loudness = (
        Button(_mark(lufs is None) + t.plain("frame.loudness_kept"), data=press(card, DraftAct.LOUDNESS, "0")),
        Button(_mark(lufs is not None) + t.plain("frame.loudness_even"), data=press(card, DraftAct.LOUDNESS, "1")),
    )
    cover = Button(t.plain("button.cover"), data=press(card, DraftAct.PANEL, "cover"))
    facts = card.clip.facts
    size = f"{facts.width}×{facts.height}" if facts else ""
    return t("panel.frame", size=size), (*frames, loudness, (cover, _back(card, t)))


def cover_panel(card: Card, t: Speech) -> tuple[str, Rows]:
    """The moment of the cover: one of those offered, one that is typed, or the site's own choice."""
    chosen = card.draft.options.get(COVER_MS)
    facts = card.clip.facts
    offered = moments_ms(facts.duration_s) if facts else ()
    buttons = [
        Button(_mark(chosen == at_ms) + moment(at_ms), data=press(card, DraftAct.COVER, str(at_ms)))
        for at_ms in offered
    ]
    none = Button(_mark(chosen is None) + t.plain("cover.by_site"), data=press(card, DraftAct.COVER))
    now = Markup(t("panel.cover_chosen", at=moment(chosen))) if isinstance(chosen, int) else ""
    rows: Rows = tuple(tuple(buttons[at : at + 3]) for at in range(0, len(buttons), 3))
    text = "\n\n".join([t("panel.cover", chosen=now), *lacks_lines(card, t, "thumbnail")])
    return text, (*rows, (none,), (_back(card, t),))


def cover_lines(card: Card, t: Speech) -> list[str]:
    """The line of the overview that names the cover, where one was picked."""
    chosen = card.draft.options.get(COVER_MS)
    return [t("card.cover", at=moment(chosen))] if isinstance(chosen, int) else []


def moments_ms(duration_s: float) -> tuple[int, ...]:
    """Moments worth offering, evenly spread over a video and away from its ends; fewer in a very short one."""
    first, last = duration_s * EDGE, duration_s * (1 - EDGE)
    step = (last - first) / (MOMENTS - 1)
    seconds = (first + place * step for place in range(MOMENTS))
    # Whole seconds read better, where the video is long enough for them to differ.
    digits = 0 if duration_s >= 2 * MOMENTS else 1
    offered = (round(round(at_s, digits) * 1000) for at_s in seconds)
    return tuple(dict.fromkeys(at_ms for at_ms in offered if at_ms < duration_s * 1000))


def moment(at_ms: int) -> str:
    """`0:07`, `0:07.5`."""
    rest_ms = at_ms % 1000
    return formats.duration(at_ms // 1000) + (f".{rest_ms:03}".rstrip("0") if rest_ms else "")


def _mark(is_chosen: bool) -> str:
    return "✅ " if is_chosen else ""


def _back(card: Card, t: Speech) -> Button:
    return Button(t.plain("button.back"), data=press(card, DraftAct.PANEL))
