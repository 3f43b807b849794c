"""The `silero` method over whole files, with a humming stand-in for its packages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.support.silero_package import save_package
from voice.conversion import convert
from voice.errors import (
    BadPresetError,
    ConversionFailedError,
    DamagedModelError,
    MissingModelError,
    NoTranscriptError,
    UnknownModelError,
    UntrustedModelError,
)
from voice.job_context import JobContext
from voice.models.register import Entry, record
from voice.presets import Preset

RATE = 44_100
SRT = "1\n00:00:00,500 --> 00:00:01,500\nДоброе утро\n\n2\n00:00:03,000 --> 00:00:04,000\nУ нас 2 новости\n"


def trust(file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    record(file.parent, file.name, Entry("silero", file.stat().st_size, digest, digest, is_trusted=True))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    trust(save_package(folder / "hum.pt", tmp_path / "it-ran"))
    (folder / "clip.srt").write_text(SRT, encoding="utf-8")
    return folder


def preset(models: Path, **settings: Any) -> Preset:
    plain = {"model": "hum.pt", "sample_rate": 24_000, "transcript": "clip.srt", **settings}
    given = {name: value for name, value in plain.items() if value is not None}
    return Preset.from_json({"name": "hum", "method": "silero", "settings": given}).located(models)


@pytest.fixture
def recording(write: Callable[..., Path]) -> Path:
    noise = np.random.default_rng(1).normal(0, 0.05, (6 * RATE + 7, 2))
    return write(noise)


def level(samples: np.ndarray, begin_s: float, end_s: float) -> float:
    return float(np.abs(samples[int(begin_s * RATE) : int(end_s * RATE)]).max())


def test_every_phrase_is_said_in_its_place_and_the_length_stays(
    models: Path, recording: Path, tmp_path: Path, context: JobContext
) -> None:
    convert(recording, tmp_path / "out.wav", preset(models), 1, context)
    samples, rate = soundfile.read(tmp_path / "out.wav")
    assert (len(samples), rate, samples.shape[1]) == (6 * RATE + 7, RATE, 2)
    assert level(samples, 0, 0.48) == 0.0
    assert level(samples, 0.5, 1.5) > 0.05
    assert level(samples, 2.1, 2.99) == 0.0
    assert level(samples, 3.0, 4.0) > 0.05
    assert level(samples, 5.0, 6.0) == 0.0
    assert context.notes == []


def test_the_same_seed_gives_the_same_samples(
    models: Path, recording: Path, tmp_path: Path, context: JobContext
) -> None:
    for name in ("a.wav", "b.wav"):
        convert(recording, tmp_path / name, preset(models), 3, context)
    first, second = (soundfile.read(tmp_path / name)[0] for name in ("a.wav", "b.wav"))
    assert np.array_equal(first, second)


def test_a_phrase_too_long_for_its_place_is_told(
    models: Path, recording: Path, tmp_path: Path, context: JobContext
) -> None:
    long = SRT.replace(
        "Доброе утро", "Доброе утро дорогие мои друзья и подруги, начинаем нашу передачу сегодня вечером"
    )
    (models / "clip.srt").write_text(long, encoding="utf-8")
    convert(recording, tmp_path / "out.wav", preset(models), 1, context)
    (note,) = [each for each in context.notes if each["at_s"] == 0.5]
    assert note["overflow_ms"] > 300
    assert soundfile.info(tmp_path / "out.wav").frames == 6 * RATE + 7


def test_silence_asks_for_no_words(
    models: Path, write: Callable[..., Path], tmp_path: Path, context: JobContext
) -> None:
    convert(write(np.zeros(RATE)), tmp_path / "out.wav", preset(models, transcript=None), 1, context)
    assert not soundfile.read(tmp_path / "out.wav")[0].any()


def test_nobody_who_says_what_is_said(models: Path, recording: Path, tmp_path: Path, context: JobContext) -> None:
    with pytest.raises(NoTranscriptError, match=r"\.srt"):
        convert(recording, tmp_path / "out.wav", preset(models, transcript=None), 1, context)


def test_a_package_that_nobody_imported_is_not_run(
    models: Path, recording: Path, tmp_path: Path, context: JobContext
) -> None:
    save_package(models / "stranger.pt", tmp_path / "it-ran")
    with pytest.raises(UntrustedModelError, match="models import --trust"):
        convert(recording, tmp_path / "out.wav", preset(models, model="stranger.pt"), 1, context)
    assert not (tmp_path / "it-ran").exists()


def test_a_package_taken_in_as_mere_data_is_not_run(
    models: Path, recording: Path, tmp_path: Path, context: JobContext
) -> None:
    digest = hashlib.sha256((models / "hum.pt").read_bytes()).hexdigest()
    record(models, "hum.pt", Entry("weights", 1, digest, digest))
    with pytest.raises(UntrustedModelError):
        convert(recording, tmp_path / "out.wav", preset(models), 1, context)
    assert not (tmp_path / "it-ran").exists()


def test_a_phrase_after_the_end_is_left_out(models: Path, recording: Path, tmp_path: Path, context: JobContext) -> None:
    (models / "clip.srt").write_text(SRT.replace("00:00:03", "00:00:13").replace("04,", "14,"), encoding="utf-8")
    convert(recording, tmp_path / "out.wav", preset(models), 1, context)
    samples, _ = soundfile.read(tmp_path / "out.wav")
    assert level(samples, 0.5, 1.5) > 0.05
    assert level(samples, 2.5, 6.0) == 0.0


def test_a_package_that_changed_after_its_import_is_not_run(
    models: Path, recording: Path, tmp_path: Path, context: JobContext
) -> None:
    with (models / "hum.pt").open("ab") as file:
        file.write(b"one byte more")
    with pytest.raises(UntrustedModelError, match="changed"):
        convert(recording, tmp_path / "out.wav", preset(models), 1, context)
    assert not (tmp_path / "it-ran").exists()
    assert not (tmp_path / "out.wav").exists()


def test_a_package_that_is_none_is_told(models: Path, recording: Path, tmp_path: Path, context: JobContext) -> None:
    (models / "hum.pt").write_bytes(b"nothing of that kind")
    trust(models / "hum.pt")
    with pytest.raises(DamagedModelError, match=r"hum\.pt"):
        convert(recording, tmp_path / "out.wav", preset(models), 1, context)


def test_a_speaker_that_is_not_there_is_told_with_those_that_are(
    models: Path, recording: Path, tmp_path: Path, context: JobContext
) -> None:
    with pytest.raises(UnknownModelError, match="aidar, baya, xenia"):
        convert(recording, tmp_path / "out.wav", preset(models, speaker="nobody"), 1, context)


def test_what_the_voice_cannot_say_is_told(
    models: Path, recording: Path, tmp_path: Path, context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice.methods.silero.convert.spoken_text", lambda _: "latin letters")
    with pytest.raises(ConversionFailedError, match="latin letters"):
        convert(recording, tmp_path / "out.wav", preset(models), 1, context)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"sample_rate": 44_100}, "sample_rate"),
        ({"transcript": "words.doc"}, "transcript"),
        ({"stress": "yes"}, "stress"),
        ({"pitch": 3}, "pitch"),
        ({"speaker": ""}, "speaker"),
    ],
)
def test_settings_that_make_no_sense_are_refused(models: Path, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(BadPresetError, match=why):
        preset(models, **settings)


def test_a_model_that_is_not_there_is_named(models: Path) -> None:
    with pytest.raises(MissingModelError, match=r"v9_ru\.pt"):
        preset(models, model="v9_ru.pt")
