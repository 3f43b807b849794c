"""A published video's card: its figures, what was done with it, and what can be done about it now.

What the site's API offers decides which buttons there are; what it does not offer is said in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from bot import formats
from bot.callbacks import PageButton, ReconnectButton, UploadAct, UploadButton
from bot.figures import figure_lines
from bot.frame_panel import moment, moments_ms
from bot.screen import Button, Rows, Screen, Style, shorten
from bot.tended import tended_lines
from bot.texts import Markup, Speech
from storage.repositories.interactions import Interaction, InteractionState
from storage.repositories.statistics import Statistic
from storage.values import Account, AccountStatus, Upload

REACHABLE = frozenset({AccountStatus.ACTIVE, AccountStatus.DISABLED})
"""An account that was switched off publishes nothing by itself; what its operator asks for is done."""
USUAL = ("edit", "thumbnail", "delete", "comment", "count")
"""What people look for after a publication; the lack of each has the sentence `cannot.<deed>`."""
IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class UploadCard:
    """All that the card is made of. `before`: the figures of a day before `latest`; `length_s`: None, not known."""

    upload: Upload
    account: Account
    platform: str
    title: str
    description: str
    abilities: frozenset[str]
    tended: tuple[Interaction, ...]
    latest: Statistic | None
    before: Statistic | None
    length_s: float | None
    timezone: str
    now: datetime

    @property
    def deletion(self) -> Interaction | None:
        """The deletion that was done, or is to be done."""
        open_or_done = (
            row
            for row in self.tended
            if row.interaction_type == "delete"
            and (row.state is InteractionState.DONE or row.next_attempt_at is not None)
        )
        return next(open_or_done, None)

    @property
    def can_be_changed(self) -> bool:
        return self.account.status in REACHABLE and self.deletion is None and bool(self.upload.video_id)


Panel: TypeAlias = Callable[[UploadCard, Speech], Screen]


def render_upload(card: UploadCard, t: Speech, panel: str = "") -> Screen:
    """The card, or a part of it that opens in its place while the video can be changed."""
    draw = PANELS.get(panel)
    return draw(card, t) if draw is not None and card.can_be_changed else _overview(card, t)


def press(card: UploadCard, act: UploadAct, label: str, arg: str = "", style: Style | None = None) -> Button:
    """A button of this card."""
    return Button(label, data=UploadButton(upload=card.upload.id, act=act, arg=arg).pack(), style=style)


def back_button(upload_id: int, t: Speech) -> Button:
    """Leads back to the card."""
    return Button(t.plain("button.back"), data=UploadButton(upload=upload_id, act=UploadAct.SHOW).pack())


def manage_button(upload_id: int, t: Speech, *, where: str = "") -> Button:
    """Shows the card in a message of its own; `where` names the video's site where there are several such buttons."""
    label = t.plain("button.of_task", does=t.plain("button.manage"), where=where) if where else t.plain("button.manage")
    return Button(label, data=UploadButton(upload=upload_id, act=UploadAct.OPEN).pack())


def _overview(card: UploadCard, t: Speech) -> Screen:
    when = formats.moment(card.upload.upload_time, card.timezone, card.now, t)
    title = shorten(card.title, 200) or t.plain("card.untitled")
    account = shorten(card.account.title, 60)
    blocks = [t("upload.heading", title=title, platform=card.platform, account=account, when=when)]
    blocks.append(_figures(card, t))
    blocks.append("\n".join(tended_lines(card.tended, t, zone=card.timezone, now=card.now)))
    blocks.append(_hindrance(card, t))
    return Screen("\n\n".join(filter(None, blocks)), (*_buttons(card, t), _last_row(card, t)))


def _figures(card: UploadCard, t: Speech) -> str:
    if card.latest is None:
        return t("upload.no_figures") if "count" in card.abilities else ""
    before = card.before.values if card.before is not None else {}
    as_of = formats.moment(card.latest.captured_at, card.timezone, card.now, t)
    return "\n".join([*figure_lines(card.latest.values, before, t), t("upload.as_of", when=as_of)])


def _hindrance(card: UploadCard, t: Speech) -> str:
    """Why it cannot be changed at all, or which of the usual things the site offers to nobody."""
    if card.deletion is not None:
        return ""  # the line of what was done says it
    if card.account.status not in REACHABLE:
        return t("upload.account_away", account=card.account.title)
    missing = [t.plain(f"cannot.{deed}") for deed in USUAL if deed not in card.abilities]
    return t("upload.cannot", platform=card.platform, deeds=", ".join(missing)) if missing else ""


def _buttons(card: UploadCard, t: Speech) -> Rows:
    rows: Rows = ()
    if card.upload.video_url and (card.deletion is None or card.deletion.state is not InteractionState.DONE):
        rows = ((Button(t.plain("button.open_video"), url=card.upload.video_url),),)
    if card.account.status not in REACHABLE:
        again = ReconnectButton(account=card.account.id).pack()
        return (*rows, (Button(t.plain("button.reconnect"), data=again, style="primary"),))
    if not card.can_be_changed:
        return rows
    offered = [press(card, act, t.plain(key)) for deed, act, key in BUTTONS if deed in card.abilities]
    pairs: Rows = tuple(tuple(offered[at : at + IN_A_ROW]) for at in range(0, len(offered), IN_A_ROW))
    rows = (*rows, *pairs)
    if "delete" not in card.abilities:
        return rows
    return (*rows, (press(card, UploadAct.ASK_DELETE, t.plain("button.delete_video"), style="danger"),))


def _last_row(card: UploadCard, t: Speech) -> tuple[Button, ...]:
    refresh = press(card, UploadAct.SHOW, t.plain("button.refresh"))
    return refresh, Button(t.plain("button.all_posts"), data=PageButton(view="posts", page=0).pack())


def _delete_panel(card: UploadCard, t: Speech) -> Screen:
    question = t(
        "upload.delete_question", title=shorten(card.title, 200), platform=card.platform, account=card.account.title
    )
    yes = press(card, UploadAct.DELETE, t.plain("button.delete_yes"), style="danger")
    return Screen(question, ((yes, press(card, UploadAct.SHOW, t.plain("button.keep"))),))


def _cover_panel(card: UploadCard, t: Speech) -> Screen:
    offered = moments_ms(card.length_s) if card.length_s else ()
    buttons = [press(card, UploadAct.COVER, moment(at_ms), str(at_ms)) for at_ms in offered]
    rows: Rows = tuple(tuple(buttons[at : at + 3]) for at in range(0, len(buttons), 3))
    text = t("upload.covers") if offered else Markup(t("upload.no_covers"))
    return Screen(text, (*rows, (back_button(card.upload.id, t),)))


def day_before(statistic: Statistic) -> datetime:
    """As of when figures are compared with these; a quarter of an hour makes up for looks that are a little late."""
    return statistic.captured_at - timedelta(days=1) + timedelta(minutes=15)


BUTTONS: tuple[tuple[str, UploadAct, str], ...] = (
    ("count", UploadAct.COUNT, "button.count"),
    ("report", UploadAct.REPORT, "button.report"),
    ("edit", UploadAct.TITLE, "button.new_title"),
    ("edit", UploadAct.DESCRIPTION, "button.new_description"),
    ("comment", UploadAct.COMMENT, "button.add_comment"),
    ("like", UploadAct.LIKE, "button.like_now"),
    ("thumbnail", UploadAct.COVERS, "button.new_cover"),
    ("playlist", UploadAct.PLAYLISTS, "button.to_playlist"),
)
"""Which ability has which button, in the order of the card."""

PANELS: Mapping[str, Panel] = {"delete": _delete_panel, "covers": _cover_panel}
