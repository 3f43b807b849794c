"""`python -m app voice convert` and `voice sample`, as the shell calls them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cli import main
from app.settings import Settings
from app.voice_pool import open_pool
from media.probe import probe
from storage.home import Home
from tests.support.clips import SMALL, SPEECH_RU, mute_clip, run_ffmpeg, spoken_clip, video_packets
from tests.support.silero_package import save_package
from voice.pool import ProcessPool

ROOT = Path(__file__).resolve().parent.parent.parent
SRT = "1\n00:00:00,300 --> 00:00:00,700\nДоброе утро, дорогие мои друзья и подруги, сегодня 2 новости\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("FABRIC_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FABRIC_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def speech(home: Path) -> Path:
    samples, rate = soundfile.read(SPEECH_RU, dtype="float32")
    soundfile.write("speech.wav", samples[: 2 * rate], rate)
    return Path("speech.wav")


def left(home: Path) -> list[str]:
    """What lies beside the inputs, and in the scratch folder."""
    scratch = home / "scratch"
    return sorted([*(one.name for one in Path.cwd().iterdir()), *(one.name for one in scratch.glob("*"))])


def test_a_sound_gets_another_voice_and_keeps_its_length(
    home: Path, speech: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["voice", "convert", "speech.wav", "out.flac", "--preset", "deeper", "--seed", "1"]) == 0
    assert capsys.readouterr().out == "Wrote out.flac.\n"
    before, after = soundfile.info("speech.wav"), soundfile.info("out.flac")
    assert (after.frames, after.samplerate, after.channels) == (before.frames, before.samplerate, before.channels)
    heard, made = soundfile.read("speech.wav")[0], soundfile.read("out.flac")[0]
    assert np.abs(heard - made).max() > 0.05
    assert left(home) == ["out.flac", "speech.wav"]


def test_a_video_keeps_its_picture(home: Path, tmp_path: Path) -> None:
    clip = spoken_clip(tmp_path, 2, size=SMALL)
    words = ["--method", "world", "--set", "f0_factor=0.8", "--music", "keep"]
    assert main(["voice", "convert", str(clip), "out.mp4", *words]) == 0
    assert video_packets(Path("out.mp4")) == video_packets(clip)
    assert asyncio.run(probe(Path("out.mp4"))).require_audio().codec == "aac"


def test_words_said_anew_by_a_transcript_beside_the_file_and_what_did_not_fit_is_told(
    home: Path, speech: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(Path("hum.pt"))
    assert main(["voice", "models", "import", "--trust", "hum.pt"]) == 0
    Path("speech.srt").write_text(SRT, encoding="utf-8")
    words = ["--method", "silero", "--model", "hum.pt", "--speaker", "baya"]
    assert main(["voice", "convert", "speech.wav", "out.mp3", *words]) == 0
    said = capsys.readouterr().out
    assert "Wrote out.mp3." in said
    assert "Phrase 1 at 0:00 is" in said
    assert "longer than its place: “доброе утро" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing.wav", "out.wav", "--preset", "deeper"], "There is no file nothing.wav."),
        (["speech.wav", "out.doc", "--preset", "deeper"], "out.doc must end in one of .wav"),
        (["speech.wav", "no/out.wav", "--preset", "deeper"], "There is no folder"),
        (["speech.wav", "speech.wav", "--preset", "deeper"], "OUT is IN"),
        (["speech.wav", "there.wav", "--preset", "deeper"], "--force"),
        (["speech.wav", "out.wav", "--preset", "nobody"], "There is no voice preset 'nobody'; there are: deeper"),
        (["speech.wav", "out.wav", "--preset", "deeper", "--pitch", "3"], "--pitch goes with --method"),
        (["speech.wav", "out.wav", "--preset", "deeper", "--f0", "pm"], "--f0 goes with --method"),
        ([".", "out.wav", "--preset", "deeper"], ". is a folder"),
        (["speech.wav", "out.wav", "--method", "world", "--model", "a.pth"], "it knows breath, "),
        (["speech.wav", "out.wav", "--method", "tape"], "There is no method 'tape'"),
        (["speech.wav", "out.wav", "--method", "rvc", "--model", "anna.pth"], "voice models import anna.pth"),
        (["speech.wav", "out.wav", "--method", "world", "--set", "f0_factor=9"], "from 0.25 to 4, not 9"),
        (["speech.wav", "out.wav", "--method", "silero"], "The method silero cannot be used: it needs --model FILE."),
        (["speech.wav", "out.wav", "--preset", "deeper", "--transcript", "no.srt"], "There is no file no.srt."),
        (["speech.wav", "out.wav", "--preset", "deeper", "--transcript", "text.wav"], "changes the voice alone"),
        (["speech.wav", "out.wav", "--preset", "deeper", "--seed", "-5"], "--seed is a whole number from 0"),
        (["speech.wav", "out.mp4", "--preset", "deeper"], "speech.wav is no video, so out.mp4 cannot become one. For"),
        (["text.wav", "out.wav", "--preset", "deeper"], "text.wav holds no sound that can be read; ffmpeg"),
        (["mute.mp4", "out.mp4", "--preset", "deeper"], "no sound"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_leaves_nothing(
    home: Path, speech: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], sentence: str
) -> None:
    Path("there.wav").write_bytes(b"mine")
    Path("text.wav").write_text("no sound at all")
    mute_clip(tmp_path, 1).rename("mute.mp4")
    before = left(home)
    assert main(["voice", "convert", *words]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert left(home) == before
    assert Path("there.wav").read_bytes() == b"mine"


def test_samples_of_several_voices_and_one_that_fails_does_not_stop_the_others(
    home: Path, speech: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["voice", "sample", "speech.wav", "--presets", "nobody,deeper", "--seconds", "1"]) == 1
    said = capsys.readouterr()
    assert "nobody: There is no voice preset" in said.err
    assert left(home) == ["speech.deeper.mp3", "speech.wav"]
    assert soundfile.info("speech.deeper.mp3").duration == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--presets", ","], "--presets names no voice."),
        (["--presets", "deeper", "--from", "900"], "speech.wav ends before 900 seconds."),
        (["--presets", "deeper", "--seconds", "0"], "A sample lasts up to 120 seconds."),
        (["--out", "nowhere"], "There is no folder nowhere."),
    ],
)
def test_a_sample_that_cannot_be_made_is_a_sentence(
    home: Path, speech: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["voice", "sample", "speech.wav", *words]) == 1
    assert sentence in capsys.readouterr().err
    assert left(home) == ["speech.wav"]


def test_a_voice_without_words_is_left_out_of_the_samples_of_all(
    home: Path, speech: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "voices").mkdir(parents=True)
    (home / "models").mkdir()
    (home / "models" / "hum.pt").touch()
    (home / "voices" / "hum.toml").write_text('method = "silero"\n[settings]\nmodel = "hum.pt"\n')
    monkeypatch.setattr("app.voice_sample._sample", said_to_be_made)
    assert main(["voice", "sample", "speech.wav", "--seconds", "1"]) == 0
    said = capsys.readouterr()
    assert "hum is left out: This voice does not know what is said" in said.err
    assert "deeper" in said.out
    assert "hum" not in said.out


async def said_to_be_made(_booth: object, _wish: object, name: str, *_: object) -> bool:
    print(name)
    return True


def test_ctrl_c_ends_it_within_two_seconds_and_leaves_nothing(home: Path) -> None:
    run_ffmpeg("-stream_loop", "9", "-i", SPEECH_RU, "-t", "120", "long.wav")
    words = [sys.executable, "-P", "-m", "app", "voice", "convert", "long.wav", "out.wav", "--preset", "deeper"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FABRIC_HOME": str(home)}
    command = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list((home / "scratch").glob("voice-job-*/converted.wav")) and time.monotonic() < deadline:
        time.sleep(0.05)
    asked = time.monotonic()
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=30)
    assert time.monotonic() - asked < 2.0
    assert command.returncode == 130
    assert said.decode().splitlines()[-1] == "Stopped."
    assert left(home) == ["long.wav"]


def test_the_device_can_be_told_for_one_conversion(
    home: Path, speech: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def opened(settings: Settings, home: Home) -> ProcessPool:
        asked.append(settings.voice_device)
        return open_pool(settings, home)

    monkeypatch.setattr("app.voice_booth.open_pool", opened)
    monkeypatch.setenv("FABRIC_VOICE_DEVICE", "cuda")
    line = ["voice", "convert", "speech.wav", "out.wav", "--preset", "deeper"]
    assert main([*line, "--device", "cpu"]) == 0
    assert asked == ["cpu"]
    with pytest.raises(SystemExit) as left_with:
        main([*line, "--device", "gpu"])
    assert left_with.value.code == 2
    assert "there is no device 'gpu'" in capsys.readouterr().err
