"""How long `app run` takes to its first poll of Telegram, and the memory of the idle process.

    python -m benchmarks.start [--runs 5]

Telegram is a listener of this program's own that notes when the first getUpdates arrives and then keeps the poller
waiting, as Telegram does. The home exists already (one run before the counted ones makes it). CPU time is printed
beside the clock's, for it does not depend on what else the machine does. The aims: 2 s and 120 MB.
Then: what importing costs, aiogram with and without `bot.lazy_aiogram`, and the whole program by package.
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import cpu_s, memory_mb, settled_mb
from benchmarks.product import MB, machine, workplace

ROOT = Path(__file__).resolve().parent.parent
AIM_S, AIM_MB = 2.0, 120
PATIENCE_S = 120.0
_IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| \s*(\S+)")
_IMPORT = """
import time, {first}
import {module}
status = open("/proc/self/status").read()
print(time.process_time(), int(status.split("VmRSS:")[1].split()[0]) / 1024)
"""


class Telegram(ThreadingHTTPServer):
    """Answers every method with true, and puts the moment of each getUpdates into `polls` before holding it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.polls: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A program that stops leaves its poll; anything else is worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Telegram
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # the name that http.server calls
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        result = b"true"
        if self.path.endswith("/getUpdates"):
            self.server.polls.put(time.monotonic())
            self.server.over.wait(PATIENCE_S)
            result = b"[]"
        body = b'{"ok":true,"result":' + result + b"}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def listening() -> Iterator[Telegram]:
    with Telegram() as telegram:
        threading.Thread(target=telegram.serve_forever, daemon=True).start()
        try:
            yield telegram
        finally:
            telegram.over.set()
            telegram.shutdown()


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the start of the process to the first poll; MB once memory has come to rest."""

    wall_s: float
    cpu_s: float
    first_mb: float
    idle_mb: float


def start_once(home: Path) -> Start:
    """Start the program, wait for its first poll and for its memory to come to rest, stop it."""
    with listening() as telegram, (home.parent / "fabric.log").open("ab") as log:
        began = time.monotonic()
        program = subprocess.Popen(
            [sys.executable, "-m", "app", "run"], cwd=ROOT, env=_environment(home, telegram.url), stdout=log, stderr=log
        )
        try:
            polled = first_poll(telegram, program)
            spent, first = cpu_s(program.pid), memory_mb(program.pid)
            idle = settled_mb(program.pid)
        except TimeoutError:
            raise RuntimeError(f"it never polled:\n{(home.parent / 'fabric.log').read_text()[-2000:]}") from None
        finally:
            telegram.over.set()
            program.terminate()
            program.wait(30)
    return Start(polled - began, spent, first, idle)


def first_poll(telegram: Telegram, program: subprocess.Popen[bytes]) -> float:
    """When the first getUpdates came (monotonic); TimeoutError where it does not, or where the program has ended."""
    deadline = time.monotonic() + PATIENCE_S
    while program.poll() is None and time.monotonic() < deadline:
        with suppress(queue.Empty):
            return telegram.polls.get(timeout=0.2)
    raise TimeoutError


def _environment(home: Path, url: str) -> dict[str, str]:
    """An installation with a bot and a YouTube client; nothing but the poll is asked of them while it is idle."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FABRIC_")}
    return clean | {
        "FABRIC_HOME": str(home),
        "FABRIC_BOT_TOKEN": "100000:benchmark",
        "FABRIC_ADMINS": "1001",
        "FABRIC_TELEGRAM_API_URL": url,
        "FABRIC_YOUTUBE_CLIENT_ID": "benchmark.apps.example",
        "FABRIC_YOUTUBE_CLIENT_SECRET": "benchmark",
        "FABRIC_YOUTUBE_API_URL": url,
    }


def import_cost(first: str) -> tuple[float, float]:
    """(CPU seconds, MB) of a fresh process that imports `first` and then aiogram."""
    program = _IMPORT.format(first=first, module="aiogram")
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    seconds, mb = said.split()
    return float(seconds), float(mb)


def share_of_packages(module: str) -> str:
    """The eight packages with the largest share of an import's own time, as one line."""
    arguments = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    text = subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True, text=True).stderr
    spent: Counter[str] = Counter()
    for microseconds, name in _IMPORT_LINE.findall(text):
        spent[name.partition(".")[0]] += int(microseconds)
    total = spent.total()
    return ", ".join(f"{name} {100 * part / total:.0f} %" for name, part in spent.most_common(8))


def report_starts(starts: list[Start]) -> None:
    print("run    first poll s   CPU s   MB then   MB idle")
    for number, one in enumerate(starts, 1):
        print(f"{number:3d}    {one.wall_s:12.2f}  {one.cpu_s:6.2f}  {one.first_mb:8.1f}  {one.idle_mb:8.1f}")
    wall_s, idle = median(each.wall_s for each in starts), median(each.idle_mb for each in starts)
    spent = median(each.cpu_s for each in starts)
    print(
        f"median {wall_s:12.2f}  {spent:6.2f}  {median(each.first_mb for each in starts):8.1f}  {idle:8.1f}   "
        f"aims: {AIM_S:g} s {'kept' if wall_s <= AIM_S else 'MISSED'}, "
        f"{AIM_MB} MB {'kept' if idle <= AIM_MB else 'MISSED'}"
    )


def report_imports(runs: int) -> None:
    pairs = [(import_cost("sys"), import_cost("bot.lazy_aiogram")) for _ in range(runs)]
    (eager_s, eager_mb), (lazy_s, lazy_mb) = (
        (median(pair[which][0] for pair in pairs), median(pair[which][1] for pair in pairs)) for which in (0, 1)
    )
    print(
        f"import aiogram: {eager_s:.2f} s CPU, {eager_mb:.0f} MB; with models built late {lazy_s:.2f} s, "
        f"{lazy_mb:.0f} MB (ratios {lazy_s / eager_s:.2f} and {lazy_mb / eager_mb:.2f})"
    )
    print(f"import app.run, share of its own time: {share_of_packages('app.run')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    print(machine())
    with workplace(None, 50 * MB) as folder:
        start_once(folder / "home")
        report_starts([start_once(folder / "home") for _ in range(chosen.runs)])
    report_imports(chosen.runs)


if __name__ == "__main__":
    main()
