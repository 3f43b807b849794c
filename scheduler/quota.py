"""The ledger of allowances: what a call costs, what is left, and when a full bucket frees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platforms.base import Platform, TellsPace
from platforms.limits import Bucket, Cost, Scope, Window
from scheduler.errors import QuotaFullError
from storage.unit_of_work import UnitOfWork
from storage.values import Account, AccountStatus, QuotaSpend

STEPS = ("open_upload", "transfer", "publish", "check", "find_published")
"""The steps of a publication, by the names that costs go by."""
CALLS = "calls"
"""What a site counts by itself and tells with its answers, in place of a bucket of ours."""
SITE_CLOCK_SLACK = timedelta(minutes=5)


def window_start(window: Window, now: datetime) -> datetime:
    """From when on calls count into the bucket's present fill (aware UTC); a call exactly one length old does not."""
    return window.start(now) + (timedelta(microseconds=1) if window.length is not None else timedelta())


def window_reset(window: Window, now: datetime, oldest: datetime | None) -> datetime | None:
    """When the bucket frees, wholly (a day's window) or by its oldest call; None: nothing is in it."""
    if oldest is None:
        return None
    return window.refill(now) if window.length is None else oldest + window.length


def frees_at(
    window: Window, now: datetime, spends: Sequence[tuple[datetime, int]], *, size: int, wanted: int
) -> datetime:
    """When `wanted` units can be spent: as soon as enough of `spends` (the oldest first) left the window."""
    if window.length is None:
        return window.refill(now)
    surplus = sum(cost for _, cost in spends) + wanted - size
    for spent_at, cost in spends:
        surplus -= cost
        if surplus <= 0:
            return spent_at + window.length
    # The bucket is smaller than what is wanted of it: full again is the best there is.
    return window.refill(now)


@dataclass(frozen=True, slots=True)
class BucketReport:
    """How full an allowance is. `account` None: it belongs to the app. `resets_at` None: nothing is used."""

    platform: str
    bucket: str
    account: Account | None
    size: int
    used: int
    resets_at: datetime | None


class QuotaBook:
    """Keeps the ledger; a call is entered before it is made, for refused calls cost as well."""

    def __init__(self, platforms: Mapping[str, Platform]) -> None:
        self._platforms = platforms

    async def spend(self, uow: UnitOfWork, platform: str, step: str, account_id: int, now: datetime) -> None:
        """Enter the cost of `step` (`open_upload`, `check`, ...), or raise QuotaFullError and enter nothing.

        The buckets stay locked until the caller's transaction ends: of two workers only one takes the last unit.
        """
        site = self._platforms[platform]
        if step == "open_upload" and isinstance(site, TellsPace) and (until := site.busy_until(now)) is not None:
            raise QuotaFullError(platform=platform, bucket=CALLS, until=until)
        # In one order everywhere, or two spenders could wait for each other.
        costs = sorted(site.costs.get(step, ()), key=lambda cost: cost.bucket)
        for cost in costs:
            await uow.quota.lock(platform, cost.bucket, self._owner(self._bucket(site, cost), account_id))
        for cost in costs:
            await self._require(uow, site, cost, account_id, now)
        for cost in costs:
            owner = self._owner(self._bucket(site, cost), account_id)
            await uow.quota.spend(QuotaSpend(platform, cost.bucket, owner, cost.units, now))

    async def fill(
        self, uow: UnitOfWork, platform: str, bucket_name: str, account_id: int, *, until: datetime, now: datetime
    ) -> None:
        """The site says that the bucket is full until then: our own count was too low, so it is brought up to the size.

        A site that frees earlier than the window's end means something else than this bucket, and changes nothing.
        """
        bucket = next((each for each in self._platforms[platform].buckets if each.name == bucket_name), None)
        if bucket is None or until < bucket.window.refill(now) - SITE_CLOCK_SLACK:
            return
        owner = self._owner(bucket, account_id)
        used = await uow.quota.used(platform, bucket.name, owner, window_start(bucket.window, now))
        missing = await self._size(uow, platform, bucket, owner) - used
        if missing > 0:
            await uow.quota.spend(QuotaSpend(platform, bucket.name, owner, missing, now))

    async def learn(self, uow: UnitOfWork, platform: str, account_id: int, sizes: Mapping[str, int]) -> None:
        """The site tells how large this account's own buckets are; a bucket that we do not know is passed over."""
        for bucket in self._platforms[platform].buckets:
            size = sizes.get(bucket.name)
            if size is not None and bucket.scope is Scope.ACCOUNT:
                await uow.quota.override(platform, bucket.name, account_id, size)

    async def report(self, uow: UnitOfWork, now: datetime) -> tuple[BucketReport, ...]:
        """Every allowance that publishing spends, or that something was spent of, by the ledger.

        Of every platform with a connected account; what only the comments would spend shows with the first comment.
        """
        rows: list[BucketReport] = []
        for name, site in sorted(self._platforms.items()):
            accounts = await uow.accounts.list(
                platform=name, statuses=(AccountStatus.ACTIVE, AccountStatus.NEEDS_REAUTH)
            )
            spent = {cost.bucket for step in STEPS for cost in site.costs.get(step, ())}
            for bucket in site.buckets if accounts else ():
                owners: tuple[Account | None, ...] = (None,) if bucket.scope is Scope.APP else tuple(accounts)
                found = [await self._row(uow, name, bucket, owner, now) for owner in owners]
                rows.extend(row for row in found if bucket.name in spent or row.used)
        return tuple(rows)

    async def _row(
        self, uow: UnitOfWork, platform: str, bucket: Bucket, account: Account | None, now: datetime
    ) -> BucketReport:
        owner = account.id if account else None
        since = window_start(bucket.window, now)
        used = await uow.quota.used(platform, bucket.name, owner, since)
        oldest = await uow.quota.oldest(platform, bucket.name, owner, since)
        size = await self._size(uow, platform, bucket, owner)
        return BucketReport(platform, bucket.name, account, size, used, window_reset(bucket.window, now, oldest))

    async def _require(self, uow: UnitOfWork, site: Platform, cost: Cost, account_id: int, now: datetime) -> None:
        bucket = self._bucket(site, cost)
        owner = self._owner(bucket, account_id)
        since = window_start(bucket.window, now)
        spends = await uow.quota.spends(site.name, bucket.name, owner, since)
        size = await self._size(uow, site.name, bucket, owner)
        if sum(spent for _, spent in spends) + cost.units > size:
            until = frees_at(bucket.window, now, spends, size=size, wanted=cost.units)
            raise QuotaFullError(platform=site.name, bucket=bucket.name, until=until)

    async def _size(self, uow: UnitOfWork, platform: str, bucket: Bucket, owner: int | None) -> int:
        """What the site itself reported of the account goes before the settings, and those before its documents."""
        known = await uow.quota.overrides()
        return known.get((platform, bucket.name, owner), known.get((platform, bucket.name, None), bucket.size))

    @staticmethod
    def _bucket(site: Platform, cost: Cost) -> Bucket:
        return next(bucket for bucket in site.buckets if bucket.name == cost.bucket)

    @staticmethod
    def _owner(bucket: Bucket, account_id: int) -> int | None:
        return account_id if bucket.scope is Scope.ACCOUNT else None
