"""One preset: a name, a method and settings that the method has approved."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from voice.errors import BadPresetError, MissingModelError
from voice.methods.registry import MethodSettings, describe_method, method_names
from voice.models.names import imported_name
from voice.presets.mix import Mix, parse_mix

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,23}")
"""Names travel in Telegram buttons, which hold 64 bytes in all."""
LARGEST_FILE_BYTES = 64 * 1024
KNOWN_KEYS = frozenset({"title", "method", "order", "settings", "mix"})


@dataclass(frozen=True, slots=True)
class Preset:
    """What a voice is to become. `settings` is the method's own value; `order` places it in lists."""

    name: str
    title: str
    method: str
    settings: MethodSettings
    order: int = field(default=1000, compare=False)
    mix: Mix = field(default_factory=Mix)

    @property
    def digest(self) -> str:
        """SHA-256 over all that changes the sound: method, its version, settings, mix, and the state of its files.

        Not the name, not the title.
        """
        heard = {
            "method": self.method,
            "version": describe_method(self.method).version,
            "settings": asdict(self.settings),
            "mix": asdict(self.mix),
        }
        if files := self.files():
            heard["files"] = {name: _state(path) for name, path in files.items()}
        return hashlib.sha256(json.dumps(heard, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Plain data for a job in another process; the inverse of `from_json`."""
        settings, mix = self.settings.to_json(), asdict(self.mix)
        return {"name": self.name, "title": self.title, "method": self.method, "settings": settings, "mix": mix}

    def located(self, models: Path) -> Preset:
        """The same with its files found in the folder `models`; raises MissingModelError that names one that is not."""
        found = {name: in_models(models, file) for name, file in self.files().items()}
        for name, place in found.items():
            if place is None:
                file = self.files()[name]
                raise MissingModelError(
                    f"The voice preset {self.name!r} needs the file {file!r}, which is not in {models}.",
                    name=self.name,
                    file=file,
                    setting=name,
                )
        paths = {name: str(place) for name, place in found.items()}
        return replace(self, settings=describe_method(self.method).parse({**self.settings.to_json(), **paths}))

    @property
    def takes_transcript(self) -> bool:
        """Whether the method says the words anew, so that it may be told what they are."""
        return describe_method(self.method).require_words is not None

    def with_transcript(self, file: Path | None) -> Preset:
        """The same with `file` (.srt or .json) to say what is said, where the method takes one and one is given."""
        if file is None or not self.takes_transcript:
            return self
        settings = {**self.settings.to_json(), "transcript": str(file.resolve())}
        return replace(self, settings=describe_method(self.method).parse(settings))

    def require_words(self) -> None:
        """Raises NoTranscriptError, NoListenerError where the method says words anew and nothing tells it which."""
        check = describe_method(self.method).require_words
        if check is not None:
            check(self.settings)

    def files(self) -> dict[str, str]:
        """The files that the settings name, by the name of the setting."""
        fields = describe_method(self.method).file_fields
        return {name: file for name, file in self.settings.to_json().items() if name in fields}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preset:
        """Check plain data and make a preset of it; raises BadPresetError."""
        name = str(data.get("name", ""))
        if not NAME.fullmatch(name):
            raise bad(name, "its name may hold a-z, 0-9, _ and -, at most 24 of them")
        method = data.get("method")
        if method not in method_names():
            raise bad(name, f"it asks for the method {method!r}; there are: {', '.join(method_names())}")
        title, order, settings = data.get("title", name), data.get("order", 1000), data.get("settings", {})
        if not isinstance(title, str) or not title.strip() or not isinstance(order, int):
            raise bad(name, "its title must be a text and its order a whole number")
        if not isinstance(settings, Mapping):
            raise bad(name, "its settings must be a table")
        try:
            mix = parse_mix(data.get("mix", {}))
            return cls(name, title, method, describe_method(method).parse(settings), order, mix)
        except ValueError as error:
            raise bad(name, str(error)) from error

    @classmethod
    def from_file(cls, path: Path) -> Preset:
        """Read `<name>.toml`; raises BadPresetError that names the file and what is wrong with it."""
        try:
            if path.stat().st_size > LARGEST_FILE_BYTES:
                raise bad(path.stem, "its file is larger than 64 KiB")
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise bad(path.stem, f"its file cannot be read: {error}") from error
        if strange := sorted(data.keys() - KNOWN_KEYS):
            known = ", ".join(sorted(KNOWN_KEYS))
            raise bad(path.stem, f"it has a key that means nothing here: {strange[0]}; it may have {known}")
        return cls.from_json({**data, "name": path.stem})


def in_models(models: Path, file: str) -> Path | None:
    """Where the file lies: under its name, or as what it became when it was imported, the same name in .safetensors."""
    places = (models / name for name in (file, imported_name(file)) if name is not None)
    return next((place for place in places if place.exists()), None)


def _state(file: str) -> tuple[int, int]:
    """Size and time of a file, by which it is known that another model was put in its place; zeros where it is gone."""
    try:
        found = Path(file).stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def bad(name: str, reason: str) -> BadPresetError:
    """The error for one preset, as a sentence."""
    return BadPresetError(f"The voice preset {name!r} cannot be used: {reason}.", name=name, reason=reason)
