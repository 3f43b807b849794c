"""Voice presets and a job runner that need no signal processing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice.errors import NoTranscriptError, UnknownPresetError, VoiceError
from voice.jobs_port import OnJobProgress


@dataclass(frozen=True)
class FakePreset:
    """`wants_words`: it says the words anew, and nothing tells it what they are."""

    name: str
    wants_words: bool = False

    @property
    def digest(self) -> str:
        return f"digest-of-{self.name}"

    @property
    def title(self) -> str:
        return self.name.title()

    @property
    def takes_transcript(self) -> bool:
        return self.wants_words

    def with_transcript(self, file: Path | None) -> FakePreset:
        return self if file is None else FakePreset(self.name)

    def require_words(self) -> None:
        if self.wants_words:
            raise NoTranscriptError

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name}


class FakePresets:
    """Two voices; those of `wanting_words` say the words anew."""

    def __init__(self, wanting_words: tuple[str, ...] = ()) -> None:
        self.wanting_words = wanting_words

    def names(self) -> tuple[str, ...]:
        return ("deeper", "robot")

    def get(self, name: str) -> FakePreset:
        if name not in self.names():
            raise UnknownPresetError(name=name)
        return FakePreset(name, name in self.wanting_words)


class CopyingRunner:
    """A job runner whose conversion copies the sound. `fails` holds the errors of the next runs."""

    def __init__(self) -> None:
        self.jobs: list[Mapping[str, Any]] = []
        self.fails: list[VoiceError] = []
        self.notes: list[Mapping[str, Any]] = []

    def submit(
        self, function: str, arguments: Mapping[str, Any], *, on_progress: OnJobProgress | None = None
    ) -> Future[Any]:
        self.jobs.append(arguments)
        future: Future[Any] = Future()
        if self.fails:
            future.set_exception(self.fails.pop(0))
            return future
        if on_progress is not None:
            on_progress(0.5, "convert")
        shutil.copyfile(arguments["source"], arguments["target"])
        future.set_result({"frames": 1, "notes": self.notes})
        return future

    def close(self) -> None:
        return None
