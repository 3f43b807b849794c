"""Put the tensors of a file into a network, whose names are the file's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from voice.checkpoints.load import Tensors, unknown_model
from voice.nets.line_conv import lay_out

_DIRECTION = re.compile(r"(.*)\.(?:weight_v|parametrizations\.weight\.original1)")
FILLING = frozenset({"uniform_", "normal_", "fill_", "zero_", "zeros_", "ones_"})
_LENGTHS = ("weight_g", "parametrizations.weight.original0")


def fold_weight_norm(tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Weights stored as length and direction become plain: w = g v / |v|, over the dimensions where g has size 1.

    Both spellings of such pairs are known. T. Salimans, D. Kingma, "Weight Normalization", 2016.
    """
    plain = {name: one for name, one in tensors.items() if not _is_half(name)}
    for name, direction in tensors.items():
        if match := _DIRECTION.fullmatch(name):
            length = next((tensors[key] for end in _LENGTHS if (key := f"{match[1]}.{end}") in tensors), None)
            if length is not None and length.dim() == direction.dim():
                plain[f"{match[1]}.weight"] = _fold(length.float(), direction.float())
    return plain


def _is_half(name: str) -> bool:
    return name.endswith(_LENGTHS) or _DIRECTION.fullmatch(name) is not None


def _fold(length: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    over = [dim for dim in range(length.dim()) if length.shape[dim] == 1]
    size: torch.Tensor = torch.linalg.vector_norm(direction, dim=over, keepdim=True)
    return direction * (length / size)


class _WithoutValues(TorchFunctionMode):
    """Leaves new parameters without initial values: of all that torch would import a thousand modules for."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(func, "__name__", "") in FILLING:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def unfilled() -> Iterator[None]:
    """Networks built inside have shapes and no memory, so that sizes in a file cost nothing; `fill` them."""
    with torch.device("meta"), _WithoutValues():
        yield


def fill(net: nn.Module, tensors: Tensors, path: Path, dtype: torch.dtype = torch.float32) -> None:
    """Give `net`, built `unfilled`, its weights.

    They are taken out of `tensors` one by one, so that no model is ever held twice; what the file holds besides is
    ignored. Raises UnknownModelError where a weight is missing, of another shape or not finite.
    """
    counters = {name: torch.tensor(0) for name in net.state_dict() if name.endswith("num_batches_tracked")}
    wanted = {name: place for name, place in net.state_dict().items() if name not in counters}
    if missing := next((name for name in wanted if name not in tensors), None):
        raise unknown_model(path, f"it lacks the weights {missing}")
    for name, place in wanted.items():
        if tensors[name].shape != place.shape:
            sizes = f"{tuple(tensors[name].shape)} instead of {tuple(place.shape)}"
            raise unknown_model(path, f"the weights {name} have the shape {sizes}")
    held = {name: tensors.pop(name).to(dtype) for name in wanted}
    if broken := next((name for name, one in held.items() if not bool(one.sum().isfinite())), None):
        raise unknown_model(path, f"the weights {broken} hold values that are no numbers")
    net.load_state_dict(held | counters, assign=True)
    net.eval().requires_grad_(requires_grad=False)
    lay_out(net)
