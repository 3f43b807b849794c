"""What a running job is given besides its arguments: a way to say how far it is, and a folder that goes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class JobContext:
    """`report(fraction, step)` tells the parent the share done (0..1) and the step's name.

    `scratch` is an empty folder of the job's own, removed by the parent however the job ends, also by kill.
    `whole` is what is known of the whole recording where the job sees a part of it: `peak`, and what the method's own
    `survey` found. Empty where the job sees all.
    """

    scratch: Path
    report: Callable[[float, str], None]
    whole: Mapping[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    """What whoever reads the result should know; plain data."""

    def note(self, said: Mapping[str, Any]) -> None:
        """Add a note to the result."""
        self.notes.append(dict(said))

    def part(self, begin: float, end: float, step: str) -> Callable[[float], None]:
        """A reporter for one step that covers the share from `begin` to `end` of the whole job."""

        def report(fraction: float) -> None:
            self.report(begin + (end - begin) * min(max(fraction, 0.0), 1.0), step)

        return report
