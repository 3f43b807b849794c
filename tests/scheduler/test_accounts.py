"""An operator's consent, and what it may and may not become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from platforms.base import Grant, Identity
from platforms.errors import TransientError
from scheduler.accounts import AccountService, parse_callback
from scheduler.errors import ConsentDeniedError, NoRefreshTokenError, ScopesMissingError, UnknownPlatformError
from scheduler.notices import AccountConnected, ConnectFailed
from storage.errors import ConsentExpiredError, ConsentUnknownError, ConsentUsedError
from storage.values import Account, AccountStatus, Operator, TaskStatus
from tests.scheduler.world import World
from tests.support.fake_platform import FakeOAuth, FakePlatform, FakeSite


def service(world: World) -> AccountService:
    return AccountService(
        world.database(), {"fake": world.platform()}, world.recorder, world.clock, redirect_uri="http://localhost/"
    )


async def somebody(world: World, telegram_id: int = 1001) -> Operator:
    async with world.database().begin() as uow:
        operator = await uow.operators.ensure(telegram_id, locale="en", timezone="UTC")
        await uow.commit()
    return operator


async def begun(world: World) -> tuple[Operator, str]:
    operator = await somebody(world)
    request = await service(world).begin_connect(operator, 7, "fake")
    return operator, request.url.partition("state=")[2]


async def connect(world: World, code: str = "c") -> Account:
    operator, state = await begun(world)
    return await service(world).complete_connect(params={"state": state, "code": code}, operator_id=operator.id)


async def test_consent_becomes_an_active_account_with_tokens(world: World) -> None:
    account = await connect(world)
    assert (account.status, account.title) == (AccountStatus.ACTIVE, "Channel One")
    async with world.database().read() as uow:
        tokens = await uow.credentials.load(account.id)
    assert tokens is not None
    assert tokens.refresh_token == "r-c"
    assert [notice.chat_id for notice in world.recorder.of(AccountConnected)] == [7]


async def test_connecting_the_same_channel_again_makes_no_second_account(world: World) -> None:
    first = await connect(world)
    second = await connect(world, "d")
    assert first.id == second.id


async def test_a_second_grant_without_a_refresh_token_keeps_the_first_ones(world: World) -> None:
    account = await connect(world)
    world.site.gives_refresh_token = False
    await connect(world, "d")
    async with world.database().read() as uow:
        tokens = await uow.credentials.load(account.id)
    assert tokens is not None
    assert (tokens.access_token, tokens.refresh_token) == ("t2", "r-c")


async def test_a_first_grant_without_a_refresh_token_is_no_account(world: World) -> None:
    world.site.gives_refresh_token = False
    with pytest.raises(NoRefreshTokenError):
        await connect(world)
    async with world.database().read() as uow:
        assert await uow.accounts.list() == ()
    assert [failed.fault.code for failed in world.recorder.of(ConnectFailed)] == ["consent.no_refresh_token"]


async def test_a_state_is_good_once(world: World) -> None:
    operator, state = await begun(world)
    params = {"state": state, "code": "c"}
    await service(world).complete_connect(params=params, operator_id=operator.id)
    with pytest.raises(ConsentUsedError):
        await service(world).complete_connect(params=params, operator_id=operator.id)


async def test_a_state_is_used_up_by_a_failure_too(world: World) -> None:
    world.site.faults = {("exchange", 1): "transient"}
    operator, state = await begun(world)
    params = {"state": state, "code": "c"}
    with pytest.raises(TransientError):
        await service(world).complete_connect(params=params, operator_id=operator.id)
    with pytest.raises(ConsentUsedError):
        await service(world).complete_connect(params=params, operator_id=operator.id)
    assert [failed.fault.code for failed in world.recorder.of(ConnectFailed)] == ["platform.transient"]


async def test_another_operators_state_is_unknown(world: World) -> None:
    _, state = await begun(world)
    stranger = await somebody(world, 1002)
    with pytest.raises(ConsentUnknownError):
        await service(world).complete_connect(params={"state": state, "code": "c"}, operator_id=stranger.id)


async def test_a_browser_needs_only_the_state(world: World) -> None:
    _, state = await begun(world)
    account = await service(world).complete_connect(params={"state": state, "code": "c"}, operator_id=None)
    assert account.title == "Channel One"


@pytest.mark.parametrize("params", [{}, {"state": ""}, {"state": "made up", "code": "c"}])
async def test_a_made_up_answer_is_refused(world: World, params: dict[str, str]) -> None:
    with pytest.raises(ConsentUnknownError):
        await service(world).complete_connect(params=params, operator_id=None)


async def test_a_late_answer_is_refused(world: World) -> None:
    _, state = await begun(world)
    world.clock.forward(minutes=11)
    with pytest.raises(ConsentExpiredError):
        await service(world).complete_connect(params={"state": state, "code": "c"}, operator_id=None)


async def test_a_no_is_told_as_a_no(world: World) -> None:
    _, state = await begun(world)
    with pytest.raises(ConsentDeniedError) as caught:
        await service(world).complete_connect(params={"state": state, "error": "access_denied"}, operator_id=None)
    assert caught.value.params["reason"] == "access_denied"


async def test_a_permission_that_was_left_out_is_named(world: World) -> None:
    world.site.granted_scopes = frozenset({"profile"})
    with pytest.raises(ScopesMissingError) as caught:
        await connect(world)
    assert caught.value.params["scopes"] == "upload"


async def test_an_unknown_site_is_refused(world: World) -> None:
    with pytest.raises(UnknownPlatformError):
        await service(world).begin_connect(await somebody(world), 7, "myspace")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://localhost/?state=s&code=c&scope=x", {"state": "s", "code": "c", "scope": "x"}),
        ("it says <http://127.0.0.1:8/back?error=access_denied&state=s>", {"error": "access_denied", "state": "s"}),
        ("see https://example.org/?a=b and http://localhost/?code=4%2F0A&state=s", {"code": "4/0A", "state": "s"}),
        ("127.0.0.1:8710/oauth/callback?state=s&code=c", {"state": "s", "code": "c"}),
        ("http://localhost/?code=c", None),
        ("http://[broken/?code=c&state=s", None),
        ("18:30", None),
    ],
)  # fmt: skip
def test_a_pasted_address_is_recognised(text: str, expected: dict[str, str] | None) -> None:
    assert parse_callback(text) == expected


async def test_disconnecting_revokes_and_forgets_even_if_the_site_is_away(world: World) -> None:
    account = await connect(world)
    world.site.faults = {("revoke", 2): "transient"}
    await service(world).disconnect(account.id)
    assert world.site.revoked == ["r-c"]
    async with world.database().read() as uow:
        assert (await uow.accounts.get(account.id)).status is AccountStatus.DISCONNECTED
        assert await uow.credentials.load(account.id) is None

    again = await connect(world, "d")
    await service(world).disconnect(again.id)
    async with world.database().read() as uow:
        assert await uow.credentials.load(account.id) is None


async def test_a_disabled_account_publishes_nothing_until_it_is_enabled(world: World) -> None:
    at = world.clock() + timedelta(hours=1)
    await world.approve(at=at)
    scheduler = world.scheduler()
    await scheduler.run_due()
    account_id = (await world.task()).account_id
    async with world.database().begin() as uow:
        await service(world).disable(uow, account_id)
        await uow.commit()
    await world.live(scheduler)
    assert (await world.task()).status is TaskStatus.NEEDS_ATTENTION

    async with world.database().begin() as uow:
        await service(world).enable(uow, account_id)
        await uow.commit()
    assert (await world.task()).next_attempt_at == at
    await world.live(scheduler)
    assert [video.published_at for video in world.site.videos] == [at]


class PagesOAuth(FakeOAuth):
    """One consent for two channels; the person's own token stands in place of both refresh tokens."""

    async def exchange_all(self, *, code: str, code_verifier: str, redirect_uri: str) -> list[Page]:
        return [Page(replace(self._grant("person"), access_token=f"page-{number}")) for number in (1, 2)]

    async def identify(self, access_token: str) -> Identity:
        number = access_token.rpartition("-")[2]
        return Identity(f"channel-{number}", f"Channel {number}", f"@{number}")


@dataclass(frozen=True)
class Page:
    grant: Grant


class PagesPlatform(FakePlatform):
    def __init__(self, site: FakeSite, **options: Any) -> None:
        super().__init__(site, **options)
        self.oauth = PagesOAuth(site, lambda _: None)


async def test_a_consent_for_several_channels_connects_each_of_them(world: World) -> None:
    world.make_platform = PagesPlatform
    await connect(world)
    async with world.database().read() as uow:
        accounts = await uow.accounts.list()
        tokens = [await uow.credentials.load(account.id) for account in accounts]
    assert [account.title for account in accounts] == ["Channel 1", "Channel 2"]
    assert [each.access_token for each in tokens if each is not None] == ["page-1", "page-2"]
    assert len(world.recorder.of(AccountConnected)) == 2


async def test_a_grant_is_revoked_with_the_last_account_that_lives_by_it(world: World) -> None:
    world.make_platform = PagesPlatform
    first = await connect(world)
    await service(world).disconnect(first.id)
    assert world.site.revoked == []
    async with world.database().read() as uow:
        second = next(account for account in await uow.accounts.list() if account.id != first.id)
        assert await uow.credentials.load(first.id) is None
    await service(world).disconnect(second.id)
    assert world.site.revoked == ["person"]
