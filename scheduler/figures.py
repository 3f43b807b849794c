"""The figures of what was published lately: many videos in one call where the site has that, older ones less often."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias, TypeVar

from platforms.aftercare import CountsInBatches
from platforms.base import Platform, TellsPace
from platforms.errors import ContentRejectedError, QuotaExhaustedError, TokenRejectedError
from scheduler.faults import fault_of
from scheduler.job import Workshop
from storage.values import AccountStatus, Upload

log = logging.getLogger(__name__)

COUNTED_FOR = timedelta(days=30)
GAPS = ((timedelta(days=1), timedelta(hours=1)), (COUNTED_FOR, timedelta(days=1)))
"""Up to which age of a video how much time lies between two looks."""

Figures: TypeAlias = Mapping[str, int]
Answer = TypeVar("Answer")


def gap_at(age: timedelta) -> timedelta | None:
    """How long figures of a video of that age are good; None: nobody looks any more."""
    return next((gap for until, gap in GAPS if age < until), None)


class FigureCollector:
    """One round of looks; whatever one account meets, the others have theirs.

    What the site would not tell is remembered here, so that it is asked about at the same pace as the rest; a restart
    costs one more look.
    """

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._tried: dict[int, datetime] = {}

    async def run(self) -> None:
        now = self._shop.clock()
        for account_id, uploads in (await self._due(now)).items():
            site = self._shop.platforms[uploads[0].platform]
            if isinstance(site, TellsPace) and site.busy_until(now) is not None:
                continue  # publications go first
            try:
                await self._count(site, account_id, uploads)
            except Exception as error:  # noqa: BLE001 - the border: one account's trouble is not the others'
                await self._learn(site, account_id, error)
                log.info("account %s: its figures were not read: %s", account_id, fault_of(error).code)

    async def _due(self, now: datetime) -> Mapping[int, list[Upload]]:
        """Uploads by account, the newest first."""
        names = [name for name, site in self._shop.platforms.items() if site.capabilities.statistics]
        async with self._shop.db.read() as uow:
            recent = await uow.uploads.since(now - COUNTED_FOR, names)
            gone = await uow.interactions.deleted([upload.id for upload in recent])
            known = await uow.statistics.newest([upload.id for upload in recent])
            active = {account.id for account in await uow.accounts.list(statuses=(AccountStatus.ACTIVE,))}
        self._tried = {upload.id: self._tried[upload.id] for upload in recent if upload.id in self._tried}
        found: defaultdict[int, list[Upload]] = defaultdict(list)
        for upload in recent:
            counted = known[upload.id].captured_at if upload.id in known else None
            looks = filter(None, (counted, self._tried.get(upload.id)))
            if upload.account_id in active and upload.id not in gone and _is_due(upload, max(looks, default=None), now):
                found[upload.account_id].append(upload)
        return found

    async def _count(self, site: Platform, account_id: int, uploads: Sequence[Upload]) -> None:
        if isinstance(site, CountsInBatches):
            for first in range(0, len(uploads), site.statistics_batch):
                batch = uploads[first : first + site.statistics_batch]
                call = partial(site.get_statistics, video_ids=[upload.video_id for upload in batch])
                await self._keep(batch, await self._ask(site, account_id, "get_statistics", call))
            return
        for upload in uploads:
            try:
                look = partial(site.get_video_analytics, video_id=upload.video_id)
                one = await self._ask(site, account_id, "get_video_analytics", look)
            except ContentRejectedError:
                one = {}  # of this video the site tells nothing, such as a private one
            await self._keep((upload,), {upload.video_id: one})

    async def _ask(
        self, site: Platform, account_id: int, step: str, call: Callable[[str], Awaitable[Answer]]
    ) -> Answer:
        """The cost is entered before the call; a refused token is replaced once."""
        async with self._shop.db.begin() as uow:
            await self._shop.quota.spend(uow, site.name, step, account_id, self._shop.clock())
            await uow.commit()
        token = await self._shop.tokens.access_token(account_id)
        try:
            return await call(token)
        except TokenRejectedError:
            return await call(await self._shop.tokens.replace(account_id, token))

    async def _keep(self, uploads: Sequence[Upload], told: Mapping[str, Figures]) -> None:
        now = self._shop.clock()
        self._tried |= {upload.id: now for upload in uploads}
        async with self._shop.db.begin() as uow:
            for upload in uploads:
                if figures := told.get(upload.video_id):
                    await uow.statistics.add(upload.id, now, figures)
            await uow.commit()

    async def _learn(self, site: Platform, account_id: int, error: Exception) -> None:
        """A bucket that the site calls full is full for the publications too."""
        if isinstance(error, QuotaExhaustedError):
            async with self._shop.db.begin() as uow:
                now = self._shop.clock()
                await self._shop.quota.fill(uow, site.name, error.bucket, account_id, until=error.until, now=now)
                await uow.commit()


def _is_due(upload: Upload, looked_at: datetime | None, now: datetime) -> bool:
    gap = gap_at(now - upload.upload_time)
    return gap is not None and (looked_at is None or now - looked_at >= gap)
