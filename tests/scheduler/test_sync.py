"""Lips stay with the sound through a real conversion: out of the video, another voice in a child, back, and fitted.

A tone of the result is heard within a millisecond of where a player has it in the source, whatever the container does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from media.ffmpeg import Ffmpeg
from media.fit import FitChoices
from scheduler.intake import Intake
from scheduler.renders import VOICED
from tests.scheduler.test_renders import book
from tests.scheduler.world import World
from tests.support import sync_clips as made
from tests.support.sync_clips import TONES_S, Make, shown, tone_times, voice_alone, voice_and_music
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import PresetCatalogue

CLOSE_S = 0.001
FRAME_S = 1 / 30
IN_CHUNKS = Chunking(threshold_s=1.0, chunk_s=0.9, at_once=2)

ODD: dict[str, tuple[Make, str, int, int]] = {
    "late sound": (made.late_sound, ".mp4", 48_000, 2),
    "cut by edit lists": (made.cut_by_edit_lists, ".mp4", 48_000, 2),
    "uneven frames": (made.uneven_frames, ".mp4", 44_100, 1),
    "lost packet": (made.lost_packet, ".mkv", 48_000, 1),
    "fragmented": (made.fragmented, ".mp4", 48_000, 2),
}
ODDER: dict[str, tuple[Make, str, int, int]] = {
    "late sound in mkv": (made.late_sound, ".mkv", 44_100, 1),
    "late picture": (made.late_picture, ".mp4", 48_000, 2),
    "late picture in mkv": (made.late_picture, ".mkv", 44_100, 1),
    "cut by edit lists, mov": (made.cut_by_edit_lists, ".mov", 44_100, 1),
    "unsaid priming": (made.unsaid_priming, ".mp4", 44_100, 1),
    "web": (made.web, ".webm", 48_000, 1),
    "late sound on the web": (made.late_web, ".webm", 44_100, 2),
    "short sound": (made.short_sound, ".mp4", 44_100, 1),
    "long sound": (made.long_sound, ".mp4", 48_000, 2),
    "unpacked": (made.unpacked, ".mov", 44_100, 1),
    "mp3": (made.mp3_track, ".mkv", 44_100, 2),
    "22 kHz": (made.plain, ".mp4", 22_050, 1),
    "lost packet in mp4": (made.lost_packet, ".mp4", 44_100, 2),
    "long hole": (made.long_hole, ".mp4", 48_000, 2),
    "long hole in mkv": (made.long_hole, ".mkv", 44_100, 1),
}
ALL = [*(pytest.param(*one, id=name) for name, one in ODD.items())]
ALL += [pytest.param(*one, id=name, marks=pytest.mark.long) for name, one in ODDER.items()]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPool]:
    pool = ProcessPool(2, scratch_folder=tmp_path_factory.mktemp("scratch"))
    yield pool
    pool.close()


@pytest.fixture
def fabric(world: World, pool: ProcessPool, tmp_path: Path) -> World:
    """The real ffmpeg, a real pool, and a voice that changes nothing."""
    (tmp_path / "same.toml").write_text('method = "world"\n')
    world.ffmpeg, world.runner, world.presets = Ffmpeg.locate(), pool, PresetCatalogue([tmp_path])  # type: ignore[assignment]
    return world


async def voiced(world: World, source: Path, profile: str = VOICED, music: str = "none") -> Path:
    facts = await Intake().examine(source)
    render = await book(world).obtain(
        source, facts, "same", profile, lambda _: None, choices=FitChoices(), on_fit=lambda _: None, music=music
    )
    assert render.path != str(source)
    return Path(render.path)


def assert_together(source: Path, result: Path, *, side: bool = False) -> None:
    """Tones and flashes stand as they stood, counted from the first frame."""
    (first_then, flashes_then), (first_now, flashes_now) = shown(source), shown(result)
    then, now = tone_times(source, side=side) - first_then, tone_times(result, side=side) - first_now
    assert len(now) == len(then) == len(TONES_S)
    assert np.abs(now - then).max() < CLOSE_S
    assert flashes_now == pytest.approx(flashes_then, abs=CLOSE_S)


def assert_together_when_fitted(source: Path, result: Path, *, side: bool = False) -> None:
    """The same of the file that is sent, whose picture is there from the first moment, at an even rate."""
    first_then, flashes_then = shown(source)
    first_now, flashes_now = shown(result)
    assert first_now == 0
    then, now = tone_times(source, side=side), tone_times(result, side=side)
    assert np.abs(now - then).max() < CLOSE_S
    assert flashes_now == pytest.approx([first_then + at for at in flashes_then], abs=1.01 * FRAME_S)


@pytest.mark.parametrize(("make", "suffix", "rate", "channels"), ALL)
async def test_a_new_voice_is_where_the_old_one_was(
    fabric: World, tmp_path: Path, make: Make, suffix: str, rate: int, channels: int
) -> None:
    source = tmp_path / f"source{suffix}"
    make(voice_alone(tmp_path / "sound.wav", rate, channels), source)
    assert_together(source, await voiced(fabric, source))
    assert_together_when_fitted(source, await voiced(fabric, source, "everywhere"))


@pytest.mark.parametrize(
    ("make", "chunking"),
    [
        pytest.param(made.late_sound, IN_CHUNKS, id="late sound, in chunks"),
        pytest.param(made.uneven_frames, Chunking(), id="uneven frames", marks=pytest.mark.long),
        pytest.param(made.cut_by_edit_lists, IN_CHUNKS, id="cut, in chunks", marks=pytest.mark.long),
        pytest.param(made.lost_packet, Chunking(), id="lost packet", marks=pytest.mark.long),
        pytest.param(made.unsaid_priming, IN_CHUNKS, id="unsaid priming, in chunks", marks=pytest.mark.long),
    ],
)
async def test_the_music_is_where_it_was(fabric: World, tmp_path: Path, make: Make, chunking: Chunking) -> None:
    fabric.pace = replace(fabric.pace, voice=chunking)
    source = tmp_path / "source.mp4"
    make(voice_and_music(tmp_path / "sound.wav"), source)
    assert_together(source, await voiced(fabric, source, music="keep"), side=True)
    assert_together_when_fitted(source, await voiced(fabric, source, "everywhere", music="keep"), side=True)


@pytest.mark.parametrize("make", [made.late_sound, pytest.param(made.lost_packet, marks=pytest.mark.long)])
async def test_chunks_of_a_voice_are_where_it_was(fabric: World, tmp_path: Path, make: Make) -> None:
    fabric.pace = replace(fabric.pace, voice=IN_CHUNKS)
    source = tmp_path / "source.mp4"
    make(voice_alone(tmp_path / "sound.wav", 48_000, 2), source)
    assert_together(source, await voiced(fabric, source))


@pytest.mark.parametrize(
    ("make", "suffix", "music"),
    [
        (made.cut_by_edit_lists, ".mp4", "none"),
        pytest.param(made.late_sound, ".mkv", "keep", marks=pytest.mark.long),
        pytest.param(made.uneven_frames, ".mp4", "none", marks=pytest.mark.long),
        pytest.param(made.web, ".webm", "none", marks=pytest.mark.long),
        pytest.param(made.lost_packet, ".mp4", "keep", marks=pytest.mark.long),
    ],
)
def test_the_command_line_keeps_them_together_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Make, suffix: str, music: str
) -> None:
    for name in [one for one in os.environ if one.startswith("FABRIC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FABRIC_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    sound = tmp_path / "sound.wav"
    source, result = tmp_path / f"source{suffix}", tmp_path / f"result{suffix}"
    make(voice_and_music(sound) if music == "keep" else voice_alone(sound, 48_000, 2), source)
    assert main(["voice", "convert", str(source), str(result), "--method", "world", "--music", music]) == 0
    assert_together(source, result, side=music == "keep")
