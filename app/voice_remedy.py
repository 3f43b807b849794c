"""How a model file that a voice lacks is got."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from voice.errors import VoiceError
from voice.models.downloadable import Downloadable, downloadables


def remedy(file: str, models: Path, known: Mapping[str, Downloadable] | None = None) -> str:
    """What to run; `known` are the downloads, read here where they are not given."""
    for one in (_known(models) if known is None else known).values():
        if one.file == file:
            return f"Run: python -m app voice models download {one.name}"
    return f"Bring {file} to {models}: python -m app voice models import {file}"


def _known(models: Path) -> Mapping[str, Downloadable]:
    try:
        return downloadables(models)
    except VoiceError:  # a list that cannot be read is told by `voice models` and the doctor
        return {}
