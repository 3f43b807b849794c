"""The whole product for a benchmark: the sandbox and `app run` as programs in a folder of their own, and a person."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.clips import SMALL, spoken_clip
from tests.support.fabric import OPERATOR, Fabric, Person, running_fabric
from tests.support.sandbox import Sandbox, running_sandbox

MB = 1024 * 1024
LONGEST_S, START_S = 1800.0, 60.0
_BLOCK = 4 * MB


class PatientPerson(Person):
    """Waits for as long as big files take, but not for a program that has died."""

    def __init__(self, sandbox: Sandbox, fabric: Fabric) -> None:
        super().__init__(sandbox)
        self._fabric = fabric

    def until(self, look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            with contextlib.suppress(AssertionError, httpx.ReadTimeout):
                return super().until(look)
            if self._fabric.process is None or self._fabric.process.poll() is not None:
                break
        raise RuntimeError(f"it did not happen; the log ends with:\n{self._fabric.log[-2000:]}")

    def wait_for_bot(self, after: int = 0) -> None:
        """Until a poll for messages has come that is newer than the request of this number."""
        deadline = time.monotonic() + START_S
        while self.newest_poll() <= after:
            if time.monotonic() > deadline or self._fabric.process is None or self._fabric.process.poll() is not None:
                raise RuntimeError(f"the fabric does not poll; its log ends with:\n{self._fabric.log[-2000:]}")
            time.sleep(0.05)

    def newest_poll(self) -> int:
        """The number of the sandbox's last getUpdates request; 0 where there was none."""
        polls = [each for each in self.sandbox.requests("telegram") if each["path"].endswith("/getUpdates")]
        return int(polls[-1]["number"]) if polls else 0


@dataclass(frozen=True, slots=True)
class Product:
    """What runs."""

    sandbox: Sandbox
    fabric: Fabric
    person: PatientPerson

    @property
    def pid(self) -> int:
        """The process of `app run`."""
        if self.fabric.process is None:
            raise RuntimeError("the fabric does not run")
        return self.fabric.process.pid


@contextlib.contextmanager
def running_product(folder: Path, *, local: bool = False) -> Iterator[Product]:
    """The product as in earnest, with a bot token; `local`: a Bot API server of one's own, for any size."""
    with running_sandbox(folder / "world") as sandbox:
        sandbox.post("telegram/settings", local=local)
        environment = in_earnest(sandbox) | {"FABRIC_TELEGRAM_LOCAL": str(local).lower()}
        with running_fabric(sandbox, folder / "home", **environment) as fabric:
            person = PatientPerson(sandbox, fabric)
            person.wait_for_bot()
            # Again, on a home that exists: only the first start of all makes the database, which costs memory.
            fabric.stop()
            polled = person.newest_poll()
            fabric.start()
            person.wait_for_bot(after=polled)
            yield Product(sandbox, fabric, person)


def in_earnest(sandbox: Sandbox) -> dict[str, str]:
    """The settings of an installation whose outside world is the sandbox."""
    info = sandbox.info()
    return {
        "FABRIC_BOT_TOKEN": info["bot_token"],
        "FABRIC_ADMINS": str(OPERATOR),
        "FABRIC_TELEGRAM_API_URL": info["telegram_api_url"],
        "FABRIC_YOUTUBE_CLIENT_ID": info["oauth_client_id"],
        "FABRIC_YOUTUBE_CLIENT_SECRET": info["oauth_client_secret"],
        "FABRIC_YOUTUBE_API_URL": f"{sandbox.url}/youtube",
        "FABRIC_YOUTUBE_WATCH_URL": f"{sandbox.url}/watch?v=",
        "FABRIC_GOOGLE_OAUTH_URL": info["google_oauth_url"],
        "FABRIC_GOOGLE_ACCOUNTS_URL": info["google_accounts_url"],
    }


@contextlib.contextmanager
def workplace(parent: Path | None, needed_bytes: int) -> Iterator[Path]:
    """A folder that is removed at the end, also on SIGTERM; ends the program where the disk has too little room."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="fabric-bench-", dir=parent) as name:
        free = shutil.disk_usage(name).free
        if free < needed_bytes:
            sys.exit(f"{needed_bytes / MB:,.0f} MB are needed and {free / MB:,.0f} MB are free; name another --folder")
        yield Path(name)


def padded_clip(folder: Path, name: str, size: int) -> Path:
    """A complete mp4 of `size` bytes: three seconds of picture and speech, then a box that players pass over.

    The bytes of that box are written, not left as a hole, and do not compress.
    """
    small, path = spoken_clip(folder, 3, size=SMALL), folder / name
    shutil.copyfile(small, path)
    left = size - path.stat().st_size
    if left < 16:
        raise ValueError(f"the clip alone has {path.stat().st_size} bytes")
    block = os.urandom(_BLOCK)
    with path.open("ab") as file:
        # A size of 1 announces the 64-bit one (ISO/IEC 14496-12, section 4.2).
        file.write(struct.pack(">I4sQ", 1, b"free", left))
        left -= 16
        while left:
            left -= file.write(block[:left])
    return path


def machine() -> str:
    """The machine and how busy it was before the benchmark: figures of a busy one say little."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load} before the start, Python {sys.version.split()[0]}"
