from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import soundfile

from tests.support.clips import SPEECH_RU
from voice.conversion import Converted, convert
from voice.job_context import JobContext
from voice.presets import BUILT_IN, PresetCatalogue

os.environ.setdefault("VOICE_THREADS", "1")  # the other processor has tests of its own to run

Convert: TypeAlias = Callable[..., tuple[Path, Converted]]


@pytest.fixture
def context(tmp_path: Path) -> JobContext:
    (tmp_path / "scratch").mkdir(exist_ok=True)
    return JobContext(tmp_path / "scratch", lambda fraction, step: None)


@pytest.fixture
def converted(tmp_path: Path, context: JobContext) -> Convert:
    """Converts in this process: `converted(source, preset, seed=…)` gives the file and what was said of it."""

    def run(source: Path, preset: str = "deeper", seed: int = 1) -> tuple[Path, Converted]:
        target = tmp_path / f"{source.stem}-{preset}-{seed}.wav"
        return target, convert(source, target, PresetCatalogue([BUILT_IN]).get(preset), seed, context)

    return run


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of speech, mono, 44.1 kHz."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    samples, rate = soundfile.read(SPEECH_RU, dtype="float32")
    soundfile.write(path, samples[: 2 * rate], rate, subtype="FLOAT")
    return path


@pytest.fixture
def write(tmp_path: Path) -> Callable[[np.ndarray, int], Path]:
    """Writes samples, (samples,) or (samples, channels), as a float WAV."""

    def run(samples: np.ndarray, rate: int = 44100) -> Path:
        path = tmp_path / "source.wav"
        soundfile.write(path, samples, rate, subtype="FLOAT")
        return path

    return run
