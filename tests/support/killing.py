"""A stage on which the product is killed and started again: one outside world, one home, one person, many clips.

The processes are real and so is the `kill -9`. Nothing here waits for time to pass, only for things to happen.
"""

from __future__ import annotations

import hashlib
import json
import signal
import sqlite3
import struct
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from tests.support.clips import SPEECH_EN, spoken_clip
from tests.support.fabric import PATIENCE_S, Fabric, Person, describe, find_button
from tests.support.sandbox import Sandbox
from tests.support.story import choose, connect, refreshed, send_clip, step

T = TypeVar("T")
LOOK_AGAIN_S = 0.05
UNSAID = ("pending", "sending", "unknown")

_numbers = count(1)


def eventually(look: Callable[[], T], what: str) -> T:
    """The first true value of `look`; AssertionError with `what` after a minute."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen within {PATIENCE_S} s: {what}")
        time.sleep(LOOK_AGAIN_S)
    return found


class MortalFabric(Fabric):
    """The product as a program that can be told at which commit to die."""

    program = ("tests.support.mortal_app", "run")

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self.plan = home / "death.json"
        super().__init__(sandbox, home, MORTAL_PLAN=str(self.plan))

    def die(self, where: str, nth: int = 1) -> None:
        """From now on: die at the nth point that matches."""
        written = self.plan.with_suffix(".new")
        written.write_text(json.dumps({"id": next(_numbers), "where": where, "nth": nth}))
        written.replace(self.plan)

    def live(self) -> None:
        """No death is planned any more."""
        self.plan.unlink(missing_ok=True)

    @property
    def is_dead(self) -> bool:
        """Whether it has killed itself."""
        if self.process is None or self.process.poll() is None:
            return False
        if self.process.returncode != -signal.SIGKILL:
            raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log[-2000:]}")
        return True

    def bury(self) -> str:
        """Wait for the planned death; where it came."""
        eventually(lambda: self.is_dead, f"the death at {self.plan.read_text() if self.plan.exists() else '?'}")
        self.process = None
        return self.plan.with_suffix(".epitaph").read_text()

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says, also that of a dead process."""
        path = self.home / "sandbox" / "fabric.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(query, values).fetchall()

    def being_said(self) -> list[str]:
        """Kinds of the messages that were on their way to Telegram: nobody can know whether they arrived."""
        return [kind for (kind,) in self.ask("SELECT kind FROM outbox WHERE state IN ('sending', 'unknown')")]

    def wait_silent(self) -> None:
        """Wait until all that was to be said was said."""
        unsaid = f"SELECT kind, state FROM outbox WHERE state IN {UNSAID}"
        eventually(lambda: not self.ask(unsaid), "the outbox is empty")


@dataclass(frozen=True, slots=True)
class Sent:
    """A clip on its way: its title, its file, and the card that shows it."""

    title: str
    path: Path
    card: dict[str, Any]


class Stage:
    """Everything that a crash test needs; the channel is connected, no fault is planned."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.fabric = MortalFabric(sandbox, folder / "home")
        self.person = Person(sandbox)
        self._folder = folder
        self.set_up()
        self.fabric.start()
        connect(self.person)

    def set_up(self) -> None:
        """All is well, the product runs, and the site processes a video at once."""
        self.sandbox.clear_faults()
        self.sandbox.post("youtube/settings", processing_s=0.0)
        self.sandbox.post("youtube/quota", clear=True)
        self.fabric.live()
        if self.fabric.process is None and (self.fabric.home / "fabric.log").exists():
            self.fabric.start()

    def clip(self, size: int = 0, seconds: float = 1) -> Path:
        """A clip unlike every other one, of at least `size` bytes: it ends in a box that players pass over."""
        number = next(_numbers)
        body = spoken_clip(self._folder, seconds, speech=SPEECH_EN, music=False).read_bytes()
        filler = f"clip {number} ".encode().ljust(max(size - len(body) - 8, 64), b".")
        path = self._folder / f"clip-{number:05}.mp4"
        path.write_bytes(body + struct.pack(">I4s", len(filler) + 8, b"free") + filler)
        return path

    def ready(self, *, size: int = 0, seconds: float = 1, voice: str = "Original") -> Sent:
        """Send a clip and fill its card in, all but the last tap."""
        path = self.clip(size, seconds)
        title = f"Tale of {path.stem}"
        card = choose(self.person, send_clip(self.person, path, title), voice=voice)
        card = step(self.person, card, "Time", "Right after approval")
        return Sent(title, path, self.person.wait_for(lambda m: is_same(m, card) and bool(find_button(m, "Approve"))))

    def approve(self, sent: Sent) -> None:
        """The last tap; nobody waits for the answer, for the bot may not live to give it."""
        button = find_button(refreshed(self.person, sent.card), "Approve")
        if button is None:
            raise AssertionError(f"nothing to approve on {describe(sent.card)}")
        self.sandbox.post(
            "telegram/press",
            user=self.person.user,
            message_id=sent.card["message_id"],
            callback_data=button["callback_data"],
        )

    def wait_held(self, fault: str) -> None:
        """Wait until the fault holds a request."""
        eventually(lambda: self.sandbox.holding(fault) > 0, f"fault {fault} holds a request")

    def kill(self) -> None:
        """The plug is pulled; what the dead process asked for is still on its way."""
        self.fabric.kill9()

    def restart(self) -> None:
        """Faults are over, and the product is started again."""
        self.sandbox.clear_faults()
        self.fabric.start()

    def videos(self, sent: Sent) -> list[dict[str, Any]]:
        """What the site has of this clip, rejected copies too."""
        return [video for video in self.sandbox.videos() if video["title"] == sent.title]

    def sessions(self, sent: Sent) -> list[dict[str, Any]]:
        """The upload sessions that were opened for this clip."""
        names = {video["file_name"] for video in self.videos(sent)}
        return [each for each in self.sandbox.get("youtube/sessions")["sessions"] if each["file_name"] in names]

    def results(self, sent: Sent) -> list[dict[str, Any]]:
        """The messages that rang with the result, which are not the card."""
        said = (m for m in self.person.from_bot() if sent.title in m["text"] and "Published on" in m["text"])
        return [message for message in said if not is_same(message, sent.card)]

    def expect_published_once(self, sent: Sent, *, render: Path | None = None, said_at_death: bool = False) -> None:
        """One video whose bytes are the render, a completed task, a card with the link, one message of the result.

        `said_at_death`: the message of the result was on its way when the process died. It is not sent again, so it is
        there once if it arrived and not at all if it did not; the card tells in any case.
        """
        self.person.until(lambda: "Published" in self.card_text(sent))
        self.fabric.wait_silent()
        (video,) = self.videos(sent)
        digest = hashlib.sha256((render or sent.path).read_bytes()).hexdigest()
        assert (video["sha256"], video["upload_status"]) == (digest, "processed")
        assert video["id"] in link_of(refreshed(self.person, sent.card))
        of_task = (
            "SELECT status, uploads.video_id FROM tasks LEFT JOIN uploads ON uploads.task = tasks.id WHERE title = ?"
        )
        assert self.fabric.ask(of_task, sent.title) == [("completed", video["id"])]
        rang = self.results(sent)
        assert all(video["id"] in link_of(message) for message in rang)
        assert len(rang) in ((0, 1) if said_at_death else (1,)), [describe(m) for m in self.person.messages()[-8:]]

    def card_text(self, sent: Sent) -> str:
        return str(refreshed(self.person, sent.card)["text"])


def link_of(message: dict[str, Any]) -> str:
    """Where the button of a result leads."""
    return str((find_button(message, "Open the video") or {}).get("url"))


def is_same(message: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two looks show the same message."""
    return bool(message["message_id"] == other["message_id"])


class Stages:
    """Gives the same stage to test after test, for a start costs seconds; after a failed test, a new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stage: Stage | None = None
        self._failures = 0

    def next(self, failures: int) -> Stage:
        """The stage, set up for the next test; `failures` is how many tests have failed so far."""
        if self._stage is not None and failures != self._failures:
            self.close()
        self._failures = failures
        if self._stage is None:
            folder = self._folder / f"stage-{next(_numbers)}"
            sandbox = Sandbox(folder / "world")
            sandbox.start()
            self._stage = Stage(sandbox, folder)
        else:
            self._stage.set_up()
        return self._stage

    def close(self) -> None:
        """Everything ends."""
        stage, self._stage = self._stage, None
        if stage is not None:
            stage.fabric.stop()
            stage.sandbox.stop()
            stage.sandbox.http.close()
