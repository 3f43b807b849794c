"""Which account came is the operator's to say, where a sign-in owns several; and what ends is announced in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.base import Identity
from scheduler.account_book import CONFIRM_WITHIN, AccountBook
from scheduler.accounts import AccountService
from scheduler.countdown import ANNOUNCED_DAYS, Countdown, announced_days
from scheduler.notices import AccountConnected, AccountExpiring, AccountNotConfirmed, AccountToConfirm
from storage.errors import StaleVersionError
from storage.values import Account, AccountStatus, Operator, Tokens
from tests.scheduler.world import START, World
from tests.support.fake_platform import FakePlatform


class Brands(FakePlatform):
    """A site where one sign-in owns several channels."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.capabilities = replace(self.capabilities, confirm_identity=True)


@pytest.fixture(autouse=True)
def brands(world: World) -> None:
    world.make_platform = Brands


def service(world: World) -> AccountService:
    return AccountService(
        world.database(), {"fake": world.platform()}, world.recorder, world.clock, redirect_uri="http://localhost/"
    )


def book(world: World) -> AccountBook:
    return AccountBook(world.database(), {"fake": world.platform()}, world.recorder, world.clock)


async def somebody(world: World) -> Operator:
    async with world.database().begin() as uow:
        operator = await uow.operators.ensure(1001, locale="en", timezone="UTC")
        await uow.commit()
    return operator


async def connect(world: World, code: str, again: int | None = None) -> Account:
    operator, accounts = await somebody(world), service(world)
    request = await accounts.begin_connect(operator, 7, "fake", again)
    answer = {"state": request.state, "code": code}
    return await accounts.complete_connect(params=answer, operator_id=operator.id)


async def confirm(world: World, account: Account) -> None:
    operator = await somebody(world)
    async with world.database().begin() as uow:
        await service(world).confirm(uow, account.id, operator, 7)
        await uow.commit()


async def look(world: World, account: Account) -> tuple[AccountStatus, Tokens | None]:
    async with world.database().read() as uow:
        return (await uow.accounts.get(account.id)).status, await uow.credentials.load(account.id)


async def test_nothing_can_be_done_with_a_channel_before_its_operator_says_yes(world: World) -> None:
    account = await connect(world, "c")
    assert account.status is AccountStatus.UNCONFIRMED
    assert [notice.account_id for notice in world.recorder.of(AccountToConfirm)] == [account.id]
    assert world.recorder.of(AccountConnected) == []
    for switch in (service(world).enable, service(world).disable):
        async with world.database().begin() as uow:
            with pytest.raises(StaleVersionError):
                await switch(uow, account.id)
    await confirm(world, account)
    assert (await look(world, account))[0] is AccountStatus.ACTIVE
    assert [notice.account_id for notice in world.recorder.of(AccountConnected)] == [account.id]
    with pytest.raises(StaleVersionError):
        await confirm(world, account)


async def test_another_one_is_given_back_and_forgotten(world: World) -> None:
    account = await connect(world, "c")
    await service(world).reject(account.id)
    assert await look(world, account) == (AccountStatus.DISCONNECTED, None)
    assert world.site.revoked == ["r-c"]
    with pytest.raises(StaleVersionError):
        await confirm(world, account)


async def test_what_nobody_confirms_is_given_back_after_an_hour_and_it_is_said_once(world: World) -> None:
    account = await connect(world, "c")
    world.clock.now = START + CONFIRM_WITHIN
    await book(world).lapse()
    assert (await look(world, account))[0] is AccountStatus.UNCONFIRMED
    world.clock.forward(seconds=1)
    await book(world).lapse()
    await book(world).lapse()
    assert await look(world, account) == (AccountStatus.DISCONNECTED, None)
    assert world.site.revoked == ["r-c"]
    assert [notice.account_id for notice in world.recorder.of(AccountNotConfirmed)] == [account.id]


async def test_a_channel_that_is_known_is_not_asked_about_again(world: World) -> None:
    account = await connect(world, "c")
    await confirm(world, account)
    assert (await connect(world, "d")).status is AccountStatus.ACTIVE
    assert len(world.recorder.of(AccountToConfirm)) == 1


async def test_another_channel_than_the_one_to_renew_is_named(world: World) -> None:
    first = await connect(world, "c")
    await confirm(world, first)
    world.site.identity = Identity("channel-2", "Channel Two", "@two")
    await connect(world, "d", again=first.id)
    assert world.recorder.of(AccountToConfirm)[-1].instead_of == first.id
    world.site.identity = Identity("channel-1", "Channel One", "@one")
    await connect(world, "e", again=first.id)
    assert world.recorder.of(AccountConnected)[-1].instead_of is None


@given(st.floats(0.001, 400))
def test_the_nearest_announcement_is_the_one_that_is_due(days: float) -> None:
    due = announced_days(START + timedelta(days=days), START)
    assert due == min((each for each in ANNOUNCED_DAYS if timedelta(days=days) <= timedelta(days=each)), default=None)


async def ends_in(world: World, account: Account, days: float) -> None:
    tokens = Tokens("t", "r", None, frozenset(), world.clock() + timedelta(days=days))
    async with world.database().begin() as uow:
        await uow.credentials.store(account.id, tokens)
        await uow.commit()


async def test_an_end_is_announced_four_times_once_each_by_however_many_workers(world: World) -> None:
    account = await connect(world, "c")
    await confirm(world, account)
    await ends_in(world, account, 16)
    for _ in range(16 * 4):
        for _ in range(2):
            await Countdown(world.database(), world.recorder, world.clock).run()
        world.clock.forward(hours=6)
    assert [notice.days for notice in world.recorder.of(AccountExpiring)] == [14, 7, 3, 1]


async def test_an_end_that_moved_away_is_announced_anew_and_a_short_permission_does_not_begin_with_a_warning(
    world: World,
) -> None:
    account = await connect(world, "c")
    await confirm(world, account)
    count = Countdown(world.database(), world.recorder, world.clock)
    await ends_in(world, account, 2)
    await count.run()
    await ends_in(world, account, 60)
    await count.run()
    world.clock.forward(days=50)
    await count.run()
    assert [notice.days for notice in world.recorder.of(AccountExpiring)] == [3, 14]
    assert announced_days(world.clock() + timedelta(days=7), world.clock()) == 7
