"""The models folder as the operator sees it: what lies there, and taking something in by a child of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voice.errors import BadModelError, MissingModelError
from voice.jobs_port import JobRunner, OnJobProgress
from voice.models.names import imported_name
from voice.models.partial import partial_place
from voice.models.register import Entry, read_register

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Shelved:
    """One file or folder of the models folder; `entry` is None where nobody imported it."""

    name: str
    size: int
    entry: Entry | None

    @property
    def is_changed(self) -> bool:
        """Whether it is certainly another file than the one that was imported."""
        return self.entry is not None and self.entry.size != self.size


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be taken in: `trust` lets the program in a Silero package run, `replace` what is there be replaced."""

    source: Path
    name: str
    trust: bool = False
    replace: bool = False


def shelved(models: Path) -> list[Shelved]:
    """What lies in the models folder, by name; hidden files are ours."""
    if not models.is_dir():
        return []
    register = read_register(models)
    places = sorted(one for one in models.iterdir() if not one.name.startswith("."))
    return [Shelved(one.name, _size(one), register.get(one.name)) for one in places]


def take_in(runner: JobRunner, models: Path, wish: Wish, on_progress: OnJobProgress | None = None) -> Shelved:
    """Check, convert and record one file; what it is called now. Raises BadModelError's kinds and the runner's.

    Nothing is left in the folder unless all went well, also where this is interrupted.
    """
    name = wish.name
    if not name or name.startswith(".") or Path(name).name != name or len(name) > LONGEST_NAME:
        raise BadModelError(f"A model cannot be called {name!r}; give it another --name.", file=name)
    if not wish.source.exists():
        raise MissingModelError(f"There is no file {wish.source}.", file=wish.source.name)
    for there in filter(None, (name, imported_name(name))):
        place = models / there
        if place.exists() and not wish.replace and not place.samefile(wish.source):
            raise BadModelError(
                f"{there} is already in the models folder. Choose another --name, or --replace it.", file=there
            )
    arguments = {"source": str(wish.source.resolve()), "models": str(models), "name": name, "trust": wish.trust}
    with partial_place(models, name):  # a child that was killed cannot tidy up
        future = runner.submit("voice.models.importing:import_file", arguments, on_progress=on_progress)
        try:
            made = dict(future.result())
        except BaseException:
            future.cancel()
            raise
    entry = Entry(**{field: made[field] for field in Entry.__slots__})
    return Shelved(made["name"], entry.size, entry)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(one.stat().st_size for one in path.iterdir() if one.is_file())
    return path.stat().st_size
