"""safetensors files: names, types, shapes and bytes, and nothing that could run.

A u64 length, a JSON header, then the bytes (https://github.com/huggingface/safetensors). What a checkpoint holds
besides tensors (a rate, a list of sizes) goes into the header's metadata under `structure`, so a converted file gives
back what the original gave; readers who know nothing of that see a plain file of tensors.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

LARGEST_HEADER_BYTES = 16 << 20
STRUCTURE = "structure"
TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {kind: name for name, kind in TYPES.items()}
BROKEN = (OSError, struct.error, ValueError, KeyError, TypeError, AttributeError, RuntimeError, RecursionError)
"""What reading a file raises that is no such file."""


def read_safetensors(path: Path) -> Any:
    """What the file holds, on the CPU; raises one of BROKEN."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(min(length, LARGEST_HEADER_BYTES)))
        body = bytearray(file.read())
    metadata = header.pop("__metadata__", None) or {}
    tensors = {str(name): _slice(body, entry) for name, entry in header.items()}
    return _built(json.loads(metadata[STRUCTURE]), tensors) if STRUCTURE in metadata else tensors


def places(path: Path) -> dict[str, tuple[int, int]]:
    """Where in the file the bytes of each tensor begin and end; raises one of BROKEN."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(min(length, LARGEST_HEADER_BYTES)))
    found, size = {}, path.stat().st_size
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + int(place) for place in entry["data_offsets"])
            if not 8 + length <= begin <= end <= size:
                raise ValueError("a tensor lies outside the file")
            found[str(name)] = begin, end
    return found


def write_safetensors(path: Path, value: object, report: Callable[[float], None] = lambda _: None) -> None:
    """Write what `load_checkpoint` gave; raises ValueError for tensors of a type that the format has not."""
    tensors: dict[str, torch.Tensor] = {}
    structure = _taken_apart(value, "", tensors)
    header: dict[str, Any] = {}
    if not (isinstance(value, Mapping) and set(map(id, value.values())) == set(map(id, tensors.values()))):
        header["__metadata__"] = {STRUCTURE: json.dumps(structure)}
    end = 0
    for name, tensor in tensors.items():
        if tensor.dtype not in _NAMES or tensor.layout is not torch.strided:
            raise ValueError(f"it holds numbers of the kind {tensor.dtype}")
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    packed = json.dumps(header).encode()
    packed += b" " * (-len(packed) % 8)
    if len(packed) > LARGEST_HEADER_BYTES:
        raise ValueError("it holds too many things besides its weights")
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(packed)) + packed)
        for name, tensor in tensors.items():
            if tensor.numel():
                file.write(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().data)
            report(header[name]["data_offsets"][1] / max(1, end))


def _slice(body: bytearray, entry: Mapping[str, Any]) -> torch.Tensor:
    kind, shape = TYPES[entry["dtype"]], [int(size) for size in entry["shape"]]
    begin, end = (int(place) for place in entry["data_offsets"])
    if not 0 <= begin <= end <= len(body) or end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError("a tensor lies outside the file")
    if begin == end:
        return torch.zeros(shape, dtype=kind)
    return torch.frombuffer(body, dtype=kind, count=math.prod(shape), offset=begin).reshape(shape)


def _taken_apart(value: object, place: str, tensors: dict[str, torch.Tensor]) -> Any:
    """Plain data that stands for `value`, its numbers put into `tensors`; what else is not plain is left out."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        value = torch.from_numpy(np.ascontiguousarray(value))
    if isinstance(value, torch.Tensor):
        name = place if place and place not in tensors and place != "__metadata__" else f"tensor.{len(tensors)}"
        tensors[name] = value
        return {"tensor": name}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {
            "map": [
                [key, _taken_apart(one, f"{place}.{key}" if place else str(key), tensors)]
                for key, one in value.items()
                if isinstance(key, bool | int | float | str)
            ]
        }
    if isinstance(value, list | tuple):
        return {"list": [_taken_apart(one, f"{place}.{number}", tensors) for number, one in enumerate(value)]}
    return None


def _built(data: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    """The inverse of `_taken_apart`."""
    if not isinstance(data, dict):
        return data
    if "tensor" in data:
        return tensors[data["tensor"]]
    if "list" in data:
        return [_built(one, tensors) for one in data["list"]]
    return {key: _built(one, tensors) for key, one in data["map"]}
