"""What a site lets people choose for a post, as data: the chat draws its panel from it, approval fills in the rest.

A value lies in a post's options under the site's name and the option's key, in the form that the adapter reads. The
chat says an option with the sentences `option.<site>.<key>`, a value with `option.<site>.<key>.<value>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class When:
    """Holds while an earlier option has this value."""

    key: str
    value: Any = True

    def holds(self, values: Mapping[str, Any]) -> bool:
        return bool(values.get(self.key) == self.value)


@dataclass(frozen=True, slots=True)
class Offer:
    """Where `account_choices` lists the values: plain strings, or objects with a field for value and one for title."""

    choice: str
    value: str = ""
    title: str = ""

    def read(self, choices: Mapping[str, Any]) -> dict[str, str]:
        """What one account is offered: titles by value, "" where the value has no title of its own."""
        listed = choices.get(self.choice)
        items = listed if isinstance(listed, (list, tuple)) else ()
        if not self.value:
            return {str(item): "" for item in items}
        return {str(item[self.value]): str(item.get(self.title, "")) for item in items if isinstance(item, Mapping)}


@dataclass(frozen=True, slots=True)
class Toggle:
    """A switch. `is_inverse`: the site is told what to forbid, people are asked what to allow.

    `forbidden_by` is the flag in `account_choices` by which an account's own settings keep it off.
    `is_declared_by_voice`: a changed voice switches it on, whatever is chosen.
    """

    key: str
    default: bool = False
    is_inverse: bool = False
    forbidden_by: str = ""
    is_declared_by_voice: bool = False
    when: When | None = None

    def is_on(self, values: Mapping[str, Any]) -> bool:
        """Whether people see it as on."""
        return bool(values.get(self.key, self.default)) is not self.is_inverse


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values. A required one has no default: nobody may choose it for the operator."""

    key: str
    values: tuple[str, ...] = ()
    default: str | None = None
    offer: Offer | None = None
    is_required: bool = False
    when: When | None = None

    def __post_init__(self) -> None:
        if bool(self.values) == (self.offer is not None):
            raise ValueError(f"the choice {self.key} needs either its values or an offer")
        if self.is_required and self.default is not None:
            raise ValueError(f"the choice {self.key} is the operator's, so it has no default")


@dataclass(frozen=True, slots=True)
class Words:
    """A text that is typed, at most `max_characters` long."""

    key: str
    max_characters: int
    default: str | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Names of users of the site, at most `max_count`."""

    key: str
    max_count: int
    default: tuple[str, ...] | None = None
    when: When | None = None


Option: TypeAlias = Toggle | Choice | Words | Names


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence `option.<site>.note.<key>` on the panel while `when` holds; `is_on_card`: beside Approve as well."""

    key: str
    when: When | None = None
    is_on_card: bool = False


@dataclass(frozen=True, slots=True)
class PostOptions:
    """All that a site lets people choose. `facts` are what `option.<site>.account` names of `account_choices`.

    An answer of `account_choices` may be shown again for `fresh_for`.
    """

    options: tuple[Option, ...] = ()
    notes: tuple[Note, ...] = ()
    facts: tuple[str, ...] = ()
    fresh_for: timedelta = timedelta()

    @property
    def asked(self) -> frozenset[str]:
        """What of `account_choices` the panel needs; nothing where it needs not ask."""
        offers = [option.offer.choice for option in self.options if isinstance(option, Choice) and option.offer]
        flags = [option.forbidden_by for option in self.options if isinstance(option, Toggle) and option.forbidden_by]
        return frozenset((*offers, *flags, *self.facts))

    def get(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)

    def settled(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Every value as it holds: what was chosen, else the default; what does not apply is at its default.

        What has neither is left out. Values that no option describes stay as they are.
        """
        values = {key: value for key, value in chosen.items() if self.get(key) is None}
        for option in self.options:
            applies = option.when is None or option.when.holds(values)
            value = chosen.get(option.key) if applies else None
            if value is None:
                value = option.default
            if value is not None:
                values[option.key] = value
        return values

    def shown(self, values: Mapping[str, Any]) -> tuple[Option, ...]:
        """The options that apply, given settled values."""
        return tuple(option for option in self.options if option.when is None or option.when.holds(values))

    def missing(self, values: Mapping[str, Any]) -> tuple[Choice, ...]:
        """What the operator has to choose yet, given settled values."""
        choices = (option for option in self.shown(values) if isinstance(option, Choice))
        return tuple(choice for choice in choices if choice.is_required and choice.key not in values)


NO_OPTIONS = PostOptions()

COVER_MS = "cover_ms"
"""The option of every post that names its cover's moment, in milliseconds of the video as shown.

It stands in `VideoMeta.options` where the operator picked one; each adapter says it in its site's own words.
"""


def offered(choice: Choice, accounts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Titles by value of what every one of the accounts may choose, given each one's `account_choices`."""
    if choice.offer is None:
        return dict.fromkeys(choice.values, "")
    lists = [choice.offer.read(choices) for choices in accounts]
    if not lists:
        return {}
    return {value: title for value, title in lists[0].items() if all(value in other for other in lists[1:])}
