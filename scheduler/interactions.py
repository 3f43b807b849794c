"""What is done with a video after its publication: claimed, attempted on record, looked up before it is ever repeated.

The rows of `post_interactions` are the truth; a worker holds one by a lease and a fence, as a task is held. The attempt
is written down before the call. A row that is found `doing`, or whose call left no answer, is `unknown`: the site is
asked before anything else, and "it is not there" is believed only some time after the call and when said twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from random import Random
from typing import Any

from media.ffmpeg import Ffmpeg
from platforms.base import Platform
from platforms.errors import NeedsReauthError, QuotaExhaustedError, TokenRejectedError
from scheduler import inbox_follow
from scheduler.errors import AccountUnavailableError, UnknownPlatformError
from scheduler.faults import fault_of
from scheduler.interaction_deeds import DEEDS, Deed, Work
from scheduler.interaction_policy import SITE_ATTEMPTS, Again, Case, LookUp, Stop, decide
from scheduler.job import Workshop
from scheduler.notices import UploadTended
from scheduler.pausing import DISABLED
from storage.errors import FenceLostError
from storage.repositories.interactions import Interaction, InteractionState
from storage.unit_of_work import UnitOfWork
from storage.values import AccountStatus, Fault

log = logging.getLogger(__name__)

FOLLOW = "follow"
NOT_FOUND_OUT = "interaction.not_found_out"
"""The fault of a comment that may be there, where the site could not be asked."""
GIVEN_UP = Fault("interaction.given_up")
UNTIL_DELETED = ("comment", "like", "playlist", "thumbnail", "edit", "count", FOLLOW)


class Aftercare:
    """Works on what is due, a few at a time. `on_free` is called when a worker becomes free."""

    def __init__(self, shop: Workshop, ffmpeg: Ffmpeg, rng: Random, *, owner: str, on_free: Callable[[], None]) -> None:
        self._shop = shop
        self._ffmpeg = ffmpeg
        self._rng = rng
        self._owner = owner
        self._on_free = on_free
        self._running: set[asyncio.Task[None]] = set()

    async def fill(self) -> int:
        """Claim what is due for every free worker; how many were started."""
        free = self._shop.pace.interaction_concurrency - len(self._running)
        if free < 1:
            return 0
        now = self._shop.clock()
        until = now + self._shop.pace.interaction_lease
        claimed = await self._shop.db.run(
            lambda uow: uow.interactions.claim_due(now, owner=self._owner, lease_until=until, limit=free)
        )
        for row in claimed:
            work = asyncio.create_task(self._run(row), name=f"interaction {row.id} {row.interaction_type}")
            self._running.add(work)
            work.add_done_callback(self._ended)
        return len(claimed)

    def _ended(self, done: asyncio.Task[None]) -> None:
        self._running.discard(done)
        if not done.cancelled() and done.exception() is not None:
            # Not even the failure could be written down: the lease runs out, and another try begins then.
            log.error("an interaction's worker stopped", exc_info=done.exception())
        self._on_free()

    async def drain(self) -> None:
        """Wait until nothing is being worked on."""
        while self._running:
            await asyncio.wait(tuple(self._running))

    async def stop(self) -> None:
        """Stop at once: what was attempted is on record, and is looked up at the next start."""
        running = tuple(self._running)
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, row: Interaction) -> None:
        at_work = _AtWork(self._shop, self._ffmpeg, self._rng, row)
        try:
            await at_work.run()
        except FenceLostError:
            log.info("interaction %s: another worker has it now", row.id)


class _AtWork:
    """One claimed row in the hands of one worker."""

    def __init__(self, shop: Workshop, ffmpeg: Ffmpeg, rng: Random, row: Interaction) -> None:
        self._shop = shop
        self._ffmpeg = ffmpeg
        self._rng = rng
        self._row = row

    async def run(self) -> None:
        async with self._shop.db.read() as uow:
            self._upload = await uow.uploads.get(self._row.upload_id)
            self._task = await uow.tasks.get(self._upload.task_id)
        try:
            async with asyncio.timeout(self._shop.pace.interaction_limit.total_seconds()):
                await self._step()
        except FenceLostError:
            raise
        except Exception as error:  # noqa: BLE001 - the border: any error becomes a stored decision
            await self._learn(error)
            await self._obey(error)

    async def _step(self) -> None:
        site = self._site()
        await self._require_account()
        self._token = await self._shop.tokens.access_token(self._upload.account_id)
        try:
            await self._attempt(site)
        except TokenRejectedError:
            # Nothing was done. A second refusal is an error like any other.
            if self._row.state is InteractionState.DOING:
                await self._record(state=InteractionState.PENDING)
            self._token = await self._shop.tokens.replace(self._upload.account_id, self._token)
            await self._attempt(site)

    async def _require_account(self) -> None:
        """Nothing goes out by itself on an account that was switched off; what its operator asks for does."""
        async with self._shop.db.read() as uow:
            account = await uow.accounts.get(self._upload.account_id)
        if account.status is AccountStatus.DISABLED and not self._row.is_asked:
            raise AccountUnavailableError(Fault(DISABLED, {"account": account.title}))

    async def _attempt(self, site: Platform) -> None:
        if self._row.interaction_type == FOLLOW:
            await self._follow(site)
            return
        deed = DEEDS[self._row.interaction_type]
        if deed.find is not None and self._row.state is not InteractionState.PENDING:
            await self._reconcile(site, deed, deed.find)
        else:
            await self._do(site, deed)

    async def _do(self, site: Platform, deed: Deed) -> None:
        await self._begin(deed.cost)
        await self._done(await deed.do(self._work(site)))

    async def _begin(self, step: str) -> None:
        """The cost is entered and the attempt written down in one transaction, before the call."""
        shop, now = self._shop, self._shop.clock()
        async with shop.db.begin() as uow:
            await shop.quota.spend(uow, self._upload.platform, step, self._upload.account_id, now)
            row = await self._write(
                uow,
                state=InteractionState.DOING,
                attempts=self._row.attempts + 1,
                attempted_at=now,
                absent_since=None,
            )
            await uow.commit()
        self._row = row

    async def _reconcile(self, site: Platform, deed: Deed, find: Callable[[Work], Any]) -> None:
        """Ask whether it was done. "No" is believed when the site has had time to show it, and says so twice."""
        pace, now = self._shop.pace, self._shop.clock()
        async with self._shop.db.begin() as uow:
            await self._shop.quota.spend(uow, self._upload.platform, deed.find_cost, self._upload.account_id, now)
            row = await self._write(uow, state=InteractionState.UNKNOWN, attempts=self._row.attempts + 1)
            await uow.commit()
        self._row = row
        remote_id = await find(self._work(site))
        if remote_id is not None:
            await self._done(remote_id)
            return
        settled = (self._row.attempted_at or self._row.created_at) + pace.settle
        if now < settled:
            await self._record(release=True, next_attempt_at=settled)
            return
        first = self._row.absent_since
        if first is None or now - first < pace.absent_gap:
            again = (first or now) + pace.absent_gap
            await self._record(release=True, absent_since=first or now, next_attempt_at=again)
            return
        if self._row.attempts >= SITE_ATTEMPTS:
            await self._shop.db.run(lambda uow: self._end(uow, InteractionState.FAILED, self._row.fault or GIVEN_UP))
            return
        await self._record(release=True, state=InteractionState.PENDING, next_attempt_at=now)

    async def _follow(self, site: Platform) -> None:
        async with self._shop.db.begin() as uow:
            now = self._shop.clock()
            await self._shop.quota.spend(uow, self._upload.platform, "check", self._upload.account_id, now)
            row = await self._write(uow, attempts=self._row.attempts + 1)
            await uow.commit()
        self._row = row
        work = self._work(site)
        finding = await inbox_follow.look(work)
        now = self._shop.clock()

        async def conclude(uow: UnitOfWork) -> None:
            changes = await inbox_follow.conclude(uow, work, finding, now, self._shop.pace, self._shop.listener)
            await self._write(uow, release=True, **changes)

        await self._shop.db.run(conclude)

    async def _done(self, remote_id: str | None) -> None:
        async def end(uow: UnitOfWork) -> None:
            await self._end(uow, InteractionState.DONE, None, remote_id=remote_id)
            if self._row.interaction_type == "delete":
                await uow.interactions.withdraw(self._upload.id, UNTIL_DELETED)

        await self._shop.db.run(end)

    async def _learn(self, error: Exception) -> None:
        """A bucket that the site calls full is full for every task; a grant that is gone, for the whole account."""
        if isinstance(error, QuotaExhaustedError):
            async with self._shop.db.begin() as uow:
                account, now = self._upload.account_id, self._shop.clock()
                await self._shop.quota.fill(
                    uow, self._upload.platform, error.bucket, account, until=error.until, now=now
                )
                await uow.commit()
        if isinstance(error, NeedsReauthError):
            await self._shop.tokens.suspend(self._upload.account_id, fault_of(error))

    async def _obey(self, error: Exception) -> None:
        row, now, fault = self._row, self._shop.clock(), fault_of(error)
        case = Case(
            error=error,
            attempts=row.attempts,
            age=now - row.created_at,
            may_be_done=self._may_be_done(),
            is_hopeful=not row.is_asked and self._is_timed(),
            fault=fault,
        )
        decision = decide(case, now, self._rng)
        if isinstance(decision, Stop) and row.interaction_type == FOLLOW and case.age < self._shop.pace.inbox_give_up:
            decision = Again(now + self._shop.pace.inbox_longest)
        log.info("interaction %s: %s at try %s: %s", row.id, type(error).__name__, row.attempts, decision)
        match decision:
            case Again(until):
                waits = row.state if row.state is InteractionState.UNKNOWN else InteractionState.PENDING
                await self._record(release=True, state=waits, next_attempt_at=until, fault=fault)
            case LookUp(until):
                await self._record(release=True, state=InteractionState.UNKNOWN, next_attempt_at=until, fault=fault)
            case _:
                await self._give_up(fault)

    def _may_be_done(self) -> bool:
        deed = DEEDS.get(self._row.interaction_type)
        return deed is not None and deed.find is not None and self._row.state is InteractionState.DOING

    def _is_timed(self) -> bool:
        """Whether the site releases videos by itself, so that one may become public a moment later than planned."""
        site = self._shop.platforms.get(self._upload.platform)
        return site is not None and site.capabilities.timed_release

    async def _give_up(self, fault: Fault) -> None:
        is_unknown = self._row.state is InteractionState.UNKNOWN
        state = InteractionState.UNKNOWN if is_unknown else InteractionState.FAILED
        told = Fault(NOT_FOUND_OUT, {"why": fault.code}) if is_unknown else fault
        await self._shop.db.run(lambda uow: self._end(uow, state, told))

    async def _end(self, uow: UnitOfWork, state: InteractionState, fault: Fault | None, **changes: Any) -> None:
        """The last write of a row, and the news of it."""
        row = await self._write(uow, release=True, state=state, fault=fault, next_attempt_at=None, **changes)
        tended = UploadTended(self._task.post_id, self._task.id, row.interaction_type, fault, row.is_asked)
        await self._shop.listener.hear(uow, tended)

    async def _write(self, uow: UnitOfWork, **changes: Any) -> Interaction:
        return await uow.interactions.record(self._row.id, fence=self._row.fence, **changes)

    async def _record(self, **changes: Any) -> None:
        self._row = await self._shop.db.run(lambda uow: self._write(uow, **changes))

    def _work(self, site: Platform) -> Work:
        return Work(self._row, self._upload, self._task, site, self._token, self._shop.db, self._ffmpeg)

    def _site(self) -> Platform:
        try:
            return self._shop.platforms[self._upload.platform]
        except KeyError:
            raise UnknownPlatformError(platform=self._upload.platform) from None
