"""Chunks of a long recording: cut where it is quiet, joined so that nobody hears it, not a sample lost."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clips import SPEECH_EN, SPEECH_RU
from tests.voice.rvc_files import save_content_encoder, save_voice
from voice.audio_files import create_wav, open_audio
from voice.conversion import convert
from voice.job_context import JobContext
from voice.loudness import loudness_of
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.cuts import measure_levels, plan_cuts
from voice.pipeline.joints import crossfade, join
from voice.pipeline.settings import Chunking
from voice.pipeline.steps import plan
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, Preset, PresetCatalogue

RATE = 44100
DEEPER = PresetCatalogue([BUILT_IN]).get("deeper")
FRAME = 1024


def speech(seconds: float) -> npt.NDArray[np.float64]:
    """The samples in turn, 24 and 20 s of them, over and over."""
    once = np.concatenate([soundfile.read(path)[0] for path in (SPEECH_RU, SPEECH_EN)])
    return np.resize(once, round(seconds * RATE))


def cuts_of(path: Path, chunk_s: float) -> tuple[int, ...]:
    with open_audio(path) as sound:
        return plan_cuts(measure_levels(sound, lambda _: None), sound.frames, sound.samplerate, chunk_s)


# --- cuts --------------------------------------------------------------------------------------------------------


def test_a_cut_goes_to_the_quiet_place_near_its_mark(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(20 * RATE) * 0.1
    noise[int(9.2 * RATE) : int(9.5 * RATE)] = 0.0
    soundfile.write(tmp_path / "noise.wav", noise, RATE)
    begin, cut, end = cuts_of(tmp_path / "noise.wav", 10.0)
    assert (begin, end) == (0, len(noise))
    assert 9.25 * RATE <= cut <= 9.45 * RATE


@given(seconds=st.floats(0.05, 40), chunk_s=st.floats(0.5, 20))
def test_cuts_cover_the_recording_once(seconds: float, chunk_s: float) -> None:
    from voice.pipeline.cuts import FRAME_S, Levels

    frames = round(seconds * RATE)
    quietness = np.random.default_rng(frames).uniform(-90, -10, -(-frames // round(FRAME_S * RATE)))
    cuts = plan_cuts(Levels(quietness, 1.0), frames, RATE, chunk_s)
    assert (cuts[0], cuts[-1]) == (0, frames)
    assert all(before < after for before, after in itertools.pairwise(cuts))
    assert max(after - before for before, after in itertools.pairwise(cuts)) <= 1.6 * chunk_s * RATE + 2000


# --- joints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [1.0, 0.5, 0.0])
def test_a_fade_keeps_the_level_however_much_is_shared(shared: float) -> None:
    rng = np.random.default_rng(1)
    one, noise = rng.standard_normal((2, 1, 200_000))
    other = shared * one + np.sqrt(1 - shared**2) * noise
    faded = crossfade(one, other)
    middle = faded[0, 90_000:110_000]
    assert 10 * np.log10((middle**2).mean()) == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("half", [0, 50])
def test_parts_of_one_sound_are_that_sound_again(tmp_path: Path, half: int) -> None:
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, (10_000, 2)).astype(np.float32)
    cuts, parts = (0, 3000, 3200, 10_000), []
    for place, (begin, end) in enumerate(itertools.pairwise(cuts)):
        parts.append(tmp_path / f"{place}.wav")
        soundfile.write(parts[-1], sound[max(0, begin - half) : end + half], RATE, subtype="FLOAT")
    with create_wav(tmp_path / "all.wav", RATE, 2, len(sound)) as out:
        join(parts, half, out)
    assert np.abs(soundfile.read(tmp_path / "all.wav")[0] - sound).max() < 1e-6


# --- the whole way -----------------------------------------------------------------------------------------------


async def both_ways(
    folder: Path, seconds: float, chunk_s: float, voice: Preset = DEEPER
) -> tuple[Path, Path, tuple[int, ...]]:
    """The same speech converted whole and in chunks, and where it was cut."""
    source, whole, chunked = (folder / f"{name}.wav" for name in ("source", "whole", "chunked"))
    soundfile.write(source, speech(seconds), RATE, subtype="FLOAT")
    (folder / "scratch").mkdir()
    convert(source, whole, voice, 1, JobContext(folder / "scratch", lambda _, __: None))
    pool = ProcessPool(2, scratch_folder=folder)
    try:
        chunking = Chunking(threshold_s=1.0, chunk_s=chunk_s, at_once=2)
        order = Order(source, chunked, voice.to_json(), seed=1, music="none")
        await Coordinator(pool, folder / "work", chunking).convert(order, lambda _, __: None)
    finally:
        pool.close()
    return whole, chunked, cuts_of(source, chunk_s)


def spectral_distance_db(one: Path, other: Path) -> npt.NDArray[np.float64]:
    """Log-spectral distance of two files in 24 bands, frame by frame of 23 ms; 0 where one of them is silent."""
    spectra = []
    for path in (one, other):
        samples = soundfile.read(path)[0]
        frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME) * np.hanning(FRAME)
        power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
        edges = np.unique(np.geomspace(2, FRAME // 4, 25).astype(int))
        spectra.append(10 * np.log10(np.add.reduceat(power, edges, axis=1) + 1e-4))
    distance: npt.NDArray[np.float64] = np.sqrt(((spectra[0] - spectra[1]) ** 2).mean(axis=1))
    return distance


def judge(whole: Path, chunked: Path, cuts: Sequence[int], take: Path | None = None) -> None:
    """The same length and loudness, and at the joints no further apart than elsewhere, or than another `take` is there.

    Where a method draws the same noise in chunks as at once, nearly nothing differs elsewhere: a joint is then what it
    sounds like, two takes that fade into each other.
    """
    assert soundfile.info(chunked).frames == soundfile.info(whole).frames
    assert loudness_of(chunked) == pytest.approx(loudness_of(whole), abs=0.2)
    distance = spectral_distance_db(whole, chunked)
    at_joints = np.zeros(len(distance), dtype=bool)
    for cut in cuts[1:-1]:
        at_joints[cut // FRAME - 3 : cut // FRAME + 4] = True
    assert at_joints.any()
    usual = 1.1 * distance[~at_joints].mean()
    if take is not None:
        assert distance[~at_joints].mean() < 1.5, "what is no joint is the same take"
        usual = max(usual, spectral_distance_db(whole, take)[at_joints].mean())
    assert distance[at_joints].mean() <= usual


async def test_joints_are_no_worse_than_the_rest(tmp_path: Path) -> None:
    whole, chunked, cuts = await both_ways(tmp_path, 9.0 + 1 / RATE, 2.5)
    assert len(cuts) == 5
    judge(whole, chunked, cuts)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_twelve_minutes_in_chunks_are_twelve_minutes(tmp_path: Path) -> None:
    whole, chunked, cuts = await both_ways(tmp_path, 720.0 + 7 / RATE, 150.0)
    assert len(cuts) == 6
    judge(whole, chunked, cuts)


def small_rvc(folder: Path) -> Preset:
    """The real way of RVC, with a voice as small as its format permits and an encoder of the real size."""
    save_content_encoder(folder / "hubert_base.pt")
    save_voice(folder / "voice.pth")
    plain = {"model": "voice.pth", "f0_method": "harvest"}
    return Preset.from_json({"name": "small", "method": "rvc", "settings": plain}).located(folder)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_twelve_minutes_of_rvc_in_chunks_are_twelve_minutes(tmp_path: Path) -> None:
    voice, context = small_rvc(tmp_path), JobContext(tmp_path / "scratch", lambda _, __: None)
    whole, chunked, _ = await both_ways(tmp_path, 720.0 + 7 / RATE, 150.0, voice)
    source, take = tmp_path / "source.wav", tmp_path / "take.wav"
    convert(source, take, voice, 2, context)
    cuts = plan(source, voice, 150.0, context)["cuts"]
    assert len(cuts) == 6
    judge(whole, chunked, cuts, take)
