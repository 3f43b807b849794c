"""A phrase as written to a phrase as said: Russian letters, marks of stress and of punctuation, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from voice.methods.silero.russian.latin import in_cyrillic
from voice.methods.silero.russian.numbers import in_words

COMFORTABLE = 500
"""Characters: a voice fails on texts of about a thousand, and hurries before."""

WORDS = {
    "№": " номер ", "&": " и ", "@": " собака ", "=": " равно ", "#": " ", "…": "...", "~": " примерно ", "×": " на ",
    "т.е.": "то есть", "т. е.": "то есть", "т.д.": "так далее", "т. д.": "так далее", "т.к.": "так как",
    "т. к.": "так как", "т.п.": "тому подобное",
}  # fmt: skip
_WORDS = re.compile("|".join(re.escape(each) for each in sorted(WORDS, key=len, reverse=True)), re.IGNORECASE)
_COUSINS = str.maketrans({
    "і": "и", "ї": "и", "є": "е", "ґ": "г", "ў": "у", "қ": "к", "ғ": "г", "ң": "н", "ү": "у", "ұ": "у", "ө": "о",
    "һ": "х", "ә": "я", "«": "", "»": "", "“": "", "”": "", "„": "", '"': "", "–": "—", "−": "—", "\u2011": "-",
})  # fmt: skip
_PLUS = re.compile(r"\+(?![аеёиоуыэюя])", re.IGNORECASE)
_STRANGER = re.compile(r"[^а-яё+\s.,!?:;—-]", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_BREATH = re.compile(r"(?<=[,;:—])\s+")


def spoken_text(text: str) -> str:
    """`text` with numbers, signs and Latin words spelled out; empty where nothing can be said."""
    text = _WORDS.sub(lambda found: WORDS[found[0].lower()], text)
    text = in_words(_PLUS.sub(" плюс ", text))
    text = in_cyrillic(text)
    text = _STRANGER.sub(" ", text.lower().translate(_COUSINS))
    text = re.sub(r"\s+([.,!?:;])", r"\1", re.sub(r"\s+", " ", text)).strip(" -")
    return text if re.search("[а-яё]", text, re.IGNORECASE) else ""


def pieces(text: str, limit: int = COMFORTABLE) -> Iterator[str]:
    """`text` in pieces of at most `limit` characters, cut at sentences, else at commas, else between words."""
    for cut in (_SENTENCE, _BREATH, re.compile(r"\s+")):
        if len(text) <= limit:
            break
        parts = cut.split(text)
        if len(parts) > 1:
            for joined in _joined(parts, limit):
                yield from pieces(joined, limit)
            return
    while text:
        yield text[:limit]
        text = text[limit:]


def _joined(parts: list[str], limit: int) -> Iterator[str]:
    """Neighbours put together again as long as they fit."""
    held = parts[0]
    for part in parts[1:]:
        if len(held) + 1 + len(part) <= limit:
            held = f"{held} {part}"
        else:
            yield held
            held = part
    yield held
