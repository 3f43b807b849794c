"""Voice presets and a job runner that need no signal processing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from voice.errors import UnknownPresetError, VoiceError
from voice.jobs_port import OnJobProgress


@dataclass(frozen=True)
class FakePreset:
    name: str

    @property
    def digest(self) -> str:
        return f"digest-of-{self.name}"

    @property
    def title(self) -> str:
        return self.name.title()

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name}


class FakePresets:
    """Two voices."""

    def names(self) -> tuple[str, ...]:
        return ("deeper", "robot")

    def get(self, name: str) -> FakePreset:
        if name not in self.names():
            raise UnknownPresetError(name=name)
        return FakePreset(name)


class CopyingRunner:
    """A job runner whose conversion copies the sound. `fails` holds the errors of the next runs."""

    def __init__(self) -> None:
        self.jobs: list[Mapping[str, Any]] = []
        self.fails: list[VoiceError] = []

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
        future.set_result({"frames": 1})
        return future

    def close(self) -> None:
        return None
