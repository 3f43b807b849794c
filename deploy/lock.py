"""Writes requirements.lock and requirements-dev.lock from the ranges in pyproject.toml.

The runtime is installed into an environment of its own first, then the development extra on top, so that the first
file holds only what runs. torch goes first and alone: asked for later, pip would choose the newest build for CUDA.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by `make lock` from pyproject.toml; do not edit by hand.\n"
TORCH = "torch==2.13.0"
# audio-separator asks for diffq on Linux, which has no wheels; diffq-fixed is the same module with wheels, and what it
# asks for on Windows. The Makefile installs the lock file without resolving, so that nobody needs a compiler.
REPLACED = {"diffq": "diffq-fixed"}


def frozen(python: Path) -> list[str]:
    """The installed distributions as pins, without local build tags such as `+cpu`."""
    out = subprocess.run(
        [str(python), "-m", "pip", "freeze", "--all"], check=True, capture_output=True, text=True
    ).stdout
    pins = [line.split("+", 1)[0].split(" @ ", 1)[0] for line in out.splitlines() if "==" in line]
    pins = [_replaced(pin) for pin in pins if not pin.startswith(("pip==", "wheel=="))]
    return sorted(pins, key=str.lower)


def _replaced(pin: str) -> str:
    name, version = pin.split("==")
    return f"{REPLACED.get(name, name)}=={version}"


def main() -> int:
    """Install, freeze, install the development extra, freeze again; returns a process exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, TORCH], check=True)
        subprocess.run([*pip, *project["dependencies"]], check=True)
        runtime = frozen(python)
        subprocess.run([*pip, *project["optional-dependencies"]["dev"]], check=True)
        extra = [pin for pin in frozen(python) if pin not in runtime]
    (ROOT / "requirements.lock").write_text(HEADER + "\n".join(runtime) + "\n")
    (ROOT / "requirements-dev.lock").write_text(HEADER + "-r requirements.lock\n" + "\n".join(extra) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
