"""Access tokens: renewed ahead and on refusal, by one worker at a time, and a dead grant told from a bad moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from platforms.errors import NeedsReauthError, TransientError
from scheduler.accounts import AccountService
from scheduler.notices import AccountConnected, AccountNeedsReauth, TaskProgressed
from scheduler.settings import Pace
from scheduler.tokens import TokenKeeper
from storage.values import AccountStatus, TaskStatus, Tokens
from tests.scheduler.world import World
from tests.support.fake_platform import FakeOAuth


def keeper(world: World, owner: str = "me", sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> TokenKeeper:
    platforms = {"fake": world.platform()}
    return TokenKeeper(world.database(), platforms, world.recorder, world.clock, owner=owner, pace=Pace(), sleep=sleep)


async def one_account(world: World, *, lives: timedelta) -> int:
    async with world.database().begin() as uow:
        operator = await uow.operators.ensure(1001, locale="en", timezone="UTC")
        account = await world.add_account(uow, operator)
        tokens = Tokens("t0", "r0", world.clock() + lives, frozenset({"upload"}))
        await uow.credentials.store(account.id, tokens)
        await uow.commit()
    return account.id


async def test_a_living_token_is_used_as_it_is(world: World) -> None:
    account = await one_account(world, lives=timedelta(hours=1))
    assert await keeper(world).access_token(account) == "t0"
    assert world.site.refreshes == 0


async def test_a_token_that_ends_within_minutes_is_renewed_and_the_refresh_token_kept(world: World) -> None:
    account = await one_account(world, lives=timedelta(minutes=4))
    assert await keeper(world).access_token(account) == "t1"
    async with world.database().read() as uow:
        stored = await uow.credentials.load(account)
    assert stored is not None
    assert (stored.access_token, stored.refresh_token) == ("t1", "r0")


async def test_many_who_need_it_at_once_renew_it_once(world: World) -> None:
    account = await one_account(world, lives=timedelta())
    keepers = [keeper(world, owner=f"process {number}") for number in range(4)]
    tokens = await asyncio.gather(*(each.access_token(account) for each in keepers for _ in range(3)))
    assert set(tokens) == {"t1"}
    assert world.site.refreshes == 1


async def test_a_worker_that_died_while_renewing_does_not_block_the_others_for_ever(world: World) -> None:
    account = await one_account(world, lives=timedelta())
    async with world.database().begin() as uow:
        assert await uow.credentials.claim_refresh(account, "dead", world.clock() + timedelta(seconds=60))
        await uow.commit()

    async def sleep(seconds: float) -> None:
        world.clock.forward(seconds=10)

    assert await keeper(world, sleep=sleep).access_token(account) == "t1"


async def test_the_site_being_away_is_no_revocation(world: World) -> None:
    account = await one_account(world, lives=timedelta())
    world.site.faults = {("refresh", 1): "transient"}
    with pytest.raises(TransientError):
        await keeper(world).access_token(account)
    assert await keeper(world, owner="another").access_token(account) == "t1"
    assert world.recorder.of(AccountNeedsReauth) == []


async def test_a_site_may_want_its_tokens_renewed_long_before_their_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_account(world, lives=timedelta(days=58))
    await keeper(world).renew_ahead()
    assert world.site.refreshes == 0
    monkeypatch.setattr(FakeOAuth, "renew_ahead", timedelta(days=59), raising=False)
    await keeper(world).renew_ahead()
    assert world.site.refreshes == 1


async def test_renewing_ahead_leaves_good_tokens_alone(world: World) -> None:
    await one_account(world, lives=timedelta(minutes=30))
    await keeper(world).renew_ahead()
    assert world.site.refreshes == 0
    world.clock.forward(minutes=22)
    await keeper(world).renew_ahead()
    assert world.site.refreshes == 1


async def test_a_refused_token_is_renewed_and_the_upload_goes_on(world: World) -> None:
    world.site.valid_tokens = {"another"}
    await world.approve()
    await world.live(world.scheduler())
    assert len(world.site.videos) == 1
    assert world.site.refreshes == 1


async def test_a_revoked_account_is_said_once_and_its_tasks_wait(world: World) -> None:
    world.site.valid_tokens, world.site.grant_is_gone = set(), True
    await world.approve()
    await world.approve(at=world.clock() + timedelta(hours=2))
    scheduler = world.scheduler()
    await world.live(scheduler)

    assert {task.status for task in await world.tasks()} == {TaskStatus.NEEDS_ATTENTION}
    (said,) = world.recorder.of(AccountNeedsReauth)
    shown_anew = world.recorder.heard[world.recorder.heard.index(said) - 2 : world.recorder.heard.index(said)]
    assert {notice.task_id for notice in shown_anew if isinstance(notice, TaskProgressed)} == {
        task.id for task in await world.tasks()
    }
    assert said.fault.params["account"] == "Channel 1"
    async with world.database().read() as uow:
        assert (await uow.accounts.get(said.account_id)).status is AccountStatus.NEEDS_REAUTH
    with pytest.raises(NeedsReauthError):
        await scheduler.tokens.access_token(said.account_id)


async def test_connecting_again_lets_its_tasks_go_on_where_they_stood(world: World) -> None:
    world.site.valid_tokens, world.site.grant_is_gone = set(), True
    await world.approve()
    scheduler = world.scheduler()
    await world.live(scheduler)

    service = AccountService(
        world.database(), {"fake": world.platform()}, world.recorder, world.clock, redirect_uri="http://localhost/"
    )
    async with world.database().read() as uow:
        (operator,) = await uow.operators.all()
    request = await service.begin_connect(operator, 7, "fake")
    state = request.url.partition("state=")[2]
    await service.complete_connect(params={"state": state, "code": "c"}, operator_id=operator.id)
    (connected,) = world.recorder.of(AccountConnected)
    assert connected.resumed_tasks == 1

    await world.live(scheduler)
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.site.videos) == 1
