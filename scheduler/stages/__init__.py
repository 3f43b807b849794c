"""The stages of a task's life, one file each: a short transaction, work with none open, a short transaction."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from scheduler.job import Job
from scheduler.stages.confirm import confirm
from scheduler.stages.open import open_session
from scheduler.stages.prepare import prepare
from scheduler.stages.publish import publish
from scheduler.stages.reconcile import reconcile
from scheduler.stages.release import release
from scheduler.stages.retime import retime
from scheduler.stages.transfer import transfer
from scheduler.stages.undo import undo
from storage.values import Stage

STAGES: Mapping[Stage, Callable[[Job], Coroutine[Any, Any, None]]] = {
    Stage.PREPARE: prepare,
    Stage.OPEN: open_session,
    Stage.TRANSFER: transfer,
    Stage.PUBLISH: publish,
    Stage.RELEASE: release,
    Stage.CONFIRM: confirm,
    Stage.RECONCILE: reconcile,
    Stage.UNDO: undo,
    Stage.RETIME: retime,
}
