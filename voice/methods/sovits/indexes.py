"""The index of one speaker: a faiss file of its own, or one of several in the file that an import made of a pickle."""

from __future__ import annotations

from pathlib import Path

from voice.checkpoints.load import unknown_model
from voice.checkpoints.safetensors import BROKEN, places
from voice.errors import DamagedModelError
from voice.retrieval import FeatureIndex


def open_index(path: Path, speaker: int, width: int) -> FeatureIndex:
    """The speaker's features, of `width` numbers each; raises BadModelError's kinds."""
    index = FeatureIndex(path, _place(path, speaker) if path.suffix == ".safetensors" and path.is_file() else None)
    if index.width != width:
        index.close()
        raise unknown_model(path, f"it holds features of {index.width} numbers, and the voice wants {width}")
    return index


def _place(path: Path, speaker: int) -> tuple[int, int]:
    try:
        place = places(path).get(str(speaker))
    except BROKEN as error:
        detail = str(error)[:200]
        raise DamagedModelError(
            f"The index file {path.name} is damaged: {detail}", file=path.name, detail=detail
        ) from error
    if place is None:
        raise unknown_model(path, f"it holds no index of the speaker number {speaker}")
    return place
