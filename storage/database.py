"""The database: hands out transactions, and brings its schema up to date at start."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from storage.engine import parse_url, reading_engine, writing_engine
from storage.errors import ConflictError
from storage.keyring import Keyring
from storage.sole import hold
from storage.transaction import Clock
from storage.unit_of_work import UnitOfWork
from storage.upgrade import upgrade

T = TypeVar("T")

MAX_RUNS = 5
BACKOFF_BASE_S = 0.02


class Database:
    """SQLite in a file (one writing process), or MySQL / MariaDB (many). One per process, never across a fork.

    `rng` and `sleep` are for the waits between reruns of a transaction.
    """

    def __init__(
        self,
        url: str,
        keyring: Keyring,
        *,
        clock: Clock,
        rng: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = parse_url(url)
        self._keyring = keyring
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._sleep = sleep
        self._writer = writing_engine(self._url)
        self._reader = reading_engine(self._url, self._writer)

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r})"

    @property
    def keyring(self) -> Keyring:
        """What seals this database's secrets, and signs what this fabric gives out."""
        return self._keyring

    @property
    def dialect(self) -> str:
        """`sqlite` or `mysql` (MariaDB too)."""
        return self._url.get_backend_name()

    async def migrate(self) -> None:
        """Bring the schema to this program's version; quick when it is there already. Raises MigrationError."""
        await upgrade(self._writer)

    def begin(self) -> UnitOfWork:
        """A transaction for reading and writing; it is rolled back unless committed."""
        return UnitOfWork(self._writer, self._keyring, self._clock)

    def read(self) -> UnitOfWork:
        """A transaction for reading; on SQLite it never waits for a writer."""
        return UnitOfWork(self._reader, self._keyring, self._clock, read_only=True)

    async def run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Run `work` in a transaction and commit it; on a ConflictError run all of it again, 5 times at most.

        The waits before the reruns are at most 20, 40, 80 and 160 ms, each with full jitter. A connection that
        is lost at the commit raises UnavailableError: the outcome is unknown, so nothing is run again.
        """
        for run in range(1, MAX_RUNS + 1):
            try:
                async with self.begin() as uow:
                    result = await work(uow)
                    await uow.commit()
                    return result
            except ConflictError:
                if run == MAX_RUNS:
                    raise
            await self._sleep(self._rng.uniform(0, BACKOFF_BASE_S * 2 ** (run - 1)))
        raise AssertionError("unreachable")

    @contextlib.asynccontextmanager
    async def sole(self, name: str, *, on_lost: Callable[[], None]) -> AsyncIterator[None]:
        """Be the only process that is `name` (64 characters at most) at this MySQL or MariaDB server.

        Raises AlreadyRunningError at once when there is another one. `on_lost` is called if another one takes over
        while the server was out of reach. SQLite has one writing process anyway: see `Home.lock`.
        """
        if self.dialect == "sqlite":
            yield
            return
        async with hold(self._writer, name, on_lost):
            yield

    async def dispose(self) -> None:
        """Close all connections; call it before the event loop ends."""
        await self._reader.dispose()
        await self._writer.dispose()
