"""Subtitles on their way to a conversion, and its notes on their way back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from media.ffmpeg import Ffmpeg
from media.fit import PROFILES, Aspect, FitChoices
from scheduler.checked_files import CheckedFiles
from scheduler.errors import IntakeError, NotReadyError
from scheduler.renders import RenderBook
from scheduler.transcripts import beside, examine_transcript, transcript_of
from scheduler.upkeep import CleanUp
from scheduler.voices import voice_options
from tests.scheduler.world import World
from tests.support.clips import spoken_clip
from tests.support.voices import FakePresets
from voice.errors import NoListenerError, NoTranscriptError
from voice.presets import Preset

SRT = "1\n00:00:01,000 --> 00:00:02,000\nДоброе утро\n"


def silero(**settings: str) -> Preset:
    return Preset.from_json({"name": "xenia", "method": "silero", "settings": {"model": "v4_ru.pt", **settings}})


def options(path: Path) -> dict[str, object]:
    return {"voice_transcript": {"file": str(path), "name": "tale.srt", "phrases": 1}}


async def test_notes_are_kept_with_the_voice_and_with_every_fit_of_it(world: World, tmp_path: Path) -> None:
    world.ffmpeg = Ffmpeg.locate()
    world.clip_path.write_bytes(spoken_clip(tmp_path, 1).read_bytes())
    world.runner.notes = [{"code": "phrase_overflow", "at_s": 1.0, "phrase": each} for each in range(30)]
    shelf = RenderBook(
        world.database(),
        world.ffmpeg,
        world.runner,
        world.presets,
        world.renders,
        world.pace,
        checked=CheckedFiles(world.clock),
    )
    facts, profile = world.facts(), next(iter(PROFILES))
    for choices in (FitChoices(), FitChoices(Aspect.PAD_BLACK), FitChoices(Aspect.PAD_BLACK)):
        made = await shelf.obtain(world.clip_path, facts, "deeper", profile, lambda _: None, choices=choices)
        assert len(made.notes) == 21
        assert made.notes[-1] == {"code": "others", "count": 10}
    assert len(world.runner.jobs) == 1


def test_a_silero_preset_takes_subtitles_and_is_content_with_them(tmp_path: Path) -> None:
    tale = tmp_path / "tale.srt"
    tale.write_text(SRT, encoding="utf-8")
    bare = silero()
    with pytest.raises(NoTranscriptError):
        bare.require_words()
    told = bare.with_transcript(tale)
    told.require_words()
    assert told.files()["transcript"] == str(tale)
    assert told.digest != bare.digest
    assert bare.with_transcript(None) is bare


def test_a_listening_preset_needs_the_package_or_subtitles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    listening = silero(whisper="small")
    with pytest.raises(NoListenerError, match="pip install faster-whisper"):
        listening.require_words()
    listening.with_transcript(Path("tale.srt")).require_words()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    listening.require_words()


def test_a_voice_that_changes_the_voice_alone_takes_none() -> None:
    world = Preset.from_json({"name": "deep", "method": "world", "settings": {"f0_factor": 0.8}})
    world.require_words()
    assert not world.takes_transcript
    assert world.with_transcript(Path("tale.srt")) is world
    assert [voice.takes_words for voice in voice_options(FakePresets(("robot",)))] == [False, True]


async def test_a_post_without_its_words_is_not_approved(world: World, tmp_path: Path) -> None:
    world.presets = FakePresets(("robot",))
    with pytest.raises(NotReadyError) as caught:
        await world.approve(voice="robot")
    assert [fault.code for fault in caught.value.problems] == ["voice.no_transcript"]
    with pytest.raises(NotReadyError):
        await world.approve(voice="robot", **options(tmp_path / "gone.srt"))
    (tmp_path / "tale.srt").write_text(SRT, encoding="utf-8")
    await world.approve(voice="robot", **options(tmp_path / "tale.srt"))
    assert transcript_of((await world.task()).options) == tmp_path / "tale.srt"


async def test_a_file_is_believed_when_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "tale.srt").write_text(SRT, encoding="utf-8")
    found = await examine_transcript(tmp_path / "tale.srt")
    assert (found.phrases, found.begins_s) == (1, 1.0)
    (tmp_path / "tale.json").write_text("{", encoding="utf-8")
    with pytest.raises(IntakeError) as caught:
        await examine_transcript(tmp_path / "tale.json")
    assert caught.value.fault.code == "voice.bad_transcript"


async def test_subtitles_go_with_their_clip(world: World) -> None:
    await world.approve()
    await world.live(world.scheduler())
    clip = world.clip_path
    subtitles, strange = clip.with_name(f"{clip.stem}.12ab.srt"), clip.with_name(f"{clip.stem}2.12ab.srt")
    for path in (subtitles, strange):
        path.write_text(SRT, encoding="utf-8")
    assert beside(clip) == [subtitles]
    world.clock.forward(days=31)
    await CleanUp(world.database(), world.renders, world.clock, world.pace).run()
    assert not subtitles.exists()
    assert strange.exists()
    assert timedelta(days=30) == world.pace.keep_clips
