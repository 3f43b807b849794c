"""The same weights and the same input give what the reference gives. Goldens hold every few values only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parity import rvc_adapter as ours
from tests.parity import stand_ins
from voice.methods.rvc.rules import coarse_pitch, transposed

GOLDENS = dict(np.load(Path(stand_ins.__file__).with_name("rvc_goldens.npz")))


def snr_db(wanted: np.ndarray, made: np.ndarray) -> float:
    assert wanted.shape == made.shape
    wanted, made = wanted.astype(np.float64), np.asarray(made, np.float64)
    return float(10 * np.log10((wanted**2).sum() / ((wanted - made) ** 2).sum()))


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    folder = tmp_path_factory.mktemp("voices")

    def make(version: str, seed: str) -> Path:
        path = folder / f"{version}.pth"
        if not path.exists():
            torch.save(stand_ins.rvc_checkpoint(version, seed=seed), path)
        return path

    return make


@pytest.mark.parametrize(("version", "seed", "speaker"), [("v2", "1", 3), ("v1", "2", 5)])
def test_a_voice_speaks_as_the_reference(
    voice: Callable[[str, str], Path], version: str, seed: str, speaker: int
) -> None:
    f0 = stand_ins.pitch_of_stand_in(seed, 100)
    content = stand_ins.content_of_stand_in(seed, 256 if version == "v1" else 768, 100)
    given = content[None], coarse_pitch(f0.astype(np.float64))[None], f0[None], speaker
    path = str(voice(version, seed))
    assert snr_db(GOLDENS[f"{version}_out"], ours.synth(path, *given)[::7]) > 90
    noise = [
        stand_ins.noise(seed, name, shape).numpy() for name, shape in (("z", (1, 192, 100)), ("nsf", (1, 40000, 1)))
    ]
    assert snr_db(GOLDENS[f"{version}_out_noise"], ours.synth(path, *given, None, *noise)[::7]) > 90
    if version == "v2":
        assert snr_db(GOLDENS["v2_out_short"], ours.synth(path, *given, 90)[::7]) > 90


def test_the_pitch_is_divided_into_bins_as_in_the_reference() -> None:
    table = GOLDENS["f0_table"]
    assert np.array_equal(coarse_pitch(table), GOLDENS["coarse"])
    assert np.array_equal(coarse_pitch(transposed(table, 5)), GOLDENS["coarse_up5"])


def test_the_low_rumble_is_taken_away_as_in_the_reference() -> None:
    assert snr_db(GOLDENS["highpass"], ours.highpass(stand_ins.sweep())[::3][::8]) > 90


@pytest.mark.long
@pytest.mark.parametrize("form", ["fairseq", "transformers", "transformers folder", "new transformers"])
def test_speech_is_encoded_as_by_the_reference(tmp_path: Path, form: str) -> None:
    weights = stand_ins.hubert_weights()
    path = tmp_path / "content.pt"
    if form == "fairseq":
        stand_ins.save_hubert(path, weights)
    elif form == "transformers folder":
        path = tmp_path / "content"
        path.mkdir()
        (path / "config.json").write_text('{"hidden_size": 768, "num_hidden_layers": 12}')
        torch.save(weights, path / "pytorch_model.bin")
    else:
        if form == "new transformers":
            for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
                conv = "encoder.pos_conv_embed.conv"
                weights[f"{conv}.parametrizations.weight.{new}"] = weights.pop(f"{conv}.{old}")
        torch.save(weights, path)
    assert snr_db(GOLDENS["layer12"], ours.hubert(str(path), stand_ins.sweep(), "v2")[::6, ::6]) > 90
    if form == "fairseq":
        made = ours.hubert(str(path), stand_ins.sweep(), "v1")[::6, ::4]
        assert snr_db(GOLDENS["layer9_projected"], made) > 90


@pytest.mark.long
def test_the_pitch_of_rmvpe_is_the_references(tmp_path: Path) -> None:
    torch.save(stand_ins.rmvpe_weights(), tmp_path / "rmvpe.pt")
    made = ours.rmvpe(str(tmp_path / "rmvpe.pt"), stand_ins.sweep(), 0.03)
    assert snr_db(GOLDENS["mel"], made["mel"][::4, ::4]) > 90
    assert snr_db(GOLDENS["salience"], made["salience"][::8, ::6]) > 80
    sure = GOLDENS["f0_margin"] > 1e-3
    assert np.allclose(made["f0"][sure], GOLDENS["f0"][sure], rtol=1e-3)
