"""A line's rate holds for all that are on it together, whoever wakes late."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.link import TICK_S, Link

RATE = 1000.0


class Time:
    """Passes only while somebody sleeps; each sleep lasts `overslept` longer than asked."""

    def __init__(self, overslept: float = 0.0) -> None:
        self.now, self._overslept = 0.0, overslept

    async def sleep(self, seconds: float) -> None:
        wake = self.now + seconds + self._overslept
        await asyncio.sleep(0)
        self.now = max(self.now, wake)


async def send(link: Link, size: int) -> None:
    while size:
        size -= await link.allow(size)


def took_s(sizes: list[int], overslept: float = 0.0) -> float:
    """How long the bodies take on one line, sent at the same time."""
    time = Time(overslept)
    link = Link(RATE, now=lambda: time.now, sleep=time.sleep)

    async def all_of_them() -> None:
        await asyncio.gather(*(send(link, size) for size in sizes))

    asyncio.run(all_of_them())
    return time.now


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=6))
def test_many_bodies_together_take_as_long_as_their_bytes(sizes: list[int]) -> None:
    assert sum(sizes) / RATE - 2 * TICK_S <= took_s(sizes) <= sum(sizes) / RATE + TICK_S


def test_who_sleeps_a_little_too_long_makes_up_for_it() -> None:
    assert took_s([5000], overslept=TICK_S / 2) <= 5000 / RATE + 2 * TICK_S


def test_an_idle_line_saves_nothing_up() -> None:
    time = Time()
    link = Link(RATE, now=lambda: time.now, sleep=time.sleep)
    time.now = 100.0
    asyncio.run(send(link, 1000))
    assert time.now >= 101.0 - 1.01 * TICK_S


def test_no_body_has_the_line_for_itself() -> None:
    time = Time()
    link = Link(RATE, now=lambda: time.now, sleep=time.sleep)
    ended: list[float] = []

    async def one() -> None:
        await send(link, 1000)
        ended.append(time.now)

    async def both() -> None:
        await asyncio.gather(one(), one())

    asyncio.run(both())
    assert min(ended) >= 1.8
