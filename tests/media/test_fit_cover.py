"""Cover stills: the picture of the moment asked for, upright and small enough."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.cover import cover_candidates, cover_frame, cover_moments
from media.errors import FfmpegFailedError, NoVideoTrackError
from media.ffmpeg import Ffmpeg
from tests.support.clips import rotated, run_ffmpeg, sound_only, spoken_clip
from tests.support.odd_clips import X264, flashing


def still(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


async def test_a_cover_is_the_picture_of_its_moment(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    video = flashing(tmp_path / "flash.mp4")
    await cover_frame(ffmpeg, video, 0.51, tmp_path / "white.jpg")
    await cover_frame(ffmpeg, video, 0.9, tmp_path / "grey.jpg")
    assert (tmp_path / "white.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    white, grey = (still(tmp_path / name).to_ndarray(format="gray").mean() for name in ("white.jpg", "grey.jpg"))
    assert white > 240 > 100 > grey


async def test_a_cover_stands_upright_in_square_pixels(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    await cover_frame(ffmpeg, rotated(spoken_clip(clips, 3), 90), 1.0, tmp_path / "turned.jpg")
    assert (still(tmp_path / "turned.jpg").width, still(tmp_path / "turned.jpg").height) == (320, 180)
    await cover_frame(ffmpeg, flashing(tmp_path / "wide.mp4", vf="setsar=4/3"), 1.0, tmp_path / "wide.jpg")
    assert (still(tmp_path / "wide.jpg").width, still(tmp_path / "wide.jpg").height) == (240, 320)


async def test_a_moment_behind_the_end_has_no_picture(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    with pytest.raises(FfmpegFailedError):
        await cover_frame(ffmpeg, spoken_clip(clips, 3), 60.0, tmp_path / "late.jpg")
    with pytest.raises(ValueError, match="moment"):
        await cover_frame(ffmpeg, spoken_clip(clips, 3), -1.0, tmp_path / "early.jpg")
    with pytest.raises(NoVideoTrackError):
        await cover_frame(ffmpeg, sound_only(clips), 0.1, tmp_path / "none.jpg")
    assert list(tmp_path.iterdir()) == []


async def test_candidates_are_those_with_something_to_see(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    video = tmp_path / "half.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=180x320:r=30:d=4,drawbox=t=fill:enable='lt(t,2)'", *X264, video)
    covers = await cover_candidates(ffmpeg, video, tmp_path, duration_s=4.0, count=3)
    assert len(covers) == 3
    assert all(cover.at_s >= 2 and cover.path.is_file() for cover in covers)
    assert [cover.at_s for cover in covers] == sorted(cover.at_s for cover in covers)
    assert sorted(tmp_path.glob("*.jpg")) == [cover.path for cover in covers]


@given(st.floats(0.04, 50_000), st.integers(1, 12))
def test_moments_lie_within_the_video_in_order(duration_s: float, count: int) -> None:
    moments = cover_moments(duration_s, count)
    assert 1 <= len(moments) <= count
    assert list(moments) == sorted(set(moments))
    assert all(0 <= moment < duration_s for moment in moments)
