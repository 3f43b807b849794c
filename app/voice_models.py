"""`python -m app voice models`: what is installed, what each voice still needs, and getting it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from app.optional_packages import PARTS
from app.progress_bar import ProgressBar
from app.settings import Settings
from app.voice_pool import open_pool
from storage.home import Home
from voice.errors import VoiceError
from voice.models.download import Download
from voice.models.downloadable import FILE_NAME as LIST_NAME
from voice.models.downloadable import Downloadable, downloadables
from voice.models.names import imported_name
from voice.models.shelf import Shelved, Wish, shelved, take_in
from voice.presets import BUILT_IN, PresetCatalogue
from voice.separation.model_file import FILE as SEPARATION_MODEL
from voice.separation.model_file import NUMBERS, find_model, numbers_of

KINDS = {
    "weights": "weights",
    "index": "index",
    "onnx": "separation model",
    "silero": "Silero package, may run",
    "folder": "model of several files",
    "text": "text",
}


def list_models(settings: Settings) -> int:
    """Print it all; the exit code is 0 whatever is missing, and 1 where the list of downloads cannot be read."""
    home = Home(settings.home_path)
    try:
        known, code = downloadables(home.models), 0
    except VoiceError as error:
        print(error, file=sys.stderr)
        known, code = {}, 1
    for line in _lines(home, known):
        print(line)
    return code


def _lines(home: Home, known: dict[str, Downloadable]) -> Iterator[str]:
    there = [one for one in shelved(home.models) if one.name != LIST_NAME]
    yield f"Models in {home.models}:" if there else f"No models in {home.models}."
    yield from (f"  {one.name}  {_megabytes(one.size)}  {_standing(one)}" for one in there)
    catalogue = PresetCatalogue([BUILT_IN, home.voices], models=home.models)
    yield "Voices:"
    for name, missing in sorted(catalogue.missing().items()):
        yield f"  ✗ {name} needs {', '.join(_need(file, known) for file in missing)}" if missing else f"  ✓ {name}"
    told = catalogue.missing()
    yield from (f"  ✗ {problem}" for problem in catalogue.problems() if problem.params.get("name") not in told)
    yield _separation(home)
    yield "Optional packages:"
    for part in PARTS:
        absent = f"  - {part.package}: {part.purpose}; .venv/bin/pip install {part.package}"
        yield f"  ✓ {part.package}" if part.is_installed else absent
    names = {one.name for one in there}
    waiting = [one for one in known.values() if not names & _forms(one.file)]
    if waiting:
        yield "To be had by `voice models download NAME`:"
        yield from (f"  {one.name}  {one.file}  {_megabytes(one.size)}  {one.about}" for one in waiting)


def _separation(home: Home) -> str:
    """How the music under a voice is told from it."""
    model = find_model(home.models)
    if model is None:
        return f"Music under the voice: separated roughly, as there is no {SEPARATION_MODEL} (docs/voices.md)"
    try:
        numbers_of(model)
    except VoiceError as error:
        return f"Music under the voice: ✗ {error}"
    return f"Music under the voice: ✓ separated by {SEPARATION_MODEL}"


def _forms(file: str) -> set[str]:
    """The names under which a file may lie here: imported weights become safetensors."""
    return {file, imported_name(file) or file}


def _need(file: str, known: dict[str, Downloadable]) -> str:
    for one in known.values():
        if one.file == file:
            return f"{file} (voice models download {one.name})"
    return file


def _standing(one: Shelved) -> str:
    if one.entry is None:
        return "not imported: used as it lies there, never run"
    return "another file than the one that was imported" if one.is_changed else KINDS.get(one.entry.kind, "")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{-(-size // 1000)} kB"


def import_model(settings: Settings, file: Path, name: str, *, trust: bool, replace: bool) -> int:
    """Take one file in and print what it is now."""
    home = Home(settings.home_path)
    # What was only copied into the folder can be named as it is called there.
    source = home.models / file if not file.exists() and (home.models / file).exists() else file
    try:
        made = _take_in(settings, home, Wish(source, name, trust, replace))
    except VoiceError as error:
        print(error, file=sys.stderr)
        return 1
    _tell(made)
    return _complete_separation(settings, home, source) if made.name == SEPARATION_MODEL else 0


def _complete_separation(settings: Settings, home: Home, source: Path) -> int:
    """A separation model comes with its numbers, where they lie beside it; says whether it can be used."""
    beside, kept = source.with_name(NUMBERS), home.models / NUMBERS
    try:
        if beside.is_file() and beside.resolve() != kept.resolve():
            _tell(_take_in(settings, home, Wish(beside, NUMBERS, replace=True)))
        elif kept.is_file():
            print(f"{NUMBERS} in the models folder says how to use it; remove that file if it is another model's.")
        numbers_of(home.models / SEPARATION_MODEL)
    except VoiceError as error:
        print(f"{error} Until then music is told apart roughly (docs/voices.md).", file=sys.stderr)
        return 1
    return 0


def download_model(settings: Settings, name: str) -> int:
    """Fetch one file of the list, check it and take it in."""
    home = Home(settings.home_path)
    try:
        known = downloadables(home.models)
        if name not in known:
            print(f"There is no download {name!r}; there are: {', '.join(sorted(known))}.", file=sys.stderr)
            return 1
        wanted = known[name]
        with ProgressBar() as bar, httpx.Client() as client:
            words = f"{wanted.file}, {_megabytes(wanted.size)}"
            fetched = Download(client, home.models).fetch(wanted, lambda done: bar.show(done / wanted.size, words))
    except VoiceError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        # Its sum is the one in the list, so it may replace what is there.
        made = _take_in(settings, home, Wish(fetched, wanted.file, wanted.trust, replace=True))
    except VoiceError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        fetched.unlink()
        with contextlib.suppress(OSError):  # another download may lie there
            fetched.parent.rmdir()
    _tell(made)
    return 0


def _take_in(settings: Settings, home: Home, wish: Wish) -> Shelved:
    pool = open_pool(settings, home, workers=1)
    try:
        with ProgressBar() as bar:
            return take_in(pool, home.models, wish, bar.show)
    finally:
        pool.close()


def _tell(made: Shelved) -> None:
    if made.entry is None:
        return
    print(f"{made.name}: {KINDS[made.entry.kind]}, {_megabytes(made.size)}, SHA-256 {made.entry.source_sha256}")
    if made.entry.kind == "onnx" and made.name != SEPARATION_MODEL:
        print(f"To separate music with it, import it with --name {SEPARATION_MODEL}.")
