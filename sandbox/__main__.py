"""`python -m sandbox`: the outside world alone, on loopback, until it is told to stop."""

import argparse
import asyncio
import contextlib
import fcntl
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from sandbox import server, visitors
from sandbox.world import World

_ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, never bound by default
_SHUTDOWN_S = 1.0


def _arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Telegram and the platforms on this machine, with a web chat."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8700, help="port to listen at, 0 for a free one (default %(default)s)"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=Path.home() / ".content-fabric-sandbox",
        help="folder that keeps the state (default %(default)s)",
    )
    return parser.parse_args(argv)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


def _address(host: str, sock: socket.socket) -> str:
    shown = "127.0.0.1" if host in _ANYWHERE else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{sock.getsockname()[1]}"


@contextlib.contextmanager
def _alone_in(state: Path) -> Iterator[None]:
    """Two sandboxes in one folder would overwrite each other's files."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Another sandbox already works in {state}.") from None
        yield


async def serve(host: str, port: int, state: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    try:
        sock = _listen(host, port)
    except OSError as error:
        raise SystemExit(f"Cannot listen at {host}:{port}: {error.strerror}.") from error
    world = World(state, _address(host, sock))
    runner = web.AppRunner(
        server.build(world, is_private=host in visitors.LOOPBACK), access_log=None, shutdown_timeout=_SHUTDOWN_S
    )
    await runner.setup()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        await web.SockSite(runner, sock).start()
        sys.stdout.write(f"The sandbox is at {world.base_url}\n")
        sys.stdout.flush()
        await stopped.wait()
    finally:
        await runner.cleanup()
        world.close()


def main() -> None:
    """Entry point."""
    arguments = _arguments()
    with _alone_in(arguments.state):
        asyncio.run(serve(arguments.host, arguments.port, arguments.state))


if __name__ == "__main__":
    main()
