"""What the servers share survives a crash and moves only when told."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.store import Store
from sandbox.world import World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def world(path: Path, seed: str = "seed") -> World:
    return World(path, "http://127.0.0.1:8700/", seed=seed, real=lambda: NOON)


def test_a_document_is_there_for_another_connection_at_once(tmp_path: Path) -> None:
    Store(tmp_path / "a.db").put("kind", 7, {"text": "привет"})
    assert Store(tmp_path / "a.db").get("kind", "7") == {"text": "привет"}


def test_a_replaced_document_keeps_its_place(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    for key, value in (("a", 1), ("b", 2), ("a", 3)):
        store.put("kind", key, {"value": value})
    assert [doc["value"] for doc in store.list("kind")] == [3, 2]


def test_deleting_says_whether_there_was_something(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    store.put("kind", "a", {})
    assert (store.delete("kind", "a"), store.delete("kind", "a")) == (True, False)


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")

    def write_and_fail() -> None:
        with store.transaction():
            store.put("kind", "a", {})
            with store.transaction():
                store.put("kind", "b", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert store.list("kind") == []


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    first = Store(tmp_path / "a.db")
    given = [first.next_id("x"), first.next_id("x"), first.next_id("y")]
    assert [*given, Store(tmp_path / "a.db").next_id("x")] == [1, 2, 1, 3]


def test_the_same_seed_gives_the_same_ids(tmp_path: Path) -> None:
    one, two, other = world(tmp_path / "1"), world(tmp_path / "2"), world(tmp_path / "3", seed="other")
    assert one.token("ya29.", 80) == two.token("ya29.", 80) != other.token("ya29.", 80)


def test_no_id_is_given_twice_even_across_restarts(tmp_path: Path) -> None:
    ids = [world(tmp_path).token(n=11) for _ in range(50)]
    assert len(set(ids)) == 50
    assert {len(each) for each in ids} == {11}


@pytest.mark.parametrize("length", [1, 11, 42, 43, 44, 90, 200])
def test_an_id_has_the_length_asked_for(tmp_path: Path, length: int) -> None:
    assert len(world(tmp_path).token("p", length)) == length + 1


def test_the_clock_keeps_its_offset_over_a_restart(tmp_path: Path) -> None:
    world(tmp_path).clock.advance(timedelta(days=3, microseconds=5))
    assert world(tmp_path).clock.now() == NOON + timedelta(days=3, microseconds=5)


def test_the_clock_can_be_set_and_reset(tmp_path: Path) -> None:
    clock, moment = world(tmp_path).clock, datetime(2027, 3, 14, 9, 59, tzinfo=UTC)
    clock.set(moment)
    assert clock.now() == moment
    clock.reset()
    assert clock.now() == NOON


def test_the_clock_takes_no_naive_time(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="aware"):
        world(tmp_path).clock.set(NOON.replace(tzinfo=None))


async def test_a_watcher_hears_what_is_published_after_it_came(tmp_path: Path) -> None:
    events = world(tmp_path).events
    events.publish("early", {})
    with events.subscribe() as news:
        events.publish("late", {"n": 1})
        assert await anext(news) == ("late", {"n": 1})


async def test_closing_ends_every_watch(tmp_path: Path) -> None:
    here = world(tmp_path)
    news = here.events.subscribe()
    here.close()
    assert [event async for event in news] == []


async def test_a_sleeping_watcher_does_not_hold_the_world_up(tmp_path: Path) -> None:
    events = world(tmp_path).events
    news = events.subscribe()
    for number in range(5000):
        events.publish("many", {"n": number})
    last = [(await asyncio.wait_for(anext(news), 1)).data["n"] for _ in range(1000)]
    assert last == list(range(4000, 5000))
