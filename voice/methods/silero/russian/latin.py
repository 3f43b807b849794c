"""Latin letters as a Russian reader says them: well-known names, abbreviations by letters, the rest by rule."""

from __future__ import annotations

import re
import unicodedata

NAMES = {
    "ai": "эй ай", "android": "андроид", "app": "апп", "apple": "эппл", "blog": "блог", "chat": "чат",
    "chatgpt": "чат джипити", "discord": "дискорд", "email": "имейл", "facebook": "фейсбук", "github": "гитхаб",
    "gmail": "джимейл", "google": "гугл", "hello": "хеллоу", "instagram": "инстаграм", "internet": "интернет",
    "iphone": "айфон", "ipad": "айпад", "java": "джава", "javascript": "джаваскрипт", "like": "лайк", "linux": "линукс",
    "live": "лайв", "mac": "мак", "microsoft": "майкрософт", "netflix": "нетфликс", "office": "офис", "ok": "окей",
    "okay": "окей", "online": "онлайн", "openai": "оупен эй ай", "photoshop": "фотошоп", "playstation": "плейстейшен",
    "premium": "премиум", "python": "пайтон", "reels": "рилс", "samsung": "самсунг", "shorts": "шортс",
    "skype": "скайп", "spotify": "спотифай", "steam": "стим", "story": "стори", "stream": "стрим",
    "telegram": "телеграм", "tesla": "тесла", "tiktok": "тикток", "twitch": "твич", "twitter": "твиттер",
    "video": "видео", "vk": "вэка", "whatsapp": "вотсап", "wifi": "вайфай", "wi-fi": "вайфай", "windows": "виндоус",
    "youtube": "ютуб", "zoom": "зум",
}  # fmt: skip

LETTERS = {
    "a": "эй", "b": "би", "c": "си", "d": "ди", "e": "и", "f": "эф", "g": "джи", "h": "эйч", "i": "ай", "j": "джей",
    "k": "кей", "l": "эл", "m": "эм", "n": "эн", "o": "оу", "p": "пи", "q": "кью", "r": "ар", "s": "эс", "t": "ти",
    "u": "ю", "v": "ви", "w": "дабл ю", "x": "икс", "y": "уай", "z": "зед",
}  # fmt: skip

# Longest first; a context is part of the pattern. What is said of a final e: it is silent after a consonant.
RULES = (
    ("sch", "ш"), ("tch", "ч"), ("tion", "шн"), ("sion", "жн"), ("igh", "ай"), ("ough", "о"), ("shch", "щ"),
    ("sh", "ш"), ("ch", "ч"), ("th", "т"), ("ph", "ф"), ("wh", "в"), ("kh", "х"), ("zh", "ж"), ("ck", "к"),
    ("qu", "кв"), ("ee", "и"), ("ea", "и"), ("oo", "у"), ("ou", "ау"), ("ow", "оу"), ("oa", "оу"), ("ai", "эй"),
    ("ay", "эй"), ("ey", "и"), ("ei", "ей"), ("ya", "я"), ("yu", "ю"), ("yo", "ё"), ("ye", "е"), ("iy", "ий"),
    ("ce", "се"), ("ci", "си"), ("cy", "си"), ("ge", "дже"), ("gi", "джи"), ("x", "кс"), ("a", "а"), ("b", "б"),
    ("c", "к"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "дж"), ("k", "к"),
    ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"),
    ("u", "у"), ("v", "в"), ("w", "в"), ("y", "и"), ("z", "з"),
)  # fmt: skip

_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_RULE = re.compile("|".join(sorted((before for before, _ in RULES), key=len, reverse=True)))
_SOUNDS = dict(RULES)
_UNLIKE_THEIR_BASE = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})
LONGEST_ABBREVIATION = 3
"""Capitals with a vowel among them that are still said letter by letter; longer ones (NASA) are said as a word."""


def in_cyrillic(text: str) -> str:
    """Every Latin word of `text` spelled as it is said; the rest stays."""
    plain = "".join(_plain(letter) for letter in text)
    return _WORD.sub(lambda found: _spoken(found[0]), plain)


def _plain(letter: str) -> str:
    """Latin letters without what stands above and below them; й and ё are letters of their own."""
    if letter.isascii() or "CYRILLIC" in unicodedata.name(letter, ""):
        return letter
    parts = unicodedata.normalize("NFKD", letter.translate(_UNLIKE_THEIR_BASE))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _spoken(word: str) -> str:
    known = NAMES.get(word.lower())
    if known is not None:
        return known
    if "-" in word:
        return "-".join(_spoken(part) for part in word.split("-"))
    if (word.isupper() and len(word) <= LONGEST_ABBREVIATION) or not re.search("[aeiouy]", word.lower()):
        return " ".join(LETTERS[letter] for letter in word.lower() if letter in LETTERS)
    return _by_rule(re.sub("['’]", "", word.lower()))


def _by_rule(word: str) -> str:
    # A final e after a consonant only lengthens the vowel before it; doubled consonants are said once.
    word = re.sub(r"(?<=[aeiouy][bdfgklmnprstvz])e$", "", word)
    word = re.sub(r"([bdfgklmnprstvz])\1", r"\1", word)
    spoken = _RULE.sub(lambda found: _SOUNDS[found[0]], word)
    return re.sub("^е", "э", spoken)
