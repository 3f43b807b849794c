"""The sandbox as the program that it is, for as long as a `with` lasts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running_sandbox(state: Path) -> Iterator[str]:
    """Run it on a free port with its files in `state`; gives its address."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert "http://" in line, "the sandbox did not start"
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(10)
