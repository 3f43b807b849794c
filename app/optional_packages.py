"""Packages that some voices need and that an installation may do without."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass

from voice.presets import Preset


@dataclass(frozen=True, slots=True)
class Part:
    """`module` is what is imported, `package` what pip calls it."""

    module: str
    package: str
    purpose: str

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None

    def is_needed(self, preset: Preset) -> bool:
        """Whether this voice cannot do its work, or not as well, without it."""
        told = preset.settings.to_json()
        match self.module:
            case "faster_whisper":
                return "whisper" in told and "transcript" not in told
            case "silero_stress":
                return preset.method == "silero" and bool(told.get("stress"))
            case "parselmouth":
                return told.get("f0_method") == "pm"
        return False


PARTS = (
    Part("faster_whisper", "faster-whisper", "hears what is said, for Silero voices"),
    Part("silero_stress", "silero-stress", "stress marks for Silero voices"),
    Part("parselmouth", "praat-parselmouth", "the pitch method pm"),
)


def needing(part: Part, presets: Iterable[Preset]) -> list[str]:
    """The names of the voices that want this package."""
    return [preset.name for preset in presets if part.is_needed(preset)]
