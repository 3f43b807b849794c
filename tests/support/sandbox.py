"""The sandbox as a program of its own: started on a free port, driven by its control routes, stopped by its pid."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.support.warm import ROOT, WarmProcess, start_program

__all__ = ["ROOT", "Sandbox", "running_sandbox", "sandbox"]

_START_S = 20.0


class Sandbox:
    """A running `python -m sandbox`, and a small client for its control routes.

    It starts warm (see `tests.support.warm`) unless `cold` says that it shall start as it does on a user's machine.
    """

    def __init__(self, state: Path, port: int | None = None, *, cold: bool = False) -> None:
        self.state, self.port, self.cold = state, port or _free_port(), cold
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self.process: subprocess.Popen[bytes] | WarmProcess | None = None

    def start(self) -> None:
        """Start the program and wait until it answers."""
        self.state.mkdir(parents=True, exist_ok=True)
        program = ("sandbox", "--port", str(self.port), "--state", str(self.state))
        with (self.state / "sandbox.log").open("ab") as log:
            self.process = start_program(program, os.environ, log, None if self.cold else "sandbox")
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the sandbox did not start: {(self.state / 'sandbox.log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> int | None:
        """SIGTERM, and the exit status."""
        return self._end(signal.SIGTERM)

    def kill9(self) -> None:
        """No goodbye."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start on the same port with the same state."""
        self.stop()
        self.start()

    # Control routes.

    def get(self, path: str, **query: Any) -> Any:
        """GET /control/<path>."""
        return self.http.get(f"/control/{path}", params=query).raise_for_status().json()

    def post(self, path: str, body: Any = None, **fields: Any) -> Any:
        """POST /control/<path> with a JSON body, or with the fields as one."""
        return self.http.post(f"/control/{path}", json=fields if body is None else body).raise_for_status().json()

    def fault(self, **rule: Any) -> str:
        """Add a fault rule; its id."""
        return str(self.post("faults", rule)["id"])

    def release(self, fault_id: str) -> None:
        """Let what the fault holds go on."""
        self.post(f"faults/{fault_id}/release")

    def holding(self, fault_id: str) -> int:
        """How many requests the fault holds now."""
        return next(int(rule["holding"]) for rule in self.get("faults")["faults"] if rule["id"] == fault_id)

    def clear_faults(self) -> None:
        """All well again."""
        self.http.delete("/control/faults").raise_for_status()

    def advance(self, seconds: float) -> None:
        """Move the virtual clock."""
        self.post("clock", advance_s=seconds)

    def videos(self, **query: Any) -> list[dict[str, Any]]:
        """YouTube's ledger, oldest first."""
        return list(self.get("youtube/videos", **query)["videos"])

    def requests(self, service: str, after: int = 0) -> list[dict[str, Any]]:
        """What was asked of one server."""
        return list(self.get("requests", service=service, after=after)["requests"])

    def info(self) -> dict[str, Any]:
        """Tokens, ids and addresses."""
        return dict(self.get("info"))

    def consent(self, url: str, **answer: Any) -> str:
        """Say yes (or what `answer` says) on Google's consent page; the address one is sent to."""
        return str(self.post("google/consent", {"url": url, **answer})["redirect"])

    def tokens(self, *scopes: str, channel: str | None = None) -> dict[str, Any]:
        """Google's tokens for a channel, with short scope names; without any, youtube.force-ssl."""
        info, redirect = self.info(), "http://127.0.0.1:9/callback"
        query = {
            "client_id": info["oauth_client_id"],
            "redirect_uri": redirect,
            "response_type": "code",
            "access_type": "offline",
            "prompt": "consent",
            "scope": " ".join(f"https://www.googleapis.com/auth/{name}" for name in scopes or ("youtube.force-ssl",)),
        }
        answer = {"channel": channel} if channel else {}
        sent_to = self.consent(f"{info['google_accounts_url']}/o/oauth2/v2/auth?{urlencode(query)}", **answer)
        form = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(sent_to).query)["code"][0],
            "client_id": info["oauth_client_id"],
            "client_secret": info["oauth_client_secret"],
            "redirect_uri": redirect,
        }
        return dict(self.http.post("/google/oauth/token", data=form).raise_for_status().json())

    def _answers(self) -> bool:
        try:
            return self.http.get("/control/health").status_code == 200
        except httpx.TransportError:
            return False

    def _end(self, number: signal.Signals) -> int | None:
        process, self.process = self.process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(10)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running_sandbox(state: Path, *, cold: bool = False) -> Iterator[Sandbox]:
    """For a fixture: started on entry, stopped on exit."""
    running = Sandbox(state, cold=cold)
    running.start()
    try:
        yield running
    finally:
        running.stop()
        running.http.close()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A fresh outside world of this test's own; `from tests.support.sandbox import sandbox` brings it in."""
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running
