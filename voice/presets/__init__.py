"""Voice presets: small files that name a method and its settings. The built-in ones lie beside this file."""

from __future__ import annotations

from pathlib import Path

from voice.presets.catalogue import PresetCatalogue
from voice.presets.preset import Preset

__all__ = ["BUILT_IN", "Preset", "PresetCatalogue"]

BUILT_IN = Path(__file__).resolve().parent
"""The folder of the presets that need no weights."""
