"""Which methods there are: each folder beside this file, described by its light `settings` module.

Descriptions import neither numpy nor torch, so the parent process can check a preset; the heavy part of a method is its
`convert` module, which only a child imports.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

from voice.job_context import JobContext


class MethodSettings(Protocol):
    """A frozen dataclass of a method's own."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Plain data that the method's `parse` accepts."""
        ...


@dataclass(frozen=True, slots=True)
class MethodDescription:
    """What the parent may know of a method. `version` grows whenever the same settings begin to sound different."""

    name: str
    version: int
    parse: Callable[[Mapping[str, Any]], MethodSettings]
    """Checks plain settings; raises ValueError with a clause that completes "…cannot be used: "."""
    file_fields: tuple[str, ...] = ()
    """Which settings name files, such as models: `FILE_FIELDS` of the method's `settings` module, where it has any."""


class ConvertFile(Protocol):
    """The heavy part: read the WAV at `source`, write a float WAV of exactly as many frames to `target`.

    The level of the result does not matter, it is set afterwards.
    """

    def __call__(self, source: Path, target: Path, settings: Any, seed: int, job: JobContext) -> None: ...


@cache
def method_names() -> tuple[str, ...]:
    """The names of all methods, sorted."""
    return tuple(sorted(one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)]) if one.ispkg))


@cache
def describe_method(name: str) -> MethodDescription:
    """The description of one method; the name must be one of `method_names()`."""
    module = importlib.import_module(f"voice.methods.{name}.settings")
    return MethodDescription(name, module.VERSION, module.parse, getattr(module, "FILE_FIELDS", ()))


def load_method(name: str) -> ConvertFile:
    """The heavy part of one method; imports what it needs, so only a child may call this."""
    convert: ConvertFile = importlib.import_module(f"voice.methods.{name}.convert").convert
    return convert
