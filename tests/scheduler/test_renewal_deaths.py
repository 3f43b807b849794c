"""A renewal is made once, whoever needs it and wherever a process dies in it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from bot.formats import fault_sentence
from bot.texts import Texts
from platforms.base import Grant
from platforms.errors import NeedsReauthError
from scheduler.notices import AccountNeedsReauth
from scheduler.settings import Pace
from scheduler.tokens import TokenKeeper
from storage.values import AccountStatus
from tests.scheduler.test_tokens import one_account
from tests.scheduler.world import World
from tests.support.crash import Executioner, Killed
from tests.support.fake_platform import FakeOAuth
from tests.support.sandbox import ROOT


async def test_several_real_processes_that_need_it_at_once_renew_it_once(world: World) -> None:
    world.clock.now = datetime.now(UTC)
    account = await one_account(world, lives=timedelta())
    log = world.folder / "asked.log"
    command = [sys.executable, "-m", "tests.support.renewing_process", world.url, str(account), str(log)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    tokens = [process.communicate(timeout=60)[0].split()[-1] for process in started]
    asked = log.read_text().split()
    assert len(asked) == 1
    assert set(tokens) == {f"of-{asked[0]}"}


class Rotating(FakeOAuth):
    """Each renewal gives another refresh token and voids the old one, as TikTok may."""

    async def refresh(self, refresh_token: str) -> Grant:
        grant = await super().refresh(refresh_token)
        self._site.revoked.append(refresh_token)
        return Grant(grant.access_token, f"{refresh_token}+", grant.expires_at, grant.scopes)


def keeper(world: World, executioner: Executioner | None = None) -> TokenKeeper:
    site = world.platform(executioner)
    site.oauth = Rotating(world.site, executioner or (lambda _: None))
    owner = "dying" if executioner else "next"
    db = world.database(executioner)
    return TokenKeeper(db, {"fake": site}, world.recorder, world.clock, owner=owner, pace=Pace())


@pytest.mark.parametrize("dies_at", ["before commit", "after commit"])
async def test_a_death_around_the_answer_asks_to_connect_again_only_if_the_new_token_is_lost(
    world: World, dies_at: str
) -> None:
    account = await one_account(world, lives=timedelta())
    executioner = Executioner()
    points = {"before commit": 5, "after commit": 6}
    executioner.at = points[dies_at]
    with pytest.raises(Killed):
        await keeper(world, executioner).access_token(account)
    assert executioner.points[-1] == dies_at
    world.clock.forward(minutes=2)  # the dead one's claim has run out
    if dies_at == "after commit":
        assert await keeper(world).access_token(account) == "t1"
        return
    with pytest.raises(NeedsReauthError):
        await keeper(world).access_token(account)
    async with world.database().read() as uow:
        assert (await uow.accounts.get(account)).status is AccountStatus.NEEDS_REAUTH
    (told,) = world.recorder.of(AccountNeedsReauth)
    said = fault_sentence(told.fault, Texts().of("en"), zone="UTC", now=world.clock())
    assert said == (
        "The site no longer lets me in. Connect this channel again in /accounts; the post goes on by itself."
    )
