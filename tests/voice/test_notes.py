"""What is worth knowing of a conversion reaches whoever ordered it: once, and in the time of the whole recording."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import voice.conversion
from tests.support.clips import SPEECH_RU
from voice import jobs
from voice.job_context import JobContext
from voice.jobs_port import OnJobProgress
from voice.notes import of_part, shortened, together
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, PresetCatalogue

RATE = 16_000
ROBOT = PresetCatalogue([BUILT_IN]).get("robot").to_json()
CHUNKS = Chunking(threshold_s=1.0, chunk_s=2.0, at_once=2)


class HereRunner:
    """Runs the jobs at once, in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.jobs = folder, list[str]()

    def submit(
        self, function: str, arguments: Mapping[str, Any], *, on_progress: OnJobProgress | None = None
    ) -> Future[Any]:
        name = function.split(":")[1]
        scratch = self.folder / f"job-{len(self.jobs)}"
        scratch.mkdir()
        self.jobs.append(name)
        future: Future[Any] = Future()
        future.set_result(getattr(jobs, name)(**arguments, job=JobContext(scratch, lambda _, __: None)))
        return future

    def close(self) -> None:
        return None


def note_clicks(source: Path, target: Path, settings: Any, seed: int, job: JobContext) -> None:
    """A method that changes nothing and notes every click that it hears."""
    shutil.copyfile(source, target)
    samples, rate = soundfile.read(source)
    for place in np.flatnonzero(samples > 0.8):
        job.note({"code": "click", "at_s": round(place / rate, 3)})
    job.note({"code": "heard"})


async def test_notes_of_chunks_are_told_once_and_in_the_time_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice.conversion, "load_method", lambda _: note_clicks)
    samples = np.random.default_rng(1).uniform(-0.1, 0.1, 8 * RATE)
    # One every quarter of a second: several lie in the context of a neighbour, which hears them too.
    at = [round(0.1 + 0.25 * step, 3) for step in range(31)]
    samples[[round(each * RATE) for each in at]] = 0.95
    soundfile.write(tmp_path / "source.wav", samples, RATE, subtype="FLOAT")
    runner = HereRunner(tmp_path)
    order = Order(tmp_path / "source.wav", tmp_path / "out.wav", ROBOT, seed=1, music="none")
    done = await Coordinator(runner, tmp_path / "work", CHUNKS).convert(order, lambda _, __: None)
    assert runner.jobs.count("convert_chunk") >= 3
    assert done["notes"] == [{"code": "heard"}, *({"code": "click", "at_s": each} for each in at)]


async def test_music_told_apart_without_a_model_is_noted_whole_and_in_chunks(tmp_path: Path) -> None:
    speech, rate = soundfile.read(SPEECH_RU, frames=3 * 44100)
    soundfile.write(tmp_path / "source.wav", speech, rate, subtype="FLOAT")
    pool = ProcessPool(1, scratch_folder=tmp_path)
    try:
        for chunking in (Chunking(), Chunking(threshold_s=1.0, chunk_s=1.5)):
            order = Order(tmp_path / "source.wav", tmp_path / "out.wav", ROBOT, seed=1, music="keep")
            done = await Coordinator(pool, tmp_path / "work", chunking).convert(order, lambda _, __: None)
            assert done["kept_music"]
            assert done["notes"] == [{"code": "rough_separation"}]
            silent = Order(tmp_path / "source.wav", tmp_path / "out.wav", ROBOT, seed=1, music="none")
            done = await Coordinator(pool, tmp_path / "work", chunking).convert(silent, lambda _, __: None)
            assert done["notes"] == []
    finally:
        pool.close()


def test_a_note_at_a_cut_belongs_to_one_side() -> None:
    heard = [{"at_s": 1.0}, {"at_s": 2.0}, {"code": "of all"}]
    assert of_part(heard, 10.0, 11.0, 12.0) == [{"at_s": 11.0}, {"code": "of all"}]
    assert of_part(heard, 10.0, 12.0, 13.0) == [{"at_s": 12.0}, {"code": "of all"}]


def test_many_notes_become_a_few_and_a_number() -> None:
    notes = together([{"code": "x", "at_s": float(each)} for each in (2, 1, 1, 0)])
    assert [note["at_s"] for note in notes] == [0.0, 1.0, 2.0]
    assert shortened(notes, 3) == tuple(notes)
    assert shortened(notes, 1) == (notes[0], {"code": "others", "count": 2})
