"""Loudness on request: near the wanted figure, under the ceiling, as long as before, and silence left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from media.ffmpeg import Ffmpeg
from media.fit import EVERYWHERE, FitChoices, fit, plan_fit
from media.fit.loudness import find_gain, measure
from media.on_time import ON_TIME
from media.probe import probe
from tests.support.clips import run_ffmpeg, spoken_clip, video_packets
from tests.support.odd_clips import X264, clicks, flashing

LOUD = FitChoices(loudness_lufs=-14.0)


async def test_speech_comes_to_the_wanted_loudness_below_the_ceiling_beside_the_same_picture(
    ffmpeg: Ffmpeg, clips: Path, tmp_path: Path
) -> None:
    source, out = spoken_clip(clips, 3, music=False), tmp_path / "out.mp4"
    before = await measure(ffmpeg, source, ON_TIME, time_limit_s=60)
    assert abs(before.lufs - -14) > 2
    info = await probe(source)
    await fit(ffmpeg, source, out, plan_fit(info, EVERYWHERE, LOUD))
    after = await measure(ffmpeg, out, ON_TIME, time_limit_s=60)
    assert after.lufs == pytest.approx(-14.0, abs=1.0)
    assert after.peak_dbtp <= -1.0
    assert [one[-1] for one in video_packets(out)] == [one[-1] for one in video_packets(source)]
    made = (await probe(out)).require_audio()
    assert made.sample_rate == 48_000
    assert made.duration_s == pytest.approx(info.require_audio().duration_s, abs=0.05)


async def test_the_limiter_does_not_delay_the_sound(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source, out = flashing(clips / "edits.mp4", *X264, "-movflags", "+faststart"), tmp_path / "out.mp4"
    assert "alimiter" in (await find_gain(ffmpeg, source, -20.0, time_limit_s=60) or "")
    await fit(ffmpeg, source, out, plan_fit(await probe(source), EVERYWHERE, FitChoices(loudness_lufs=-20.0)))
    assert clicks(out)[0] == pytest.approx(0.5, abs=0.001)


async def test_a_plain_gain_is_enough_where_the_peaks_fit(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    tone = tmp_path / "tone.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "sine=f=1000:d=2,volume=6dB", "-c:a", "aac", tone)
    chain = await find_gain(ffmpeg, tone, -23.0, time_limit_s=60)
    assert chain is not None
    assert "alimiter" not in chain
    assert (await measure(ffmpeg, tone, f"{ON_TIME},{chain}", time_limit_s=60)).lufs == pytest.approx(-23, abs=0.2)


async def test_silence_is_left_alone(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    silence = tmp_path / "silence.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "2", "-c:a", "aac", silence)
    assert await find_gain(ffmpeg, silence, -14.0, time_limit_s=60) is None
