"""The finders of pitch: right on a tone, silent on silence, and no different where a long signal is cut."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import ConversionFailedError
from voice.f0 import harvest as harvest_module
from voice.f0 import pm as pm_module
from voice.f0.crepe import HIGHEST_BIN, LOWEST_BIN, likeliest_path
from voice.f0.harvest import harvest
from voice.f0.pm import centred, pm
from voice.f0.rmvpe import pitch_of
from voice.f0.signal16k import F0Task, Floats, found_at_once, windows
from voice.nets.crepe import Crepe
from voice.nets.rmvpe import mel_bank

HAS_PM = importlib.util.find_spec("parselmouth") is not None


def glide(seconds: float) -> tuple[Floats, Floats]:
    """A voice-like buzz from 120 to 240 Hz at 16 kHz, and its pitch every 10 ms."""
    time = np.arange(int(seconds * 16000)) / 16000
    hz = 120 * 2 ** (time / seconds)
    phase = 2 * np.pi * np.cumsum(hz) / 16000
    return sum(np.sin(k * phase) / k for k in range(1, 9)) * 0.1, hz[::160]


@pytest.mark.parametrize("find", [harvest, pytest.param(pm, marks=pytest.mark.skipif(not HAS_PM, reason="optional"))])
def test_the_pitch_of_a_glide_is_found(find: Callable[[Floats, int], list[F0Task]]) -> None:
    signal, truth = glide(2.0)
    found = found_at_once(find(signal, len(truth)))
    inner = slice(10, -10)
    assert np.abs(1200 * np.log2(found[inner] / truth[inner])).max() < 30


def test_silence_has_no_pitch() -> None:
    assert not found_at_once(harvest(np.zeros(16000), 100)).any()


@pytest.mark.skipif(HAS_PM, reason="praat-parselmouth is installed")
def test_a_pitch_method_whose_package_is_absent_says_so() -> None:
    with pytest.raises(ConversionFailedError, match="needs the package praat-parselmouth"):
        pm(np.zeros(16000), 100)


def test_a_long_signal_in_windows_has_the_pitch_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    signal, _ = glide(6.0)
    whole = found_at_once(harvest(signal, 600))
    monkeypatch.setattr(harvest_module, "WHOLE_FRAMES", 300)
    monkeypatch.setattr(harvest_module, "STEP_FRAMES", 200)
    assert np.abs(found_at_once(harvest(signal, 600))[5:-5] / whole[5:-5] - 1).max() < 0.001


@pytest.mark.skipif(not HAS_PM, reason="optional")
def test_quiet_parts_of_a_long_signal_have_the_pitch_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too quiet to be a voice hangs on the loudest place of the whole recording."""
    signal, _ = glide(6.0)
    signal *= np.repeat([1.0, 0.1, 0.02, 0.3, 0.01, 1.0], 16000)
    signal = np.concatenate([signal, signal[:53]])
    whole = found_at_once(pm(signal, 600))
    monkeypatch.setattr(pm_module, "WHOLE_FRAMES", 300)
    monkeypatch.setattr(pm_module, "STEP_FRAMES", 60)
    monkeypatch.setattr(pm_module, "CONTEXT_FRAMES", 40)
    assert 100 < np.count_nonzero(whole) < 500
    assert np.allclose(found_at_once(pm(signal, 600)), whole, rtol=0.001)


@given(st.integers(1, 10_000), st.integers(1, 50), st.integers(1, 20), st.integers(0, 5))
def test_windows_keep_every_frame_once(frames: int, whole: int, step: int, context: int) -> None:
    kept = []
    for window in windows(frames, whole * 32, step * 32, context * 32, 32):
        assert window.begin % 32 == 0
        assert 0 <= window.begin <= window.first < window.last <= window.end <= frames
        kept.append((window.first, window.last))
    assert kept[0][0] == 0
    assert kept[-1][1] == frames
    assert all(before[1] == after[0] for before, after in itertools.pairwise(kept))


def test_praats_frames_are_put_in_the_middle() -> None:
    assert centred(np.ones(3), 6).tolist() == [0, 0, 1, 1, 1, 0]
    assert centred(np.ones(7), 5).tolist() == [1] * 5


def test_salience_becomes_the_weighted_mean_around_its_peak() -> None:
    salience = np.zeros((3, 360), dtype=np.float32)
    salience[0, [100, 101]] = 0.5, 0.5
    salience[1, 0] = 0.9
    salience[2, 200] = 0.02
    f0 = pitch_of(salience, 0.03)
    assert f0[0] == pytest.approx(10 * 2 ** ((1997.3794084376191 + 2010) / 1200))
    assert f0[1] == pytest.approx(10 * 2 ** (1997.3794084376191 / 1200))
    assert f0[2] == 0


def test_the_likeliest_path_does_not_jump_to_a_lone_octave() -> None:
    salience = np.zeros((9, 360), dtype=np.float32)
    salience[:, 100] = 0.8
    salience[4, 160] = 0.9
    assert likeliest_path(salience).tolist() == [100] * 9


def test_crepe_listens_from_the_bin_of_50_hz_to_that_of_1100() -> None:
    hz = 10 * 2 ** ((1997.3794084376191 + 20 * np.arange(360)) / 1200)
    assert hz[LOWEST_BIN] <= 50 < hz[LOWEST_BIN + 1]
    assert hz[HIGHEST_BIN] < 1100 <= hz[HIGHEST_BIN + 1]


def test_crepe_takes_frames_of_its_size() -> None:
    with torch.inference_mode():
        assert Crepe().eval()(torch.rand(2, 1024)).shape == (2, 360)


def test_the_mel_bands_have_equal_area() -> None:
    areas = mel_bank().sum(dim=1) * 8000 / 512
    assert areas[40:].numpy() == pytest.approx(1.0, abs=0.05)
