"""Kill the process at every point of a task's life, start it again, and count the videos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest

from scheduler.notices import TaskFailed
from scheduler.service import Scheduler
from storage.values import TaskStatus
from tests.scheduler.world import World
from tests.support.crash import Executioner, Killed

Faults = dict[tuple[str, int], str]

FAULTY: list[Faults] = [
    {("transfer", 1): "lose_after"},
    {("transfer", 1): "lose_before"},
    {("transfer", 1): "cut:20000"},
    {("open_upload", 1): "lose_after", ("transfer", 1): "transient"},
]


@dataclass
class Outcome:
    videos: int
    status: TaskStatus
    is_leased: bool
    kills: int
    points: list[str]

    @property
    def is_good(self) -> bool:
        return self.videos == 1 and self.status is TaskStatus.COMPLETED and not self.is_leased


async def live_and_die(world: World, executioners: list[Executioner]) -> Outcome:
    """One process after another, each with its own death; the last one lives."""
    points: list[str] = []
    kills = 0
    for executioner in [*executioners, Executioner()]:
        scheduler = world.scheduler(executioner, seed=kills)
        try:
            await scheduler.recover()
            await world.live(scheduler)
        except Killed:
            pass
        kills += executioner.dead
        points.extend(executioner.points)
        await bury(scheduler)
    task = (await world.tasks())[-1]
    return Outcome(len(world.site.videos), task.status, task.lease_owner is not None, kills, points)


async def bury(scheduler: Scheduler) -> None:
    """What still runs of a dead process must not run on."""
    await scheduler._dispatcher.stop()
    await scheduler._aftercare.stop()


async def one_death(world: World, at: int, faults: Faults) -> Outcome:
    world.begin_anew()
    world.site.faults = dict(faults)
    await world.approve()
    return await live_and_die(world, [Executioner(at)])


async def die_everywhere(world: World, faults: Faults, *, step: int = 1) -> int:
    """Kill at each `step`-th point until a run survives; how many points there were."""
    at = 1
    while (outcome := await one_death(world, at, faults)).kills:
        assert outcome.is_good, f"killed at {at} ({outcome.points[at - 1]}): {outcome}"
        at += step
    assert outcome.is_good, f"not killed: {outcome}"
    return at


async def test_a_death_at_any_point_leaves_exactly_one_video(world: World) -> None:
    assert await die_everywhere(world, {}) > 20


@pytest.mark.parametrize("faults", FAULTY, ids=lambda faults: "+".join(faults.values()))
@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.long)], ids=["every eighth", "every"])
async def test_a_death_at_any_point_of_a_faulty_run_leaves_exactly_one_video(
    world: World, faults: Faults, step: int
) -> None:
    assert await die_everywhere(world, faults, step=step) > 20


async def test_a_separate_publication_is_never_made_twice(world: World) -> None:
    """The site publishes at every call, so the record before the call and the search after it are all there is."""
    world.platform_options = {"separate_publish": True}
    assert await die_everywhere(world, {("publish", 1): "lose_after"}, step=3) > 20


WORDS = ["lose_before", "lose_after", "transient", "rate", "cut:1", "cut:20000", "gone", "garbage", "token"]
STEPS = ["open_upload", "transfer", "transfer", "publish", "check", "find_published"]


async def run_schedule(world: World, seed: int) -> Outcome:
    """A site of either kind, up to three faults, up to three deaths."""
    rng = Random(seed)
    world.begin_anew()
    world.platform_options = {"separate_publish": rng.random() < 0.4}
    world.site.shows_after = timedelta(seconds=rng.choice([0, 0, 20, 50]))
    world.site.faults = {(rng.choice(STEPS), rng.randint(1, 3)): rng.choice(WORDS) for _ in range(rng.randint(0, 3))}
    await world.approve()
    return await live_and_die(world, [Executioner(rng.randint(1, 25)) for _ in range(rng.randint(0, 3))])


def gave_up_before_anything(world: World, outcome: Outcome) -> bool:
    """A site that fails at the beginning and answers nonsense at the third try is given up: the operator may retry."""
    told = [notice.can_retry for notice in world.recorder.of(TaskFailed)]
    return outcome.status is TaskStatus.FAILED and outcome.videos == 0 and told == [True]


@pytest.mark.parametrize("count", [30, pytest.param(3000, marks=pytest.mark.long)])
@pytest.mark.timeout(1200)
async def test_random_deaths_and_faults_never_publish_twice_nor_lose(world: World, count: int) -> None:
    asked = 0
    for seed in range(count):
        outcome = await run_schedule(world, seed)
        assert outcome.videos <= 1, f"seed {seed}: {outcome}"
        assert not outcome.is_leased, f"seed {seed}: {outcome}"
        is_asked = outcome.status is TaskStatus.NEEDS_ATTENTION or gave_up_before_anything(world, outcome)
        assert outcome.is_good or is_asked, f"seed {seed}: {outcome}"
        asked += is_asked
    assert asked <= count * 0.1
