"""A long recording that an RVC voice speaks in parts, and at once: the same but where the parts are joined."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.voice.rvc_files import save_content_encoder, save_voice
from voice.audio_files import create_wav
from voice.conversion import speak
from voice.job_context import JobContext
from voice.methods.rvc.pipeline import Known, Splitting, plan_chunks
from voice.pipeline.joints import join
from voice.pipeline.steps import convert_chunk, fade_half
from voice.pipeline.steps import plan as plan_parts
from voice.presets import Preset

RATE = 44_100


def test_a_part_has_the_chunks_of_the_whole() -> None:
    splitting = Splitting(pad_s=1, search_s=1, chunk_s=4, longest_s=5)
    rng = np.random.default_rng(1)
    whole = plan_chunks(np.pad(rng.normal(size=23 * 16_000 + 77), splitting.pad, mode="reflect"), splitting)
    cuts, begins = [chunk.begin for chunk in whole][1:], whole[2].begin - 32_000
    part = plan_chunks(np.zeros(9 * 16_000 + 2 * splitting.pad), splitting, Known(cuts, begins))
    assert part[0].number == 1, "what comes before the second cut"
    assert [chunk.begin + begins for chunk in part[1:]] == cuts[1 : len(part)]
    assert [chunk.number for chunk in part] == [1, 2, 3, 4][: len(part)]
    assert part[1].frames == whole[2].frames
    assert part[1].end + begins == whole[2].end


def test_parts_sound_as_the_whole(
    tmp_path: Path, context: JobContext, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A voice without pitch, for a finder of pitch hears other windows in a part; noise and cuts are the whole's."""
    monkeypatch.setattr("voice.methods.rvc.convert.Splitting", lambda: Splitting(1, 1, 3, 4))
    monkeypatch.setattr("voice.pipeline.cuts.SEARCH_S", 3.0)
    save_content_encoder(tmp_path / "hubert_base.pt")
    save_voice(tmp_path / "voice.pth", f0=False)
    preset = Preset.from_json(
        {
            "name": "mine",
            "method": "rvc",
            "settings": {"model": "voice.pth", "f0_method": "harvest", "rms_mix_rate": 1.0},
        }
    ).located(tmp_path)
    spoken = soundfile.read(speech, always_2d=True)[0][:, :1]
    spoken *= 1.0 / np.abs(spoken).max()
    spoken[:, 0] += np.sin(2 * np.pi * 15_000 * np.arange(len(spoken)) / RATE)  # too high for the networks to hear
    source, whole, joined = (tmp_path / name for name in ("source.wav", "whole.wav", "joined.wav"))
    soundfile.write(source, np.resize(spoken, (17 * RATE + 13, 1)), RATE, subtype="FLOAT")
    speak(source, whole, preset, 3, context)
    planned = plan_parts(source, preset, 6.0, context)
    parts = []
    for number, span in enumerate(itertools.pairwise(planned["cuts"])):
        parts.append(tmp_path / f"part-{number}.wav")
        convert_chunk(source, parts[-1], preset, 3, span, replace(context, whole=planned["whole"]))
    with create_wav(joined, RATE, 1, 17 * RATE + 13) as out:
        join(parts, fade_half(RATE), out)
    at_once, in_parts = soundfile.read(whole)[0], soundfile.read(joined)[0]
    assert len(parts) == 3
    assert len(at_once) == len(in_parts)
    elsewhere = np.ones(len(at_once), dtype=bool)
    for cut in planned["cuts"][1:-1]:
        assert cut in planned["whole"].get("seams", [cut])
        elsewhere[cut - RATE // 10 : cut + RATE // 10] = False
    error = np.abs(at_once - in_parts)[elsewhere].max()
    assert error < 2e-3 * np.abs(at_once).max()
