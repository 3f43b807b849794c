"""`python -m bot.locale_check`: every sentence that the code can ask for exists, in every language, in the same shape.

Found: a key that code names and a catalogue lacks; a sentence that no code can ask for; placeholders or tags that
differ between languages; a wrong number of plural forms; an error code of any package without a sentence. Exit status
1 with a list of them.
"""

from __future__ import annotations

import ast
import re
import string
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.texts import DEFAULT_LOCALE, LOCALES_FOLDER, Catalogue, Entry, Texts

ROOT = LOCALES_FOLDER.parent
SPEAKING = ("bot",)
"""Packages that name sentences."""
FAILING = ("media", "voice", "storage", "platforms", "scheduler", "bot")
"""Packages whose errors are told to people."""
_KEY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_TAG = re.compile(r"</?([a-z]+)[^>]*>")
_FAULT_CALLS = frozenset({"Fault", "Violation"})
_PLURAL_PROBES = range(200)


@dataclass(frozen=True, slots=True)
class Named:
    """What code names: whole keys, and the beginnings of keys that are put together at run time."""

    keys: frozenset[str]
    beginnings: frozenset[str]


def named_in(tree: ast.AST) -> Named:
    """The keys in a module's string literals; an f-string counts with the text before its first gap."""
    keys, beginnings = set[str](), set[str]()
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in parts:
            keys.update(_literal(node))
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            start = str(node.values[0].value)
            if re.fullmatch(r"[a-z0-9_]+\.([a-z0-9_]+\.)*", start):
                beginnings.add(start)
    return Named(frozenset(keys), frozenset(beginnings))


def error_codes_in(tree: ast.AST) -> Iterator[str]:
    """`code = "…"` of classes and keyword arguments, and the codes of faults that are made on the spot."""
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _class_codes(node)
        elif isinstance(node, ast.Call):
            yield from _call_codes(node, constants)


def _constants(tree: ast.AST) -> dict[str, ast.expr]:
    """`NAME = …` by name: a fault's code may be given by one of the same module."""
    assigned = (node for node in ast.walk(tree) if isinstance(node, ast.Assign))
    return {node.targets[0].id: node.value for node in assigned if isinstance(node.targets[0], ast.Name)}


def _class_codes(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(target, ast.Name) and target.id == "code":
            yield from _literal(getattr(statement, "value", None))


def _call_codes(node: ast.Call, constants: Mapping[str, ast.expr]) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in _FAULT_CALLS and node.args:
        given = node.args[0]
        yield from _literal(constants.get(given.id) if isinstance(given, ast.Name) else given)
    for keyword in node.keywords:
        if keyword.arg == "code":
            yield from _literal(keyword.value)


def _literal(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _KEY.fullmatch(node.value):
        yield node.value


def _trees(packages: Iterable[str], root: Path) -> Iterator[ast.AST]:
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"), str(path))


def missing_keys(catalogue: Catalogue, named: Named, codes: Iterable[str]) -> Iterator[str]:
    """Sentences that code asks for and the catalogue lacks. Only families that the catalogue knows count as keys."""
    families = {key.split(".")[0] for key in catalogue.entries}
    wanted = {key for key in named.keys if key.split(".")[0] in families} - set(codes)
    for key in sorted(wanted | {f"error.{code}" for code in codes}):
        # A literal may also be the code of an error, that code compares with.
        if key not in catalogue.entries and f"error.{key}" not in catalogue.entries:
            yield f"{catalogue.locale}: no sentence for {key}"


def orphans(catalogue: Catalogue, named: Named) -> Iterator[str]:
    """Sentences that no code can ask for."""
    for key in sorted(catalogue.entries):
        if key not in named.keys and not key.startswith(tuple(named.beginnings)):
            yield f"{catalogue.locale}: nobody says {key}"


def differences(model: Catalogue, other: Catalogue) -> Iterator[str]:
    """Where two languages do not say the same thing."""
    for key in sorted(model.entries.keys() ^ other.entries.keys()):
        lacking = other if key in model.entries else model
        yield f"{lacking.locale}: {key} is missing, untranslated or fuzzy"
    for key in sorted(model.entries.keys() & other.entries.keys()):
        if _shape(model.entries[key]) != _shape(other.entries[key]):
            yield f"{other.locale}: {key} has other placeholders or tags than in {model.locale}"


def _shape(entry: Entry) -> tuple[frozenset[str], tuple[str, ...]]:
    """Placeholders and tags of a sentence; of a plural, of its last form, for "one" may leave the number out."""
    sentence = entry if isinstance(entry, str) else entry[-1]
    fields = frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name)
    return fields, tuple(sorted(_TAG.findall(sentence)))


def plural_mistakes(catalogue: Catalogue) -> Iterator[str]:
    """Plural sentences with too few or too many forms."""
    forms = len({catalogue.plural_form(n) for n in _PLURAL_PROBES})
    for key, entry in sorted(catalogue.entries.items()):
        if isinstance(entry, tuple) and len(entry) != forms:
            yield f"{catalogue.locale}: {key} has {len(entry)} plural forms, {forms} are needed"


def complaints(root: Path = ROOT, locales: Path = LOCALES_FOLDER) -> list[str]:
    """Everything that is wrong, one line each."""
    keys, beginnings, codes = set[str](), set[str](), set[str]()
    for tree in _trees(SPEAKING, root):
        found = named_in(tree)
        keys |= found.keys
        beginnings |= found.beginnings
    for tree in _trees(FAILING, root):
        codes |= set(error_codes_in(tree))
    named = Named(frozenset(keys), frozenset(beginnings))
    return list(_judge(_catalogues(locales), named, codes))


def _catalogues(locales: Path) -> Mapping[str, Catalogue]:
    texts = Texts(locales)
    return {name: texts.catalogue(name) for name in texts.locales}


def _judge(catalogues: Mapping[str, Catalogue], named: Named, codes: set[str]) -> Iterator[str]:
    model = catalogues[DEFAULT_LOCALE]
    yield from orphans(model, named)
    for catalogue in catalogues.values():
        yield from missing_keys(catalogue, named, codes)
        yield from plural_mistakes(catalogue)
        if catalogue is not model:
            yield from differences(model, catalogue)


def main() -> int:
    """Print the complaints; 1 if there are any."""
    found = complaints()
    for line in found:
        sys.stdout.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
