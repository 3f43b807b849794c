"""Voice and fit together, with the real ffmpeg: what is sent is accepted, in sync, and leaves nothing else behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from media.ffmpeg import Ffmpeg
from media.fit import EVERYWHERE, Action, Aspect, FitChoices, plan_fit
from media.info import MediaInfo
from media.partial import remove_leftovers, whole_file
from scheduler.intake import Intake
from scheduler.video_files import rendered_file
from storage.media_store import MediaStore
from storage.values import ClipFacts, Render
from tests.media.test_fit import edit_list, hevc_in_mov, lying, turned, variable, vp9_webm
from tests.scheduler.test_renders import book
from tests.scheduler.world import World
from tests.support.odd_clips import FRAME_S, X264, clicks, flashes, flashing

Make = Callable[[Path], Path]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd")


@pytest.fixture
def working(world: World) -> World:
    world.ffmpeg = Ffmpeg.locate()
    return world


async def render(
    world: World, source: Path, voice: str = "", aspect: Aspect = Aspect.KEEP, profile: str = "everywhere"
) -> tuple[ClipFacts, Render]:
    facts = await Intake().examine(source)
    made = await book(world).obtain(
        source, facts, voice, profile, lambda _: None, choices=FitChoices(aspect), on_fit=lambda _: None
    )
    return facts, made


def is_accepted(made: Render) -> bool:
    assert made.media is not None
    return plan_fit(MediaInfo.from_json(made.media), EVERYWHERE, FitChoices()).action is Action.KEEP


@pytest.mark.parametrize("voice", ["", "deeper"])
@pytest.mark.parametrize("make", [hevc_in_mov, turned, variable, edit_list, vp9_webm], ids=lambda make: make.__name__)
async def test_picture_and_sound_stay_together_through_voice_and_fit(
    working: World, clips: Path, make: Make, voice: str
) -> None:
    facts, made = await render(working, make(clips), voice)
    assert is_accepted(made)
    assert flashes(Path(made.path))[0] == pytest.approx(0.5, abs=FRAME_S + 0.001)
    assert clicks(Path(made.path))[0] == pytest.approx(0.5, abs=0.005)
    assert made.duration_s == pytest.approx(facts.duration_s, abs=0.1)


async def test_a_lying_clip_is_padded_and_the_sites_are_told_of_the_render(working: World, clips: Path) -> None:
    facts, made = await render(working, lying(clips), "deeper", Aspect.PAD_BLUR)
    file = rendered_file(made, facts)
    assert (facts.width, facts.height) == (320, 180)
    assert (file.width, file.height, file.mime_type, file.fps) == (320, 570, "video/mp4", 30.0)
    assert (file.size, file.sha256) == (Path(made.path).stat().st_size, made.sha256)


async def test_a_clip_that_fits_is_sent_byte_for_byte(working: World, clips: Path) -> None:
    source = flashing(clips / "fits.mp4", *X264, "-use_editlist", "0", "-movflags", "+faststart+negative_cts_offsets")
    facts, made = await render(working, source)
    assert (made.path, made.sha256) == (str(source), facts.sha256)
    assert list(working.renders.iterdir()) == []


async def test_another_frame_and_another_site_cost_no_second_conversion(working: World, clips: Path) -> None:
    source = lying(clips)
    _, kept = await render(working, source, "deeper")
    _, again = await render(working, source, "deeper", profile="large")
    _, padded = await render(working, source, "deeper", Aspect.PAD_BLACK)
    assert kept.id == again.id != padded.id
    assert len(working.runner.jobs) == 1


async def test_a_clip_from_before_everything_was_kept_is_looked_into_again(working: World, clips: Path) -> None:
    source = edit_list(clips)
    facts = replace(await Intake().examine(source), media=None)
    made = await book(working).obtain(source, facts, "", "everywhere", lambda _: None)
    assert is_accepted(made)
    assert made.path != str(source)


async def test_a_fit_that_is_cancelled_leaves_no_file(working: World, clips: Path) -> None:
    facts, begun = await Intake().examine(turned(clips)), asyncio.Event()
    source = turned(clips)
    work = asyncio.ensure_future(
        book(working).obtain(source, facts, "", "everywhere", lambda _: None, on_fit=lambda _: begun.set())
    )
    waiting = asyncio.ensure_future(begun.wait())
    await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    if work.cancelled():
        assert list(working.renders.iterdir()) == []


async def test_many_files_are_examined_side_by_side_and_not_all_at_once(
    clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import scheduler.intake

    real, running, most = scheduler.intake.probe, 0, 0

    async def counting(path: Path) -> MediaInfo:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        try:
            return await real(path)
        finally:
            running -= 1

    monkeypatch.setattr(scheduler.intake, "probe", counting)
    intake = Intake(at_once=2)
    found = await asyncio.gather(*(intake.examine(lying(clips)) for _ in range(4)))
    assert most == 2
    assert {facts.sha256 for facts in found} == {found[0].sha256}
    assert found[0].media is not None


async def test_what_a_killed_fit_left_is_swept_at_the_next_start(working: World) -> None:
    dead = MediaStore(working.renders)
    with contextlib.suppress(RuntimeError), whole_file(dead.temporary(".mp4")) as partial:
        raise RuntimeError
    partial.write_bytes(b"half a video")
    dead.temporary(".wav").write_bytes(b"half a voice")
    MediaStore(working.renders).sweep()
    remove_leftovers(working.renders)
    assert list(working.renders.iterdir()) == []
