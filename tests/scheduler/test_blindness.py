"""Each safeguard is taken away in turn, and the crash tests must notice: otherwise they would be blind."""

from __future__ import annotations

from importlib import import_module

import pytest

from scheduler import policy
from scheduler.handle import Handle
from scheduler.job import Job
from scheduler.lease import Lease
from scheduler.lifecycle import STAGES
from scheduler.policy import Reconcile, StartAnew
from scheduler.stages.transfer import arrived
from storage.values import Stage
from tests.scheduler.test_crashes import Faults, one_death
from tests.scheduler.world import World


async def duplicates(world: World, faults: Faults) -> int:
    """How many kill points of a run end with more than one video."""
    found, at = 0, 1
    while True:
        outcome = await one_death(world, at, faults)
        found += outcome.videos > 1
        if not outcome.kills:
            return found
        at += 4
        if found:
            return found


async def test_without_a_stored_session_a_death_publishes_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_and_send(job: Job) -> None:
        file, token = await job.video_file(), await job.access_token()
        session = await job.site.open_upload(token, file, job.meta())
        publication = await job.site.transfer(
            token, session, file, on_progress=lambda _: _nothing(), before_commit=_nothing
        )
        await job.lease.record(session=Handle.of(session).to_json(), bytes_total=file.size)
        await arrived(job, publication)

    monkeypatch.setitem(STAGES, Stage.OPEN, open_and_send)
    assert await duplicates(world, {}) > 0


async def test_without_reconciling_a_lost_answer_publishes_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = policy.decide

    def blindly(error: Exception, stage: Stage, *rest: object) -> policy.Decision:
        decision = decide(error, stage, *rest)  # type: ignore[arg-type]
        if isinstance(decision, Reconcile):
            return StartAnew(Stage.OPEN, decision.until, decision.fault)
        return decision

    monkeypatch.setattr(policy, "decide", blindly)
    assert await duplicates(world, {("transfer", 1): "lose_after", ("transfer", 2): "gone"}) > 0


async def test_without_a_record_before_the_call_a_death_publishes_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.platform_options = {"separate_publish": True}
    # The package's attribute of this name is the stage itself, so the module is asked for by its name.
    module = import_module("scheduler.stages.publish")
    monkeypatch.setattr(module, "before_commit", lambda job: _nothing())
    assert await duplicates(world, {}) > 0


async def stall_before_publishing(world: World) -> int:
    """A worker sleeps beyond its lease right before the call that publishes; another one does the work meanwhile."""
    world.platform_options = {"separate_publish": True}
    world.begin_anew()
    await world.approve()
    other = world.scheduler(owner="other")
    extend = Lease.extend

    async def sleep_first(lease: Lease, **changes: object) -> None:
        if "commit_started_at" in changes and lease.task.lease_owner == "sleeper":
            world.clock.forward(minutes=5)
            await world.live(other)
        await extend(lease, **changes)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lease, "extend", sleep_first)
        await world.live(world.scheduler(owner="sleeper"))
    return len(world.site.videos)


async def test_a_worker_that_wakes_up_late_sends_nothing(world: World) -> None:
    assert await stall_before_publishing(world) == 1


async def test_without_the_fence_a_late_worker_publishes_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def trusting(lease: Lease, *_: object) -> None:
        return None

    monkeypatch.setattr(Lease, "_extend", trusting)
    assert await stall_before_publishing(world) == 2


async def _nothing() -> None:
    return None
