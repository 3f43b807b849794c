"""The main job: a clip goes from the chat to YouTube, in a new voice, by programs that start as a user starts them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from pyloudnorm import Meter

from tests.support.clips import SPEECH_RU, VERTICAL, run_ffmpeg, spoken_clip, video_packets
from tests.support.fabric import Fabric, Person, running_fabric
from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.story import approve_now, choose, connect, published, send_clip

DEEPER_F0 = 0.75
AAC_FRAME_S = 1024 / 44100


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path / "world", cold=True) as world:
        yield world


@pytest.fixture
def fabric(sandbox: Sandbox, tmp_path: Path) -> Iterator[Fabric]:
    with running_fabric(sandbox, tmp_path / "home", cold=True) as running:
        yield running


def sound(video: Path, wav: Path) -> tuple[np.ndarray, int]:
    """The sound track as (frames, channels) of floats, from the presentation's zero."""
    run_ffmpeg("-i", video, "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-c:a", "pcm_f32le", wav)
    samples, rate = soundfile.read(wav, dtype="float64", always_2d=True)
    return samples, rate


def f0_ratio(before: np.ndarray, after: np.ndarray, rate: int) -> float:
    """Median f0 over the frames that are voiced in both, after to before (harvest)."""
    import pyworld

    length = min(len(before), len(after))
    tracks = [
        pyworld.harvest(np.ascontiguousarray(each[:length].mean(axis=1)), rate, f0_floor=50)[0]
        for each in (before, after)
    ]
    voiced = (tracks[0] > 0) & (tracks[1] > 0)
    return float(np.median(tracks[1][voiced]) / np.median(tracks[0][voiced]))


@pytest.mark.timeout(180)
def test_a_clip_is_published_in_a_deeper_voice_and_nothing_else_of_it_changes(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path, tmp_path: Path
) -> None:
    source = spoken_clip(clips, 8, size=VERTICAL, speech=SPEECH_RU, music=False)
    connect(person)
    card = send_clip(person, source, "The old castle\nA story in one minute")
    assert "1080×1920" in card["text"]
    card = choose(person, card, voice="Deeper")
    approve_now(person, card)
    result = published(person, card)

    (video,) = sandbox.videos()
    assert video["title"] == "The old castle"
    assert video["id"] in str(result)
    arrived = tmp_path / "arrived.mp4"
    arrived.write_bytes(sandbox.http.get(f"/control/youtube/videos/{video['id']}/file").content)
    renders = list(Path(fabric.home / "sandbox" / "renders").glob("*.mp4"))
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in renders}
    assert hashlib.sha256(arrived.read_bytes()).hexdigest() in digests, "what arrived is not the render"

    assert video_packets(arrived) == video_packets(source)
    before, rate = sound(source, tmp_path / "before.wav")
    after, after_rate = sound(arrived, tmp_path / "after.wav")
    assert after_rate == rate
    assert abs(len(after) - len(before)) / rate <= AAC_FRAME_S
    meter = Meter(rate)
    assert meter.integrated_loudness(after) == pytest.approx(meter.integrated_loudness(before), abs=0.5)
    assert f0_ratio(before, after, rate) == pytest.approx(DEEPER_F0, rel=0.03)


def test_nothing_listens_for_a_consent_that_nobody_began(fabric: Fabric, person: Person) -> None:
    person.wait_text("Welcome", after=person.say("/start"))
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{fabric.http_port}/oauth/callback?state=x&code=y", timeout=5)
