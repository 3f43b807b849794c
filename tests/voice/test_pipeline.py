"""A recording's whole way through the pool: in one job or in chunks, over its music, whatever happens on the way."""

from __future__ import annotations

import asyncio
import dataclasses
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.clips import MUSIC, SPEECH_RU
from tests.voice.mdx_models import write_model
from tests.voice.measures import f0_ratio
from voice.errors import BadAudioError, DiskFullError, VoiceError
from voice.loudness import loudness_of
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.duration import wav_duration_s
from voice.pipeline.settings import Chunking, sound_key
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, PresetCatalogue

RATE = 44100
SECONDS = 5
JOBS = "tests.voice.jobs_under_test"
IN_CHUNKS = Chunking(threshold_s=1.0, chunk_s=2.0, at_once=2)
DEEPER = PresetCatalogue([BUILT_IN]).get("deeper").to_json()


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPool]:
    pool = ProcessPool(2, scratch_folder=tmp_path_factory.mktemp("scratch"))
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speech in the middle, and music that its two sides share with opposite signs: what the model tells apart."""
    speech = soundfile.read(SPEECH_RU)[0][: SECONDS * RATE - 7]
    music = _sides(len(speech))
    path = tmp_path_factory.mktemp("mix") / "mix.wav"
    soundfile.write(path, speech[:, None] + music, RATE, subtype="FLOAT")
    return path


def _sides(length: int) -> np.ndarray:
    music = soundfile.read(MUSIC)[0][:length, 0]
    return 0.5 * np.stack([music, -music], axis=1)


def order(source: Path, target: Path, **changes: object) -> Order:
    made = Order(source, target, DEEPER, seed=1)
    return dataclasses.replace(made, **changes)


def coordinator(pool: ProcessPool, folder: Path, chunking: Chunking = IN_CHUNKS) -> Coordinator:
    return Coordinator(pool, folder / "work", chunking)


def silent(fraction: float, step: str) -> None:
    """Hears nothing."""


def share_db(mix: np.ndarray, music: np.ndarray) -> float:
    """How much of the music is in the mix, sample by sample, in dB: 0 is all of it, at its level and pitch."""
    return float(20 * np.log10((mix * music).sum() / (music**2).sum()))


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10((samples**2).mean()))


# --- over music --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunking", [Chunking(), IN_CHUNKS])
async def test_the_music_stays_and_the_voice_alone_is_deeper(
    pool: ProcessPool, model: Path, mix: Path, tmp_path: Path, chunking: Chunking
) -> None:
    out, told = tmp_path / "out.wav", []
    result = await coordinator(pool, tmp_path, chunking).convert(
        order(mix, out, model=model), lambda fraction, step: told.append((fraction, step))
    )
    before, after = soundfile.read(mix)[0], soundfile.read(out)[0]
    assert after.shape == before.shape
    assert (result["frames"], result["kept_music"]) == (len(before), True)
    # The model leaves the sides alone, so they are the music and nothing else: as loud, and at no other pitch.
    music = _sides(len(before))
    assert share_db(after, music) == pytest.approx(0.0, abs=1.0)
    side, was_side = after[:, 0] - after[:, 1], music[:, 0] - music[:, 1]
    assert np.corrcoef(side, was_side)[0, 1] > 0.999
    assert loudness_of(out) == pytest.approx(loudness_of(mix), abs=0.5)
    for path, wave in ((tmp_path / "then.wav", before), (tmp_path / "now.wav", after)):
        soundfile.write(path, wave.mean(axis=1), RATE)
    assert f0_ratio(tmp_path / "then.wav", tmp_path / "now.wav") == pytest.approx(0.75, rel=0.02)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert {"separate", "convert", "level"} <= {step for _, step in told}
    assert not list((tmp_path / "work").glob("*"))


@pytest.mark.parametrize(
    ("music_db", "chunking"),
    [(-6.0, IN_CHUNKS), *(pytest.param(db, Chunking(), marks=pytest.mark.long) for db in (-6.0, -9.0, -12.0))],
)
async def test_without_a_model_the_music_keeps_its_level_too(
    pool: ProcessPool, tmp_path: Path, music_db: float, chunking: Chunking
) -> None:
    speech = soundfile.read(SPEECH_RU)[0][: 6 * RATE]
    music = soundfile.read(MUSIC)[0][: 6 * RATE]
    music *= 10 ** ((music_db + level_db(speech) - level_db(music)) / 20)
    source, out = tmp_path / "source.wav", tmp_path / "out.wav"
    soundfile.write(source, speech[:, None] + music, RATE, subtype="FLOAT")
    result = await coordinator(pool, tmp_path, chunking).convert(order(source, out), silent)
    assert result["kept_music"]
    after = soundfile.read(out)[0]
    assert share_db(after, music) == pytest.approx(0.0, abs=1.0)
    pauses = np.abs(speech).reshape(-1, RATE // 20).max(axis=1) < 10 ** (-60 / 20)
    heard = [wave.reshape(-1, RATE // 20, 2)[pauses] for wave in (music, after)]
    assert pauses.sum() > 10
    assert share_db(heard[1], heard[0]) == pytest.approx(0.0, abs=1.5)
    # Where nobody speaks it is the music as it was: another pitch would have nothing in common with it.
    assert np.corrcoef(heard[0].ravel(), heard[1].ravel())[0, 1] > 0.9
    for path, wave in ((tmp_path / "then.wav", speech), (tmp_path / "now.wav", (after - music).mean(axis=1))):
        soundfile.write(path, wave, RATE)
    assert f0_ratio(tmp_path / "then.wav", tmp_path / "now.wav") == pytest.approx(0.75, rel=0.06)


@pytest.mark.parametrize(("music", "kept"), [("none", False), ("keep", True), (None, False)])
async def test_the_operator_decides_about_music_before_the_machine(
    pool: ProcessPool, model: Path, tmp_path: Path, music: str | None, kept: bool
) -> None:
    source = tmp_path / "alone.wav"
    soundfile.write(source, soundfile.read(SPEECH_RU)[0][: 2 * RATE], RATE, subtype="FLOAT")
    chosen = order(source, tmp_path / "out.wav", model=model, music=music)
    assert (await coordinator(pool, tmp_path, Chunking()).convert(chosen, silent))["kept_music"] is kept


async def test_gains_of_a_preset_move_voice_and_music(
    pool: ProcessPool, model: Path, mix: Path, tmp_path: Path
) -> None:
    def balance(path: Path) -> float:
        left, right = soundfile.read(path)[0].T
        return level_db(left - right) - level_db(left + right)

    plain, quiet = tmp_path / "plain.wav", tmp_path / "quiet.wav"
    stem = tmp_path / "stem.wav"
    one = coordinator(pool, tmp_path, Chunking())
    await one.convert(order(mix, plain, model=model, stem=stem), silent)
    preset = {**DEEPER, "mix": {"music": "keep", "music_db": -6.0}}
    heard: list[str] = []
    await one.convert(
        order(mix, quiet, model=model, stem=stem, preset=preset), lambda fraction, step: heard.append(step)
    )
    assert balance(quiet) - balance(plain) == pytest.approx(-6.0, abs=0.3)
    assert stem.exists()
    # The stem is found again: the second run goes through that step in no time.
    assert heard.count("separate") == 0


# --- chunks ------------------------------------------------------------------------------------------------------


async def test_the_same_order_gives_the_same_samples(pool: ProcessPool, model: Path, mix: Path, tmp_path: Path) -> None:
    outs = tmp_path / "one.wav", tmp_path / "other.wav"
    one_by_one = dataclasses.replace(IN_CHUNKS, at_once=1)
    for out, chunking in zip(outs, (IN_CHUNKS, one_by_one), strict=True):
        await coordinator(pool, tmp_path, chunking).convert(order(mix, out, model=model), silent)
    one, other = (soundfile.read(out)[0] for out in outs)
    assert np.abs(one - other).max() < 1e-6


def test_the_key_of_a_sound_holds_all_that_changes_it(model: Path) -> None:
    made = {
        sound_key("preset", None, None, Chunking()),
        sound_key("other", None, None, Chunking()),
        sound_key("preset", "none", None, Chunking()),
        sound_key("preset", None, model, Chunking()),
        sound_key("preset", None, None, Chunking(chunk_s=60)),
    }
    assert len(made) == 5
    assert sound_key("preset", "none", model, Chunking()) == sound_key("preset", "none", None, Chunking(at_once=4))


# --- what may happen on the way ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chunking", [Chunking(), IN_CHUNKS])
async def test_a_full_disk_is_told_and_leaves_nothing(mix: Path, tmp_path: Path, chunking: Chunking) -> None:
    """Files of these children may not grow beyond 500 kB, which is in the middle of what they write."""
    pool = ProcessPool(2, scratch_folder=tmp_path / "scratch")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    out = tmp_path / "out.wav"
    try:
        with pytest.raises(DiskFullError):
            await coordinator(pool, tmp_path, chunking).convert(order(mix, out, music="none"), silent)
        assert await asyncio.wrap_future(pool.submit(f"{JOBS}:echo", {"a": 1})) == {"a": 1}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        pool.close()
    assert not out.exists()
    assert not [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert not [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()]


async def test_a_source_that_cannot_be_read_is_told(pool: ProcessPool, tmp_path: Path) -> None:
    source = tmp_path / "letter.wav"
    source.write_text("Dear all")
    with pytest.raises(BadAudioError):
        await coordinator(pool, tmp_path).convert(order(source, tmp_path / "out.wav"), silent)
    assert not list((tmp_path / "work").glob("*"))


async def test_a_model_that_is_none_is_told_with_its_name(pool: ProcessPool, mix: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    broken = write_model(tmp_path / "models")
    broken.write_bytes(b"nothing")
    with pytest.raises(VoiceError) as caught:
        await coordinator(pool, tmp_path).convert(order(mix, tmp_path / "out.wav", model=broken), silent)
    assert caught.value.params["file"] == "separation.onnx"


def test_a_duration_is_read_without_the_samples(mix: Path, tmp_path: Path) -> None:
    assert wav_duration_s(mix) == pytest.approx(soundfile.info(mix).duration)
    large = tmp_path / "large.wav"
    soundfile.write(large, np.zeros((1000, 2)), RATE, subtype="FLOAT", format="RF64")
    assert wav_duration_s(large) == pytest.approx(1000 / RATE)
    large.write_bytes(b"Dear all")
    assert wav_duration_s(large) == 0
