"""The end of a permission that only a person can renew: said 14, 7, 3 and 1 days before, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from scheduler.notices import AccountExpiring, NoticeListener
from storage.database import Database

ANNOUNCED_DAYS = (1, 3, 7, 14)


def announced_days(ends_at: datetime | None, now: datetime) -> int | None:
    """The announcement that is due, in days before the end; None: the end is far, or there is none.

    15 days before: None; 14 before: 14; 8 before: 14; 7 before: 7; an hour before: 1.
    """
    if ends_at is None:
        return None
    left = ends_at - now
    return next((days for days in ANNOUNCED_DAYS if left <= timedelta(days=days)), None)


class Countdown:
    """What was said is in the database, so a restart repeats nothing and several workers say it once."""

    def __init__(self, db: Database, listener: NoticeListener, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._listener = listener
        self._clock = clock

    async def run(self) -> None:
        """Announce what is due."""
        now = self._clock()
        horizon = now + timedelta(days=ANNOUNCED_DAYS[-1])
        async with self._db.begin() as uow:
            await uow.credentials.unannounce(ends_after=horizon + timedelta(seconds=1))
            for account_id, ends_at, said in await uow.credentials.ending(horizon + timedelta(seconds=1)):
                days = announced_days(ends_at, now)
                is_news = days is not None and (said is None or days < said)
                if days is not None and is_news and await uow.credentials.announce(account_id, days):
                    await self._listener.hear(uow, AccountExpiring(account_id, ends_at, days))
            await uow.commit()
