"""A sound goes out as long and as loud as it came in, whatever the file is, and back into its video."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.audio import extract_audio, replace_audio
from media.ffmpeg import Ffmpeg
from media.sound_files import SOUND_SUFFIXES, decode_sound, encode_sound
from tests.support.clips import SMALL, SPEECH_RU, picture, run_ffmpeg
from tests.voice.conftest import Convert

SECONDS = 1.7
NEAR_LU = 0.5
MP3_HIGHEST_HZ = 48_000


@pytest.fixture(scope="module")
def ffmpeg() -> Ffmpeg:
    return Ffmpeg.locate()


def speech(path: Path, rate: int, channels: int, *, subtype: str = "PCM_24") -> Path:
    """Speech, louder in one channel than in the next, with an odd number of samples."""
    run_ffmpeg("-i", SPEECH_RU, "-ss", "1", "-t", str(SECONDS), "-ar", str(rate), path.with_suffix(".one.wav"))
    mono = soundfile.read(path.with_suffix(".one.wav"))[0][: round(SECONDS * rate) // 2 * 2 - 7]
    balance = np.linspace(1.0, 0.5, channels) / np.sqrt(channels)
    sides = mono[:, None] * balance
    if channels == 6:  # L R C LFE Ls Rs: as films have it, somebody in the middle and other things around
        around = [np.roll(mono, round(later_s * rate)) for later_s in (0.4, 0.8, 0.0, 0.0, 0.3, 0.6)]
        sides = np.stack(around, axis=1) * (0.4, 0.3, 1.0, 0.0, 0.1, 0.1)
    kind = "WAVEX" if path.suffix == ".wav" else None
    soundfile.write(path, sides, rate, subtype=subtype, format=kind)
    return path


def loudness(path: Path) -> float:
    """Integrated loudness by ffmpeg's meter, in LUFS."""
    said = run_ffmpeg(
        "-i", path, "-map", "0:a:0", "-af", "ebur128=metadata=1,ametadata=print:file=-", "-f", "null", "-"
    )
    return float(re.findall(r"lavfi\.r128\.I=(-?[\d.]+)", said.decode())[-1])


async def frames_of(ffmpeg: Ffmpeg, path: Path) -> int:
    """As libsndfile counts them, where it knows the format; elsewhere as ffmpeg plays them."""
    if path.suffix not in (".m4a", ".mp4"):
        return int(soundfile.info(path).frames)
    await decode_sound(ffmpeg, path, path.with_suffix(".played.wav"))
    return int(soundfile.info(path.with_suffix(".played.wav")).frames)


def sources(folder: Path) -> Iterator[Path]:
    """One of each kind, made when it is asked for."""
    yield speech(folder / "phone.wav", 8_000, 1, subtype="PCM_16")
    yield speech(folder / "studio.wav", 96_000, 2)
    yield speech(folder / "film.wav", 48_000, 6)
    yield speech(folder / "record.flac", 44_100, 2)
    for name, codec in (("song.mp3", "libmp3lame"), ("memo.m4a", "aac")):
        run_ffmpeg("-i", speech(folder / f"{name}.wav", 44_100, 1), "-c:a", codec, "-b:a", "128k", folder / name)
        yield folder / name


@pytest.mark.parametrize("place", range(6), ids=["phone", "studio", "film", "record", "mp3", "m4a"])
async def test_a_sound_keeps_its_length_and_its_loudness(
    ffmpeg: Ffmpeg, converted: Convert, tmp_path: Path, place: int
) -> None:
    *_, source = (one for one, _ in zip(sources(tmp_path), range(place + 1), strict=False))
    await decode_sound(ffmpeg, source, tmp_path / "heard.wav")
    made, _ = converted(tmp_path / "heard.wav")
    frames, rate = await frames_of(ffmpeg, source), soundfile.info(tmp_path / "heard.wav").samplerate
    assert soundfile.info(made).frames == frames
    for suffix in SOUND_SUFFIXES:
        out = tmp_path / f"out{suffix}"
        await encode_sound(ffmpeg, made, out)
        is_slower = suffix == ".mp3" and rate > MP3_HIGHEST_HZ
        assert await frames_of(ffmpeg, out) == (-(-frames * MP3_HIGHEST_HZ // rate) if is_slower else frames)
        assert loudness(out) == pytest.approx(loudness(source), abs=NEAR_LU)


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (8_000, 1), (48_000, 6)])
async def test_a_video_keeps_them_too(
    ffmpeg: Ffmpeg, converted: Convert, tmp_path: Path, rate: int, channels: int
) -> None:
    source, out = tmp_path / "source.mp4", tmp_path / "out.mp4"
    sound = speech(tmp_path / "sound.wav", rate, channels)
    run_ffmpeg(*picture(SMALL, SECONDS), "-i", sound, "-preset", "ultrafast", "-c:a", "aac", "-b:a", "192k", source)
    await extract_audio(ffmpeg, source, tmp_path / "heard.wav")
    made, _ = converted(tmp_path / "heard.wav")
    await replace_audio(ffmpeg, source, made, out)
    assert soundfile.info(made).frames == pytest.approx(await frames_of(ffmpeg, source) * 44_100 / rate, abs=1)
    assert await frames_of(ffmpeg, out) == soundfile.info(made).frames
    assert loudness(out) == pytest.approx(loudness(source), abs=NEAR_LU)
