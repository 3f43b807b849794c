"""A converted file has the source's length and loudness, whatever the source is like."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.clips import SPEECH_EN
from tests.voice.conftest import Convert
from voice.errors import BadAudioError
from voice.level import CEILING, level_to, true_peaks
from voice.loudness import LoudnessMeter, loudness_of

Write = Callable[..., Path]


def test_length_rate_and_loudness_are_the_sources(converted: Convert, speech: Path) -> None:
    out, info = converted(speech)
    before, after = soundfile.info(speech), soundfile.info(out)
    assert (after.frames, after.samplerate, after.channels) == (before.frames, before.samplerate, before.channels)
    assert (info.frames, info.sample_rate) == (before.frames, before.samplerate)
    assert info.lufs == pytest.approx(info.source_lufs, abs=0.2)
    assert loudness_of(out) == pytest.approx(loudness_of(speech), abs=0.2)


def test_silence_stays_silence(converted: Convert, write: Write) -> None:
    out, info = converted(write(np.zeros(44100)))
    assert (info.frames, info.lufs, info.source_lufs) == (44100, None, None)
    assert not soundfile.read(out)[0].any()


@pytest.mark.parametrize("samples", [1, 40, 2205])
def test_fifty_milliseconds_and_less_come_out_as_long(
    converted: Convert, speech: Path, write: Write, samples: int
) -> None:
    voice, _ = soundfile.read(speech)
    out, info = converted(write(voice[44100 : 44100 + samples]))
    assert info.frames == soundfile.info(out).frames == samples


@pytest.mark.parametrize("rate", [8000, 48000])
def test_other_rates_keep_their_rate(converted: Convert, speech: Path, write: Write, rate: int) -> None:
    voice, _ = soundfile.read(speech)
    places = np.arange(int(1.5 * rate)) * 44100 / rate
    out, info = converted(write(np.interp(places, np.arange(len(voice)), voice), rate))
    assert soundfile.info(out).samplerate == info.sample_rate == rate
    assert info.lufs == pytest.approx(info.source_lufs, abs=0.3)


def test_six_channels_stay_six(converted: Convert, speech: Path, write: Write) -> None:
    voice = soundfile.read(speech)[0][:44100]
    surround = np.zeros((44100, 6))
    surround[:, 2] = voice
    out, _ = converted(write(surround))
    loud = np.abs(soundfile.read(out)[0]).max(axis=0)
    assert loud.shape == (6,)
    assert loud[2] > 10 * np.delete(loud, 2).max()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(
    converted: Convert, write: Write, tmp_path: Path, value: float
) -> None:
    samples = np.zeros(44100)
    samples[500] = value
    with pytest.raises(BadAudioError) as caught:
        converted(write(samples))
    assert caught.value.params["reason"] == "not_finite"
    assert not list(tmp_path.glob("source-deeper*"))


def test_a_file_without_samples_is_refused(converted: Convert, write: Write) -> None:
    with pytest.raises(BadAudioError) as caught:
        converted(write(np.zeros(0)))
    assert caught.value.params["reason"] == "no_samples"


def test_a_file_that_is_no_audio_is_refused(converted: Convert, tmp_path: Path) -> None:
    (tmp_path / "letter.wav").write_text("Dear all")
    with pytest.raises(BadAudioError) as caught:
        converted(tmp_path / "letter.wav")
    assert caught.value.params["reason"] == "unreadable"


# --- loudness and peaks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "channels", "expected"), [(48000, 1, -23.0), (44100, 1, -23.0), (48000, 2, -19.99)])
def test_the_meter_reads_the_standards_tone(rate: int, channels: int, expected: float) -> None:
    """EBU Tech 3341, case 1, for one channel and two: 997 Hz at -20 dBFS peak reads -23 LUFS in one channel."""
    meter = LoudnessMeter(rate, channels)
    tone = 10 ** (-20 / 20) * np.sin(2 * np.pi * 997 * np.arange(rate * 5) / rate)
    meter.add(np.tile(tone, (channels, 1)))
    assert meter.integrated() == pytest.approx(expected, abs=0.05)


def test_the_meter_leaves_pauses_out() -> None:
    meter = LoudnessMeter(48000, 1)
    tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(48000 * 4) / 48000)[None, :]
    meter.add(tone)
    meter.add(np.zeros((1, 48000 * 8)))
    assert meter.integrated() == pytest.approx(-23.0, abs=0.2)


def test_pieces_of_any_size_read_the_same() -> None:
    samples, rate = soundfile.read(SPEECH_EN, frames=200_000)
    whole, pieces = LoudnessMeter(rate, 1), LoudnessMeter(rate, 1)
    whole.add(samples[None, :])
    for piece in np.split(samples[None, :], [7, 5000, 5001, 120_000], axis=1):
        pieces.add(piece)
    assert pieces.integrated() == pytest.approx(whole.integrated(), abs=1e-9)


def test_silence_has_no_loudness() -> None:
    meter = LoudnessMeter(44100, 1)
    meter.add(np.zeros((1, 44100)))
    assert meter.integrated() == -math.inf


def test_the_meter_agrees_with_ffmpeg() -> None:
    """`ffmpeg -i speech_en.flac -af ebur128` says -21.1 LUFS."""
    assert loudness_of(SPEECH_EN) == pytest.approx(-21.1, abs=0.06)


@pytest.mark.parametrize("lufs", [-30.0, -16.0, -12.0])
def test_a_level_is_reached_without_clipping(speech: Path, tmp_path: Path, lufs: float) -> None:
    out = tmp_path / "out.wav"
    assert level_to(speech, out, lufs) == pytest.approx(lufs, abs=0.3)
    samples, _ = soundfile.read(out, always_2d=True)
    assert true_peaks(samples.T).max() <= CEILING * 1.01
    assert len(samples) == soundfile.info(speech).frames


def test_limiting_in_blocks_equals_limiting_at_once(
    speech: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level_to(speech, tmp_path / "whole.wav", -14.0)
    monkeypatch.setattr("voice.level.BLOCK_S", 1)
    level_to(speech, tmp_path / "blocks.wav", -14.0)
    whole, blocks = (soundfile.read(tmp_path / name)[0] for name in ("whole.wav", "blocks.wav"))
    assert np.abs(whole - blocks).max() < 1e-4
