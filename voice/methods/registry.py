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

USUAL_CONTEXT_S = 1.0


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
    context_s: float = USUAL_CONTEXT_S
    """How much it wants to hear on both sides of a part of a recording: `CONTEXT_S` of `settings`, where it says."""
    in_parts: bool = True
    """Whether a recording may be given to it in parts at all: `IN_PARTS` of `settings`, where it says."""
    require_words: Callable[[Any], None] | None = None
    """Of a method that says the words anew: raises NoTranscriptError or NoListenerError where nothing tells it what."""


class ConvertFile(Protocol):
    """The heavy part: read the WAV at `source`, write a float WAV of exactly as many frames to `target`.

    The level of the result does not matter, it is set afterwards.
    """

    def __call__(self, source: Path, target: Path, settings: Any, seed: int, job: JobContext) -> None: ...


class SurveyFile(Protocol):
    """What a method wants to know of a whole recording before it is given parts: plain data, put into `job.whole`."""

    def __call__(self, source: Path, settings: Any, job: JobContext) -> Mapping[str, Any]: ...


@cache
def method_names() -> tuple[str, ...]:
    """The names of all methods, sorted."""
    return tuple(sorted(one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)]) if one.ispkg))


@cache
def describe_method(name: str) -> MethodDescription:
    """The description of one method; the name must be one of `method_names()`."""
    module = importlib.import_module(f"voice.methods.{name}.settings")
    files, context_s = getattr(module, "FILE_FIELDS", ()), getattr(module, "CONTEXT_S", USUAL_CONTEXT_S)
    in_parts, require_words = getattr(module, "IN_PARTS", True), getattr(module, "require_words", None)
    return MethodDescription(name, module.VERSION, module.parse, files, context_s, in_parts, require_words)


def load_method(name: str) -> ConvertFile:
    """The heavy part of one method; imports what it needs, so only a child may call this."""
    convert: ConvertFile = importlib.import_module(f"voice.methods.{name}.convert").convert
    return convert


def load_survey(name: str) -> SurveyFile | None:
    """The survey of one method, `survey` of its heavy part, where it has one; only a child may call this."""
    survey: SurveyFile | None = getattr(importlib.import_module(f"voice.methods.{name}.convert"), "survey", None)
    return survey
