"""A whole clip: sound out, another voice in a child, sound back in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.audio import extract_audio, replace_audio
from media.ffmpeg import Ffmpeg
from media.probe import probe
from tests.support.clips import MUSIC, MUSIC_DB, spoken_clip, video_packets
from tests.voice.measures import f0_ratio
from voice.loudness import loudness_of
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, PresetCatalogue

PRIMING = 1024
"""The clip has no edit list, so what the encoder put before the first sample is played."""


@pytest.mark.parametrize("music", [False, True])
async def test_a_clip_gets_a_deeper_voice_and_nothing_else_changes(tmp_path: Path, music: bool) -> None:
    ffmpeg, pool = Ffmpeg.locate(), ProcessPool(scratch_folder=tmp_path)
    source, out = spoken_clip(tmp_path, 3, music=music), tmp_path / "out.mp4"
    before, voice, after = tmp_path / "before.wav", tmp_path / "voice.wav", tmp_path / "after.wav"
    heard: list[float] = []
    try:
        await extract_audio(ffmpeg, source, before)
        preset = PresetCatalogue([BUILT_IN]).get("deeper").to_json()
        arguments = {"source": str(before), "target": str(voice), "preset": preset, "seed": 1}
        job = pool.submit("voice.jobs:convert_file", arguments, on_progress=lambda share, _: heard.append(share))
        result = await asyncio.wrap_future(job)
        await replace_audio(ffmpeg, source, voice, out)
    finally:
        pool.close()
    await extract_audio(ffmpeg, out, after)

    assert video_packets(out) == video_packets(source)
    assert result["frames"] == soundfile.info(before).frames == soundfile.info(voice).frames
    then, now = (await probe(source)).require_audio(), (await probe(out)).require_audio()
    assert abs(now.duration_s - then.duration_s) <= 1024 / 44100
    assert loudness_of(after) == pytest.approx(loudness_of(before), abs=0.5)
    if music:
        for path in (before, after):
            _take_out_music(path)
    assert f0_ratio(before, after) == pytest.approx(0.75, rel=0.06 if music else 0.03)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def _take_out_music(path: Path) -> None:
    """What `spoken_clip` put under the voice is known, and it must still be there."""
    mix, rate = soundfile.read(path)
    music = np.zeros_like(mix)
    known = soundfile.read(MUSIC)[0][: len(mix) - PRIMING] * 10 ** (MUSIC_DB / 20)
    music[PRIMING : PRIMING + len(known)] = known
    assert 20 * np.log10((mix * music).sum() / (music**2).sum()) == pytest.approx(0.0, abs=1.5)
    soundfile.write(path, mix - music, rate)
