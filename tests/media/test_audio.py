"""Sound out, sound in: the picture is not touched and nothing moves in time."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.audio import extract_audio, render_suffix, replace_audio
from media.digest import sha256_of
from media.errors import NoAudioTrackError
from media.ffmpeg import Ffmpeg
from media.probe import probe
from tests.support.clips import SMALL, mute_clip, picture, rotated, run_ffmpeg, spoken_clip, video_packets

AAC_FRAME_S = 1024 / 44100


def clicks(path: Path, times: tuple[float, ...], seconds: float) -> Path:
    """A mono WAV with one click at each time."""
    samples = np.zeros(round(seconds * 44100), dtype=np.float32)
    for time in times:
        samples[round(time * 44100) : round(time * 44100) + 40] = 0.9
    soundfile.write(path, samples, 44100)
    return path


def click_times(path: Path) -> list[float]:
    samples, rate = soundfile.read(path, always_2d=True)
    loud = np.flatnonzero(np.abs(samples[:, 0]) > 0.4) / rate
    return [float(loud[0]), *(float(now) for before, now in pairwise(loud) if now - before > 0.1)]


async def test_the_picture_is_bit_for_bit_the_same(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source = spoken_clip(clips, 3)
    await extract_audio(ffmpeg, source, tmp_path / "x.wav")
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", tmp_path / "out.mp4")
    assert video_packets(tmp_path / "out.mp4") == video_packets(source)


async def test_the_sound_keeps_its_length_to_an_aac_frame(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source = spoken_clip(clips, 3)
    await extract_audio(ffmpeg, source, tmp_path / "x.wav")
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", tmp_path / "out.mp4")
    before, after = (await probe(source)).require_audio(), (await probe(tmp_path / "out.mp4")).require_audio()
    assert abs(after.duration_s - before.duration_s) <= AAC_FRAME_S
    assert (after.codec, after.channels) == ("aac", before.channels)


@pytest.mark.parametrize("offset_s", [0.0, 0.48])
async def test_clicks_come_back_at_their_times(ffmpeg: Ffmpeg, tmp_path: Path, offset_s: float) -> None:
    sound = clicks(tmp_path / "c.wav", (0.5, 1.5, 2.5), 3.0)
    source = tmp_path / "source.mp4"
    late = ("-itsoffset", str(offset_s), "-i", sound)
    run_ffmpeg(*picture(SMALL, 4), *late, "-map", "0:v", "-map", "1:a", "-c:a", "aac", "-preset", "ultrafast", source)
    await extract_audio(ffmpeg, source, tmp_path / "x.wav")
    assert click_times(tmp_path / "x.wav") == pytest.approx([t + offset_s for t in (0.5, 1.5, 2.5)], abs=0.002)
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", tmp_path / "out.mp4")
    await extract_audio(ffmpeg, tmp_path / "out.mp4", tmp_path / "again.wav")
    assert click_times(tmp_path / "again.wav") == pytest.approx(click_times(tmp_path / "x.wav"), abs=0.001)


async def test_the_index_comes_first(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source = spoken_clip(clips, 3)
    await extract_audio(ffmpeg, source, tmp_path / "x.wav")
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


async def test_rotation_and_metadata_are_kept(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source = tmp_path / "titled.mp4"
    run_ffmpeg("-i", rotated(spoken_clip(clips, 3), 270), "-c", "copy", "-metadata", "title=Замок", source)
    await extract_audio(ffmpeg, source, tmp_path / "x.wav")
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", tmp_path / "out.mp4")
    assert (await probe(tmp_path / "out.mp4")).require_video().rotation == 270
    assert "title=Замок" in run_ffmpeg("-i", tmp_path / "out.mp4", "-f", "ffmetadata", "-").decode()


@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".mov"])
async def test_other_containers_stay_what_they_are(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"source{suffix}"
    codecs = ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus") if suffix == ".webm" else ("-c", "copy")
    run_ffmpeg("-i", spoken_clip(clips, 3), "-t", "1", *codecs, source)
    info = await probe(source)
    assert render_suffix(info) == suffix
    out = tmp_path / f"out{suffix}"
    await extract_audio(ffmpeg, source, tmp_path / "x.wav")
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", out)
    after = await probe(out)
    assert after.container == info.container
    assert after.duration_s == pytest.approx(info.duration_s, abs=0.05)
    assert [packet[-1] for packet in video_packets(out)] == [packet[-1] for packet in video_packets(source)]


async def test_surround_is_mixed_down_to_stereo_and_mono_stays_mono(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    for layout, expected in (("5.1", 2), ("stereo", 2), ("mono", 1)):
        source = tmp_path / f"{layout}.mp4"
        tone = ("-f", "lavfi", "-i", f"sine=d=1,aformat=channel_layouts={layout}")
        run_ffmpeg(*picture(SMALL, 1), *tone, "-preset", "ultrafast", "-c:a", "aac", source)
        await extract_audio(ffmpeg, source, tmp_path / "x.wav")
        assert soundfile.info(tmp_path / "x.wav").channels == expected


async def test_a_clip_without_sound_has_nothing_to_extract(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    with pytest.raises(NoAudioTrackError):
        await extract_audio(ffmpeg, mute_clip(clips), tmp_path / "x.wav")
    assert list(tmp_path.iterdir()) == []


async def test_only_one_sound_track_goes_out(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source, clip = tmp_path / "two.mp4", spoken_clip(clips, 3)
    run_ffmpeg("-i", clip, "-i", clip, "-map", "0", "-map", "1:a", "-c", "copy", source)
    await extract_audio(ffmpeg, source, tmp_path / "x.wav")
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", tmp_path / "out.mp4")
    streams = run_ffmpeg("-i", tmp_path / "out.mp4", "-map", "0", "-c", "copy", "-f", "framehash", "-").decode()
    assert streams.count("#media_type") == 2


async def test_an_unknown_suffix_is_refused(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no container"):
        await replace_audio(ffmpeg, tmp_path / "a.mp4", tmp_path / "a.wav", tmp_path / "out.exe")


async def test_the_digest_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"fabric" * 100_000)
    assert await sha256_of(tmp_path / "f") == hashlib.sha256(b"fabric" * 100_000).hexdigest()
