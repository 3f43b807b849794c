"""A Silero package: a torch.package, that is a program with its weights. Only one that was imported is run.

The bytes are read once, compared with the register of the models folder, and it is those bytes that run, in a child of
the pool. https://pytorch.org/docs/stable/package.html, https://github.com/snakers4/silero-models
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import torch
from torch.package.package_importer import PackageImporter

from voice.checkpoints.load import unknown_model
from voice.errors import ConversionFailedError, DamagedModelError, MissingModelError, UntrustedModelError
from voice.memory import is_lack_of_memory
from voice.methods.silero.russian.text import pieces
from voice.models.register import read_register

Waveform = npt.NDArray[np.float64]
LARGEST_BYTES = 1 << 30
SHORTEST_CHARS = 20
"""A text that fails is halved and tried again, but not below this."""


class Voice(Protocol):
    """One speaker of one package."""

    def speak(self, text: str, *, hurried: bool = False) -> Waveform:
        """(samples,) for a text with stress marks; `hurried` asks for a quicker reading. ConversionFailedError."""
        ...


class SileroVoice:
    """Speaks; the same seed gives the same samples."""

    def __init__(self, model: Any, path: Path, speaker: str, sample_rate: int, seed: int) -> None:
        """Raises UnknownModelError where the package has no such speaker."""
        known = getattr(model, "speakers", None)
        if known and speaker not in known:
            raise unknown_model(path, f"it has no speaker {speaker!r}; there are: {', '.join(map(str, known))}")
        self._model = model
        self._file = path.name
        self._speaker = speaker
        self._rate = sample_rate
        self._seed = seed

    def speak(self, text: str, *, hurried: bool = False) -> Waveform:
        return np.concatenate([self._piece(piece, hurried=hurried) for piece in pieces(text)])

    def _piece(self, text: str, *, hurried: bool) -> Waveform:
        try:
            return self._apply(text, hurried=hurried)
        except (
            Exception
        ) as error:  # a package says what it dislikes in every way: ValueError, AssertionError, Exception
            shorter = list(pieces(text, max(SHORTEST_CHARS, len(text) // 2 + 1)))
            if len(text) <= SHORTEST_CHARS or len(shorter) < 2:
                detail = f"{self._file}: {str(error)[:200]}"
                raise ConversionFailedError(
                    f"The voice could not say {text[:60]!r}: {detail}", detail=detail
                ) from error
            return np.concatenate([self._piece(each, hurried=hurried) for each in shorter])

    def _apply(self, text: str, *, hurried: bool) -> Waveform:
        torch.manual_seed(self._seed)
        said = (
            {"ssml_text": f'<speak><prosody rate="fast">{escape(text)}</prosody></speak>'}
            if hurried
            else {"text": text}
        )
        made = self._model.apply_tts(
            **said, speaker=self._speaker, sample_rate=self._rate, put_accent=True, put_yo=True
        )
        waveform: Waveform = made.detach().cpu().numpy().astype(np.float64).reshape(-1)
        if not len(waveform) or not np.isfinite(waveform).all():
            raise ValueError("it gave no sound")
        return waveform


def load_package(path: Path, device: torch.device) -> Any:
    """The model in the package. Raises MissingModelError, UntrustedModelError, DamagedModelError."""
    content = _trusted_bytes(path)
    try:
        model = PackageImporter(io.BytesIO(content)).load_pickle("tts_models", "model")
        model.to(device)
    except Exception as error:  # whatever a program can raise
        if is_lack_of_memory(error):
            raise
        detail = f"{type(error).__name__}: {error}"[:200]
        raise DamagedModelError(f"The Silero package {path.name} does not start: {detail}", file=path.name) from error
    return model


def _trusted_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise MissingModelError(f"The model file {path.name} is not there.", file=path.name)
    entry = read_register(path.parent).get(path.name)
    if entry is None or not entry.is_trusted:
        raise UntrustedModelError(
            f"{path.name} is a program as well as a voice, and nobody has said that it may run here. If you trust "
            f"where it came from: python -m app voice models import --trust {path.name}",
            file=path.name,
        )
    if path.stat().st_size > LARGEST_BYTES:
        raise DamagedModelError(f"{path.name} is larger than any Silero package.", file=path.name)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise UntrustedModelError(
            f"{path.name} is not the file that was imported: it has changed since, so it was not run.", file=path.name
        )
    return content
