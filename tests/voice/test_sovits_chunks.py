"""A long recording that a SO-VITS-SVC voice speaks in parts, and at once: the same but where the parts are joined."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.voice.sovits_files import save_voice
from voice.audio_files import create_wav
from voice.conversion import speak
from voice.job_context import JobContext
from voice.methods.sovits.plan import Part, heard_of, plan, seams, told
from voice.methods.sovits.settings import SovitsSettings
from voice.methods.sovits.slices import Piece
from voice.pipeline.joints import join
from voice.pipeline.steps import convert_chunk, fade_half
from voice.pipeline.steps import plan as plan_chunks
from voice.presets import Preset

RATE = 44_100


class _Encoder:
    """In the place of the encoder of speech: cheap, and each of its features depends on the whole piece."""

    matrix = torch.randn(320, 768, generator=torch.Generator().manual_seed(1))

    def __call__(self, audio: torch.Tensor, *, layer: int, project: bool) -> torch.Tensor:
        features = audio[: len(audio) // 320 * 320].reshape(-1, 320) @ self.matrix
        return features + 10 * features.abs().mean()

    def to(self, device: torch.device) -> _Encoder:
        return self


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sovits")
    (folder / "checkpoint_best_legacy_500.pt").write_bytes(b"")
    save_voice(folder)
    return folder


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice.methods.sovits.convert.load_content_encoder", lambda path, projected: _Encoder())


def preset(models: Path, **settings: Any) -> Preset:
    plain = {"model": "voice.pth", "config": "voice.json", "speaker": "boris", "f0_method": "dio", **settings}
    return Preset.from_json({"name": "mine", "method": "sovits", "settings": plain}).located(models)


def phrases(seconds: float, rate: int) -> np.ndarray:
    """A humming voice, quiet in its first part, with a pause of half a second about every six seconds."""
    time = np.arange(round(seconds * rate)) / rate
    hum = sum(np.sin(2 * np.pi * k * (140 * time + 8 * np.sin(time))) / k for k in range(1, 6)) * 0.1
    hum *= np.where(time < seconds / 2, 0.1, 1.0) * (0.8 + 0.2 * np.sin(3 * time))
    return np.asarray(hum * (np.abs((time % 6.1) - 5.8) > 0.25))


class _Ways:
    """`whole` and `chunked` conversions of one file, into folders of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._names = folder, iter(range(1000))

    def job(self) -> JobContext:
        scratch = self._folder / f"scratch-{next(self._names)}"
        scratch.mkdir()
        return JobContext(scratch, lambda fraction, step: None)

    def whole(self, source: Path, voice: Preset) -> np.ndarray:
        speak(source, self._folder / "whole.wav", voice, 7, self.job())
        return soundfile.read(self._folder / "whole.wav", always_2d=True)[0]

    def chunked(self, source: Path, voice: Preset, chunk_s: float) -> tuple[np.ndarray, list[int]]:
        """The samples, and where the chunks meet."""
        planned = json.loads(json.dumps(plan_chunks(source, voice, chunk_s, self.job())))  # as between processes
        parts = []
        for place, span in enumerate(itertools.pairwise(planned["cuts"])):
            parts.append(self._folder / f"part-{place}.wav")
            convert_chunk(source, parts[-1], voice, 7, span, replace(self.job(), whole=planned["whole"]))
        info = soundfile.info(source)
        with create_wav(self._folder / "chunked.wav", info.samplerate, info.channels, info.frames) as out:
            join(parts, fade_half(info.samplerate), out)
        return soundfile.read(self._folder / "chunked.wav", always_2d=True)[0], planned["cuts"][1:-1]


@pytest.fixture
def ways(tmp_path: Path) -> _Ways:
    return _Ways(tmp_path)


@pytest.mark.parametrize(
    ("rate", "settings", "near"),
    [(RATE, {"rms_mix_rate": 0.2, "pitch": 3}, 1e-6), (48_000, {}, 2e-3)],
)
def test_in_chunks_it_is_what_it_is_at_once(
    ways: _Ways, tmp_path: Path, models: Path, rate: int, settings: dict[str, Any], near: float
) -> None:
    """Quiet parts count as what they are in the whole, pieces have its borders and its noise, channels its levels."""
    mono = phrases(13, rate)
    balance = np.linspace(0.2, 1.0, len(mono))
    source, voice = tmp_path / "source.wav", preset(models, silence_db=-30, **settings)
    soundfile.write(source, np.stack([mono, -balance * mono], axis=1), rate, subtype="FLOAT")
    whole = ways.whole(source, voice)
    chunked, cuts = ways.chunked(source, voice, 7)
    assert whole.shape == chunked.shape == (len(mono), 2)
    assert len(cuts) == 1
    apart = np.abs(whole - chunked).max(axis=1)
    for cut in cuts:
        assert not mono[cut : cut + rate // 10].any()  # it was cut in a pause
        apart[cut - round(0.06 * rate) : cut + round(0.06 * rate)] = 0.0
    assert apart.max() < near * np.abs(whole).max()
    assert whole.std() > 0.01


def test_a_sound_without_pauses_is_cut_and_goes_on(ways: _Ways, tmp_path: Path, models: Path) -> None:
    time = np.arange(6 * RATE) / RATE
    source = tmp_path / "source.wav"
    soundfile.write(source, 0.3 * np.sign(np.sin(2 * np.pi * 150 * time)), RATE, subtype="FLOAT")
    whole = ways.whole(source, preset(models))
    chunked, cuts = ways.chunked(source, preset(models), 3)
    assert len(cuts) == 1
    levels = [np.sqrt((one[: 60 * 4410, 0].reshape(60, 4410) ** 2).mean(axis=1)) for one in (whole, chunked)]
    assert np.abs(20 * np.log10(levels[0] / levels[1])).max() < 3.0


# --- the plan --------------------------------------------------------------------------------------------------------


WHOLE = [
    Piece(0, 50_000, is_silent=False, precedes=True),
    Piece(50_000, 90_000, is_silent=False, follows=True),
    Piece(90_000, 140_000, is_silent=True),
    Piece(140_000, 190_000, is_silent=False),
    Piece(190_000, 240_000, is_silent=False),
]


def test_a_recording_is_best_parted_between_sounds_and_within_silences() -> None:
    assert seams(WHOLE) == [115_000, 140_000, 190_000]


def test_a_part_has_the_pieces_of_the_whole_under_their_numbers() -> None:
    listed = told(WHOLE)
    assert heard_of(listed, Part(0, 240_000), 8000) == list(enumerate(WHOLE))
    found = heard_of(listed, Part(130_000, 70_001), 8000)
    assert found == [
        (2, Piece(0, 10_000, is_silent=True)),
        (3, Piece(10_000, 60_000, is_silent=False)),
        (4, Piece(60_000, 70_001, is_silent=False)),
    ]


def test_a_rest_too_short_to_be_heard_is_silent_and_nothing_waits_for_it() -> None:
    first, second = heard_of(told(WHOLE), Part(45_000, 40_000), 8000)
    assert first == (0, Piece(0, 5000, is_silent=True))
    assert second == (1, Piece(5000, 40_000, is_silent=False))
    *_, last = heard_of(told(WHOLE), Part(150_000, 47_000), 8000)
    assert last == (4, Piece(40_000, 47_000, is_silent=True))


def test_a_sample_lost_by_rounding_makes_no_rest_of_a_piece() -> None:
    brief = [Piece(0, 1000, is_silent=False), Piece(1000, 3000, is_silent=False)]
    assert heard_of(told(brief), Part(1000, 1999), 8000) == [(1, Piece(0, 1999, is_silent=False))]


def test_what_is_silent_depends_on_the_peak_of_the_whole() -> None:
    signal = np.random.default_rng(1).normal(size=30 * 8000) * 0.003
    settings = SovitsSettings("voice.pth")
    assert all(piece.is_silent for piece in plan(signal, 1.0, settings, 8000))
    assert not any(piece.is_silent for piece in plan(signal, 0.01, settings, 8000))
