"""All presets of several folders; a later folder's file takes the place of an earlier one's of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voice.errors import BadPresetError, UnknownPresetError
from voice.presets.preset import NAME, Preset, in_models


class PresetCatalogue:
    """The presets in `folders`, read anew at each question: a file that was just put there counts, with no restart.

    A bad file spoils only itself: it is left out of `names` and told by `problems`. So does a preset that needs a file
    which is not in the folder `models` (by default the preset's own folder).
    """

    def __init__(self, folders: Sequence[Path], models: Path | None = None) -> None:
        self._folders = tuple(folders)
        self._models = models

    def names(self) -> tuple[str, ...]:
        """Names of the presets that can be used, in their own order."""
        usable, _ = self._read()
        return tuple(preset.name for preset in sorted(usable, key=lambda preset: (preset.order, preset.name)))

    def get(self, name: str) -> Preset:
        """The preset of this name; raises UnknownPresetError or BadPresetError."""
        path = self._files().get(name) if NAME.fullmatch(name) else None
        if path is None:
            known = ", ".join(self.names())
            raise UnknownPresetError(f"There is no voice preset {name!r}; there are: {known}.", name=name, known=known)
        return self._load(path)

    def problems(self) -> tuple[BadPresetError, ...]:
        """One error for each file that cannot be used."""
        _, problems = self._read()
        return tuple(problems)

    def missing(self) -> dict[str, tuple[str, ...]]:
        """For each preset whose own file is sound, the names of the files that it needs and that are not there."""
        found = {}
        for name, path in self._files().items():
            try:
                needed = Preset.from_file(path).files().values()
            except BadPresetError:
                continue
            found[name] = tuple(file for file in needed if in_models(self._models or path.parent, file) is None)
        return found

    def _load(self, path: Path) -> Preset:
        return Preset.from_file(path).located(self._models or path.parent)

    def _files(self) -> dict[str, Path]:
        return {path.stem: path for folder in self._folders for path in sorted(folder.glob("*.toml"))}

    def _read(self) -> tuple[list[Preset], list[BadPresetError]]:
        usable, problems = [], []
        for path in self._files().values():
            try:
                usable.append(self._load(path))
            except BadPresetError as problem:
                problems.append(problem)
        return usable, problems
