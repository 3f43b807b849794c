"""A disk that fills up under ffmpeg is told as such, whatever ffmpeg was doing, and nothing is left on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from media.audio import extract_audio, replace_audio
from media.errors import MediaDiskFullError
from media.ffmpeg import Ffmpeg
from media.sound_files import decode_sound, encode_sound
from tests.support.clips import spoken_clip
from tests.support.small_disk import small_disk

Deed = Callable[[Ffmpeg, Path, Path, Path], Awaitable[None]]
DEEDS: dict[str, Deed] = {
    "take the sound out": lambda ffmpeg, clip, wav, disk: extract_audio(ffmpeg, clip, disk / "out.wav"),
    "put it back": lambda ffmpeg, clip, wav, disk: replace_audio(ffmpeg, clip, wav, disk / "out.mp4"),
    "read a sound file": lambda ffmpeg, clip, wav, disk: decode_sound(ffmpeg, clip, disk / "out.wav"),
    "write FLAC": lambda ffmpeg, clip, wav, disk: encode_sound(ffmpeg, wav, disk / "out.flac"),
    "write MP3": lambda ffmpeg, clip, wav, disk: encode_sound(ffmpeg, wav, disk / "out.mp3"),
    "write M4A": lambda ffmpeg, clip, wav, disk: encode_sound(ffmpeg, wav, disk / "out.m4a"),
}


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_full_disk_is_told(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path, deed: str) -> None:
    clip, wav = spoken_clip(clips, 3), tmp_path / "sound.wav"
    await extract_audio(ffmpeg, clip, wav)
    with small_disk(tmp_path / "disk", 32 << 10) as disk:
        with pytest.raises(MediaDiskFullError):
            await DEEDS[deed](ffmpeg, clip, wav, disk)
        assert not list(disk.iterdir())
