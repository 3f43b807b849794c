"""A throwaway MariaDB server on loopback, made from a template folder, killed by pid."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

START_LIMIT_S = 60.0
# Together with /usr/sbin, which is not on every user's PATH.
SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


class MariadbUnavailableError(Exception):
    """No MariaDB server can be started on this machine."""


class MariadbServer:
    """One server with its data in a fresh temporary folder; `url(database)` is for SQLAlchemy's async engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls) -> Self:
        """Install the system tables, start, and open a user `fabric`. Raises MariadbUnavailableError."""
        server = cls(Path(tempfile.mkdtemp(prefix="fabric-mariadb-", dir=_fast_folder())))
        try:
            server._install()
            server.start()
            server._sql(
                "CREATE USER 'fabric'@'127.0.0.1' IDENTIFIED BY 'fabric'; GRANT ALL ON *.* TO 'fabric'@'127.0.0.1';"
            )
        except BaseException:
            server.destroy()
            raise
        return server

    def url(self, database: str) -> str:
        return f"mysql+aiomysql://fabric:fabric@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """An empty database with a collation that our tables must not take over; returns its URL."""
        self._sql(f"CREATE DATABASE `{name}` CHARACTER SET latin1 COLLATE latin1_swedish_ci;")
        return self.url(name)

    def start(self) -> None:
        command = [
            _binary("mariadbd", "mysqld"),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self._socket}",
            f"--pid-file={self.folder / 'server.pid'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--innodb-log-file-size=16M",
            "--innodb-buffer-pool-size=32M",
            "--performance-schema=OFF",
            *_as_root(),
        ]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        self.kill()
        self.start()

    def destroy(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _socket(self) -> Path:
        return self.folder / "s"

    def _install(self) -> None:
        command = [
            _binary("mariadb-install-db", "mysql_install_db"),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--innodb-log-file-size=16M",
            *_as_root(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MariadbUnavailableError(f"mariadb-install-db failed: {(done.stderr or done.stdout)[-400:]}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise MariadbUnavailableError(f"mariadbd ended at once: {self._log()[-800:]}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                if probe.recv(1):
                    return
            time.sleep(0.05)
        raise MariadbUnavailableError("mariadbd did not answer in time")

    def _sql(self, statements: str) -> None:
        client = [_binary("mariadb", "mysql"), "--no-defaults", f"--socket={self._socket}", "-uroot"]
        subprocess.run(client, input=statements.encode(), check=True, capture_output=True)

    def _log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")


@contextlib.contextmanager
def running_mariadb() -> Iterator[MariadbServer]:
    server = MariadbServer.create()
    try:
        yield server
    finally:
        server.destroy()


def _binary(*names: str) -> str:
    for name in names:
        if found := shutil.which(name, path=SEARCH_PATH):
            return found
    raise MariadbUnavailableError(
        f"{names[0]} is not installed (Debian: apt install mariadb-server-core mariadb-client-core)"
    )


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _fast_folder() -> str | None:
    # In memory the install step takes half a second, on a disk three.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 400 * 2**20
    return str(memory) if roomy else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
