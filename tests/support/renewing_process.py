"""`python -m tests.support.renewing_process URL ACCOUNT LOG`: a process of its own that needs an account's token now.

It begins when its standard input is closed, so that several begin together; each call at the site is a line of LOG.
The last line of its output is the token.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from platforms.base import Grant
from scheduler.settings import Pace
from scheduler.tokens import TokenKeeper
from storage.database import Database
from storage.keyring import Keyring
from tests.scheduler.world import KEY, MachineClock
from tests.support.fake_platform import FakeOAuth, FakePlatform, FakeSite
from tests.support.listeners import Recorder

TAKES_S = 0.3
"""How long the site takes to answer: long enough for every process to want it meanwhile."""


class SlowOAuth(FakeOAuth):
    """Writes down that it was asked."""

    log: Path

    async def refresh(self, refresh_token: str) -> Grant:
        with self.log.open("a") as log:
            log.write(f"{os.getpid()}\n")
        await asyncio.sleep(TAKES_S)
        grant = await super().refresh(refresh_token)
        return Grant(f"of-{os.getpid()}", None, grant.expires_at, grant.scopes)


async def main(url: str, account: int, log: Path) -> None:
    clock = MachineClock()
    site = FakePlatform(FakeSite(clock))
    site.oauth = SlowOAuth(site.site, lambda _: None)
    site.oauth.log = log
    db = Database(url, Keyring([KEY]), clock=clock)
    keeper = TokenKeeper(db, {"fake": site}, Recorder(), clock, owner=f"process {os.getpid()}", pace=Pace())
    sys.stdin.read()
    started = time.monotonic()
    token = await keeper.access_token(account)
    await db.dispose()
    sys.stdout.write(f"{time.monotonic() - started:.2f} s\n{token}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
