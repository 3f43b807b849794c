"""The whole product as a user meets it: the fabric as a program of its own, and a person who chats with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from tests.support.sandbox import Sandbox, _free_port
from tests.support.warm import WarmProcess, start_program

OPERATOR = 1001
STRANGER = 1002
PATIENCE_S = 60.0
USE_IT = "Yes, use it"


class Person:
    """Someone in front of the sandbox's chat; waits for news from its live stream, never for time to pass."""

    def __init__(self, sandbox: Sandbox, user: int = OPERATOR) -> None:
        self.sandbox, self.user = sandbox, user

    def messages(self) -> list[dict[str, Any]]:
        return list(self.sandbox.get("telegram/chat", user=self.user)["messages"])

    def from_bot(self) -> list[dict[str, Any]]:
        return [message for message in self.messages() if message["from_bot"]]

    def say(self, text: str) -> int:
        """Type a message; its id."""
        return int(self.sandbox.post("telegram/message", user=self.user, text=text)["message_id"])

    def send_file(self, path: Path, caption: str = "", how: str = "video") -> int:
        """Send a file as a video or as a document; the message's id."""
        with path.open("rb") as file:
            answer = self.sandbox.http.post(
                "/control/telegram/message",
                data={"user": str(self.user), "caption": caption, "as": how},
                files={"file": (path.name, file, "video/mp4")},
            )
        return int(answer.raise_for_status().json()["message_id"])

    def press(self, message: dict[str, Any], label: str) -> dict[str, Any] | None:
        """Tap the first button whose text contains `label`; the toast that the bot answered with."""
        button = find_button(message, label)
        if button is None:
            raise AssertionError(f"no button {label!r} on: {describe(message)}")
        answer = self.sandbox.post(
            "telegram/press",
            user=self.user,
            message_id=message["message_id"],
            callback_data=button["callback_data"],
            wait_s=15,
        )["answer"]
        return dict(answer) if isinstance(answer, dict) else None

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], *, after: int = 0) -> dict[str, Any]:
        """The newest message of the bot's, past `after`, that is as wanted; now or as soon as it comes."""

        def look() -> dict[str, Any] | None:
            found = [m for m in self.from_bot() if m["message_id"] > after and wanted(m)]
            return found[-1] if found else None

        return self.until(look)

    def until(self, look: Callable[[], Any]) -> Any:
        """The first true value of `look`, asked again whenever something happens in the outside world."""
        deadline = time.monotonic() + PATIENCE_S
        stream = self.sandbox.http.stream("GET", "/chat/events", params={"user": self.user}, timeout=PATIENCE_S)
        with stream as events:
            for _ in events.iter_lines():
                if found := look():
                    return found
                if time.monotonic() > deadline:
                    break
        shown = "\n".join(describe(message) for message in self.messages()[-6:])
        raise AssertionError(f"it did not happen within {PATIENCE_S} s; the chat ends with:\n{shown}")

    def wait_text(self, *words: str, after: int = 0) -> dict[str, Any]:
        """The newest message of the bot's that holds all the words."""
        return self.wait_for(lambda message: all(word in message["text"] for word in words), after=after)

    def wait_button(self, label: str, after: int = 0) -> dict[str, Any]:
        """The newest message of the bot's that has such a button."""
        return self.wait_for(lambda message: find_button(message, label) is not None, after=after)

    def connected(self, account: str, after: int = 0) -> dict[str, Any]:
        """The message that an account is connected, once this person said that it is the one meant, if asked."""
        told = self.wait_for(
            lambda m: account in m["text"] and ("Connected" in m["text"] or find_button(m, USE_IT) is not None),
            after=after,
        )
        if find_button(told, USE_IT) is None:
            return told
        self.press(told, USE_IT)
        return self.wait_text("Connected", account, after=told["message_id"])


def find_button(message: dict[str, Any], label: str) -> dict[str, Any] | None:
    """The first button whose text contains `label`."""
    return next((button for row in message["keyboard"] for button in row if label in button["text"]), None)


def describe(message: dict[str, Any]) -> str:
    """A message and its buttons in a few lines, for a failing test's report."""
    rows = [" | ".join(button["text"] for button in row) for row in message["keyboard"]]
    who = "bot" if message["from_bot"] else "you"
    return "\n".join([f"[{message['message_id']} {who}] {message['text']}", *(f"    ( {row} )" for row in rows)])


class Fabric:
    """The product against a sandbox that runs already; its home and its log survive restarts.

    It starts warm (`tests.support.warm`) and is in a hurry (`tests.support.hurried_app`), unless `cold` says that it
    shall be what a user starts, `python -m app run`.
    """

    program: tuple[str, ...] = ("tests.support.hurried_app", "run")

    def __init__(self, sandbox: Sandbox, home: Path, *, cold: bool = False, **environment: str) -> None:
        self.sandbox, self.home, self.cold = sandbox, home, cold
        self.environment = environment
        self.http_port = _free_port()
        self.process: subprocess.Popen[bytes] | WarmProcess | None = None

    @property
    def log(self) -> str:
        path = self.home / "fabric.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        """Start the program; it is ready when it polls."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self.cold:
            self.sandbox.post("telegram/settings", flood=False)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FABRIC_")} | {
            "FABRIC_HOME": str(self.home),
            "FABRIC_SANDBOX_PORT": str(self.sandbox.port),
            "FABRIC_HTTP_PORT": str(self.http_port),
            **self.environment,
        }
        with (self.home / "fabric.log").open("ab") as log:
            self.process = self._launch(environment, log)

    def _launch(self, environment: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes] | WarmProcess:
        if self.cold:
            return start_program(("app", "run"), environment, log, None)
        return start_program(self.program, environment, log, "app")

    def kill9(self) -> None:
        """The plug is pulled."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """Asked to stop; its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int | None:
        process, self.process = self.process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
        try:
            return process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(10)


@contextlib.contextmanager
def running_fabric(sandbox: Sandbox, home: Path, *, cold: bool = False, **environment: str) -> Iterator[Fabric]:
    """For a fixture: started on entry, stopped on exit."""
    fabric = Fabric(sandbox, home, cold=cold, **environment)
    fabric.start()
    try:
        yield fabric
    finally:
        fabric.stop()
