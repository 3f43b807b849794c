"""How far the running tasks are, for the cards; forgotten with the process, for the database has the truth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """What a task is doing; `fraction` is None where there is nothing to count, `left_s` where nobody knows yet."""

    name: str
    fraction: float | None
    left_s: float | None = None


class ProgressBoard:
    """The newest step of each task. Nothing here decides anything: without it a card names the stage alone."""

    def __init__(self) -> None:
        self._steps: dict[int, Step] = {}

    def note(self, task_id: int, step: Step) -> None:
        self._steps[task_id] = step

    def forget(self, task_id: int) -> None:
        self._steps.pop(task_id, None)

    def of(self, task_id: int) -> Step | None:
        return self._steps.get(task_id)
