"""Programs of ours that start warm: forked from a process that has imported them, instead of importing them anew.

They are processes of their own all the same, with their own numbers, files, environments, deaths and children.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]


class WarmProcess:
    """What `subprocess.Popen` offers, of a process that is another one's child."""

    def __init__(self, news: IO[str]) -> None:
        self._news = news
        self.pid = int(self._read_line())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status (negative: the signal), or None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, once it is there; raises subprocess.TimeoutExpired."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired([f"process {self.pid}"], timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Nothing happens to one who has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _look(self, patience_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._news], [], [], patience_s)[0]:
            self.returncode = os.waitstatus_to_exitcode(int(self._read_line()))
            self._news.close()
        return self.returncode

    def _read_line(self) -> str:
        if not (line := self._news.readline()):
            raise RuntimeError("the process that programs are forked from has ended")
        return line


class WarmStock:
    """The process that programs are forked from."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.warm_program", str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if not name.startswith("FABRIC_")},
                pass_fds=(theirs.fileno(),),
            )

    def start(self, program: Sequence[str], environment: Mapping[str, str], log: int, warm: str) -> WarmProcess:
        """See `start_program`."""
        order = {"warm": warm, "program": list(program), "environment": dict(environment)}
        news, theirs = os.pipe()
        try:
            text = json.dumps(order).encode() + b"\n"
            sent = socket.send_fds(self._orders, [text], [log, log, theirs])
            self._orders.sendall(text[sent:])
        finally:
            os.close(theirs)
        return WarmProcess(os.fdopen(news))

    def close(self) -> None:
        """No program can be started any more; those that run go on."""
        self._orders.close()
        self._process.wait(20)


@functools.cache
def warm_stock() -> WarmStock:
    """This session's, begun with the first program."""
    stock = WarmStock()
    atexit.register(stock.close)
    return stock


def start_program(
    program: Sequence[str], environment: Mapping[str, str], log: IO[bytes], warm: str | None
) -> subprocess.Popen[bytes] | WarmProcess:
    """`python -m` with a module's name and arguments, its output in `log`.

    `warm`: what of ours it is made of ("app" or "sandbox"); None for a fresh interpreter.
    """
    if warm is not None:
        return warm_stock().start(program, environment, log.fileno(), warm)
    command = [sys.executable, "-m", *program]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
