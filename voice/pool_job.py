"""One job of the pool and the promise of its result."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from voice.jobs_port import OnJobProgress


@dataclass(frozen=True, slots=True, eq=False)
class PoolJob:
    """The Future stays "pending" while the job runs, so that it can be cancelled at any time before its end."""

    function: str
    arguments: Mapping[str, Any]
    on_progress: OnJobProgress | None
    future: Future[Any] = field(default_factory=Future)

    def finish(self, result: object) -> None:
        """Keep the promise, unless nobody wants it any more."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Break the promise with an error, unless nobody wants it any more."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)
