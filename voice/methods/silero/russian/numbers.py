"""Numbers as Russian words, in the gender and case that the words around them ask for.

The endings of the neighbours decide, without a dictionary: a noun in -ы or -и after 2 is feminine, a preposition before
the number gives the case. That is right for most of what is said in clips, and a transcript may always spell it out.
"""

from __future__ import annotations

import re
from typing import Any

from num2words import num2words

LONGEST_DIGITS = 15
"""Longer ones are read digit by digit; so are those that begin with 0."""

CASES = {
    "до": "g", "от": "g", "из": "g", "без": "g", "для": "g", "около": "g", "более": "g", "менее": "g", "больше": "g",
    "меньше": "g", "свыше": "g", "после": "g", "против": "g", "у": "g", "к": "d", "ко": "d", "между": "i", "над": "i",
    "перед": "i", "под": "i", "о": "p", "об": "p", "обо": "p", "при": "p",
}  # fmt: skip
"""The case that a preposition asks for, in num2words' letters: genitive, dative, instrumental, prepositional."""
_ORDINAL_ENDINGS: dict[str, dict[str, Any]] = {
    "й": {}, "ый": {}, "ой": {}, "ий": {}, "я": {"gender": "f"}, "ая": {"gender": "f"}, "е": {"gender": "n"},
    "ое": {"gender": "n"}, "го": {"case": "g"}, "ого": {"case": "g"}, "му": {"case": "d"}, "ому": {"case": "d"},
    "м": {"case": "p"}, "ом": {"case": "p"}, "ым": {"case": "i"}, "ую": {"gender": "f", "case": "a"},
    "ю": {"gender": "f", "case": "a"}, "х": {"plural": True, "case": "g"}, "ых": {"plural": True, "case": "g"},
    "ые": {"plural": True}, "ми": {"plural": True, "case": "i"},
}  # fmt: skip
_YEARS: dict[str, dict[str, Any]] = {
    "год": {}, "году": {"case": "p"}, "года": {"case": "g"}, "годом": {"case": "i"}, "г.": {}, "гг.": {"plural": True},
}  # fmt: skip
# What counts: one, two to four, five and more; the gender of the number before it.
UNITS = {
    "%": ("процент", "процента", "процентов", "m"), "₽": ("рубль", "рубля", "рублей", "m"),
    "руб.": ("рубль", "рубля", "рублей", "m"), "руб": ("рубль", "рубля", "рублей", "m"),
    "$": ("доллар", "доллара", "долларов", "m"), "€": ("евро", "евро", "евро", "m"),
    "£": ("фунт", "фунта", "фунтов", "m"), "коп.": ("копейка", "копейки", "копеек", "f"),
    "км/ч": ("километр в час", "километра в час", "километров в час", "m"),
    "км": ("километр", "километра", "километров", "m"), "м": ("метр", "метра", "метров", "m"),
    "см": ("сантиметр", "сантиметра", "сантиметров", "m"), "мм": ("миллиметр", "миллиметра", "миллиметров", "m"),
    "кг": ("килограмм", "килограмма", "килограммов", "m"), "г": ("грамм", "грамма", "граммов", "m"),
    "л": ("литр", "литра", "литров", "m"), "мл": ("миллилитр", "миллилитра", "миллилитров", "m"),
    "ч": ("час", "часа", "часов", "m"), "мин": ("минута", "минуты", "минут", "f"),
    "мин.": ("минута", "минуты", "минут", "f"), "сек": ("секунда", "секунды", "секунд", "f"),
    "сек.": ("секунда", "секунды", "секунд", "f"), "тыс.": ("тысяча", "тысячи", "тысяч", "f"),
    "млн": ("миллион", "миллиона", "миллионов", "m"), "млрд": ("миллиард", "миллиарда", "миллиардов", "m"),
    "°c": ("градус Цельсия", "градуса Цельсия", "градусов Цельсия", "m"), "°": ("градус", "градуса", "градусов", "m"),
    "гб": ("гигабайт", "гигабайта", "гигабайт", "m"), "мб": ("мегабайт", "мегабайта", "мегабайт", "m"),
}  # fmt: skip

_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d])")
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MONEY_FIRST = re.compile(r"([$€£])\s?(\d+(?:[.,]\d+)?)")
_MANY_OF = re.compile(r"(?<=\d)\s?(тыс\.|млн|млрд)\s?(руб(?:\.|лей)?|[₽$€])", re.IGNORECASE)
_PERIOD = re.compile(r"(\d)\s?[-–—]\s?(?=\d)")
_TIME = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?![\d:])")
_ORDINAL = re.compile(
    rf"(?<![\d.,])(\d{{1,9}})-({'|'.join(sorted(_ORDINAL_ENDINGS, key=len, reverse=True))})(?![а-яё])", re.IGNORECASE
)
_YEAR = re.compile(r"(?<![\d.,])([12]\d{3})\s(годом|года|году|год|гг\.|г\.)(?![а-яё])", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:(?P<before>[а-яё]+)(?P<gap>\s+))?(?<![\d.,])(?P<minus>(?<![^\s(])[−-])?(?P<whole>\d+)(?:[.,](?P<part>\d{1,6}))?"
    rf"(?:\s?(?P<unit>{_UNIT})(?![а-яёa-z]))?(?=(?:\s+(?P<next>[а-яё]+))?)",
    re.IGNORECASE,
)


def in_words(text: str) -> str:
    """Every number of `text` in words."""
    text = _GROUPED.sub(lambda found: re.sub(r"\D", "", found[0]), text)
    text = _MONEY_FIRST.sub(r"\2 \1", text)
    text = _MANY_OF.sub(lambda found: f" {found[1]} {UNITS.get(found[2].lower(), UNITS['₽'])[2]}", text)
    text = _TIME.sub(_clock, text)
    text = _ORDINAL.sub(lambda found: _ordinal(int(found[1]), **_ORDINAL_ENDINGS[found[2].lower()]), text)
    text = _YEAR.sub(_year, text)
    text = _PERIOD.sub(r"\1 — ", text)
    return _NUMBER.sub(_number, text)


def _clock(found: re.Match[str]) -> str:
    hours, minutes = _cardinal(int(found[1])), _cardinal(int(found[2]))
    said = (
        f"{hours} ноль {minutes}" if 0 < int(found[2]) < 10 else f"{hours} {minutes if int(found[2]) else 'ноль ноль'}"
    )
    return said if found[3] is None else f"{said} и {_counted(int(found[3]), UNITS['сек'])}"


def _year(found: re.Match[str]) -> str:
    word = found[2].lower()
    spoken = {"г.": "год", "гг.": "годы"}.get(word, found[2])
    return f"{_ordinal(int(found[1]), **_YEARS[word])} {spoken}"


def _number(found: re.Match[str]) -> str:
    before, whole, part = found["before"] or "", found["whole"], found["part"]
    lead = before + (found["gap"] or "")
    # A hyphen after a letter joins a name and its number; only one that stands free means less than nothing.
    sign = "минус " if found["minus"] else ""
    unit = UNITS.get((found["unit"] or "").lower())
    if len(whole) > LONGEST_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        digits = " ".join(_cardinal(int(digit)) for digit in whole + (part or ""))
        return f"{lead}{sign}{digits}{' ' + unit[2] if unit else ''}"
    if part is not None:
        return f"{lead}{sign}{num2words(f'{whole}.{part}', lang='ru')}{' ' + unit[1] if unit else ''}"
    case = CASES.get(before.lower(), "n")
    if unit is not None:
        return f"{lead}{sign}{_counted(int(whole), unit, case)}"
    noun = (found["next"] or "").lower()
    gender = _gender(int(whole), noun)
    if gender == "f" and case == "n" and _plural(int(whole)) == 1 and noun.endswith(("у", "ю")):
        case = "a"
    return f"{lead}{sign}{_cardinal(int(whole), gender=gender, case=case)}"


def _counted(number: int, unit: tuple[str, str, str, str], case: str = "n") -> str:
    one, few, many, gender = unit
    form = {1: one, 2: few, 5: many}[_plural(number)]
    if case != "n":  # the units' own declension is told for the genitive alone, which is what numbers mostly meet
        form = few if _plural(number) == 1 else many
        case = "g"
    return f"{_cardinal(number, gender=gender, case=case)} {form}"


def _plural(number: int) -> int:
    """1, 2 or 5: which form of a noun the number wants."""
    if number % 100 in range(11, 15):
        return 5
    return 1 if number % 10 == 1 else 2 if number % 10 in (2, 3, 4) else 5


def _gender(number: int, word: str) -> str:
    """m, f or n, read off the end of the word that is counted; only 1 and 2 have one."""
    if _plural(number) == 1:
        if word.endswith(("ая", "яя", "а", "я", "у", "ю", "ы", "и")):
            return "f"
        return "n" if word.endswith(("о", "е", "ё")) else "m"
    if number % 10 == 2 and _plural(number) == 2 and word.endswith(("ы", "и", "ые", "ие")):
        return "f"
    return "m"


def _cardinal(number: int, *, gender: str = "m", case: str = "n") -> str:
    return str(num2words(number, lang="ru", gender=gender, case=case))


def _ordinal(number: int, **form: Any) -> str:
    return str(num2words(number, lang="ru", to="ordinal", **form))
