"""One process at a time for one name, watched over by the database server.

The server holds the name for a connection: a process that dies, or whose machine does, loses it within two minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.errors import AlreadyRunningError, UnavailableError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 20.0
IDLE_LIMIT_S = 120
"""After so many silent seconds the server gives the name to others: the process, or its machine, is gone."""


class Sole:
    """Holds `name` at the server, and takes it again after the connection was lost."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._connection: AsyncConnection | None = None
        self._id: int | None = None
        """The server's number of the connection that had the name last."""

    async def take(self) -> bool:
        """Whether the name is ours now; False: another process has it. Raises UnavailableError."""
        try:
            if self._connection is None:
                self._connection = await self._connect()
            return await self._take(self._connection)
        except (SQLAlchemyError, OSError) as error:
            await self._drop()
            raise UnavailableError(f"the database does not answer: {type(error).__name__}") from error

    async def _take(self, connection: AsyncConnection) -> bool:
        if not await self._is_given(connection):
            # After a cut network the server may not have noticed yet that our last connection is dead.
            if self._id is None or await self._holder(connection) != self._id:
                return False
            await connection.exec_driver_sql(f"KILL CONNECTION {self._id}")
            if not await self._is_given(connection):
                return False
        self._id = int((await connection.execute(text("SELECT CONNECTION_ID()"))).scalar_one())
        return True

    async def _is_given(self, connection: AsyncConnection) -> bool:
        # Asking once more with the connection that has it is harmless: the name is given up with the connection.
        asked = text("SELECT GET_LOCK(:name, :wait)").bindparams(name=self._name, wait=0 if self._id is None else 2)
        return (await connection.execute(asked)).scalar() == 1

    async def _holder(self, connection: AsyncConnection) -> int | None:
        asked = text("SELECT IS_USED_LOCK(:name)").bindparams(name=self._name)
        holder: int | None = (await connection.execute(asked)).scalar()
        return holder

    async def watch(self) -> None:
        """Keep the connection alive; ends when another process has taken the name."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                if not await self.take():
                    return
            except UnavailableError as error:
                log.warning("the lock %s is out of sight: %s", self._name, error)

    async def release(self) -> None:
        """Give the name back."""
        await self._drop()

    async def _connect(self) -> AsyncConnection:
        connection = await self._engine.connect()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql(f"SET SESSION wait_timeout={IDLE_LIMIT_S}")
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(SQLAlchemyError, OSError):
            # Not back to the pool: with the connection the server drops all that it holds.
            await connection.invalidate()
            await connection.close()


@contextlib.asynccontextmanager
async def hold(engine: AsyncEngine, name: str, on_lost: Callable[[], None]) -> AsyncIterator[None]:
    """Hold `name` for the length of the block. Raises AlreadyRunningError, UnavailableError."""
    sole = Sole(engine, name)
    try:
        if not await sole.take():
            raise AlreadyRunningError(
                f"another process that uses this database server is {name} already; stop it first"
            )
        watch = asyncio.create_task(_tell(sole, on_lost), name=f"sole {name}")
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
    finally:
        await sole.release()


async def _tell(sole: Sole, on_lost: Callable[[], None]) -> None:
    await sole.watch()
    on_lost()
