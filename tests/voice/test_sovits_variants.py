"""Every build of a SO-VITS-SVC voice against the same thing written down plainly, with noise of each one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.parity import sovits_adapter as ours
from tests.parity import sovits_oracle as oracle
from tests.parity import sovits_stand_ins as stand_ins
from tests.voice.sovits_files import KINDS

FRAMES = 23
BUILDS: dict[str, dict[str, Any]] = {
    **KINDS,
    "odd rates": {"upsample_rates": [7, 5, 2, 2], "upsample_kernel_sizes": [15, 11, 4, 4]},
    "tiny snake": {**KINDS["4.1 tiny"], **KINDS["4.1 snake"]},
    "tiny transformer flow": {**KINDS["4.1 tiny"], **KINDS["4.1 shared transformer flow"]},
    "wide": {"inter_channels": 20, "hidden_channels": 24, "n_heads": 4, "n_layers": 3, "gin_channels": 9},
}


def described(build: str) -> dict[str, Any]:
    config = stand_ins.config(**BUILDS[build])
    config["data"]["hop_length"] = int(np.prod(config["model"]["upsample_rates"]))
    return config


def held(config: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Weights; where the couplings share a network, what the file has for each of them is not what counts."""
    weights: dict[str, torch.Tensor] = stand_ins.checkpoint(config, 77)["model"]
    if config["model"].get("flow_share_parameter"):
        return {name: 2 * one if ".enc." in name and "flows" in name else one for name, one in weights.items()}
    return weights


def given(config: dict[str, Any], seed: int) -> tuple[Any, ...]:
    """Content, pitch (with a gap, and a frame above the highest bin), which are voiced, and loudness."""
    rng = np.random.default_rng(seed)
    content = rng.normal(size=(config["model"]["ssl_dim"], FRAMES)).astype(np.float32)
    f0 = rng.uniform(80, 400, FRAMES).astype(np.float32)
    f0[5], f0[7] = 0.0, 1500.0
    voiced = (rng.random(FRAMES) > 0.3).astype(np.float32)
    return content, f0, voiced, rng.uniform(0, 0.3, FRAMES).astype(np.float32)


def error_db(made: np.ndarray, wanted: np.ndarray) -> float:
    assert made.shape == wanted.shape
    return float(10 * np.log10(((made - wanted) ** 2).sum() / (wanted**2).sum()))


def both(
    path: Path, config: dict[str, Any], weights: dict[str, torch.Tensor], **changed: Any
) -> tuple[float, np.ndarray, np.ndarray]:
    """How far our samples lie from the plain ones, in dB, and the two pitches."""
    torch.save({"model": weights, "iteration": 1, "optimizer": None, "learning_rate": 1e-4}, path)
    content, f0, voiced, level = given(config, 3)
    told: dict[str, Any] = {"speaker": 2, "noise_scale": 0.4, "predicts": False, **changed}
    noise = stand_ins.noise(5, FRAMES, config)
    spoken = content, f0, voiced, told["speaker"], level, told["noise_scale"]
    made, used = ours.convert(config, str(path), *spoken, told["predicts"], noise)
    wanted, hz = oracle.speak(config, weights, *spoken, noise, predicts_f0=told["predicts"])
    assert made.std() > 0.01
    return error_db(made, wanted), used, hz


@pytest.mark.parametrize("build", BUILDS)
def test_a_build_speaks_as_its_plain_description(tmp_path: Path, build: str) -> None:
    config = described(build)
    assert both(tmp_path / "G.pth", config, held(config))[0] < (-60 if "snake" in build else -70)


@pytest.mark.parametrize("build", ["4.1", "4.1 without loudness and melody", "4.0", "wide"])
def test_a_build_chooses_its_own_pitch_as_its_plain_description(tmp_path: Path, build: str) -> None:
    config = described(build)
    error, used, hz = both(tmp_path / "G.pth", config, held(config), predicts=True)
    assert error < -70
    assert np.abs(used - hz).max() < 0.01


@pytest.mark.parametrize("changed", [{"noise_scale": 0.0}, {"noise_scale": 1.0}, {"speaker": 4}])
def test_noise_and_speaker_are_those_that_are_asked_for(tmp_path: Path, changed: dict[str, Any]) -> None:
    config = described("4.1")
    assert both(tmp_path / "G.pth", config, held(config), **changed)[0] < -70


def test_a_file_that_holds_a_shared_network_only_once_is_enough(tmp_path: Path) -> None:
    for build in ("4.1 tiny", "4.1 shared transformer flow"):
        config = described(build)
        weights = {name: one for name, one in held(config).items() if not ("flows" in name and ".enc." in name)}
        assert both(tmp_path / "G.pth", config, weights)[0] < -70


def test_the_filters_of_the_snakes_are_the_files_own(tmp_path: Path) -> None:
    """A voice compressed to half precision has other ones, if only a little."""
    config = described("4.1 snake")
    weights, taps = held(config), torch.from_numpy(oracle.low_pass()).float().reshape(1, 1, -1)
    rng = np.random.default_rng(1)
    for name in [name.removesuffix(".act.alpha") for name in weights if name.endswith(".act.alpha")]:
        count = len(weights[f"{name}.act.alpha"])
        for key in ("upsample.conv_transpose1d_block.weight", "downsample.lowpass.conv1d_block.weight"):
            moved = taps + torch.from_numpy(rng.normal(size=(count, 1, 12)) * 0.01).float()
            weights |= {f"{name}.{key}": moved}
        weights |= {f"{name}.upsample.filter": taps, f"{name}.downsample.lowpass.filter": taps}
    assert both(tmp_path / "G.pth", config, weights)[0] < -60


def test_a_description_without_automatic_pitch_leaves_the_pitch_alone(tmp_path: Path) -> None:
    config = described("4.1")
    weights = held(config)
    config["model"]["use_automatic_f0_prediction"] = False
    torch.save({"model": weights}, tmp_path / "G.pth")
    content, f0, voiced, level = given(config, 3)
    noise = stand_ins.noise(5, FRAMES, config)
    _, used = ours.convert(config, str(tmp_path / "G.pth"), content, f0, voiced, 0, level, 0.4, True, noise)
    assert np.array_equal(used, f0)
