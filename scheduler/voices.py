"""The voices that can be chosen."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.voicing import Presets


@dataclass(frozen=True, slots=True)
class VoiceOption:
    """A preset by its name; `title` is the preset's own, for where `locales/` has no sentence `voice.<name>`."""

    name: str
    title: str


def voice_options(presets: Presets) -> tuple[VoiceOption, ...]:
    """Every usable preset; the original voice (the empty name) is not one of them."""
    return tuple(VoiceOption(name, presets.get(name).title) for name in presets.names())
