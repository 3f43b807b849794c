"""What a probe says of good files, and of bad ones."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from media.errors import (
    EmptyFileError,
    MediaTimeoutError,
    NoAudioTrackError,
    NotAVideoError,
    NoVideoTrackError,
    TruncatedError,
)
from media.info import MediaInfo
from media.probe import probe
from tests.support.clips import cut_short, mute_clip, rotated, run_ffmpeg, sound_only, spoken_clip


async def test_a_clip_is_described(clips: Path) -> None:
    path = spoken_clip(clips, 3)
    info = await probe(path)
    assert info.container == "mp4"
    assert info.size == path.stat().st_size
    assert info.duration_s == pytest.approx(3.0, abs=0.03)
    picture, sound = info.require_video(), info.require_audio()
    assert (picture.codec, picture.width, picture.height, picture.fps) == ("h264", 180, 320, 30.0)
    assert (picture.rotation, picture.variable_fps, picture.frames, picture.start_s) == (0, False, 90, 0.0)
    assert (sound.codec, sound.sample_rate, sound.channels, sound.start_s) == ("aac", 44100, 2, 0.0)


async def test_width_and_height_are_those_on_the_screen(clips: Path) -> None:
    picture = (await probe(rotated(spoken_clip(clips, 3), 90))).require_video()
    assert (picture.rotation, picture.width, picture.height) == (90, 320, 180)


async def test_uneven_frames_are_a_variable_frame_rate(clips: Path) -> None:
    out = clips / "uneven.mp4"
    run_ffmpeg(
        "-i", spoken_clip(clips, 3), "-vf", "select='not(mod(n,3))+not(mod(n,5))'", "-fps_mode", "vfr", "-an", out
    )
    assert (await probe(out)).require_video().variable_fps


async def test_a_sound_that_starts_late_says_so(clips: Path) -> None:
    out = clips / "late-sound.mp4"
    source = spoken_clip(clips, 3)
    run_ffmpeg("-i", source, "-itsoffset", "0.5", "-i", source, "-map", "0:v", "-map", "1:a", "-c", "copy", out)
    assert (await probe(out)).require_audio().start_s == pytest.approx(0.5, abs=0.03)


async def test_a_missing_sound_is_told_only_when_asked_for(clips: Path) -> None:
    info = await probe(mute_clip(clips))
    assert info.audio is None
    with pytest.raises(NoAudioTrackError):
        info.require_audio()


async def test_a_missing_picture_is_told_only_when_asked_for(clips: Path) -> None:
    info = await probe(sound_only(clips))
    assert info.video is None
    with pytest.raises(NoVideoTrackError):
        info.require_video()


async def test_a_cover_image_is_no_picture(clips: Path) -> None:
    cover, out = clips / "cover.png", clips / "covered.m4a"
    run_ffmpeg("-i", spoken_clip(clips, 3), "-frames:v", "1", cover)
    attach = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic")
    run_ffmpeg("-i", sound_only(clips), "-i", cover, *attach, out)
    assert (await probe(out)).video is None


@pytest.mark.parametrize(("suffix", "name"), [(".webm", "webm"), (".mkv", "matroska"), (".mov", "mov")])
async def test_other_containers_are_known_by_their_content(clips: Path, suffix: str, name: str) -> None:
    out = clips / f"other{suffix}"
    codecs = ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus") if suffix == ".webm" else ("-c", "copy")
    run_ffmpeg("-i", spoken_clip(clips, 3), "-t", "1", *codecs, out)
    info = await probe(out)
    assert info.container == name
    assert info.duration_s == pytest.approx(1.0, abs=0.1)


async def test_what_was_found_survives_json(clips: Path) -> None:
    info = await probe(spoken_clip(clips, 3))
    assert MediaInfo.from_json(info.to_json()) == info


async def test_zero_bytes(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(EmptyFileError):
        await probe(empty)


async def test_a_text_renamed_to_mp4(tmp_path: Path) -> None:
    text = tmp_path / "letter.mp4"
    text.write_text("Dear all,\n" * 500)
    with pytest.raises(NotAVideoError):
        await probe(text)


@pytest.mark.parametrize("wanted", ["index last", "index first", "fragments", "matroska", "a few bytes"])
async def test_a_file_that_ends_too_early(clips: Path, tmp_path: Path, wanted: str) -> None:
    source = spoken_clip(clips, 3)
    whole = tmp_path / ("whole.mkv" if wanted == "matroska" else "whole.mp4")
    flags = {"index first": "+faststart", "fragments": "frag_keyframe+empty_moov"}.get(wanted, "0")
    words = () if wanted == "matroska" else ("-movflags", flags)
    run_ffmpeg("-i", source, "-c", "copy", *words, whole)
    await probe(whole)
    with pytest.raises(TruncatedError):
        await probe(cut_short(whole, 0.999 if wanted == "a few bytes" else 0.6))


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{victim}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile '{victim}'\n"


@pytest.mark.parametrize("disguise", [PLAYLIST, CONCAT])
@pytest.mark.parametrize("name", ["evil.mp4", "evil.m3u8"])
async def test_a_playlist_in_disguise_opens_no_other_file(
    clips: Path, tmp_path: Path, disguise: str, name: str
) -> None:
    evil = tmp_path / name
    evil.write_text(disguise.format(victim=spoken_clip(clips, 3)))
    with pytest.raises(NotAVideoError):
        await probe(evil)


async def test_a_name_like_an_option_or_a_protocol_is_only_a_name(clips: Path, tmp_path: Path) -> None:
    for name in ("-i.mp4", "http:x.mp4", "concat:a|b.mp4", "файл с пробелом %d.mp4"):
        odd = tmp_path / name
        odd.write_bytes(spoken_clip(clips, 3).read_bytes())
        assert (await probe(odd)).video is not None


async def test_a_probe_has_a_time_limit(clips: Path) -> None:
    with pytest.raises(MediaTimeoutError) as caught:
        await probe(spoken_clip(clips, 3), time_limit_s=0.01)
    assert caught.value.params == {"limit_s": 0.01}


@pytest.mark.parametrize("seed", range(6))
async def test_a_damaged_file_gives_a_description_or_a_known_error(clips: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(spoken_clip(clips, 3).read_bytes())
    for _ in range(200):
        data[rng.randrange(min(len(data), 8000))] = rng.randrange(256)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    with contextlib.suppress(NotAVideoError, TruncatedError):
        assert (await probe(damaged)).size == len(data)
