"""Every kind of RVC voice and every setting against the plain telling of the same in `tests/parity/plain_rvc.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
import torch

from tests.parity import plain_rvc, stand_ins
from tests.parity import rvc_adapter as ours
from tests.voice.rvc_files import SMALL
from voice.nets.hubert import FIELD, HOP, frame_count

SPEAKER = 17
WIDTHS = {"v1": 256, "v2": 768}
PLAIN: dict[str, Any] = {
    "sid": SPEAKER,
    "f0_method": "harvest",
    "index_path": "",
    "index_rate": 0.0,
    "protect": 0.5,
    "rms_mix_rate": 1.0,
    "f0_up_key": 0,
    "filter_radius": 3,
    "resample_sr": 0,
    "x_pad": 1,
    "x_query": 6,
    "x_center": 38,
    "x_max": 41,
    "mode": "2023",
}


def snr_db(wanted: np.ndarray, made: np.ndarray) -> float:
    assert wanted.shape == made.shape
    wanted, made = wanted.astype(np.float64), made.astype(np.float64)
    return float(10 * np.log10((wanted**2).sum() / ((wanted - made) ** 2).sum().clip(1e-30)))


def saved(folder: Path, version: str, rate: str, *, f0: bool) -> tuple[str, dict[str, Any]]:
    parts = stand_ins.rvc_checkpoint(version, rate, f0=f0, seed="9", **SMALL)
    torch.save(parts, folder / "voice.pth")
    return str(folder / "voice.pth"), parts


class Ears:
    """Stands in for HuBERT, which is judged elsewhere: features that hang on every sample."""

    def __init__(self, version: str) -> None:
        rng = np.random.default_rng(4)
        self.filters = rng.normal(size=(FIELD, WIDTHS[version])).astype(np.float32) / 2

    def __call__(self, audio: torch.Tensor, *, layer: int, project: bool) -> torch.Tensor:
        assert (layer, project) == ((9, True) if self.filters.shape[1] == WIDTHS["v1"] else (12, False))
        return torch.from_numpy(self.heard(audio.numpy()))

    def heard(self, audio: np.ndarray) -> np.ndarray:
        starts = HOP * np.arange(frame_count(len(audio)))[:, None]
        return np.tanh(audio[starts + np.arange(FIELD)] @ self.filters)


def buzz(seconds: float, loudness: float = 0.3) -> np.ndarray:
    """A voice-like sound with breaths between, never twice the same."""
    time = np.arange(int(seconds * 16000)) / 16000
    hz = 150 * 2 ** (0.6 * np.sin(2 * np.pi * 0.7 * time))
    phase = 2 * np.pi * np.cumsum(hz) / 16000
    tone = sum(np.sin(k * phase) / k for k in range(1, 8)) * (np.sin(2 * np.pi * 1.3 * time) > -0.5)
    noise = np.random.default_rng(2).normal(size=len(time)) * 0.05
    return (loudness * (tone + noise) * (0.6 + 0.4 * np.sin(2 * np.pi * 0.4 * time))).astype(np.float32)


@pytest.mark.parametrize(("version", "rate"), stand_ins.RATES)
@pytest.mark.parametrize("f0", [True, False])
def test_every_kind_of_voice_speaks_as_told_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, rate: str, *, f0: bool
) -> None:
    """Decoded in two windows, with noise and without."""
    monkeypatch.setattr("voice.nets.vocoder.WINDOW_FRAMES", 40)
    path, parts = saved(tmp_path, version, rate, f0=f0)
    frames, upp = 70, int(rate[:-1]) * 10
    content = stand_ins.content_of_stand_in("9", WIDTHS[version], frames)
    hz = stand_ins.pitch_of_stand_in("9", frames) if f0 else None
    bins = None if hz is None else plain_rvc._bins(hz.astype(np.float64))
    plain, given = plain_rvc.PlainVoice(parts), [None if one is None else one[None] for one in (content, bins, hz)]
    noise = stand_ins.noise("9", "z", (1, SMALL["width"], frames)), stand_ins.noise("9", "nsf", (frames * upp, 1))
    still = ours.synth(path, *given, SPEAKER)
    noisy = ours.synth(path, *given, SPEAKER, None, noise[0].numpy(), noise[1].numpy()[None] if f0 else None)
    assert snr_db(plain(content, bins, hz, SPEAKER, None), still) > 90
    assert snr_db(plain(content, bins, hz, SPEAKER, noise), noisy) > 90


@pytest.mark.parametrize(
    ("version", "rate", "f0", "seconds", "options"),
    [
        ("v2", "48k", True, 1.0, {"index_rate": 0.75, "protect": 0.33, "rms_mix_rate": 0.25}),
        ("v1", "32k", True, 0.7, {"index_rate": 1.0, "protect": 0.0, "rms_mix_rate": 0.0, "f0_up_key": -5}),
        ("v2", "40k", True, 1.0, {"index_rate": 0.3, "f0_up_key": 7, "filter_radius": 2, "rms_mix_rate": 0.8}),
        ("v1", "48k", False, 0.6, {"index_rate": 0.5, "protect": 0.1, "f0_method": "", "rms_mix_rate": 0.5}),
        ("v2", "32k", False, 0.6, {"resample_sr": 48000, "f0_method": ""}),
        ("v1", "48k", True, 0.6, {"resample_sr": 22050, "x_pad": 3}),
        ("v2", "32k", True, 0.05, {"protect": 0.2}),
        ("v2", "32k", True, 4.31, {"x_query": 1, "x_center": 2, "x_max": 3, "rms_mix_rate": 0.4}),
        ("v2", "32k", True, 3.13, {"x_query": 1, "x_center": 2, "x_max": 3, "filter_radius": 2, "mode": "2026"}),
    ],
)
def test_a_recording_goes_the_whole_way_as_told_plainly(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    rate: str,
    seconds: float,
    options: dict[str, Any],
    *,
    f0: bool,
) -> None:
    path, parts = saved(tmp_path, version, rate, f0=f0)
    ears, audio = Ears(version), buzz(seconds, loudness=0.6)
    monkeypatch.setattr(ours, "load_content_encoder", lambda _path, *, projected: ears)
    told, blend = PLAIN | options, None
    if told["index_rate"]:
        vectors = ears.heard(buzz(4.0))
        index = faiss.index_factory(vectors.shape[1], "IVF9,Flat")
        index.train(vectors)
        index.add(vectors)
        told["index_path"] = str(tmp_path / "voice.index")
        faiss.write_index(index, told["index_path"])

        def blend(plain: np.ndarray) -> np.ndarray:
            distances, numbers = index.search(plain, k=8)
            weights = np.square(1 / distances)
            near = index.reconstruct_n(0, index.ntotal)[numbers]
            mean = (near * (weights / weights.sum(axis=1, keepdims=True))[:, :, None]).sum(axis=1)
            return told["index_rate"] * mean + (1 - told["index_rate"]) * plain

    made = ours.pipeline(path, "", audio, **told)
    wanted = plain_rvc.pipeline(plain_rvc.PlainVoice(parts), ears.heard, blend, audio, **told)
    assert made.dtype == np.int16
    assert snr_db(wanted, made) > 60


def _folded(weight: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As after `remove_weight_norm`."""
    plain = {name: one for name, one in weight.items() if not name.endswith(("weight_g", "weight_v"))}
    for name in weight:
        if name.endswith("weight_v"):
            size, direction = weight[f"{name[:-1]}g"].float(), weight[name].float()
            plain[name[:-2]] = size * direction / direction.flatten(1).norm(dim=1).view(-1, 1, 1)
    return plain


FORMS: dict[str, Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]] = {
    "folded": _folded,
    "float32": lambda weight: {name: one.float() for name, one in weight.items()},
    "newer torch": lambda weight: {
        name.replace("weight_g", "parametrizations.weight.original0").replace(
            "weight_v", "parametrizations.weight.original1"
        ): one
        for name, one in weight.items()
    },
    "with what only training needs": lambda weight: {**weight, "enc_q.pre.weight": torch.ones(3, 3, 1)},
    "of several devices": lambda weight: {f"module.{name}": one for name, one in weight.items()},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_voice_is_the_same_in_every_form_of_its_file(tmp_path: Path, form: str) -> None:
    path, parts = saved(tmp_path, "v2", "32k", f0=True)
    hz = stand_ins.pitch_of_stand_in("9", 40)
    given = [stand_ins.content_of_stand_in("9", 768, 40)[None], plain_rvc._bins(hz)[None], hz[None], SPEAKER]
    before = ours.synth(path, *given)
    torch.save(parts | {"weight": FORMS[form](parts["weight"]), "sr": 32000, "info": None}, path)
    assert snr_db(before, ours.synth(path, *given)) > 90
