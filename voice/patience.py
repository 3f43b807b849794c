"""How long a job may say nothing before it is taken for hung: silence is counted, never the whole time it takes."""

from __future__ import annotations

from dataclasses import dataclass

WORKING_SHARE = 0.02
"""Of one processor. A stopped or locked process uses none; one that works uses this much even where many share it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence: after `idle_s` a job that does no work is hung, after `longest_s` also one that does.

    Work is processor time of the child, so that a step that has nothing to say for long on a slow machine is not
    killed for it. Where that time cannot be read, silence alone counts.
    """

    idle_s: float = 180.0
    longest_s: float = 1800.0

    def __post_init__(self) -> None:
        if not 0 < self.idle_s <= self.longest_s:
            raise ValueError(f"patience must be positive, and its end not before its beginning: {self}")

    def is_over(self, silent_s: float, worked_s: float) -> bool:
        """Whether to give up on a job silent for `silent_s`, which worked `worked_s` in the last `idle_s` of them."""
        return silent_s >= self.longest_s or worked_s < WORKING_SHARE * self.idle_s
