"""Renders: one conversion for many accounts, found again, never a clip's own file thrown away."""

from __future__ import annotations

import asyncio
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from media.ffmpeg import Ffmpeg
from media.probe import probe
from scheduler.checked_files import CheckedFiles
from scheduler.errors import IntakeError
from scheduler.intake import Intake
from scheduler.job import video_meta
from scheduler.notices import TaskFailed
from scheduler.renders import RenderBook, seed_of
from scheduler.upkeep import CleanUp
from scheduler.voices import voice_options
from storage.values import TaskStatus
from tests.scheduler.world import World
from voice.errors import ConversionFailedError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of picture with a tone."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    tone = ["-f", "lavfi", "-i", "sine=frequency=200:duration=1"]
    picture = ["-f", "lavfi", "-i", "color=c=red:size=64x64:rate=10:duration=1"]
    ffmpeg = Ffmpeg.locate()
    command = [
        str(ffmpeg.binary),
        "-v",
        "error",
        *picture,
        *tone,
        "-c:v",
        "libx264",
        "-c:a",
        "aac",
        "-shortest",
        str(path),
    ]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
async def speaking(world: World, clip: Path) -> World:
    """A world whose clip is a real video."""
    world.clip_path.write_bytes(clip.read_bytes())
    world.ffmpeg = Ffmpeg.locate()
    return world


def book(world: World) -> RenderBook:
    return RenderBook(
        world.database(),
        world.ffmpeg,
        world.runner,
        world.presets,
        world.renders,
        world.pace,
        checked=CheckedFiles(world.clock),
    )


async def test_three_accounts_cost_one_conversion(speaking: World) -> None:
    await speaking.approve(voice="deeper", accounts=3)
    await speaking.live(speaking.scheduler())
    assert len(speaking.runner.jobs) == 1
    (sha256,) = {video.sha256 for video in speaking.site.videos}
    assert len(speaking.site.videos) == 3
    assert sha256 != speaking.facts().sha256


async def test_two_who_want_the_same_render_at_once_share_it(speaking: World) -> None:
    one = book(speaking)
    facts = speaking.facts()
    both = await asyncio.gather(
        *(one.obtain(speaking.clip_path, facts, "deeper", "fake", lambda _: None) for _ in range(2))
    )
    assert both[0] == both[1]
    assert len(speaking.runner.jobs) == 1
    assert [path.name for path in speaking.renders.iterdir()] == [Path(both[0].path).name]


async def test_a_render_that_vanished_is_made_again(speaking: World) -> None:
    one = book(speaking)
    first = await one.obtain(speaking.clip_path, speaking.facts(), "deeper", "fake", lambda _: None)
    Path(first.path).unlink()
    second = await one.obtain(speaking.clip_path, speaking.facts(), "deeper", "fake", lambda _: None)
    assert Path(second.path).is_file()
    assert len(speaking.runner.jobs) == 2


async def test_a_render_that_vanished_before_its_time_delays_and_does_not_fail_the_task(speaking: World) -> None:
    await speaking.approve(voice="deeper", at=speaking.clock() + timedelta(hours=1))
    scheduler = speaking.scheduler()
    await scheduler.run_due()
    for path in speaking.renders.iterdir():
        path.unlink()
    await speaking.live(scheduler)
    assert (await speaking.task()).status is TaskStatus.COMPLETED


async def test_a_conversion_that_fails_three_times_gets_a_sentence(speaking: World) -> None:
    speaking.runner.fails = [ConversionFailedError() for _ in range(3)]
    await speaking.approve(voice="deeper")
    await speaking.live(speaking.scheduler())
    (failed,) = speaking.recorder.of(TaskFailed)
    assert (failed.fault.code, failed.can_retry) == ("voice.conversion_failed", True)
    assert list(speaking.renders.iterdir()) == []


def test_the_seed_is_the_same_for_the_same_work() -> None:
    assert seed_of("a", "b") == seed_of("a", "b") != seed_of("a", "c")
    assert 0 <= seed_of("a", "b") < 2**31


async def test_clean_up_throws_old_renders_away_and_keeps_clips(speaking: World) -> None:
    await speaking.approve(voice="deeper")
    await speaking.approve()
    await speaking.live(speaking.scheduler())
    (file,) = speaking.renders.iterdir()
    sweep = CleanUp(speaking.database(), speaking.renders, speaking.clock, speaking.pace)
    await sweep.run()
    assert file.exists()
    speaking.clock.forward(days=3)
    await sweep.run()
    assert not file.exists()
    assert speaking.clip_path.exists()


async def test_clean_up_keeps_what_a_waiting_task_needs(speaking: World) -> None:
    await speaking.approve(voice="deeper", at=speaking.clock() + timedelta(days=10))
    await speaking.scheduler().run_due()
    (file,) = speaking.renders.iterdir()
    speaking.clock.forward(days=5)
    await CleanUp(speaking.database(), speaking.renders, speaking.clock, speaking.pace).run()
    assert file.exists()


async def test_clean_up_gives_up_a_clip_a_month_after_it_was_published(speaking: World) -> None:
    await speaking.approve()
    await speaking.live(speaking.scheduler())
    sweep = CleanUp(speaking.database(), speaking.renders, speaking.clock, speaking.pace)
    speaking.clock.forward(days=29)
    await sweep.run()
    assert speaking.clip_path.exists()
    speaking.clock.forward(days=2)
    await sweep.run()
    assert not speaking.clip_path.exists()


async def test_intake_tells_what_a_clip_is(clip: Path) -> None:
    facts = await Intake().examine(clip)
    assert (facts.container, facts.video_codec, facts.audio_codec) == ("mp4", "h264", "aac")
    assert (facts.width, facts.height, facts.size) == (64, 64, clip.stat().st_size)
    assert facts.duration_s == pytest.approx((await probe(clip)).duration_s)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "media.empty_file"), (b"just some text\n" * 100, "media.not_a_video")]
)
async def test_intake_says_why_a_file_is_no_clip(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(IntakeError) as caught:
        await Intake().examine(path)
    assert caught.value.fault.code == code


def test_the_voices_are_the_presets(world: World) -> None:
    assert [(voice.name, voice.title) for voice in voice_options(world.presets)] == [
        ("deeper", "Deeper"),
        ("robot", "Robot"),
    ]


async def test_the_cover_that_was_picked_is_a_picture_of_what_is_sent(speaking: World) -> None:
    one = book(speaking)
    render = await one.obtain(speaking.clip_path, speaking.facts(), "deeper", "fake", lambda _: None)
    cover = await one.cover(render, {"cover_ms": 500})
    assert cover is not None
    assert cover.read_bytes()[:2] == b"\xff\xd8"
    assert await one.cover(render, {"cover_ms": 500}) == cover
    assert await one.cover(render, {}) is None
    assert await one.cover(render, {"cover_ms": 60_000}) is None


async def test_pictures_for_covers_go_when_renders_go(speaking: World) -> None:
    one = book(speaking)
    render = await one.obtain(speaking.clip_path, speaking.facts(), "deeper", "fake", lambda _: None)
    cover = await one.cover(render, {"cover_ms": 500})
    assert cover is not None
    made = speaking.clock().timestamp()
    os.utime(cover, (made, made))
    sweep = CleanUp(speaking.database(), speaking.renders, speaking.clock, speaking.pace)
    await sweep.run()
    assert cover.exists()
    speaking.clock.forward(days=3)
    await sweep.run()
    assert not cover.exists()


async def test_the_covers_moment_reaches_every_site(world: World) -> None:
    await world.approve(cover_ms=1500)
    meta = video_meta(await world.task())
    assert meta.options["cover_ms"] == 1500


async def test_what_the_operator_says_of_music_is_another_sound(speaking: World) -> None:
    shelf, clip, facts = book(speaking), speaking.clip_path, speaking.facts()
    renders = [
        await shelf.obtain(clip, facts, "deeper", "", lambda _: None, music=music)
        for music in (None, "keep", "none", "keep")
    ]
    assert len({render.id for render in renders}) == 3
    assert renders[1] == renders[3]
    assert [job["music"] for job in speaking.runner.jobs] == [None, "keep", "none"]


async def test_the_voice_of_a_clip_is_taken_out_once_for_all_presets_and_goes_with_time(speaking: World) -> None:
    for voice in ("deeper", "robot"):
        await book(speaking).obtain(speaking.clip_path, speaking.facts(), voice, "", lambda _: None)
    (stem,) = {job["stem"] for job in speaking.runner.jobs}
    Path(stem).write_bytes(b"a voice")
    sweep = CleanUp(speaking.database(), speaking.renders, speaking.clock, speaking.pace)
    old = (speaking.clock.now - timedelta(days=3)).timestamp()
    os.utime(stem, (old, old))
    await book(speaking).obtain(speaking.clip_path, speaking.facts(), "deeper", "", lambda _: None, music="keep")
    await sweep.run()
    assert Path(stem).exists()
    os.utime(stem, (old, old))
    await sweep.run()
    assert not Path(stem).exists()


async def test_a_separation_model_that_is_put_there_makes_another_sound(speaking: World, tmp_path: Path) -> None:
    await book(speaking).obtain(speaking.clip_path, speaking.facts(), "deeper", "", lambda _: None)
    (tmp_path / "separation.onnx").write_bytes(b"a model")
    with_model = RenderBook(
        speaking.database(),
        speaking.ffmpeg,
        speaking.runner,
        speaking.presets,
        speaking.renders,
        speaking.pace,
        checked=CheckedFiles(speaking.clock),
        models=tmp_path,
    )
    await with_model.obtain(speaking.clip_path, speaking.facts(), "deeper", "", lambda _: None)
    without, given = speaking.runner.jobs
    assert (without["model"], given["model"]) == (None, str(tmp_path / "separation.onnx"))
    assert without["stem"] != given["stem"]
