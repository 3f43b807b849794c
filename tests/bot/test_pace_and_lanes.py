"""How fast we speak, and that work on one key never overlaps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from bot.allowlist import STRANGERS_PER_DAY, StrangerLedger
from bot.lanes import Lanes
from bot.pacing import KEPT_FOR_ANSWERS, Pace
from tests.bot.chat import NOON


class Stopwatch:
    """Monotonic seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_a_chat_gets_a_short_burst_and_then_one_message_a_second() -> None:
    watch = Stopwatch()
    pace = Pace(clock=watch, sleep=watch.sleep)
    times = []
    for _ in range(13):
        await pace.turn(7)
        times.append(round(watch.now, 6))
    assert times == [0] * 10 + [1, 2, 3]


async def test_progress_keeps_to_one_edit_a_second() -> None:
    watch = Stopwatch()
    pace = Pace(clock=watch, sleep=watch.sleep)
    times = []
    for _ in range(4):
        await pace.progress_turn(7)
        times.append(round(watch.now, 6))
    assert times == [0, 1, 2, 3]


async def test_after_minutes_of_progress_a_burst_of_answers_still_waits_for_nothing() -> None:
    watch = Stopwatch()
    pace = Pace(clock=watch, sleep=watch.sleep)
    for _ in range(200):
        await pace.progress_turn(7)
    began = watch.now
    for _ in range(KEPT_FOR_ANSWERS):
        await pace.turn(7)
    assert watch.now == began


async def test_progress_waits_until_a_chat_that_was_answered_much_has_its_reserve_back() -> None:
    watch = Stopwatch()
    pace = Pace(clock=watch, sleep=watch.sleep)
    for _ in range(10):
        await pace.turn(7)
    await pace.progress_turn(7)
    assert watch.now == KEPT_FOR_ANSWERS + 1


async def test_a_tap_ends_the_wait_of_progress() -> None:
    slept = asyncio.Event()

    async def sleep(_: float) -> None:
        slept.set()
        await asyncio.Event().wait()

    pace = Pace(clock=lambda: 0.0, sleep=sleep)
    await pace.progress_turn(7)
    second = asyncio.create_task(pace.progress_turn(7))
    await slept.wait()
    assert not second.done()
    pace.hurry(7)
    await asyncio.wait_for(second, 5)
    await asyncio.wait_for(pace.progress_turn(7), 5)


async def test_all_chats_together_get_thirty_a_second() -> None:
    watch = Stopwatch()
    pace = Pace(clock=watch, sleep=watch.sleep)
    for chat_id in range(90):
        await pace.turn(chat_id)
    assert 1.9 < watch.now < 2.1


async def test_a_quiet_chat_has_its_burst_back() -> None:
    watch = Stopwatch()
    pace = Pace(clock=watch, sleep=watch.sleep)
    for _ in range(10):
        await pace.turn(7)
    watch.now += 10
    for _ in range(10):
        await pace.turn(7)
    assert watch.now == 10


async def test_one_key_is_worked_in_order_and_another_beside_it() -> None:
    gate, log = asyncio.Event(), list[str]()

    async def work(items: Sequence[str]) -> None:
        for item in items:
            log.append(f"{item} begins")
            if item.startswith("slow"):
                await gate.wait()
            log.append(f"{item} ends")

    freed = asyncio.Event()
    lanes = Lanes(work, when_free=freed.set)
    lanes.offer("a", ["slow 1", "slow 2"])
    lanes.offer("a", ["slow 1"])
    lanes.offer("b", ["quick"])
    await freed.wait()
    assert log == ["slow 1 begins", "quick begins", "quick ends"]
    gate.set()
    await lanes.close()
    assert log[3:] == ["slow 1 ends", "slow 2 begins", "slow 2 ends"]


async def test_a_stop_waits_for_what_is_under_way_but_not_for_ever() -> None:
    async def work(_: Sequence[int]) -> None:
        await asyncio.Event().wait()

    lanes: Lanes[int] = Lanes(work, when_free=lambda: None)
    lanes.offer("a", [1])
    await lanes.close(patience_s=0)
    lanes.offer("a", [1])
    await lanes.close(patience_s=0)


def test_strangers_are_answered_once_a_day_and_not_without_end() -> None:
    ledger = StrangerLedger()
    assert ledger.may_tell(1, NOON)
    assert not ledger.may_tell(1, NOON + timedelta(hours=23))
    assert ledger.may_tell(1, NOON + timedelta(hours=25))
    told = sum(ledger.may_tell(n, NOON + timedelta(hours=25)) for n in range(2, 500))
    assert told == STRANGERS_PER_DAY - 1
