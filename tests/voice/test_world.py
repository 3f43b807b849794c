"""The `world` method: the pitch moves as asked, and nothing else is lost."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.clips import MUSIC, SPEECH_RU
from tests.voice.conftest import Convert
from tests.voice.measures import brightness_hz, envelope_correlation, f0_of, f0_ratio, lateness_s
from voice.job_context import JobContext
from voice.methods.world import convert as world
from voice.methods.world.cuts import Survey, plan_cuts
from voice.methods.world.settings import WorldSettings
from voice.methods.world.vocoder import aligned_step, move_f0, stretch_envelope
from voice.presets import BUILT_IN, PresetCatalogue

Write = Callable[..., Path]


@pytest.mark.parametrize("preset", ["deeper", "brighter", "younger", "older", "anonymous"])
def test_the_pitch_moves_by_the_presets_ratio(converted: Convert, speech: Path, preset: str) -> None:
    out, _ = converted(speech, preset, seed=3)
    chosen = PresetCatalogue([BUILT_IN]).get(preset).settings
    assert isinstance(chosen, WorldSettings)
    assert f0_ratio(speech, out) == pytest.approx(chosen.resolved(3).f0_factor, rel=0.03)


def test_the_robot_speaks_on_one_tone(converted: Convert, speech: Path) -> None:
    out, _ = converted(speech, "robot")
    f0 = f0_of(out)
    cents = 1200 * np.log2(f0[f0 > 0] / 110.0)
    assert abs(np.median(cents)) < 10
    assert np.median(np.abs(cents)) < 20


def test_formants_move_with_the_preset(converted: Convert, speech: Path) -> None:
    darker, brighter = converted(speech, "deeper")[0], converted(speech, "brighter")[0]
    assert brightness_hz(darker) < 0.95 * brightness_hz(speech)
    assert brightness_hz(brighter) > 1.05 * brightness_hz(speech)


def test_the_words_stay_at_their_places(converted: Convert, speech: Path) -> None:
    assert envelope_correlation(speech, converted(speech, "deeper")[0]) > 0.85


def test_the_words_come_no_later(converted: Convert, write: Write) -> None:
    """WORLD itself speaks 3 ms late."""
    source = write(soundfile.read(SPEECH_RU)[0][: 5 * 44100])
    assert abs(lateness_s(source, converted(source)[0])) < 0.001


def test_the_same_seed_gives_the_same_samples_and_another_one_another_voice(converted: Convert, speech: Path) -> None:
    first = soundfile.read(converted(speech, "anonymous", seed=5)[0])[0]
    again = soundfile.read(converted(speech, "anonymous", seed=5)[0])[0]
    other = soundfile.read(converted(speech, "anonymous", seed=6)[0])[0]
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_a_voice_in_the_middle_of_the_stereo_stays_there(converted: Convert, speech: Path, write: Write) -> None:
    voice, _ = soundfile.read(speech)
    band = soundfile.read(MUSIC)[0][: len(voice)]
    both, info = converted(write(voice[:, None] + 0.05 * band * (1.0, -1.0)))
    left, right = soundfile.read(both)[0].T
    assert info.channels == 2
    assert not np.array_equal(left, right)
    assert np.corrcoef(left, right)[0, 1] > 0.9


def test_channels_that_are_the_same_stay_the_same(converted: Convert, speech: Path, write: Write) -> None:
    voice, _ = soundfile.read(speech)
    left, right = soundfile.read(converted(write(np.stack([voice, voice], axis=1)))[0])[0].T
    assert np.array_equal(left, right)


def test_opposite_channels_do_not_cancel_the_voice(converted: Convert, speech: Path, write: Write) -> None:
    voice, _ = soundfile.read(speech)
    out, _ = converted(write(np.stack([voice, -voice], axis=1)))
    left = soundfile.read(out)[0][:, :1]
    soundfile.write(out, left, 44100)
    assert f0_ratio(speech, out) == pytest.approx(0.75, rel=0.03)


@pytest.mark.parametrize(("rate", "step"), [(44100, 441), (48000, 240), (8000, 40), (11025, 441), (22050, 441)])
def test_pieces_start_on_whole_analysis_frames(rate: int, step: int) -> None:
    assert aligned_step(rate) == step
    assert (step * 200) % rate == 0


def test_an_envelope_is_stretched_by_its_factor() -> None:
    envelope = np.exp(-(((np.arange(1025) - 300) / 20.0) ** 2))[None, :]
    assert stretch_envelope(envelope, 1.2)[0].argmax() == 360
    assert stretch_envelope(envelope, 0.8)[0].argmax() == 240


@given(st.lists(st.one_of(st.just(0.0), st.floats(50, 400)), min_size=1, max_size=50))
def test_unvoiced_frames_stay_unvoiced_and_voiced_ones_voiced(pitches: list[float]) -> None:
    f0 = np.array(pitches)
    moved = move_f0(f0, WorldSettings(f0_factor=1.3, f0_range=0.5), 120.0)
    assert np.array_equal(moved > 0, f0 > 0)


# --- long recordings -------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 44100 * 200), st.integers(0, 2**32 - 1), st.sampled_from([8000, 44100, 48000]))
def test_cuts_cover_everything_in_pieces_of_a_bearable_size(frames: int, seed: int, rate: int) -> None:
    count = -(-frames * 200 // rate)
    rng = np.random.default_rng(seed)
    survey = Survey(rng.uniform(-90, 0, count).astype(np.float32), rng.random(count) < 0.5, 0.005, 120.0)
    cuts = plan_cuts(survey, frames, rate)
    assert (cuts[0], cuts[-1]) == (0, frames)
    lengths = np.diff(cuts)
    assert lengths.min() > (0 if len(cuts) == 2 else 3.9 * rate)
    assert lengths.max() <= 16 * rate


def test_a_cut_goes_to_the_pause_beside_its_wished_place() -> None:
    level = np.full(4000, -20.0, dtype=np.float32)
    voiced = np.ones(4000, dtype=bool)
    level[1700:1740], voiced[1700:1740] = -60.0, False
    level[2200:2240] = -45.0  # quieter than speech, yet voiced
    cuts = plan_cuts(Survey(level, voiced, 0.005, 120.0), 20 * 44100, 44100)
    assert 1700 * 0.005 <= cuts[1] / 44100 <= 1740 * 0.005


def test_a_long_recording_goes_through_in_pieces_with_flat_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: JobContext
) -> None:
    """The vocoder is left out: what is shown is that no step holds the recording, and that each sample comes out."""
    monkeypatch.setattr(world, "convert_piece", lambda piece, rate, chosen, mean: piece)
    monkeypatch.setattr(world, "quick_f0", lambda samples, rate, period: np.zeros(len(samples) * 200 // rate + 1))
    rate, source, target = 16000, tmp_path / "long.wav", tmp_path / "out.wav"
    rng = np.random.default_rng(1)
    with soundfile.SoundFile(source, "w", rate, 1, subtype="FLOAT") as file:
        for _ in range(30):
            file.write(rng.normal(size=10 * rate) * 0.1)
    tracemalloc.start()
    world.convert(source, target, WorldSettings(), 1, context)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20  # the recording is 38 MB in float64
    before, after = soundfile.read(source)[0], soundfile.read(target)[0]
    assert len(after) == len(before)
    # Equal power fades raise what is in fact the same on both sides; everywhere else nothing may change.
    assert (np.abs(before - after) > 1e-6).mean() < 0.005
