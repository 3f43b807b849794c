"""The panels of what a site lets people choose: drawn from the site's own declaration, so that none is known here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import formats
from bot.callbacks import DraftAct, DraftButton
from bot.ports import Services
from bot.screen import Button, Rows, shorten
from bot.texts import Speech
from scheduler.options import Choice, Names, Option, PostOptions, Toggle, offered, section_of
from storage.values import Account, Conversation, Draft, Fault

PANEL, QUESTION = "option.", "ask."
"""How the names of these panels begin: one that is tapped, one that is answered by typing."""
VALUES_SHOWN = 48
NONE = "-"
"""Stands for no value in a button."""


@dataclass(frozen=True, slots=True)
class SiteCard:
    """A site's options on a draft: what holds now, for whom, and what each account is offered (None: not known yet)."""

    name: str
    title: str
    options: PostOptions
    accounts: tuple[Account, ...]
    values: Mapping[str, Any]
    answers: Mapping[str, Any]
    has_new_voice: bool

    def answer_of(self, account: Account) -> Mapping[str, Any] | None:
        """What `account_choices` told of an account, or `{"fault": …}`."""
        answer = self.answers.get(str(account.id))
        return answer if isinstance(answer, Mapping) else None

    @property
    def known(self) -> tuple[tuple[Account, Mapping[str, Any]], ...]:
        """The accounts that were asked about with success."""
        told = ((account, self.answer_of(account)) for account in self.accounts)
        return tuple((account, answer) for account, answer in told if answer is not None and "fault" not in answer)

    def offered(self, choice: Choice) -> dict[str, str]:
        """Titles by value of what all accounts may choose; nothing while one of them is not known."""
        answers = [answer for _, answer in self.known]
        return offered(choice, answers) if choice.offer is None or len(answers) == len(self.accounts) else {}

    def forbidding(self, option: Option) -> tuple[Account, ...]:
        """The accounts whose own settings keep a switch off."""
        if not isinstance(option, Toggle) or not option.forbidden_by:
            return ()
        return tuple(account for account, answer in self.known if answer.get(option.forbidden_by) is True)

    def is_forbidden(self, option: Option) -> bool:
        return bool(self.accounts) and len(self.forbidding(option)) == len(self.accounts)

    def is_declared(self, option: Option) -> bool:
        """Whether the changed voice has switched it on."""
        return isinstance(option, Toggle) and option.is_declared_by_voice and self.has_new_voice


def site_cards(
    services: Services, draft: Draft, accounts: tuple[Account, ...], asked: Conversation | None
) -> tuple[SiteCard, ...]:
    """The options of every site that an account was chosen on."""
    titles = {choice.name: choice.display_name for choice in services.accounts.platforms()}
    is_open = asked is not None and asked.draft_id == draft.id
    answers = asked.params.get("choices", {}) if asked is not None and is_open else {}
    return tuple(
        SiteCard(
            name=name,
            title=titles.get(name, name),
            options=services.options.of(name),
            accounts=tuple(account for account in accounts if account.platform == name),
            values=services.options.of(name).settled(section_of(draft.options, name)),
            answers=answers,
            has_new_voice=bool(draft.voice_preset),
        )
        for name in sorted({account.platform for account in accounts})
    )


def panel_name(site: str, key: str = "") -> str:
    """The panel of a site, or of one of its options."""
    return f"{PANEL}{site}.{key}" if key else f"{PANEL}{site}"


def site_of(panel: str) -> str:
    """The site that a panel or question of ours is about; "" of any other."""
    begun = next((start for start in (PANEL, QUESTION) if panel.startswith(start)), "")
    return panel.removeprefix(begun).split(".")[0] if begun else ""


def key_of(panel: str) -> str:
    """The option that a panel or question is about; "" of a site's whole panel."""
    return panel.split(".", 2)[2] if panel.count(".") > 1 else ""


def value_key(value: str) -> str:
    """A short stand-in for a value in a button."""
    return hashlib.sha256(value.encode()).hexdigest()[:8]


def option_title(site: str, option: Option, t: Speech) -> str:
    return t.plain(f"option.{site}.{option.key}")


def value_title(card: SiteCard, choice: Choice, value: str | None, t: Speech) -> str:
    """A value as people read it: its sentence, the site's own title for it, or itself."""
    if value is None:
        return t.plain("card.not_chosen" if choice.is_required else "panel.option_none")
    key = f"option.{card.name}.{choice.key}.{value.lower()}"
    if t.knows(key):
        return t.plain(key)
    if choice.offer is not None:
        for _, answer in card.known:
            if title := choice.offer.read(answer).get(value):
                return title
    return value


def render(draft: Draft, card: SiteCard, panel: str, t: Speech, *, zone: str, now: datetime) -> tuple[str, Rows]:
    """A site's panel, or the one of the option that `panel` names."""
    option = card.options.get(key_of(panel))
    if isinstance(option, Choice):
        return _values(draft, card, option, t)
    if option is not None:
        about = t(f"option.{card.name}.{option.key}.ask", limit=_limit(option))
        return about, ((_button(draft, t.plain("button.back"), DraftAct.PANEL, panel_name(card.name)),),)
    lines = [t("panel.option", platform=card.title), *_account_lines(card, t, zone=zone, now=now)]
    shown = card.options.shown(card.values)
    lines += _about_lines(card, shown, t)
    lines += note_lines(card, t)
    rows = tuple((_row(draft, card, option, t),) for option in shown)
    return "\n\n".join(lines), (*rows, (_button(draft, t.plain("button.done"), DraftAct.PANEL, ""),))


def note_lines(card: SiteCard, t: Speech, *, is_card: bool = False) -> list[str]:
    """The site's sentences that hold now; on the card itself only those that belong beside Approve."""
    return [
        t(f"option.{card.name}.note.{note.key}")
        for note in card.options.notes
        if (note.when is None or note.when.holds(card.values)) and (note.is_on_card or not is_card)
    ]


def _account_lines(card: SiteCard, t: Speech, *, zone: str, now: datetime) -> list[str]:
    if not card.options.asked:
        return []
    lines = []
    for account in card.accounts:
        answer = card.answer_of(account)
        if answer is None:
            lines.append(t("panel.option_asking", platform=card.title, account=account.title))
        elif "fault" in answer:
            fault = Fault(str(answer["fault"]["code"]), answer["fault"]["params"])
            why = formats.fault_toast(fault, t, zone=zone, now=now)
            lines.append(t("panel.option_unknown", account=account.title, why=why))
        elif t.knows(f"option.{card.name}.account"):
            facts = {name: _fact(name, answer.get(name)) for name in card.options.facts}
            lines.append(t(f"option.{card.name}.account", account=account.title, **facts))
    return lines


def _fact(name: str, value: Any) -> str:
    if value is None:
        return "—"
    return formats.duration(float(value)) if name.endswith("_s") else str(value)


def _about_lines(card: SiteCard, shown: tuple[Option, ...], t: Speech) -> list[str]:
    lines = []
    for option in shown:
        title, key = option_title(card.name, option, t), f"option.{card.name}.{option.key}.about"
        if names := ", ".join(account.title for account in card.forbidding(option)):
            lines.append(t("panel.option_forbidden", option=title, accounts=names))
        elif card.is_declared(option):
            lines.append(t("panel.option_declared", option=title))
        elif t.knows(key):
            lines.append(t("panel.option_about", option=title, about=t.plain(key)))
    return ["\n".join(lines)] if lines else []


def _row(draft: Draft, card: SiteCard, option: Option, t: Speech) -> Button:
    title = option_title(card.name, option, t)
    if isinstance(option, Toggle):
        if card.is_forbidden(option):
            mark = "🚫"
        else:
            mark = "✅" if option.is_on(card.values) or card.is_declared(option) else "⬜"
        wanted = "0" if card.values.get(option.key, option.default) else "1"
        return _button(draft, f"{mark} {title}", DraftAct.OPTION, f"{card.name}.{option.key}.{wanted}")
    value = card.values.get(option.key)
    if isinstance(option, Choice):
        said, target = value_title(card, option, value, t), panel_name(card.name, option.key)
    else:
        listed = ", ".join(value or ()) if isinstance(option, Names) else str(value or "")
        said, target = listed or t.plain("panel.option_none"), f"{QUESTION}{card.name}.{option.key}"
    label = t.plain("panel.option_value", option=title, value=shorten(said, 30))
    is_missing = option in card.options.missing(card.values)
    return _button(draft, label, DraftAct.PANEL, target, is_primary=is_missing)


def _values(draft: Draft, card: SiteCard, choice: Choice, t: Speech) -> tuple[str, Rows]:
    chosen, values = card.values.get(choice.key), tuple(card.offered(choice))
    lines = [t("card.heading", title=option_title(card.name, choice, t))]
    if t.knows(key := f"option.{card.name}.{choice.key}.about"):
        lines.append(t(key))
    lines += _partial_lines(card, choice, t)
    if not values:
        lines.append(t("panel.option_no_values" if len(card.known) == len(card.accounts) else "panel.option_waiting"))
    buttons = [
        _button(
            draft,
            ("✅ " if value == chosen else "") + shorten(value_title(card, choice, value, t), 40),
            DraftAct.OPTION,
            f"{card.name}.{choice.key}.{value_key(value)}",
        )
        for value in values[:VALUES_SHOWN]
    ]
    if choice.default is None and not choice.is_required:
        label = ("✅ " if chosen is None else "") + t.plain("panel.option_none")
        buttons.insert(0, _button(draft, label, DraftAct.OPTION, f"{card.name}.{choice.key}.{NONE}"))
    rows: Rows = tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))
    return "\n\n".join(lines), (*rows, (_button(draft, t.plain("button.back"), DraftAct.PANEL, panel_name(card.name)),))


def _partial_lines(card: SiteCard, choice: Choice, t: Speech) -> list[str]:
    """What only some of the accounts are offered, and which are not."""
    if choice.offer is None or len(card.known) < 2:
        return []
    lists = [(account, choice.offer.read(answer)) for account, answer in card.known]
    common, every = card.offered(choice), {value: None for _, values in lists for value in values}
    lines = []
    for value in (value for value in every if value not in common):
        without = ", ".join(account.title for account, values in lists if value not in values)
        lines.append(t("panel.option_partial", value=value_title(card, choice, value, t), accounts=without))
    return ["\n".join(lines[:VALUES_SHOWN])] if lines else []


def _limit(option: Option) -> int:
    return int(getattr(option, "max_count", 0) or getattr(option, "max_characters", 0))


def _button(draft: Draft, label: str, act: DraftAct, arg: str, *, is_primary: bool = False) -> Button:
    data = DraftButton(draft=draft.id, version=draft.version, act=act, arg=arg).pack()
    return Button(label, data=data, style="primary" if is_primary else None)
