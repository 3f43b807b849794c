"""Takes a file into the models folder, in a child: copied, looked at without running it, converted, recorded.

Old torch files become safetensors, so that what is opened at every conversion later is nothing but numbers. Heavy.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from voice.errors import BadModelError, DamagedModelError, MissingModelError, UnknownModelError, UntrustedModelError
from voice.job_context import JobContext
from voice.methods.silero.listener import NEEDED
from voice.models.names import PICKLED, TORCH
from voice.models.partial import partial_place
from voice.models.register import Entry, record
from voice.retrieval import FeatureIndex

LARGEST_BYTES = 4 << 30
LARGEST_TEXT_BYTES = 8 << 20
BLOCK_BYTES = 1 << 20
TRAINING = frozenset({"optimizer", "optimizer_history", "last_optimizer_state", "iteration"})
"""What a checkpoint has beside its part `model` to be trained further."""
TEXTS = (".txt", ".srt", ".json", ".toml", ".yaml")
ONNX_BEGINS = b"\x08"
"""The first field of an ONNX file is its version, a number."""

Report = Callable[[float], None]


def import_file(*, source: str, models: str, name: str, trust: bool, job: JobContext) -> dict[str, Any]:
    """Take `source` in under `name`; returns the name it has now, its register entry, and what became of it.

    Raises BadModelError's kinds; then nothing is left in the folder.
    """
    path, folder = Path(source), Path(models)
    try:
        if path.is_dir():
            return _take_folder(path, folder, name, job)
        if not path.is_file():
            raise MissingModelError(f"There is no file {path.name}.", file=path.name)
        with partial_place(folder, name) as partial:
            digest = _copy(path, partial, job.part(0.0, 0.4, "copy"))
            return _take(partial, folder, name, digest, trust=trust, report=job.part(0.4, 1.0, "convert"))
    except OSError as error:
        raise BadModelError(f"{name} could not be imported: {error.strerror}.", file=name) from error


def _take(partial: Path, folder: Path, name: str, digest: str, *, trust: bool, report: Report) -> dict[str, Any]:
    suffix = Path(name).suffix.lower()
    try:
        kind = _kind(partial, name, suffix)
        value = _opened(partial) if kind == "weights" else _indexes(partial) if suffix == PICKLED else None
    except BadModelError as error:
        raise _renamed(error, partial, name) from error
    if kind == "silero" and not trust:
        raise UntrustedModelError(
            f"{name} is a program as well as a voice (SHA-256 {digest}). If you trust where it came from, add --trust.",
            file=name,
        )
    kept = name
    if suffix == PICKLED or (kind == "weights" and suffix in TORCH):
        kept = str(Path(name).with_suffix(".safetensors"))
        from voice.checkpoints.safetensors import write_safetensors

        try:
            write_safetensors(partial, _without_training(value), report)
            if suffix == PICKLED:
                _check_indexes(partial)
        except ValueError as error:
            raise _useless(name, str(error)) from error
        except BadModelError as error:
            raise _renamed(error, partial, name) from error
    size = partial.stat().st_size
    sha256 = digest if kept == name else _digest(partial)
    partial.replace(folder / kept)
    entry = Entry(kind, size, sha256, digest, is_trusted=kind == "silero")
    record(folder, kept, entry)
    report(1.0)
    return {"name": kept, **asdict(entry)}


def _kind(partial: Path, name: str, suffix: str) -> str:
    """What the file is, found without running anything in it."""
    if suffix in (*TORCH, ".safetensors"):
        if _is_package(partial):
            return "silero"
        return "weights"
    if suffix == ".index":
        FeatureIndex(partial).close()
        return "index"
    if suffix == PICKLED:
        return "index"
    if suffix == ".onnx":
        with partial.open("rb") as file:
            if file.read(1) != ONNX_BEGINS:
                raise DamagedModelError(f"{name} is no ONNX model.", file=name)
        return "onnx"
    if suffix in TEXTS:
        _read_text(partial, name, suffix)
        return "text"
    endings = (*TORCH, ".safetensors", ".index", PICKLED, ".onnx", *TEXTS)
    raise _useless(name, f"a model file ends in one of {', '.join(endings)}")


def _is_package(path: Path) -> bool:
    """torch.package lists the modules it wants from outside; a checkpoint has no such list."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(entry.endswith(".data/extern_modules") for entry in archive.namelist())


def _opened(partial: Path) -> object:
    from torch.serialization import safe_globals  # torch comes in for weights alone

    from voice.checkpoints.load import load_checkpoint
    from voice.methods.sovits.clusters import ARRAYS

    with safe_globals(ARRAYS):  # type: ignore[arg-type]  # the stubs know no pairs of function and name
        return load_checkpoint(partial)


def _without_training(value: object) -> object:
    """Of a checkpoint to go on training from, the model alone: its optimizer holds twice as much."""
    if isinstance(value, Mapping) and isinstance(value.get("model"), Mapping) and not TRAINING.isdisjoint(value):
        return value["model"]
    return value


def _indexes(partial: Path) -> object:
    import torch

    from voice.checkpoints.faiss_pickle import read_pickled_indexes

    found = read_pickled_indexes(partial)
    return {speaker: torch.frombuffer(bytearray(body), dtype=torch.uint8) for speaker, body in found.items()}


def _check_indexes(partial: Path) -> None:
    from voice.checkpoints.safetensors import places

    for place in places(partial).values():
        FeatureIndex(partial, place).close()


def _useless(name: str, why: str) -> UnknownModelError:
    return UnknownModelError(f"The model file {name} cannot be used: {why}.", file=name, detail=why)


def _renamed(error: BadModelError, partial: Path, name: str) -> BadModelError:
    """The same error under the name that the operator knows."""
    said = {**error.params, "file": name}
    return type(error)(str(error).replace(partial.name, name), **said)


def _read_text(partial: Path, name: str, suffix: str) -> None:
    if partial.stat().st_size > LARGEST_TEXT_BYTES:
        raise _useless(name, "it is larger than 8 MiB")
    try:
        text = partial.read_text(encoding="utf-8-sig")
        if suffix == ".json":
            json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _useless(name, f"it is no text of that kind ({error})") from error


def _take_folder(path: Path, folder: Path, name: str, job: JobContext) -> dict[str, Any]:
    """A model of several files that a library of its own opens; only plain files are taken."""
    files = sorted(one for one in path.iterdir() if one.is_file() and not one.is_symlink())
    names = {one.name for one in files}
    if not (set(NEEDED) <= names or {"config.json", "model.safetensors"} <= names):
        raise _useless(path.name, f"a folder of a whisper model holds {', '.join(NEEDED)}")
    with partial_place(folder, name) as partial:
        partial.mkdir(mode=0o700)
        whole = hashlib.sha256()
        for number, one in enumerate(files):
            report = job.part(number / len(files), (number + 1) / len(files), "copy")
            whole.update(f"{one.name} {_copy(one, partial / one.name, report)}\n".encode())
        size = sum(one.stat().st_size for one in partial.iterdir())
        if (folder / name).exists():
            shutil.rmtree(folder / name)
        partial.replace(folder / name)
    entry = Entry("folder", size, whole.hexdigest(), whole.hexdigest())
    record(folder, name, entry)
    return {"name": name, **asdict(entry)}


def _copy(source: Path, target: Path, report: Report) -> str:
    """Copy and return the SHA-256 of what was written."""
    size, done, digest = source.stat().st_size, 0, hashlib.sha256()
    if size > LARGEST_BYTES:
        raise _useless(source.name, "it is larger than 4 GiB")
    with source.open("rb") as read, target.open("xb") as write:
        while block := read.read(BLOCK_BYTES):
            digest.update(block)
            write.write(block)
            done += len(block)
            report(done / size)
    target.chmod(0o600)
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
