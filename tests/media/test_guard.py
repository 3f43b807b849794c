"""The guard holds: time, output, memory, cancellation, the parent's death, and no shell."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from media.audio import extract_audio, replace_audio
from media.errors import FfmpegFailedError, MediaTimeoutError, OutputTooLargeError
from media.ffmpeg import Ffmpeg, output, video_input, without_directories
from media.guard import Limits, child_environment, run_guarded
from media.partial import remove_leftovers, whole_file
from tests.support.clips import spoken_clip

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEPER = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"


def is_gone(pid: int) -> bool:
    """True when no such process runs; a zombie that nobody has waited for yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


async def gone_soon(pid: int) -> bool:
    for _ in range(200):
        if is_gone(pid):
            return True
        await asyncio.sleep(0.01)
    return False


async def test_the_time_limit_kills_the_child_and_its_children() -> None:
    said: list[str] = []
    with pytest.raises(MediaTimeoutError):
        await run_guarded([sys.executable, "-c", SLEEPER], Limits(0.5), on_line=said.append)
    assert await gone_soon(int(said[0]))


async def test_a_cancelled_caller_leaves_no_child() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    job = asyncio.create_task(run_guarded([sys.executable, "-c", SLEEPER], Limits(60), on_line=said.put_nowait))
    grandchild = int(await said.get())
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await gone_soon(grandchild)


async def test_output_beyond_the_limit_stops_the_child(tmp_path: Path) -> None:
    target = tmp_path / "big"
    flood = f"f = open({str(target)!r}, 'wb')\nwhile True: f.write(bytes(65536))"
    # Python itself ignores SIGXFSZ, so a program that does not is imitated.
    program = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n" + flood
    with pytest.raises(OutputTooLargeError) as caught:
        await run_guarded([sys.executable, "-c", program], Limits(30, file_bytes=1 << 20))
    assert caught.value.params == {"limit_bytes": 1 << 20}
    assert target.stat().st_size <= 1 << 20


async def test_ffmpeg_stops_at_the_output_limit_and_leaves_nothing(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    async def write() -> None:
        with whole_file(tmp_path / "x.wav") as partial:
            words = (*video_input(spoken_clip(clips, 3)), "-vn", "-f", "wav", output(partial))
            await ffmpeg.run(words, time_limit_s=30, output_limit_bytes=50_000)

    with pytest.raises(OutputTooLargeError):
        await write()
    assert list(tmp_path.iterdir()) == []


async def test_memory_beyond_the_limit_ends_the_child() -> None:
    greedy = "x = bytearray(1 << 30)"
    finished = await run_guarded([sys.executable, "-c", greedy], Limits(30, memory_bytes=512 << 20))
    assert finished.status != 0
    assert "MemoryError" in finished.stderr_tail


@pytest.mark.parametrize("holds_the_pipe", [True, False])
async def test_a_helper_that_outlives_the_child_is_killed_too(holds_the_pipe: bool) -> None:
    said: list[str] = []
    quiet = "" if holds_the_pipe else ", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"
    program = f"import subprocess; print(subprocess.Popen(['/bin/sleep', '60']{quiet}).pid)"
    with contextlib.suppress(MediaTimeoutError):
        await run_guarded([sys.executable, "-c", program], Limits(1), on_line=said.append)
    assert await gone_soon(int(said[0]))


async def test_the_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\nfrom media.guard import Limits, run_guarded\n"
        "argv = [sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True); time.sleep(60)']\n"
        "asyncio.run(run_guarded(argv, Limits(60), on_line=lambda line: print(line, flush=True)))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    assert await gone_soon(child)


async def test_our_secrets_are_not_in_the_childs_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FABRIC_BOT_TOKEN", "100:secret")
    assert "100:secret" not in child_environment().values()


async def test_words_are_never_read_by_a_shell(tmp_path: Path) -> None:
    said: list[str] = []
    word = f"$(touch {tmp_path}/hacked); echo `id`"
    await run_guarded([sys.executable, "-c", "import sys; print(sys.argv[1])", word], Limits(30), on_line=said.append)
    assert said == [word]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("-i", "file:/etc/passwd"),
        ("-i", "http://example.invalid/a.mp4"),
        ("-protocol_whitelist", "file,http", "-i", "x"),
    ],
)
async def test_an_input_without_its_guard_is_refused(ffmpeg: Ffmpeg, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="without its guard"):
        await ffmpeg.run(words, time_limit_s=1, output_limit_bytes=1)


@pytest.mark.parametrize(
    "disguise", ["#EXTM3U\n#EXTINF:10,\n{victim}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile '{victim}'\n"]
)
async def test_ffmpeg_too_opens_no_other_file(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path, disguise: str) -> None:
    evil = tmp_path / "evil.mp4"
    evil.write_text(disguise.format(victim=spoken_clip(clips, 3)))
    with pytest.raises(FfmpegFailedError):
        await extract_audio(ffmpeg, evil, tmp_path / "x.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["evil.mp4"]


async def test_what_ffmpeg_said_comes_without_our_folders(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    with pytest.raises(FfmpegFailedError) as caught:
        await extract_audio(ffmpeg, tmp_path / "missing.mp4", tmp_path / "x.wav")
    assert "No such file" in caught.value.stderr_tail
    assert str(tmp_path) not in caught.value.stderr_tail + str(caught.value.params)


def test_folders_are_taken_out_of_messages() -> None:
    assert without_directories("Error opening file:/home/me/.fabric/a.mp4: bad") == "Error opening a.mp4: bad"


async def test_progress_is_told_in_seconds(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    heard: list[float] = []
    source = spoken_clip(clips, 3)
    await extract_audio(ffmpeg, source, tmp_path / "x.wav", on_progress=heard.append)
    assert heard[-1] == pytest.approx(3.0, abs=0.05)
    await replace_audio(ffmpeg, source, tmp_path / "x.wav", tmp_path / "o.mp4", on_progress=heard.append)
    assert heard[-1] == pytest.approx(3.0, abs=0.05)


async def test_a_cancelled_render_leaves_no_half_file(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    begun = asyncio.Event()
    long = spoken_clip(clips, 3)
    loop = ("-stream_loop", "-1", *video_input(long), "-f", "null", "-")

    async def render() -> None:
        with whole_file(tmp_path / "x") as partial:
            partial.touch()
            await ffmpeg.run(loop, time_limit_s=60, output_limit_bytes=1, on_progress=lambda _: begun.set())

    job = asyncio.create_task(render())
    await begun.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert list(tmp_path.iterdir()) == []


def test_a_whole_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    with whole_file(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_process_left_is_removed_at_start(tmp_path: Path) -> None:
    program = (
        "import os; from pathlib import Path; from media.partial import whole_file\n"
        f"with whole_file(Path({str(tmp_path / 'out.mp4')!r})) as partial:\n"
        "    partial.write_text('half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    (tmp_path / "render.mp4").touch()
    assert remove_leftovers(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["render.mp4"]


@pytest.mark.parametrize("binary", ["/bin/true"])
def test_ffmpeg_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, binary: str) -> None:
    (tmp_path / "ffmpeg").symlink_to(binary)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Ffmpeg.locate().binary == Path(binary).resolve()


def test_without_one_on_the_path_the_packaged_ffmpeg_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert os.access(Ffmpeg.locate().binary, os.X_OK)
