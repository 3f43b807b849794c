"""Lives that begin before their minute: deaths at every point, changes of mind, faults. Never early, never twice."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from scheduler.notices import TaskNeedsAttention
from storage.errors import ConflictError, StaleVersionError
from storage.values import TaskStatus
from tests.scheduler.staged import WAYS, approved_for, cancelled, live_until, reopened
from tests.scheduler.test_crashes import Faults, Outcome, bury, live_and_die
from tests.scheduler.world import World
from tests.support.crash import Executioner, Killed

every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


class Watchman(Executioner):
    """Sees at each point that nothing is public before its minute."""

    def __init__(self, world: World, minute: datetime, at: int | None = None) -> None:
        super().__init__(at)
        self.world, self.minute = world, minute

    def __call__(self, point: str) -> None:
        assert self.world.clock() >= self.minute or not self.world.site.public, f"public too early, {point}"
        super().__call__(point)


async def one_death(world: World, way: dict[str, Any], at: int, faults: Faults) -> Outcome:
    world.begin_anew()
    world.site.faults = dict(faults)
    minute = await approved_for(world, way)
    return await live_and_die(world, [Watchman(world, minute, at)])


async def die_everywhere(world: World, way: dict[str, Any], faults: Faults, step: int) -> int:
    at = 1
    while (outcome := await one_death(world, way, at, faults)).kills:
        assert outcome.is_good, f"killed at {at} ({outcome.points[at - 1]}): {outcome}"
        at += step
    assert outcome.is_good, f"not killed: {outcome}"
    return at


steps = pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.long)], ids=["every fourth", "every"])


@every_way
@steps
async def test_a_death_at_any_point_publishes_once_and_not_before_the_minute(
    world: World, way: dict[str, Any], step: int
) -> None:
    assert await die_everywhere(world, way, {}, step) > 20


@pytest.mark.long
@every_way
@pytest.mark.parametrize("fault", ["lose_after", "lose_before", "gone"])
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.long)], ids=["every ninth", "every"])
async def test_the_same_when_the_answer_to_the_last_request_is_lost(
    world: World, way: dict[str, Any], fault: str, step: int
) -> None:
    lost = ("publish", 1) if way.get("separate_publish") else ("transfer", 1 if "timed" in str(way) else 2)
    assert await die_everywhere(world, way, {lost: fault}, step) > 20


async def change_of_mind(world: World, way: dict[str, Any], moment: timedelta, at: int) -> Outcome:
    """The operator cancels at `moment` after the approval; the process that does the rest dies at its point `at`."""
    world.begin_anew()
    minute = await approved_for(world, way)
    scheduler = world.scheduler(Watchman(world, minute))
    await live_until(world, scheduler, world.clock() + moment)
    await bury(scheduler)
    await cancelled(world)
    return await live_and_die(world, [Executioner(at)])


@every_way
@steps
async def test_a_death_at_any_point_of_taking_back_leaves_nothing(world: World, way: dict[str, Any], step: int) -> None:
    for moment in (timedelta(minutes=1), timedelta(hours=2, seconds=1), timedelta(hours=2, minutes=55)):
        at = 1
        while (outcome := await change_of_mind(world, way, moment, at)).kills:
            assert (outcome.videos, outcome.status) == (0, TaskStatus.CANCELLED), f"{moment}, killed at {at}: {outcome}"
            at += step
        assert (outcome.videos, outcome.status) == (0, TaskStatus.CANCELLED), f"{moment}: {outcome}"


@every_way
@steps
async def test_a_cancel_after_a_death_at_any_point_is_kept_or_refused(
    world: World, way: dict[str, Any], step: int
) -> None:
    answers: set[bool] = set()
    at = 1
    while True:
        world.begin_anew()
        minute = await approved_for(world, way)
        executioner = Watchman(world, minute, at)
        scheduler = world.scheduler(executioner)
        with suppress(Killed):
            await world.live(scheduler)
        await bury(scheduler)
        if not executioner.dead:
            break
        granted = True
        try:
            await cancelled(world)
        except (StaleVersionError, ConflictError):
            granted = False
        outcome = await live_and_die(world, [])
        wanted = (0, TaskStatus.CANCELLED) if granted else (1, TaskStatus.COMPLETED)
        assert (outcome.videos, outcome.status) == wanted, f"at {at}, {executioner.points[-1]}: {granted}, {outcome}"
        answers.add(granted)
        at += step
    assert True in answers


WORDS = ["lose_before", "lose_after", "transient", "rate", "cut:1", "cut:20000", "gone", "garbage", "token"]
STEPS = ["open_upload", "transfer", "transfer", "publish", "check", "find_published", "delete_video", "set_release"]


async def random_life(world: World, seed: int) -> str:
    """Faults, deaths and at most one change of mind at any time; what became of it. Asserts what must hold of any."""
    rng = Random(seed)
    world.begin_anew()
    way = rng.choice(list(WAYS.values()))
    world.site.shows_after = timedelta(seconds=rng.choice([0, 0, 20, 50]))
    world.site.keeps_minutes = rng.random() < 0.8
    world.site.faults = {(rng.choice(STEPS), rng.randint(1, 3)): rng.choice(WORDS) for _ in range(rng.randint(0, 3))}
    minute = await approved_for(world, way)
    deaths = [Watchman(world, minute, rng.randint(1, 30)) for _ in range(rng.randint(0, 3))]
    change = rng.choice([None, cancelled, reopened])
    moment = minute - timedelta(minutes=rng.choice([0, 1, 3, 30, 59, 60, 61, 170]))
    for number, executioner in enumerate([*deaths, Watchman(world, minute)]):
        scheduler = world.scheduler(executioner, seed=number)
        with suppress(Killed):
            await scheduler.recover()
            await live_until(world, scheduler, moment)
        await bury(scheduler)
    granted = False
    if change is not None:
        with suppress(StaleVersionError, ConflictError):
            await change(world)
            granted = True
    await live_and_die(world, [Watchman(world, minute, rng.randint(1, 20))])
    return judged(world, seed, granted=granted)


def judged(world: World, seed: int, *, granted: bool) -> str:
    world.clock.forward(days=1)
    asked = [notice.fault.code for notice in world.recorder.of(TaskNeedsAttention)]
    assert len(world.site.videos) <= 1, f"seed {seed}"
    if granted:
        assert asked or not world.site.videos, f"seed {seed}: it was taken back"
        return "taken back"
    return "asked" if asked else "published" if world.site.public else "given up"


@pytest.mark.parametrize("count", [40, pytest.param(3000, marks=pytest.mark.long)])
@pytest.mark.timeout(1200)
async def test_random_lives_are_never_early_never_double_and_end(world: World, count: int) -> None:
    ends: list[str] = []
    for seed in range(count):
        ends.append(await random_life(world, seed))
        task = (await world.tasks())[-1]
        assert task.lease_owner is None
        assert task.status not in (TaskStatus.PENDING, TaskStatus.PROCESSING), f"seed {seed}: {task.stage}"
    assert ends.count("asked") + ends.count("given up") <= count * 0.15
    assert {"taken back", "published"} <= set(ends)
