"""An exception becomes a `Fault`: a sentence key and what the sentence names. Secrets stay out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from media.errors import MediaError
from platforms.errors import PlatformError
from scheduler.errors import FaultError, SchedulerError
from storage.errors import StorageError
from storage.values import Fault
from voice.errors import VoiceError


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Params go into a JSON column: what JSON does not know becomes text."""
    return {key: value if isinstance(value, str | int | float | bool) else str(value) for key, value in params.items()}


def fault_of(error: BaseException) -> Fault:
    """The stored form of `error`; an error of no package of ours tells its type and nothing else."""
    if isinstance(error, FaultError):
        return error.fault
    if isinstance(error, PlatformError):
        return Fault(error.code, _plain(error.params()))
    if isinstance(error, SchedulerError | StorageError | MediaError | VoiceError):
        return Fault(error.code, _plain(error.params))
    return Fault("task.unexpected", {"error": type(error).__name__})
