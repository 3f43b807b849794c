"""One transaction: entering begins it, leaving rolls it back, and success must be said aloud."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.errors import StorageError
from storage.failures import translate
from storage.keyring import Keyring
from storage.repositories.accounts import AccountRepository
from storage.repositories.clips import ClipRepository
from storage.repositories.code_consents import CodeConsentRepository
from storage.repositories.consents import ConsentRepository
from storage.repositories.conversations import ConversationRepository
from storage.repositories.credentials import CredentialRepository
from storage.repositories.drafts import DraftRepository
from storage.repositories.inbox import InboxRepository
from storage.repositories.interactions import InteractionRepository
from storage.repositories.operators import OperatorRepository
from storage.repositories.outbox import OutboxRepository
from storage.repositories.posts import PostRepository
from storage.repositories.quota import QuotaRepository
from storage.repositories.renders import RenderRepository
from storage.repositories.statistics import StatisticRepository
from storage.repositories.tasks import TaskRepository
from storage.repositories.uploads import UploadRepository
from storage.transaction import Clock, Transaction


class UnitOfWork:
    """`async with db.begin() as uow:` … `await uow.commit()`. After the commit it cannot be used any more."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring, clock: Clock, *, read_only: bool = False) -> None:
        self._engine = engine
        self._keyring = keyring
        self._clock = clock
        self._read_only = read_only
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        try:
            self._connection = await self._engine.connect()
            try:
                await self._begin(self._connection)
            except BaseException:
                await self._close()
                raise
        except (DBAPIError, PoolTimeoutError) as error:
            raise (translate(error) or error) from error
        self._bind(Transaction(self._connection, self._keyring, self._clock))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()
        if isinstance(error, DBAPIError) and (ours := translate(error)) is not None:
            raise ours from error

    async def commit(self) -> None:
        """Make everything true at once; raises ConflictError or UnavailableError like any statement."""
        if self._read_only or self._connection is None:
            raise StorageError("this unit of work cannot be committed: it is for reading only, or over")
        try:
            await self._connection.commit()
        finally:
            await self._close()

    async def _begin(self, connection: AsyncConnection) -> None:
        await connection.begin()
        if self._read_only and connection.dialect.name != "sqlite":
            await connection.exec_driver_sql("START TRANSACTION READ ONLY")

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closing gives the connection back to the pool, which rolls back whatever was not committed. It is
            # shielded: a cancelled task must not keep SQLite's only writing connection.
            await asyncio.shield(asyncio.ensure_future(connection.close()))

    def _bind(self, tx: Transaction) -> None:
        self.transaction = tx
        self.operators = OperatorRepository(tx)
        self.accounts = AccountRepository(tx)
        self.credentials = CredentialRepository(tx)
        self.consents = ConsentRepository(tx)
        self.code_consents = CodeConsentRepository(tx)
        self.clips = ClipRepository(tx)
        self.drafts = DraftRepository(tx)
        self.conversations = ConversationRepository(tx)
        self.posts = PostRepository(tx)
        self.tasks = TaskRepository(tx)
        self.uploads = UploadRepository(tx)
        self.interactions = InteractionRepository(tx)
        self.quota = QuotaRepository(tx)
        self.renders = RenderRepository(tx)
        self.outbox = OutboxRepository(tx)
        self.inbox = InboxRepository(tx)
        self.statistics = StatisticRepository(tx)
