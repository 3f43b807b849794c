"""Children that really die and really hang under a conversion, and conversions that are cancelled at every step."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.clips import MUSIC, SPEECH_RU
from tests.voice.test_pool import eventually, is_gone
from voice.errors import JobTimeoutError, VoiceError, WorkerDiedError
from voice.jobs_port import RUNS
from voice.patience import Patience
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, PresetCatalogue

RATE = 44100
JOBS = "tests.voice.jobs_under_test"
IN_CHUNKS = Chunking(threshold_s=1.0, chunk_s=2.0)
DEEPER = PresetCatalogue([BUILT_IN]).get("deeper").to_json()


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPool]:
    """One child, which soon is taken for hung."""
    patience = Patience(idle_s=1.0, longest_s=60)
    pool = ProcessPool(patience=patience, scratch_folder=tmp_path_factory.mktemp("scratch"))
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPool]:
    """One child, which may be silent for minutes."""
    pool = ProcessPool(scratch_folder=tmp_path_factory.mktemp("patient"))
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of speech over music."""
    speech, music = soundfile.read(SPEECH_RU)[0][: 3 * RATE], soundfile.read(MUSIC)[0][: 3 * RATE]
    path = tmp_path_factory.mktemp("mix") / "mix.wav"
    soundfile.write(path, speech[:, None] + 0.3 * music, RATE, subtype="FLOAT")
    return path


@pytest.fixture(scope="module")
def undisturbed(pool: ProcessPool, mix: Path, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    folder = tmp_path_factory.mktemp("undisturbed")
    order = Order(mix, folder / "out.wav", DEEPER, seed=1, music="keep")
    asyncio.run(Coordinator(pool, folder / "work", IN_CHUNKS).convert(order, lambda _, __: None))
    return soundfile.read(folder / "out.wav")[0]


def striker(pool: ProcessPool, kind: signal.Signals, step: str, times: int) -> tuple[Callable[..., None], list[int]]:
    """Strikes each new child at its first word in this step, `times` of them; and the children it has struck."""
    struck: list[int] = []

    def hear(fraction: float, told: str) -> None:
        for pid in pool.child_pids():
            if told == step and pid not in struck and len(struck) < times:
                struck.append(pid)
                os.kill(pid, kind)

    return hear, struck


@pytest.mark.parametrize(
    ("step", "kind"), [("separate", signal.SIGKILL), ("convert", signal.SIGSTOP), ("level", signal.SIGKILL)]
)
async def test_a_step_that_loses_its_child_twice_sounds_as_if_nothing_had_been(
    pool: ProcessPool, mix: Path, undisturbed: np.ndarray, tmp_path: Path, kind: signal.Signals, step: str
) -> None:
    hear, struck = striker(pool, kind, step, RUNS - 1)
    order = Order(mix, tmp_path / "out.wav", DEEPER, seed=1, music="keep")
    await Coordinator(pool, tmp_path / "work", IN_CHUNKS).convert(order, hear)
    assert len(struck) == RUNS - 1
    assert np.array_equal(soundfile.read(tmp_path / "out.wav")[0], undisturbed)
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.parametrize(("kind", "error"), [(signal.SIGKILL, WorkerDiedError), (signal.SIGSTOP, JobTimeoutError)])
async def test_a_step_that_loses_three_children_is_told_and_leaves_nothing(
    pool: ProcessPool, mix: Path, tmp_path: Path, kind: signal.Signals, error: type[VoiceError]
) -> None:
    hear, struck = striker(pool, kind, "convert", 99)
    order = Order(mix, tmp_path / "out.wav", DEEPER, seed=1, music="keep")
    with pytest.raises(error):
        await Coordinator(pool, tmp_path / "work", IN_CHUNKS).convert(order, hear)
    assert len(struck) == RUNS
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
    assert not list((tmp_path / "work").iterdir())
    assert await asyncio.wrap_future(pool.submit(f"{JOBS}:echo", {"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    ("step", "chunking"),
    [("separate", IN_CHUNKS), ("convert", IN_CHUNKS), ("level", IN_CHUNKS), ("separate", Chunking())],
)
async def test_a_cancel_kills_the_child_in_every_step_and_leaves_nothing(
    patient: ProcessPool, mix: Path, tmp_path: Path, step: str, chunking: Chunking
) -> None:
    """The child is killed, not asked: it was stopped before, so that no other end was open to it."""
    began = asyncio.Event()
    at_work: list[int] = []

    def hear(fraction: float, told: str) -> None:
        if told == step and not at_work:
            at_work.extend(patient.child_pids())
            os.kill(at_work[0], signal.SIGSTOP)
            began.set()

    order = Order(mix, tmp_path / "out.wav", DEEPER, seed=1, music="keep")
    running = asyncio.ensure_future(Coordinator(patient, tmp_path / "work", chunking).convert(order, hear))
    await asyncio.wait_for(began.wait(), 60)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert eventually(lambda: is_gone(at_work[0]))
    assert not (tmp_path / "out.wav").exists()
    assert not [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert await asyncio.wrap_future(patient.submit(f"{JOBS}:echo", {"a": 1})) == {"a": 1}
