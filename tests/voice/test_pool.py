"""The process pool, with real children that really get killed."""

from __future__ import annotations

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

from voice.errors import BadAudioError, ConversionFailedError, JobCancelledError, JobTimeoutError, WorkerDiedError
from voice.jobs_port import JobRunner
from voice.pool import ProcessPool

ROOT = Path(__file__).resolve().parent.parent.parent
JOBS = "tests.voice.jobs_under_test"
PATIENCE_S = 30


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


def test_a_job_whose_child_dies_is_run_once_more(pool: ProcessPool, tmp_path: Path) -> None:
    marker = tmp_path / "deaths"
    assert pool.submit(f"{JOBS}:die", {"marker": str(marker), "deaths": 1}).result(PATIENCE_S) == "alive"
    assert len(set(marker.read_text().split())) == 2


def test_a_job_that_kills_twice_is_parked_and_the_pool_goes_on(pool: ProcessPool, tmp_path: Path) -> None:
    marker = tmp_path / "deaths"
    poison = pool.submit(f"{JOBS}:die", {"marker": str(marker), "deaths": 9})
    healthy = pool.submit(f"{JOBS}:echo", {"next": True})
    with pytest.raises(WorkerDiedError) as caught:
        poison.result(PATIENCE_S)
    assert caught.value.params["status"] == -signal.SIGKILL
    assert len(marker.read_text().split()) == 2
    assert healthy.result(PATIENCE_S) == {"next": True}


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


def test_the_time_limit_kills_the_job(pool: ProcessPool, told: Path) -> None:
    pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S)  # the child is there: the limit is not spent on its birth
    job = pool.submit(f"{JOBS}:hang", {"told": str(told)}, time_limit_s=1.5)
    child, helper = pids_told(told)
    with pytest.raises(JobTimeoutError) as caught:
        job.result(PATIENCE_S)
    assert caught.value.params == {"limit_s": 1.5}
    assert eventually(lambda: is_gone(child) and is_gone(helper))
    assert pool.submit(f"{JOBS}:echo", {}).result(PATIENCE_S) == {}


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


@pytest.mark.parametrize("end", ["return", "raise", "die", "cancel", "time out"])
def test_the_scratch_folder_goes_however_the_job_ends(pool: ProcessPool, told: Path, tmp_path: Path, end: str) -> None:
    way = "hang" if end in {"cancel", "time out"} else end
    pool.submit(f"{JOBS}:pid", {}).result(PATIENCE_S)  # the child is there: the limit is not spent on its birth
    limit_s = 1.0 if end == "time out" else None
    job = pool.submit(f"{JOBS}:leave_litter", {"told": str(told), "end": way}, time_limit_s=limit_s)
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
