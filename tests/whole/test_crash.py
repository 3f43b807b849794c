"""`kill -9` at every stage of an upload, then a start: exactly one video on the site, and the chat says so once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.killing import Sent, Stage, eventually

CHUNK = 8 * 1024 * 1024
SOME = 1024 * 1024
PUT = {"service": "youtube", "method": "PUT", "path": "/upload/"}
ASKING, FIRST, SECOND, LAST = 1, 2, 3, 4
"""Which PUT it is, for a file of three chunks: at first the session is asked where it stands."""
RESULT = {"service": "telegram", "path": "sendMessage", "nth": 1}
"""After the approval the card is only edited, so the next message that is sent is the result."""


def kill_when_held(stage: Stage, fault: str) -> None:
    stage.wait_held(fault)
    stage.kill()
    stage.restart()


def descendants(pid: int) -> set[int]:
    """The children of a process, and theirs."""
    children = {int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()}
    return children.union(*map(descendants, children)) if children else set()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.timeout(180)
def test_killed_while_the_voice_is_changed(stage: Stage) -> None:
    sent = stage.ready(seconds=6, voice="Deeper")
    stage.approve(sent)
    stage.person.until(lambda: "Changing the voice" in stage.card_text(sent) and "%" in stage.card_text(sent))
    family = descendants(stage.fabric.process.pid)
    stage.kill()
    assert stage.fabric.ask("SELECT stage FROM tasks WHERE title = ?", sent.title) == [("prepare",)]
    eventually(lambda: not any(map(is_alive, family)), "the voice's process ends with its parent")
    stage.restart()
    stage.person.until(lambda: "Published" in stage.card_text(sent))
    files = (stage.fabric.home / "sandbox" / "renders").glob("*.mp4")  # beside them lie the stems of the sound
    _voiced, render = sorted(files, key=lambda path: path.stat().st_mtime_ns)
    stage.expect_published_once(sent, render=render)


def test_killed_when_the_session_is_stored_and_no_byte_is_sent(stage: Stage) -> None:
    sent = stage.ready()
    fault = stage.sandbox.fault(**PUT, fault="hold", nth=ASKING)
    stage.approve(sent)
    kill_when_held(stage, fault)
    stage.expect_published_once(sent)
    assert len(stage.sessions(sent)) == 1


def test_killed_in_the_middle_of_the_first_chunk_and_again_in_a_later_one(stage: Stage) -> None:
    sent = stage.ready(size=2 * CHUNK + SOME)
    first = stage.sandbox.fault(**PUT, fault="hold", nth=FIRST, bytes=SOME)
    stage.approve(sent)
    stage.wait_held(first)
    stage.kill()
    second = stage.sandbox.fault(**PUT, fault="hold", nth=SECOND, bytes=SOME)
    stage.fabric.start()
    stage.wait_held(second)
    before = stage.sandbox.requests("youtube")[-1]["number"]
    stage.kill()
    # The dead process's requests stay held, so that none of what lies in their buffers arrives late.
    stage.fabric.start()
    stage.expect_published_once(sent)
    assert len(stage.sessions(sent)) == 1
    again = [each["body_bytes"] for each in stage.sandbox.requests("youtube", after=before) if is_put(each)]
    assert sum(again) == sent.path.stat().st_size - (SOME + CHUNK + SOME), "what had arrived was sent again"


def test_killed_after_the_last_byte_and_before_the_answer_is_stored(stage: Stage) -> None:
    sent = stage.ready(size=2 * CHUNK + SOME)
    fault = stage.sandbox.fault(**PUT, fault="hold_after", nth=LAST)
    stage.approve(sent)
    kill_when_held(stage, fault)
    stage.expect_published_once(sent)
    assert len(stage.sessions(sent)) == 1


def test_killed_while_the_site_processes_the_video(stage: Stage) -> None:
    stage.sandbox.post("youtube/settings", processing_s=3600.0)
    sent = stage.ready()
    stage.approve(sent)
    stage.person.until(lambda: "Waiting for the site" in stage.card_text(sent))
    eventually(lambda: waits_for_the_next_poll(stage, sent), "a poll is over")
    stage.kill()
    stage.sandbox.advance(3600)
    stage.restart()
    stage.expect_published_once(sent)


def test_killed_while_the_result_is_told(stage: Stage) -> None:
    """It arrived, and nobody wrote that down: it is not said twice."""
    sent = stage.ready()
    fault = stage.sandbox.fault(**RESULT, fault="hold_after")
    stage.approve(sent)
    kill_when_held(stage, fault)
    stage.expect_published_once(sent)


def test_killed_before_the_result_is_told(stage: Stage) -> None:
    sent = stage.ready()
    stage.fabric.die("after .*complete")
    stage.approve(sent)
    stage.fabric.bury()
    assert len(stage.videos(sent)) == 1
    assert stage.results(sent) == []
    stage.restart()
    stage.expect_published_once(sent)


def test_asked_to_stop_in_the_middle_of_the_bytes_it_stops_at_once_and_goes_on_later(stage: Stage) -> None:
    sent = stage.ready(size=2 * CHUNK + SOME)
    fault = stage.sandbox.fault(**PUT, fault="hold", nth=SECOND, bytes=SOME)
    stage.approve(sent)
    stage.wait_held(fault)
    begun = time.monotonic()
    assert stage.fabric.stop() == 0
    assert time.monotonic() - begun < 10
    stage.restart()
    stage.expect_published_once(sent)
    assert len(stage.sessions(sent)) == 1


QUICK = [9]


@pytest.mark.parametrize("nth", QUICK)
def test_killed_at_some_commit(stage: Stage, nth: int) -> None:
    assert dies_and_publishes_once(stage, nth)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_before_and_after_every_commit_from_the_approval_on(stage: Stage) -> None:
    nth = 1
    while dies_and_publishes_once(stage, nth):
        nth += 1
    assert nth > 20, "there are more commits than that in the life of an upload"


@pytest.mark.parametrize("spacing", [34, *(pytest.param(number, marks=pytest.mark.long) for number in (21, 24, 28))])
def test_a_product_that_dies_again_and_again_gets_through_in_the_end(stage: Stage, spacing: int) -> None:
    """Each life passes that many points. Lives of 15 all end before the render is recorded, so nothing moves on; lives
    of 40 are so long that one death is all there is."""
    sent = stage.ready(size=2 * CHUNK + SOME)
    stage.fabric.die("", spacing)
    stage.approve(sent)
    deaths, said = 0, False
    while lives_no_longer(stage, sent):
        deaths, said = deaths + 1, said or "news" in stage.fabric.being_said()
        stage.fabric.die("", spacing)
        stage.fabric.start()
    assert deaths > 1
    stage.expect_published_once(sent, said_at_death=said)


def dies_and_publishes_once(stage: Stage, nth: int) -> bool:
    """Whether the product died at that point after an approval; either way it must have published once in the end."""
    sent = stage.ready()
    stage.fabric.die("", nth)
    stage.approve(sent)
    if not lives_no_longer(stage, sent):
        stage.expect_published_once(sent)
        return False
    epitaph, said = stage.fabric.bury(), "news" in stage.fabric.being_said()
    stage.restart()
    try:
        stage.expect_published_once(sent, said_at_death=said)
    except (AssertionError, ValueError) as error:
        raise AssertionError(f"killed at point {nth}, {epitaph}") from error
    return True


def lives_no_longer(stage: Stage, sent: Sent) -> bool:
    """Wait for the planned death, or for the result; whether it was the death."""

    def is_told() -> bool:
        return bool(stage.results(sent)) and not stage.fabric.being_said()

    eventually(lambda: stage.fabric.is_dead or is_told(), "death or the result")
    stage.fabric.live()
    return stage.fabric.is_dead


def is_put(request: dict[str, object]) -> bool:
    return request["method"] == "PUT" and "/upload/" in str(request["path"])


def waits_for_the_next_poll(stage: Stage, sent: Sent) -> bool:
    waits = "stage = 'confirm' AND lease_owner IS NULL AND next_attempt_at > updated_at"
    return bool(stage.fabric.ask(f"SELECT 1 FROM tasks WHERE title = ? AND {waits}", sent.title))
