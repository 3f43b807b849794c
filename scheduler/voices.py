"""The voices that can be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scheduler.voicing import Presets
from voice.separation.model_file import find_model


@dataclass(frozen=True, slots=True)
class VoiceOption:
    """A preset by its name; `title` is the preset's own, for where `locales/` has no sentence `voice.<name>`."""

    name: str
    title: str


def voice_options(presets: Presets) -> tuple[VoiceOption, ...]:
    """Every usable preset; the original voice (the empty name) is not one of them."""
    return tuple(VoiceOption(name, presets.get(name).title) for name in presets.names())


def separates_roughly(models: Path) -> bool:
    """Whether there is no model that tells music from voices, so that it is done roughly; asked anew each time."""
    return find_model(models) is None
