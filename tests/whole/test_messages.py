"""No message of the operator is lost: the bot is killed while it takes three of them, and each is handled once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.fabric import describe, find_button
from tests.support.killing import Stage, eventually

RECEIVED = "before .*bot/poller.py"
"""Telegram has handed the updates over, and they are on no disk of ours yet."""
STORED = "after .*bot/poller.py"
BEFORE_DONE = "before .*bot/feed.py"
DONE = "after .*bot/feed.py"
TAKEN = "after .*bot/outbox.py:Sender.deliver > storage"
"""A message is marked as being sent; the request was not made yet, and perhaps never will be."""


@dataclass(frozen=True, slots=True)
class Three:
    """Three videos that were sent one right after the other."""

    titles: tuple[str, ...]
    after: int

    def cards(self, stage: Stage) -> dict[str, list[dict[str, Any]]]:
        """The messages that show each of them, by title."""
        said = [message for message in stage.person.from_bot() if message["message_id"] > self.after]
        return {title: [message for message in said if title in message["text"]] for title in self.titles}


def send_three(stage: Stage) -> Three:
    paths = [stage.clip() for _ in range(3)]
    titles = tuple(f"Song of {path.stem}" for path in paths)
    sent = [stage.person.send_file(path, title) for path, title in zip(paths, titles, strict=True)]
    return Three(titles, sent[0])


def expect_three_cards(stage: Stage, three: Three, *, said_at_death: int = 0) -> None:
    """A draft for each, a card for each, every update handled once; at most as many second copies of a card as were on
    their way when the bot died, for nobody can know whether those arrived.
    """
    for title in three.titles:
        stage.person.wait_for(lambda m, title=title: title in m["text"] and find_button(m, "Approve") is not None)
    stage.fabric.wait_silent()
    drafts = stage.fabric.ask("SELECT title, state FROM drafts WHERE title LIKE 'Song of %'")
    assert sorted(row for row in drafts if row[0] in three.titles) == [(title, "open") for title in three.titles]
    assert stage.fabric.ask("SELECT state FROM inbox WHERE state <> 'done'") == []
    assert stage.fabric.ask("SELECT file_id FROM clips GROUP BY message_id HAVING count(*) > 1") == []
    eventually(lambda: stage.sandbox.get("telegram/updates")["updates"] == [], "Telegram is told that all were taken")
    cards = three.cards(stage)
    copies = sum(len(messages) for messages in cards.values()) - len(three.titles)
    assert 0 <= copies <= said_at_death, [describe(message) for messages in cards.values() for message in messages]


@pytest.mark.parametrize(
    ("where", "nth"),
    [
        pytest.param(RECEIVED, 1, id="handed over and not stored"),
        pytest.param(BEFORE_DONE, 2, id="the second is being handled"),
        pytest.param(STORED, 1, id="stored and not handled", marks=pytest.mark.long),
        pytest.param(BEFORE_DONE, 1, id="the first is being handled", marks=pytest.mark.long),
        pytest.param(DONE, 1, id="the first is handled", marks=pytest.mark.long),
        pytest.param(BEFORE_DONE, 3, id="the third is being handled", marks=pytest.mark.long),
        pytest.param(DONE, 3, id="all are handled", marks=pytest.mark.long),
        pytest.param(TAKEN, 1, id="the first card is about to be sent", marks=pytest.mark.long),
    ],
)
def test_three_videos_and_a_death_while_they_are_taken(stage: Stage, where: str, nth: int) -> None:
    stage.fabric.die(where, nth)
    three = send_three(stage)
    stage.fabric.bury()
    on_their_way = len(stage.fabric.being_said())
    stage.restart()
    expect_three_cards(stage, three, said_at_death=on_their_way)


def test_three_videos_and_a_death_while_a_card_is_on_its_way(stage: Stage) -> None:
    """Telegram has the card and its answer never came: the card is sent again, and the draft lives in the newer one."""
    held = stage.sandbox.fault(service="telegram", path="sendMessage", fault="hold_after", nth=2)
    three = send_three(stage)
    stage.wait_held(held)
    stage.kill()
    assert stage.fabric.being_said() == ["card"]
    stage.restart()
    expect_three_cards(stage, three, said_at_death=1)
    twice = [messages for messages in three.cards(stage).values() if len(messages) == 2]
    assert len(twice) == 1
    old, new = twice[0]
    assert find_button(old, "Approve") is None
    assert find_button(new, "Approve") is not None


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_three_videos_and_a_death_at_every_point(stage: Stage) -> None:
    nth = 1
    while True:
        stage.fabric.die("bot/", nth)
        three = send_three(stage)
        eventually(lambda three=three: stage.fabric.is_dead or is_over(stage, three), "death, or the cards")
        stage.fabric.live()
        if not stage.fabric.is_dead:
            break
        epitaph = stage.fabric.bury()
        on_their_way = len(stage.fabric.being_said())
        stage.restart()
        try:
            expect_three_cards(stage, three, said_at_death=on_their_way)
        except AssertionError as error:
            raise AssertionError(f"killed at point {nth}, {epitaph}") from error
        nth += 1
    assert nth > 10


def is_over(stage: Stage, three: Three) -> bool:
    """All three cards are ready to be filled in, and nothing is left to be said."""
    ready = [any(find_button(m, "Approve") for m in messages) for messages in three.cards(stage).values()]
    return all(ready) and not stage.fabric.ask("SELECT 1 FROM outbox WHERE state IN ('pending', 'sending', 'unknown')")
