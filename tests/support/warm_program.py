"""`python -m tests.support.warm_program FD`: imports a program once, and becomes it again and again by forking.

Half of a test's processor time would else be the import of the same modules. What is asked for comes as one line of
JSON on the socket FD, together with the two files for its output and a pipe on which its number and, later, its exit
status (as `os.waitpid` has it) are written. It ends when nobody holds the other end of the socket any more.

One thread and no event loop here: nothing else would survive a fork.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
from typing import Any

from tests.support.warm_up import WARM_UPS


class Stock:
    """The warm process, and the programs that were made of it."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._pipes: dict[int, int] = {}
        self._warm: set[str] = set()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)

    def serve(self) -> dict[str, Any] | None:
        """What this process is to become, in each child; None in the parent once nobody can ask any more."""
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started the tests, and ends us thereby
        while True:
            ready, _, _ = select.select([self._orders, self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._bury()
            if self._orders in ready:
                order, files = receive(self._orders)
                if order is None:
                    return None
                self._warm_up(order["warm"])
                pid = os.fork()
                if pid == 0:
                    self._leave(files)
                    return order
                self._keep(pid, files)

    def _warm_up(self, name: str) -> None:
        if name not in self._warm:
            self._warm.add(name)
            WARM_UPS[name]()
            gc.freeze()  # the children neither walk nor free what was here before them

    def _leave(self, files: list[int]) -> None:
        """In the child: take the files for the output, and forget what it was."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(files[0], 1)
        os.dup2(files[1], 2)
        for descriptor in (self._woken, self._wake, *files, *self._pipes.values()):
            os.close(descriptor)
        self._orders.close()

    def _keep(self, pid: int, files: list[int]) -> None:
        """In the parent: tell the number."""
        os.close(files[0])
        os.close(files[1])
        self._pipes[pid] = files[2]
        os.write(files[2], f"{pid}\n".encode())

    def _bury(self) -> None:
        """Tell the statuses of all who have ended."""
        while self._pipes:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            pipe = self._pipes.pop(pid)
            with contextlib.suppress(BrokenPipeError):  # nobody wants to know any more
                os.write(pipe, f"{status}\n".encode())
            os.close(pipe)


def receive(orders: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """One order and its files; None at the end."""
    text, files = b"", []
    while not text.endswith(b"\n"):
        piece, descriptors, _, _ = socket.recv_fds(orders, 1 << 16, 3)
        if not piece:
            return None, files
        text += piece
        files += descriptors
    return json.loads(text), files


def become(order: dict[str, Any]) -> None:
    """Run the program as `python -m` does; returns or raises as it does."""
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv[:] = order["program"]
    runpy.run_module(order["program"][0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    wanted = Stock(socket.socket(fileno=int(sys.argv[1]))).serve()
    if wanted is not None:
        become(wanted)
