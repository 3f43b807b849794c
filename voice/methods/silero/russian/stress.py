"""Stress marks: `+` before the stressed vowel. The operator's marks win, then the dictionary, then a model."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from voice.errors import BadTranscriptError

WORD = re.compile(r"[а-яё+]+(?:-[а-яё+]+)*", re.IGNORECASE)
_MARKED = re.compile(r"[а-яё-]*(?:\+[аеёиоуыэюя][а-яё-]*)+", re.IGNORECASE)
LARGEST_BYTES = 4 << 20

Accent = Callable[[str], str]


def read_dictionary(path: Path) -> dict[str, str]:
    """Words by their form without marks: a line is `зам+ок`, or `гугл = г+угл`; after # comes a remark.

    Raises BadTranscriptError that names the line.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _bad(path, "it is larger than 4 MiB")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, f"it cannot be read ({error})") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip().lower()
        if not text:
            continue
        plain, separator, marked = (part.strip() for part in text.partition("="))
        if not separator:
            plain, marked = plain.replace("+", ""), plain
        if not plain or not _MARKED.fullmatch(marked):
            raise _bad(path, f"line {number} has no word with + before its stressed vowel")
        found[plain] = marked
    return found


def _bad(path: Path, why: str) -> BadTranscriptError:
    return BadTranscriptError(f"The stress dictionary {path.name} cannot be used: {why}.", file=path.name, detail=why)


def load_accent() -> Accent | None:
    """The model of the package silero-stress, where that is installed; it works without a network."""
    threads = torch.get_num_threads()
    try:
        library = importlib.import_module("silero_stress")
    except ImportError:
        return None
    accentor = library.load_accentor("ru")
    torch.set_num_threads(threads)  # the package sets it to 1 for the whole process
    # A word of one syllable leans on its neighbour: "на горе" with two stresses is no Russian.
    return lambda text: str(accentor(text, stress_single_vowel=False))


def stressed(text: str, dictionary: Mapping[str, str], accent: Accent | None) -> str:
    """`text` with stress marks. A word that has one keeps it; without a model the voice stresses the rest itself."""
    certain = WORD.sub(lambda found: _looked_up(found[0], dictionary), text)
    if accent is None:
        return certain
    guessed = accent(certain.replace("+", ""))
    own, theirs = WORD.findall(certain), WORD.findall(guessed)
    # The model may put ё for е and marks, but no word more or less; if it does, our own text is the surer one.
    if [_bare(word) for word in own] != [_bare(word) for word in theirs]:
        return certain
    chosen = iter([mine if "+" in mine else guess for mine, guess in zip(own, theirs, strict=True)])
    return WORD.sub(lambda _: next(chosen), certain)


def _bare(word: str) -> str:
    return word.replace("+", "").lower().replace("ё", "е")


def _looked_up(word: str, dictionary: Mapping[str, str]) -> str:
    return word if "+" in word else dictionary.get(word.lower(), word)
