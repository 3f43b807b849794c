"""The process pool, with real children that really get killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from voice.errors import (
    BadAudioError,
    ConversionFailedError,
    JobCancelledError,
    JobTimeoutError,
    OutOfMemoryError,
    VoiceError,
    WorkerDiedError,
)
from voice.jobs_port import RUNS, JobRunner
from voice.memory import counted, is_lack_of_memory
from voice.patience import Patience
from voice.pool import ProcessPool

ROOT = Path(__file__).resolve().parent.parent.parent
JOBS = "tests.voice.jobs_under_test"
PATIENCE_S = 30
IDLE_S = 0.8


def is_gone(pid: int) -> bool:
    """True when no such process runs; a zombie that its parent has not waited for yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def eventually(claim: Callable[[], object], within_s: float = PATIENCE_S) -> bool:
    until = time.monotonic() + within_s
    while not claim():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[ProcessPool]:
    pool = ProcessPool(scratch_folder=tmp_path / "scratch")
    yield pool
    pool.close()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[ProcessPool]:
    """A pool that soon takes a silent job for hung."""
    pool = ProcessPool(patience=Patience(idle_s=IDLE_S, longest_s=60), scratch_folder=tmp_path / "scratch")
    yield pool
    pool.close()


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


def pids_told(told: Path) -> tuple[int, ...]:
    assert eventually(told.exists)
    return tuple(int(word) for word in told.read_text().split() if word.isdigit())


def test_a_job_gets_its_arguments_and_gives_its_result(pool: JobRunner) -> None:
    result = pool.submit(f"{JOBS}:echo", {"text": "замок", "number": 0.5}).result(PATIENCE_S)
    assert result == {"text": "замок", "number": 0.5}


def test_no_child_is_born_before_the_first_job_and_it_stays_for_the_next(pool: ProcessPool) -> None:
    assert pool.child_pids() == ()
    first = pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S)
    assert pool.child_pids() == (first,)
    assert pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S) == first
    assert first != os.getpid()


def test_progress_comes_to_the_parent_in_order(pool: ProcessPool) -> None:
    heard: list[tuple[float, str]] = []
    listener = lambda fraction, step: heard.append((fraction, step))  # noqa: E731
    pool.submit(f"{JOBS}:count_to", {"steps": 4}, on_progress=listener).result(PATIENCE_S)
    assert heard == [(0.25, "step 1"), (0.5, "step 2"), (0.75, "step 3"), (1.0, "step 4")]


def test_the_childs_threads_wait_quietly_and_our_token_stays_here(
    pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FABRIC_BOT_TOKEN", "100:secret")
    monkeypatch.setenv("fabric_bot_token", "100:secret")  # settings are read in any case
    seen = {}
    for name in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "FABRIC_BOT_TOKEN", "fabric_bot_token"):
        seen[name] = pool.submit(f"{JOBS}:environment", {"name": name}).result(PATIENCE_S)
    assert seen == {
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": "1",
        "FABRIC_BOT_TOKEN": None,
        "fabric_bot_token": None,
    }


def test_what_a_library_prints_is_no_answer(pool: ProcessPool) -> None:
    assert pool.submit(f"{JOBS}:chatter", {}).result(PATIENCE_S) == "done"


def test_an_error_of_ours_comes_through_with_its_facts(pool: ProcessPool) -> None:
    with pytest.raises(BadAudioError, match="nothing in it") as caught:
        pool.submit(f"{JOBS}:refuse", {}).result(PATIENCE_S)
    assert (caught.value.code, caught.value.params) == ("voice.bad_audio", {"reason": "no_samples"})


def test_any_other_error_is_a_failed_conversion_and_the_child_lives_on(pool: ProcessPool) -> None:
    child = pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S)
    with pytest.raises(ConversionFailedError, match="ZeroDivisionError: by zero"):
        pool.submit(f"{JOBS}:stumble", {}).result(PATIENCE_S)
    with pytest.raises(ConversionFailedError, match="no_such"):
        pool.submit(f"{JOBS}:no_such", {}).result(PATIENCE_S)
    assert pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S) == child


@pytest.mark.parametrize(("job", "count"), [("die", "deaths"), ("stop", "stops"), ("fall_asleep", "sleeps")])
def test_a_child_that_dies_or_hangs_is_replaced_and_its_job_run_again_twice(
    hasty: ProcessPool, tmp_path: Path, job: str, count: str
) -> None:
    marker = tmp_path / "runs"
    assert hasty.submit(f"{JOBS}:{job}", {"marker": str(marker), count: 2}).result(PATIENCE_S) == "alive"
    runs = marker.read_text().split()
    assert (len(runs), len(set(runs))) == (3, 3)
    assert all(is_gone(int(pid)) for pid in runs[:-1])


@pytest.mark.parametrize(
    ("job", "count", "error", "params"),
    [
        ("die", "deaths", WorkerDiedError, {"status": -signal.SIGKILL, "detail": ""}),
        ("stop", "stops", JobTimeoutError, {"silent_s": IDLE_S}),
        ("fall_asleep", "sleeps", JobTimeoutError, {"silent_s": IDLE_S}),
    ],
)
def test_a_job_that_fells_three_children_is_given_up_and_the_pool_goes_on(
    hasty: ProcessPool, tmp_path: Path, job: str, count: str, error: type[VoiceError], params: dict[str, object]
) -> None:
    marker = tmp_path / "runs"
    poison = hasty.submit(f"{JOBS}:{job}", {"marker": str(marker), count: 9})
    healthy = hasty.submit(f"{JOBS}:echo", {"next": True})
    with pytest.raises(error) as caught:
        poison.result(PATIENCE_S)
    assert caught.value.params == params
    assert len(marker.read_text().split()) == RUNS == 3
    assert healthy.result(PATIENCE_S) == {"next": True}
    assert not list((tmp_path / "scratch").iterdir())


def test_a_job_that_works_without_a_word_is_not_taken_for_hung(hasty: ProcessPool, tmp_path: Path) -> None:
    marker = tmp_path / "runs"
    job = hasty.submit(f"{JOBS}:work_silently", {"marker": str(marker), "cpu_s": 1.5 * IDLE_S})
    assert job.result(PATIENCE_S) == "done"
    assert len(marker.read_text().split()) == 1


def test_a_job_that_works_for_ever_without_a_word_is(tmp_path: Path) -> None:
    marker = tmp_path / "runs"
    pool = ProcessPool(patience=Patience(idle_s=0.3, longest_s=0.6), scratch_folder=tmp_path / "scratch")
    try:
        with pytest.raises(JobTimeoutError):
            pool.submit(f"{JOBS}:work_silently", {"marker": str(marker), "cpu_s": 3600.0}).result(PATIENCE_S)
        assert len(marker.read_text().split()) == RUNS
    finally:
        pool.close()


def test_memory_beyond_the_limit_is_told_and_the_next_job_has_all_of_it(tmp_path: Path) -> None:
    pool = ProcessPool(memory_bytes=400 << 20, scratch_folder=tmp_path / "scratch")
    try:
        greedy = pool.submit(f"{JOBS}:take_memory", {"size": counted(400 << 20)})
        with pytest.raises(OutOfMemoryError):
            greedy.result(PATIENCE_S)
        assert pool.submit(f"{JOBS}:take_memory", {"size": 300 << 20}).result(PATIENCE_S) == 300 << 20
    finally:
        pool.close()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a primitive"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    ],
)
def test_lack_of_memory_is_known_by_what_libraries_say(error: Exception) -> None:
    assert is_lack_of_memory(error)
    assert not is_lack_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


@pytest.mark.parametrize(
    ("silent_s", "worked_s", "is_hung"), [(180, 0.0, True), (180, 60.0, False), (1620, 60.0, False), (1800, 60.0, True)]
)
def test_patience_ends_with_silence_and_not_with_time(silent_s: float, worked_s: float, is_hung: bool) -> None:
    assert Patience().is_over(silent_s, worked_s) is is_hung


def test_a_child_killed_from_outside_in_the_middle_is_replaced(pool: ProcessPool, told: Path) -> None:
    pool.submit(f"{JOBS}:hang", {"told": str(told)})
    first, helper = pids_told(told)
    told.unlink()
    os.kill(first, signal.SIGKILL)
    second, _ = pids_told(told)
    assert second != first
    assert eventually(lambda: is_gone(helper))
    assert pool.child_pids() == (second,)


def test_a_child_killed_while_idle_costs_the_next_job_nothing(pool: ProcessPool, tmp_path: Path) -> None:
    child = pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S)
    os.kill(child, signal.SIGKILL)
    assert eventually(lambda: is_gone(child))
    assert pool.submit(f"{JOBS}:die", {"marker": str(tmp_path / "deaths"), "deaths": 1}).result(PATIENCE_S) == "alive"


def test_a_cancelled_job_is_killed_with_its_children_and_its_worker_serves_on(pool: ProcessPool, told: Path) -> None:
    job = pool.submit(f"{JOBS}:hang", {"told": str(told)})
    child, helper = pids_told(told)
    before = time.monotonic()
    assert job.cancel()
    assert eventually(lambda: is_gone(child) and is_gone(helper), within_s=2)
    replacement = pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S)
    assert time.monotonic() - before < 10  # 2 s on a quiet machine; the bound only catches a wait for the job's end
    assert replacement not in {child, helper}
    with pytest.raises(CancelledError):
        job.result(0)


def test_a_job_cancelled_in_the_queue_never_runs(pool: ProcessPool, told: Path, tmp_path: Path) -> None:
    running = pool.submit(f"{JOBS}:hang", {"told": str(told)})
    waiting = pool.submit(f"{JOBS}:die", {"marker": str(tmp_path / "ran"), "deaths": 0})
    pids_told(told)
    assert waiting.cancel()
    assert running.cancel()
    assert pool.submit(f"{JOBS}:echo", {}).result(PATIENCE_S) == {}
    assert not (tmp_path / "ran").exists()


def test_a_hung_child_is_killed_with_its_children(hasty: ProcessPool, told: Path) -> None:
    hasty.submit(f"{JOBS}:hang", {"told": str(told)})
    child, helper = pids_told(told)
    assert eventually(lambda: is_gone(child) and is_gone(helper))


def test_a_listener_that_fails_fails_its_job_alone(pool: ProcessPool) -> None:
    def fail(fraction: float, step: str) -> None:
        raise LookupError("the chat is gone")

    with pytest.raises(LookupError):
        pool.submit(f"{JOBS}:count_to", {"steps": 3}, on_progress=fail).result(PATIENCE_S)
    assert pool.submit(f"{JOBS}:echo", {}).result(PATIENCE_S) == {}


def test_two_workers_run_two_jobs_at_once(tmp_path: Path) -> None:
    pool = ProcessPool(workers=2, scratch_folder=tmp_path)
    try:
        for name in ("one", "two"):
            pool.submit(f"{JOBS}:hang", {"told": str(tmp_path / name)})
        assert pids_told(tmp_path / "one")[0] != pids_told(tmp_path / "two")[0]
    finally:
        pool.close()


def test_an_idle_child_is_sent_home_and_another_comes_when_needed(tmp_path: Path) -> None:
    pool = ProcessPool(idle_timeout_s=0.05, scratch_folder=tmp_path)
    try:
        child = pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S)
        assert eventually(lambda: is_gone(child) and pool.child_pids() == ())
        assert pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S) != child
    finally:
        pool.close()


def test_closing_kills_what_runs_and_fails_what_waits(pool: ProcessPool, told: Path) -> None:
    running = pool.submit(f"{JOBS}:hang", {"told": str(told)})
    waiting = pool.submit(f"{JOBS}:echo", {})
    child, helper = pids_told(told)
    pool.close()
    pool.close()
    assert eventually(lambda: is_gone(child) and is_gone(helper))
    for job in (running, waiting):
        with pytest.raises(JobCancelledError):
            job.result(PATIENCE_S)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(f"{JOBS}:echo", {})


@pytest.mark.parametrize("end", ["return", "raise", "die", "cancel", "hang"])
def test_the_scratch_folder_goes_however_the_job_ends(hasty: ProcessPool, told: Path, tmp_path: Path, end: str) -> None:
    way = "hang" if end == "cancel" else end
    job = hasty.submit(f"{JOBS}:leave_litter", {"told": str(told), "end": way})
    pids_told(told)
    if end == "cancel":
        job.cancel()
    else:
        job.exception(PATIENCE_S)
    assert told.read_text().split()[1].startswith(str(tmp_path / "scratch"))
    assert eventually(lambda: list((tmp_path / "scratch").iterdir()) == [])


def test_litter_of_a_killed_pool_is_removed_by_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as done:
        pass
    (tmp_path / f"voice-job-{done.pid}-old").mkdir()
    (tmp_path / f"voice-job-{os.getppid()}-busy").mkdir()
    pool = ProcessPool(scratch_folder=tmp_path)
    pool.submit(f"{JOBS}:echo", {}).result(PATIENCE_S)
    pool.close()
    assert [path.name for path in tmp_path.iterdir()] == [f"voice-job-{os.getppid()}-busy"]


PARENT = """
import sys, time
from voice.pool import ProcessPool
pool = ProcessPool()
pool.submit("tests.voice.jobs_under_test:{job}", {arguments}){then}
print(pool.child_pids()[0] if pool.child_pids() else "", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("busy", [True, False])
def test_no_child_outlives_a_parent_that_is_killed(told: Path, busy: bool) -> None:
    job, arguments, then = ("hang", repr({"told": str(told)}), "") if busy else ("pid", "{}", ".result()")
    program = PARENT.format(job=job, arguments=arguments, then=then)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, text=True) as parent:
        assert parent.stdout is not None
        said = parent.stdout.readline()
        child = pids_told(told)[0] if busy else int(said)
        assert not is_gone(child)
        parent.kill()
    assert eventually(lambda: is_gone(child))
    if busy:  # the job's own helper is not the pool's: it is cleaned up here
        os.kill(pids_told(told)[1], signal.SIGKILL)


def test_cancels_from_many_threads_leave_a_working_pool(pool: ProcessPool) -> None:
    jobs = [pool.submit(f"{JOBS}:count_to", {"steps": 50}) for _ in range(12)]
    threads = [threading.Thread(target=job.cancel) for job in jobs[::2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [job.result(PATIENCE_S) for job in jobs if not job.cancelled()].count(50) >= 6
    assert pool.submit(f"{JOBS}:echo", {}).result(PATIENCE_S) == {}


def test_nothing_heavy_is_imported_beside_the_tokens() -> None:
    program = (
        "import sys, voice.pool, voice.presets, voice.jobs, voice.jobs_port, voice.errors\n"
        "import media.ffmpeg, media.probe, media.audio, media.digest, media.info, media.partial, media.errors\n"
        "voice.presets.PresetCatalogue([voice.presets.BUILT_IN]).get('deeper').digest\n"
        "print([name for name in ('torch', 'librosa', 'scipy', 'numpy', 'av', 'pyworld') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
