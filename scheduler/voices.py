"""The voices that can be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scheduler.voicing import Presets
from voice.separation.model_file import find_model


@dataclass(frozen=True, slots=True)
class VoiceOption:
    """A preset by its name; `title` is the preset's own, for where `locales/` has no sentence `voice.<name>`.

    `takes_words`: it says the words anew, and somebody may tell it what they are.
    """

    name: str
    title: str
    takes_words: bool = False


def voice_options(presets: Presets) -> tuple[VoiceOption, ...]:
    """Every usable preset; the original voice (the empty name) is not one of them."""
    usable = ((name, presets.get(name)) for name in presets.names())
    return tuple(VoiceOption(name, preset.title, preset.takes_transcript) for name, preset in usable)


def separates_roughly(models: Path) -> bool:
    """Whether there is no model that tells music from voices, so that it is done roughly; asked anew each time."""
    return find_model(models) is None
