"""A `clips_metadata.json`: a list of entries, each a file and its post. Read strictly, mistakes told all at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

LARGEST = 1024 * 1024
MOST_ENTRIES = 500


class BatchFileError(Exception):
    """The batch cannot be read; `sentences` say each mistake and where it is."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file and its post. `name` is the file as it was written, `path` where it lies.

    `voice` empty: the original. `time` empty: as soon as the fabric runs. `options` by the site's name.
    """

    number: int
    name: str
    path: Path
    title: str
    accounts: tuple[str, ...]
    description: str = ""
    keywords: tuple[str, ...] = ()
    voice: str = ""
    time: str = ""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def identity(self, sha256: str, account_ids: Sequence[int]) -> str:
        """What makes it the same post when the batch is run again, in hex: the file's content, where and when.

        The texts are no part of it: a corrected title must not publish the clip a second time.
        """
        what = [sha256, sorted(account_ids), " ".join(self.time.lower().split())]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def read_batch(file: Path) -> tuple[Entry, ...]:
    """The entries, in their order. Raises BatchFileError."""
    try:
        if file.stat().st_size > LARGEST:
            raise BatchFileError([f"{file} is larger than {LARGEST} bytes; divide it."])
        listed = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BatchFileError([f"There is no file {file}."]) from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise BatchFileError([f"{file} cannot be read ({type(error).__name__})."]) from error
    except json.JSONDecodeError as error:
        raise BatchFileError([f"{file} is no JSON: {error.msg} in line {error.lineno}."]) from error
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_ENTRIES:
        raise BatchFileError([f"{file} has to be a JSON list of 1 to {MOST_ENTRIES} entries."])
    mistakes: list[str] = []
    entries = [_entry(number, each, file.parent, mistakes) for number, each in enumerate(listed, start=1)]
    if mistakes:
        raise BatchFileError(mistakes)
    return tuple(entry for entry in entries if entry is not None)


_FIELDS: Mapping[str, str] = {
    "file": "a text",
    "title": "a text",
    "accounts": "a list of names or numbers",
    "description": "a text",
    "keywords": "a list of texts",
    "voice": "a text",
    "time": "a text",
    "options": "an object of objects, by the site's name",
}
_NEEDED = ("file", "title", "accounts")


def _entry(number: int, given: object, root: Path, mistakes: list[str]) -> Entry | None:
    """The entry, or None and its mistakes."""
    if not isinstance(given, dict):
        mistakes.append(f"Entry {number}: has to be an object.")
        return None
    found = [f"has no {name}" for name in _NEEDED if not given.get(name)]
    found += [f"has an unknown field {name!r}" for name in given if name not in _FIELDS]
    found += [
        f"its {name} has to be {what}" for name, what in _FIELDS.items() if name in given and not _fits(name, given)
    ]
    path = None if found else _inside(root, given["file"])
    if not found and path is None:
        found.append(f"its file {given['file']!r} has to lie beside the batch or below, and be named from there")
    if path is None:
        mistakes.extend(f"Entry {number}: {each}." for each in found)
        return None
    fields = {name: given[name] for name in ("description", "voice", "time", "options") if name in given}
    accounts = tuple(str(each) for each in given["accounts"])
    keywords = tuple(given.get("keywords", ()))
    return Entry(number, given["file"], path, given["title"], accounts, keywords=keywords, **fields)


def _fits(name: str, given: Mapping[str, Any]) -> bool:
    value = given[name]
    if name == "options":
        return isinstance(value, dict) and all(isinstance(each, dict) for each in value.values())
    if name in ("accounts", "keywords"):
        kinds = (str, int) if name == "accounts" else (str,)
        return isinstance(value, list) and all(isinstance(each, kinds) and each is not True for each in value)
    return isinstance(value, str)


def _inside(root: Path, name: str) -> Path | None:
    """Where the file lies; None for a name that leads out of the batch's folder, also by a link."""
    if PurePosixPath(name).is_absolute() or any(ord(character) < 32 for character in name):
        return None
    path = (root / name).resolve()
    return path if path.is_relative_to(root.resolve()) else None
