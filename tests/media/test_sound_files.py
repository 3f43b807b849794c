"""Sound of every kind comes in, and goes out as people listen to it, as long as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.errors import FfmpegFailedError, NoAudioTrackError
from media.ffmpeg import Ffmpeg
from media.sound_files import SOUND_SUFFIXES, decode_sound, encode_sound
from tests.support.clips import mute_clip

FRAMES = 48_000 + 7


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    time = np.arange(FRAMES) / 48_000
    samples = 0.4 * np.stack([np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 660 * time)], axis=1)
    soundfile.write(tmp_path / "tone.wav", samples, 48_000, subtype="FLOAT")
    return tmp_path / "tone.wav"


@pytest.mark.parametrize("suffix", SOUND_SUFFIXES)
async def test_a_sound_goes_out_and_comes_back_the_same(
    ffmpeg: Ffmpeg, tone: Path, tmp_path: Path, suffix: str
) -> None:
    await encode_sound(ffmpeg, tone, tmp_path / f"out{suffix}")
    await decode_sound(ffmpeg, tmp_path / f"out{suffix}", tmp_path / "back.wav")
    before, rate = soundfile.read(tone)
    after, rate_after = soundfile.read(tmp_path / "back.wav")
    assert (rate_after, after.shape[1]) == (rate, 2)
    lossy = suffix in (".mp3", ".m4a")
    assert abs(len(after) - FRAMES) <= (1024 if lossy else 0)
    middle = slice(10_000, 30_000)
    assert np.abs(before[middle] - after[middle]).max() < (0.08 if lossy else 1e-6)


async def test_a_part_is_taken_out_of_its_middle(ffmpeg: Ffmpeg, tone: Path, tmp_path: Path) -> None:
    await decode_sound(ffmpeg, tone, tmp_path / "part.wav", begin_s=0.25, length_s=0.5)
    assert soundfile.info(tmp_path / "part.wav").frames == 24_000


async def test_what_has_no_sound_is_told_and_leaves_nothing(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    with pytest.raises(NoAudioTrackError):
        await decode_sound(ffmpeg, mute_clip(clips, 1), tmp_path / "x.wav")
    (tmp_path / "text.mp3").write_text("no sound at all")
    with pytest.raises(FfmpegFailedError):
        await decode_sound(ffmpeg, tmp_path / "text.mp3", tmp_path / "x.wav")
    assert [one.name for one in tmp_path.iterdir()] == ["text.mp3"]


async def test_a_playlist_opens_no_other_file(ffmpeg: Ffmpeg, tone: Path, tmp_path: Path) -> None:
    (tmp_path / "list.m4a").write_text(f"ffconcat version 1.0\nfile '{tone}'\n")
    with pytest.raises(FfmpegFailedError):
        await decode_sound(ffmpeg, tmp_path / "list.m4a", tmp_path / "x.wav")


async def test_an_unknown_ending_is_refused(ffmpeg: Ffmpeg, tone: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"out\.doc"):
        await encode_sound(ffmpeg, tone, tmp_path / "out.doc")
