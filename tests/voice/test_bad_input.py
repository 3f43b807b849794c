"""Whatever is put in, each method gives a sound or a sentence: through the coordinator, in the pool's real child.

After every case a good recording goes through the same child, and nothing is left behind.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.parity import stand_ins
from tests.support.clips import SPEECH_RU
from tests.support.silero_package import save_package
from tests.support.small_disk import small_disk
from tests.voice import rvc_files, sovits_files
from tests.voice.mdx_models import write_model
from voice.errors import (
    BadAudioError,
    DamagedModelError,
    DiskFullError,
    MissingModelError,
    UnsafeModelError,
    UntrustedModelError,
    VoiceError,
)
from voice.models.register import Entry, record
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, Preset, PresetCatalogue

RATE = 44100
SPEECH = soundfile.read(SPEECH_RU)[0][RATE : 2 * RATE]
SETTINGS: dict[str, dict[str, Any]] = {
    "world": {"f0_factor": 0.8},
    "rvc": {"model": "rvc.pth", "index": "rvc.index", "f0_method": "harvest"},
    "sovits": {"model": "sovits.pth", "config": "sovits.json", "speaker": "boris", "f0_method": "dio"},
    "silero": {"model": "hum.pt", "sample_rate": 24_000, "transcript": "clip.srt"},
}
GOOD = PresetCatalogue([BUILT_IN]).get("deeper")
MEMORY_BYTES = 2 << 30
"""Half of what the settings give a child by default."""


@dataclass(frozen=True)
class Stage:
    """Where a test works: models, a source, a place for the result, a coordinator with its real pool."""

    folder: Path
    models: Path
    pool: ProcessPool
    scratch: Path

    def preset(self, method: str, **changes: Any) -> Preset:
        plain = {"name": "mine", "method": method, "settings": SETTINGS[method] | changes}
        return Preset.from_json(plain).located(self.models)

    async def convert(
        self, samples: np.ndarray, preset: Preset, rate: int = RATE, name: str = "source", **order: Any
    ) -> np.ndarray:
        source, target = self.folder / f"{name}.wav", self.folder / "out.wav"
        soundfile.write(source, samples, rate, subtype="FLOAT")
        wanted = Order(source, target, preset.to_json(), seed=1, **({"music": "none"} | order))
        await Coordinator(self.pool, self.folder / "work", Chunking()).convert(wanted, lambda _, __: None)
        made = soundfile.read(target, always_2d=True)[0]
        target.unlink()
        return made

    @asynccontextmanager
    async def survived(self) -> AsyncIterator[None]:
        """Afterwards the same child converts a good recording, and no file is left."""
        children = self.pool.child_pids()
        yield
        assert np.abs(await self.convert(SPEECH[:13000], GOOD, name="good")).max() > 0.01
        assert self.pool.child_pids() == (children or self.pool.child_pids())
        left = [path.name for path in self.folder.rglob("*") if path.is_file()]
        assert set(left) <= {"source.wav", "good.wav"}
        assert not list(self.scratch.iterdir())


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    rvc_files.save_content_encoder(folder / "hubert_base.pt")
    os.link(folder / "hubert_base.pt", folder / "checkpoint_best_legacy_500.pt")
    rvc_files.save_voice(folder / "rvc.pth")
    stand_ins.save_index(folder / "rvc.index", np.random.default_rng(1).normal(size=(40, 768)).astype("f4"), 3)
    sovits_files.save_voice(folder, "sovits")
    _trust(save_package(folder / "hum.pt", folder / "hum-ran"))
    (folder / "clip.srt").write_text("1\n00:00:00,010 --> 00:00:00,900\nДа\n", encoding="utf-8")
    return folder


def _trust(file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    record(file.parent, file.name, Entry("silero", file.stat().st_size, digest, digest, is_trusted=True))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def pool(scratch: Path) -> Iterator[ProcessPool]:
    pool = ProcessPool(memory_bytes=MEMORY_BYTES, scratch_folder=scratch)
    yield pool
    pool.close()


@pytest.fixture
def stage(tmp_path: Path, models: Path, pool: ProcessPool, scratch: Path) -> Stage:
    return Stage(tmp_path, models, pool, scratch)


# --- sounds ------------------------------------------------------------------------------------------------------


def _six_channels() -> np.ndarray:
    surround = np.zeros((RATE // 2, 6))
    surround[:, 2] = SPEECH[: RATE // 2]
    return surround


def _with_hole() -> np.ndarray:
    samples = SPEECH.copy()
    samples[RATE // 2] = np.nan
    return samples


@pytest.mark.parametrize("method", SETTINGS)
async def test_silence_stays_silence(stage: Stage, method: str) -> None:
    async with stage.survived():
        made = await stage.convert(np.zeros((RATE, 2)), stage.preset(method))
    assert made.shape == (RATE, 2)
    assert not made.any()


@pytest.mark.parametrize(
    ("samples", "rate"),
    [(SPEECH[: RATE // 20], RATE), (SPEECH[::5][:8000], 8000), (_six_channels(), RATE)],
    ids=["50 ms", "8 kHz mono", "5.1"],
)
@pytest.mark.parametrize("method", SETTINGS)
async def test_unusual_sounds_keep_their_shape(stage: Stage, method: str, samples: np.ndarray, rate: int) -> None:
    async with stage.survived():
        made = await stage.convert(samples, stage.preset(method), rate)
    assert made.shape == (len(samples), samples.shape[1] if samples.ndim == 2 else 1)
    assert np.isfinite(made).all()


@pytest.mark.parametrize("method", SETTINGS)
async def test_samples_that_are_no_numbers_are_told(stage: Stage, method: str) -> None:
    async with stage.survived():
        with pytest.raises(BadAudioError, match="not numbers") as caught:
            await stage.convert(_with_hole(), stage.preset(method))
    assert caught.value.params["reason"] == "not_finite"


# --- models ------------------------------------------------------------------------------------------------------


class _Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


def _half(models: Path, name: str) -> Path:
    whole = (models / name).read_bytes()
    half = models / f"half-{name}"
    half.write_bytes(whole[: len(whole) // 2])
    return half


def _bomb(models: Path, name: str, key: str) -> Path:
    torch.save({key: _Bomb(models / "exploded"), "config": []}, models / name)
    return models / name


def _absurd_index(models: Path) -> Path:
    """One that says it has 2^62 cells."""
    held = bytearray((models / "rvc.index").read_bytes())
    held[37:45] = (2**62).to_bytes(8, "little")
    (models / "absurd.index").write_bytes(held)
    return models / "absurd.index"


def _strange_package(models: Path) -> Path:
    """One that nobody has allowed to run."""
    return save_package(models / "stranger.pt", models / "exploded")


def _half_package(models: Path) -> Path:
    half = _half(models, "hum.pt")
    _trust(half)
    return half


def _letter(models: Path) -> Path:
    (models / "letter.json").write_text("Dear all", encoding="utf-8")
    return models / "letter.json"


Spoil = Callable[[Path], Path]
BAD_FILES: list[tuple[str, str, Spoil, type[VoiceError]]] = [
    ("rvc", "model", lambda models: _half(models, "rvc.pth"), DamagedModelError),
    ("rvc", "model", lambda models: _bomb(models, "bomb.pth", "weight"), UnsafeModelError),
    ("rvc", "content_model", lambda models: _half(models, "hubert_base.pt"), DamagedModelError),
    ("rvc", "content_model", lambda models: _bomb(models, "bomb-hubert.pt", "model"), UnsafeModelError),
    ("rvc", "index", _absurd_index, DamagedModelError),
    ("rvc", "index", lambda models: _half(models, "rvc.index"), DamagedModelError),
    ("sovits", "model", lambda models: _half(models, "sovits.pth"), DamagedModelError),
    ("sovits", "model", lambda models: _bomb(models, "bomb-sovits.pth", "model"), UnsafeModelError),
    ("sovits", "cluster", lambda models: _bomb(models, "bomb-cluster.pt", "boris"), UnsafeModelError),
    ("sovits", "index", _absurd_index, DamagedModelError),
    ("sovits", "config", _letter, DamagedModelError),
    ("silero", "model", _half_package, DamagedModelError),
    ("silero", "model", _strange_package, UntrustedModelError),
]


@pytest.mark.parametrize(("method", "part", "spoil", "error"), BAD_FILES)
async def test_a_bad_file_is_told_by_its_name_and_nothing_in_it_is_run(
    stage: Stage, method: str, part: str, spoil: Spoil, error: type[VoiceError]
) -> None:
    bad = spoil(stage.models)
    async with stage.survived():
        with pytest.raises(error) as caught:
            await stage.convert(SPEECH, stage.preset(method, **{part: bad.name}))
    assert caught.value.params["file"] == bad.name
    assert bad.name in str(caught.value)
    assert not (stage.models / "exploded").exists()


@pytest.mark.parametrize(("method", "part"), [("rvc", "index"), ("sovits", "config"), ("silero", "model")])
async def test_a_file_that_is_not_there_is_told_before_and_during_the_conversion(
    stage: Stage, method: str, part: str
) -> None:
    lost = stage.models / f"lost{Path(SETTINGS[method][part]).suffix}"
    lost.touch()
    preset = stage.preset(method, **{part: lost.name})
    lost.unlink()
    async with stage.survived():
        with pytest.raises(MissingModelError, match=lost.name):
            await stage.convert(SPEECH, preset)
    with pytest.raises(MissingModelError, match=lost.name):
        stage.preset(method, **{part: lost.name})


async def test_half_a_separation_model_is_told(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> None:
    model = write_model(tmp_path_factory.mktemp("separation"))
    model.write_bytes(model.read_bytes()[:100])
    async with stage.survived():
        with pytest.raises(DamagedModelError, match=model.name):
            await stage.convert(np.tile(SPEECH, 2), GOOD, music="keep", model=model)


# --- the disk ----------------------------------------------------------------------------------------------------


STEPS = ("listen", "separate", "convert", "level")


@pytest.mark.parametrize(("files", "reached"), [(0.5, "listen"), (1.5, "separate"), (2.5, "convert"), (3.5, "level")])
async def test_a_disk_that_fills_up_after_any_step_is_told_and_empty_afterwards(
    tmp_path: Path, files: float, reached: str
) -> None:
    """There is room for so many files of the recording's size: of the voice, the new voice, the mix, the levelled."""
    source, steps = tmp_path / "source.wav", []
    soundfile.write(source, np.tile(SPEECH, 2), RATE, subtype="FLOAT")
    with small_disk(tmp_path / "disk", int(files * source.stat().st_size) // 4096 * 4096) as disk:
        pool = ProcessPool(scratch_folder=disk)
        try:
            order = Order(source, disk / "out.wav", GOOD.to_json(), seed=1, music="keep")
            with pytest.raises(DiskFullError):
                await Coordinator(pool, disk, Chunking()).convert(order, lambda _, told: steps.append(told))
            assert max(steps, key=STEPS.index) == reached
            assert not list(disk.iterdir())
            assert await asyncio.wrap_future(pool.submit("tests.voice.jobs_under_test:echo", {"a": 1})) == {"a": 1}
        finally:
            pool.close()
