"""Open a model file (torch or safetensors) without running anything from it.

`weights_only=True` always, and no second try without it. Old speech models name classes of the program that trained
them beside their tensors; those names become empty stand-ins, so nothing of that program is needed, or imported.
"""

from __future__ import annotations

import pickle
import pickletools
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from voice.checkpoints.safetensors import BROKEN, read_safetensors
from voice.errors import DamagedModelError, MissingModelError, UnknownModelError, UnsafeModelError
from voice.memory import is_lack_of_memory

Tensors: TypeAlias = dict[str, torch.Tensor]

HARMLESS_ROOTS = ("fairseq.", "omegaconf.", "argparse.Namespace")
"""Where the names come from that trained speech models carry along; whatever is named so becomes a `_StandIn`."""
OLD_FORMAT_NAMES = ("fairseq.data.dictionary.Dictionary", "argparse.Namespace")
WRAPPED_NAMES = ("module.", "_orig_mod.")
"""What every name begins with when a network was saved as it trained on several devices, or compiled."""
CALLING_OPCODES = frozenset({"GLOBAL", "STACK_GLOBAL", "INST"})
INDEXES = (b"IwFl", b"IxFl", b"IxF2")
"""What files of faiss begin with, which lie beside the weights of every voice."""
TORCH_SAYS = "WeightsUnpickler error:"
LARGEST_UNPACKED_BYTES = 4 << 30
"""The largest model of any method has 0.4 GB; a small file that unpacks to more than this is meant to fill memory."""


def load_checkpoint(path: Path) -> Any:
    """What the file holds: tensors in plain containers, on the CPU.

    Raises MissingModelError, DamagedModelError, UnsafeModelError, and UnknownModelError for an index.
    """
    if not path.is_file():
        raise MissingModelError(
            f"The model file {path.name} is not there; put it into the models folder.", file=path.name
        )
    if path.suffix == ".safetensors":
        try:
            return read_safetensors(path)
        except BROKEN as error:
            raise _damaged(path, error) from error
    if _is_index(path):
        raise unknown_model(path, "it is an index of features and holds no weights")
    try:
        with safe_globals(_stand_ins(path)):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refusal(path, error) from None
    except Exception as error:  # the reader of a broken file fails in every way there is
        if is_lack_of_memory(error):
            raise
        raise _damaged(path, error) from error


def load_tensors(path: Path) -> Tensors:
    """A file that is nothing but names and tensors; raises as `load_checkpoint`, and UnknownModelError."""
    return tensors_of(load_checkpoint(path), path)


def tensors_of(value: object, path: Path) -> Tensors:
    """`value` as names and tensors, without what is wrapped around them; raises UnknownModelError."""
    if isinstance(value, Mapping):
        for wrapping in ("model", "state_dict"):
            if isinstance(value.get(wrapping), Mapping):
                value = value[wrapping]
                break
    if not isinstance(value, Mapping):
        raise unknown_model(path, "it holds no tensors")
    found = {str(name): one for name, one in value.items() if isinstance(one, torch.Tensor)}
    if not found:
        raise unknown_model(path, "it holds no tensors")
    for prefix in WRAPPED_NAMES:
        if all(name.startswith(prefix) for name in found):
            found = {name.removeprefix(prefix): one for name, one in found.items()}
    return found


def unknown_model(path: Path, why: str) -> UnknownModelError:
    """The error for a file that is sound and of no use here; `why` completes "…cannot be used: "."""
    return UnknownModelError(
        f"The model file {path.name} cannot be used: {why}. Choose another file.", file=path.name, detail=why
    )


class _StandIn:
    """Takes the place of any class of the training program; keeps nothing."""

    def __init__(self, *arguments: object) -> None: ...

    def __setstate__(self, state: object) -> None: ...


def _stand_ins(path: Path) -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    # One class per name: torch keeps them by class as well as by name.
    names: Sequence[str] = OLD_FORMAT_NAMES
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED_BYTES:
                raise ValueError("it unpacks to more than 4 GiB")
        names = [name for name in get_unsafe_globals_in_checkpoint(path) if name.startswith(HARMLESS_ROOTS)]
    return [(type("StandIn", (_StandIn,), {}), name) for name in names]


def _is_index(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in INDEXES
    except OSError:
        return False  # told by whoever reads it next


def _refusal(path: Path, error: pickle.UnpicklingError) -> UnsafeModelError | DamagedModelError:
    if "GLOBAL" in str(error) or "unrecognized function" in str(error) or _calls_something(path):
        return UnsafeModelError(
            f"The model file {path.name} holds a program besides the voice; it was not opened. "
            "Get this voice from somewhere you trust.",
            file=path.name,
        )
    return _damaged(path, error)


def _calls_something(path: Path) -> bool:
    """Whether a bare pickle, of a kind that torch does not even begin to read, names anything to be called."""
    if zipfile.is_zipfile(path):
        return False
    try:
        with path.open("rb") as file:
            return any(opcode.name in CALLING_OPCODES for opcode, _, _ in pickletools.genops(file))
    except (ValueError, OSError):
        return False


def _damaged(path: Path, error: Exception) -> DamagedModelError:
    # Around what is wrong torch puts the advice to open the file all the same, which is the worst that one can do.
    said = str(error).partition(TORCH_SAYS)[2].strip() or str(error)
    detail = said.partition("\n")[0].partition(". ")[0][:120]
    if " " not in detail:  # the name of an error, or a byte that was not looked for: nothing that a person can use
        detail = "it holds no model" if path.stat().st_size else "it is empty"
    return DamagedModelError(
        f"The model file {path.name} is damaged; copy it again ({detail}).", file=path.name, detail=detail
    )
