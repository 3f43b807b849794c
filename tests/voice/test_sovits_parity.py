"""The same weights and the same input give what SO-VITS-SVC gives. Goldens hold every few samples only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parity import sovits_adapter as ours
from tests.parity import sovits_oracle as oracle
from tests.parity import sovits_stand_ins as stand_ins
from tests.voice.rvc_files import save_content_encoder
from voice.methods.sovits import rules, slices
from voice.methods.sovits.pitch import pitch_finder
from voice.nets.sovits import centred, coarse_pitch

GOLDENS = dict(np.load(Path(stand_ins.__file__).with_name("sovits_goldens.npz")))
SEED = 4103


def snr_db(wanted: np.ndarray, made: np.ndarray) -> float:
    assert wanted.shape == made.shape
    wanted, made = wanted.astype(np.float64), np.asarray(made, np.float64)
    return float(10 * np.log10((wanted**2).sum() / ((wanted - made) ** 2).sum()))


@pytest.mark.parametrize(("case", "speaker", "at_least_db"), [("inject", 0, 80), ("autof0", 2, 50)])
def test_a_voice_speaks_as_the_reference(tmp_path: Path, case: str, speaker: int, at_least_db: float) -> None:
    """With the noise that the reference was given, and with a melody of the voice's own."""
    described, path = stand_ins.config(), tmp_path / "G.pth"
    torch.save(stand_ins.checkpoint(described, SEED), path)
    content, f0, voiced, level = (GOLDENS[f"{case}_{name}"] for name in ("c", "f0", "uv", "vol"))
    noise = stand_ins.noise(SEED, len(f0), described)
    predicts = case == "autof0"
    if predicts:
        noise = {name: np.zeros_like(one) for name, one in noise.items()}
    given = content.astype(np.float32), f0, voiced, speaker, level, 0.4, predicts, noise
    wav, used = ours.convert(described, str(path), *given)
    assert len(wav) == 512 * len(f0)
    assert snr_db(GOLDENS[f"{case}_wav"], wav[::16]) > at_least_db
    if predicts:
        assert np.abs(used - GOLDENS["autof0_f0_out"]).max() < 0.05


@pytest.mark.parametrize(("kind", "width"), [("vec768l12", 768), ("vec256l9", 256)])
def test_a_judge_finds_the_encoder_of_each_version(tmp_path: Path, kind: str, width: int) -> None:
    save_content_encoder(tmp_path / "hubert_base.pt")
    heard = np.random.default_rng(1).normal(scale=0.1, size=3200).astype(np.float32)
    features = ours.encoder(str(tmp_path / "hubert_base.pt"), heard, kind)
    assert features.shape == ((3200 - 400) // 320 + 1, width)
    assert np.isfinite(features).all()


def test_the_plain_description_that_judges_other_builds_speaks_as_the_reference() -> None:
    described = stand_ins.config()
    content, f0, voiced, level = (GOLDENS[f"inject_{name}"] for name in ("c", "f0", "uv", "vol"))
    held, noise = stand_ins.checkpoint(described, SEED)["model"], stand_ins.noise(SEED, len(f0), described)
    wav, _ = oracle.speak(described, held, content.astype(np.float32), f0, voiced, 0, level, 0.4, noise)
    assert snr_db(GOLDENS["inject_wav"], wav[::16]) > 80


def test_the_pitch_is_divided_into_bins_as_in_both_versions() -> None:
    f0 = torch.from_numpy(GOLDENS["coarse_f0"])
    assert np.array_equal(coarse_pitch(f0, clamps_high=False), GOLDENS["coarse_v41"])
    assert np.array_equal(coarse_pitch(f0, clamps_high=True), GOLDENS["coarse_v40"])


def test_a_melody_is_centred_over_its_voiced_frames() -> None:
    melody, voiced = torch.tensor([1.0, 2.0, 9.0, 3.0]), torch.tensor([1.0, 1.0, 0.0, 1.0])
    assert torch.allclose(centred(melody, voiced), melody - 2)
    assert torch.allclose(centred(melody, torch.zeros(4)), melody)


@pytest.mark.parametrize("frames", [49, 86, 120])
def test_features_are_spread_over_the_frames_as_in_the_reference(frames: int) -> None:
    for mode in ("left", "nearest"):
        made = rules.expanded(GOLDENS["expand_in"].T, frames, nearest=mode == "nearest")
        assert np.array_equal(made.T, GOLDENS[f"expand_{mode}_{frames}"])


def test_gaps_in_the_pitch_are_filled_as_in_the_reference() -> None:
    f0, voiced = rules.filled(GOLDENS["interp_in"])
    assert np.allclose(f0, GOLDENS["interp_f0"], atol=1e-4)
    assert np.array_equal(voiced, GOLDENS["interp_uv"])
    assert not rules.filled(np.zeros(5))[0].any()
    assert not rules.filled(np.array([0, 0, 150.0, 0]))[0].any()
    for frames in (17, 6):
        assert np.allclose(rules.resized(GOLDENS["resize_in"], frames), GOLDENS[f"resize_{frames}"])


def test_a_recording_is_divided_where_the_reference_divides_it() -> None:
    made = slices.spans(GOLDENS["slice_levels"].astype(float), 0.01, 320, int(GOLDENS["slice_length"]))
    wanted = [row for row in GOLDENS["slice_40"].tolist() if row[1] < row[2]]
    assert [[int(span.is_silent), span.begin, span.end] for span in made] == wanted


@pytest.mark.parametrize("length", [1, 881, 44_100, 3_000_000])
def test_levels_are_those_of_windows_around_each_frame(length: int) -> None:
    signal = np.random.default_rng(length).normal(size=length)
    levels = slices.frame_levels(signal, 882)
    padded = np.pad(signal, 1764)
    places = [0, len(levels) // 2, len(levels) - 1]
    wanted = [np.sqrt((padded[882 * place : 882 * place + 3528] ** 2).mean()) for place in places]
    assert len(levels) == 1 + length // 882
    assert np.allclose(levels[places], wanted)


def test_loudness_is_measured_around_each_frame() -> None:
    steps = np.repeat([0.1, 0.5], 2048)
    assert np.allclose(rules.loudness(steps, 512)[[0, 1, 2, 6, 7]], [0.1, 0.1, 0.1, 0.5, 0.5])
    assert len(rules.loudness(np.zeros(1000), 512)) == 1


@pytest.mark.parametrize("method", ["harvest", "dio"])
def test_the_pitch_of_a_tone_is_found_at_the_voices_own_frames(method: str) -> None:
    time = np.arange(44_100) / 44_100
    hz = 180 + 60 * time
    tone = sum(np.sin(2 * np.pi * k * (180 * time + 30 * time**2)) / k for k in range(1, 9)) * 0.2
    found = pitch_finder(method, None, 44_100, 512, torch.device("cpu"))(tone, np.zeros(0), 86)
    inner = slice(8, 78)
    assert np.abs(found[inner] - hz[::512][:86][inner]).max() < 1.0
