"""Which separation model there is: one MDX-Net ONNX file in the models folder. Light: the parent asks it, too.

Its two sizes stand in the file; the other numbers in `separation.toml` beside it, unless the file is one of those that
are known by their digest.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from voice.errors import DamagedModelError, MissingModelError, UnknownModelError

FILE = "separation.onnx"
NUMBERS = "separation.toml"
SAMPLE_RATE = 44_100
"""What all these networks were trained on."""
TAIL_BYTES = 10_000 * 1024
"""The community names such files by the MD5 of their last 10,000 KiB."""


@dataclass(frozen=True, slots=True)
class SeparationNumbers:
    """`n_fft` of its transform; what its output is multiplied by; whether its output is the voice or the music."""

    n_fft: int
    compensate: float
    gives_voice: bool


KNOWN = {
    "1c56ec0224f1d559c42fd6fd2a67b154": SeparationNumbers(5120, 1.025, gives_voice=False),  # UVR-MDX-NET-Inst_Main
    "55657dd70583b0fedfba5f67df11d711": SeparationNumbers(6144, 1.022, gives_voice=False),  # UVR-MDX-NET-Inst_HQ_3
    "0f2a6bc5b49d87d64728ee40e23bceb1": SeparationNumbers(5120, 1.019, gives_voice=False),  # UVR-MDX-NET-Inst_HQ_4
    "cb790d0c913647ced70fc6b38f5bea1a": SeparationNumbers(5120, 1.010, gives_voice=False),  # UVR-MDX-NET-Inst_HQ_5
    "970b3f9492014d18fefeedfe4773cb42": SeparationNumbers(7680, 1.009, gives_voice=True),  # Kim_Vocal_2
}
"""As UVR's and audio-separator's model data give them, by that digest."""


def find_model(models: Path | None) -> Path | None:
    """The model's file, or None where there is none and separation is rough."""
    path = None if models is None else models / FILE
    return path if path is not None and path.is_file() else None


def model_key(model: Path | None) -> str:
    """A short text that differs wherever another model, or none, would make another sound."""
    if model is None:
        return "rough"
    states = []
    for path in (model, model.with_name(NUMBERS)):
        try:
            found = path.stat()
        except OSError:
            states.append("none")
        else:
            states.append(f"{found.st_size}-{found.st_mtime_ns}")
    return "/".join(states)


def numbers_of(model: Path) -> SeparationNumbers:
    """The model's numbers; raises MissingModelError, UnknownModelError, DamagedModelError, which name the file."""
    beside = model.with_name(NUMBERS)
    if beside.is_file():
        return _read(beside)
    try:
        known = KNOWN.get(_digest(model, *_state(model)))
    except OSError as error:
        raise MissingModelError(f"The file {model.name!r} is not there.", file=model.name) from error
    if known is None:
        reason = f"it is not one of those known here, and there is no {NUMBERS} beside it"
        raise UnknownModelError(f"The separation model {model.name!r} cannot be used: {reason}.", file=model.name)
    return known


def _read(path: Path) -> SeparationNumbers:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DamagedModelError(f"The file {path.name!r} cannot be read: {error}", file=path.name) from error
    n_fft, compensate, stem = told.get("n_fft"), told.get("compensate", 1.0), told.get("primary_stem", "vocals")
    fits = isinstance(compensate, int | float) and 0.5 <= compensate <= 2.0 and stem in ("vocals", "instrumental")
    if not (fits and isinstance(n_fft, int) and 512 <= n_fft <= 65_536 and n_fft % 2 == 0):
        reason = "it needs n_fft (even, 512 to 65536), compensate (0.5 to 2), primary_stem (vocals or instrumental)"
        raise DamagedModelError(f"The file {path.name!r} cannot be used: {reason}.", file=path.name)
    return SeparationNumbers(n_fft, float(compensate), gives_voice=stem == "vocals")


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=4)
def _digest(path: Path, size: int, _changed_ns: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        return hashlib.md5(file.read(), usedforsecurity=False).hexdigest()
