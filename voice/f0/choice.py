"""The finder of pitch that a preset names, run beside other work where that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from voice.device import FEW_BYTES, give_back_memory, keep_freed_memory
from voice.errors import MissingModelError
from voice.f0.signal16k import F0Task, Floats, Signal


class PitchTrack:
    """The pitch of all frames, of which the first ones may be used before the last ones are known."""

    def __init__(self, pieces: list[Future[Floats]]) -> None:
        self._pieces = pieces
        self._known = np.zeros(0)

    def until(self, frame: int) -> Floats:
        """The pitch of at least the frames before `frame`, as far as there are any; waits for it."""
        while self._pieces and len(self._known) < frame:
            self._known = np.concatenate([self._known, self._pieces.pop(0).result()])
        return self._known


@contextmanager
def pitch_track(
    method: str,
    signal: Signal,
    frames: int,
    model: Path | None,
    device: torch.device,
    report: Callable[[float], None] = lambda _: None,
) -> Iterator[PitchTrack]:
    """The pitch of `signal` by the method of this name.

    Harvest uses one processor and lets go of the interpreter, so it runs ahead in a thread of its own. A network is
    run to its end first, and its weights are gone before the next network comes.
    """
    if method == "harvest":
        from voice.f0.harvest import harvest

        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="pitch") as executor:
            try:
                yield PitchTrack([executor.submit(task) for task in harvest(signal, frames)])
            finally:
                executor.shutdown(wait=True, cancel_futures=True)
        return
    keep_freed_memory(FEW_BYTES)
    track = PitchTrack([_run(_tasks(method, signal, frames, model, device), report)])
    give_back_memory()
    keep_freed_memory()
    yield track


def _run(tasks: list[F0Task], report: Callable[[float], None]) -> Future[Floats]:
    pieces = []
    for number, task in enumerate(tasks, 1):
        pieces.append(task())
        report(number / len(tasks))
    done: Future[Floats] = Future()
    done.set_result(np.concatenate(pieces))
    return done


def _tasks(method: str, signal: Signal, frames: int, model: Path | None, device: torch.device) -> list[F0Task]:
    if method == "pm":
        from voice.f0.pm import pm

        return pm(signal, frames)
    if model is None:
        raise MissingModelError(f"The pitch method {method} needs its model file.", file=f"{method}.pt")
    from voice.checkpoints.pitch import load_crepe, load_rmvpe

    if method == "rmvpe":
        from voice.f0.rmvpe import rmvpe

        return rmvpe(signal, frames, load_rmvpe(model).to(device))
    from voice.f0.crepe import crepe

    return crepe(signal, frames, load_crepe(model).to(device))
