"""Accounts: an operator's consent becomes an account that can publish, once per channel however often it is given."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from platforms.base import ClaimsByName, Grant, Identity, OAuthClient, Platform, SeveralGrants
from platforms.errors import PlatformError
from platforms.oauth import new_state
from scheduler.account_book import AccountBook, Wish
from scheduler.account_powers import lacking
from scheduler.code_consents import CodeConsents
from scheduler.errors import ConsentDeniedError, ScopesMissingError, UnknownPlatformError
from scheduler.faults import fault_of
from scheduler.holding import not_yet_held, switch_off
from scheduler.notices import ConnectFailed, NoticeListener
from scheduler.pausing import resume
from storage.database import Database
from storage.errors import ConsentError, ConsentUnknownError, StaleVersionError
from storage.unit_of_work import UnitOfWork
from storage.values import Account, AccountStatus, CodeConsent, Consent, Operator, Task

CONSENT_LIFE = timedelta(minutes=10)
HOLD_LOOK_S = 0.5
HOLD_LOOKS = 20
"""How often, with such gaps, a disconnection looks whether the site holds what it would publish by itself."""


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """Where the operator gives consent, and until when; `state` is what the answer will name it by."""

    url: str = field(repr=False)
    expires_at: datetime
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlatformChoice:
    """A site on which accounts can be connected; `by_name`: by naming one, for the site has no consent page.

    `by_code`: also by typing a code at the site, on any device.
    """

    name: str
    display_name: str
    by_name: bool = False
    by_code: bool = False


def parse_callback(text: str) -> Mapping[str, str] | None:
    """The query of a pasted address that an OAuth server sent the operator to; None if the text holds none."""
    # Some phones copy an address without its scheme.
    for word in re.findall(r"\S+\?\S+", text):
        try:
            query = dict(parse_qsl(urlsplit(word.strip("<>()\"'")).query))
        except ValueError:
            continue
        if query.get("state") and ("code" in query or "error" in query):
            return query
    return None


class AccountService:
    """Connects, switches off and on, disconnects. `redirect_uri` is where the sites send the operator back to.

    `wake` is called when tasks that waited for an account go on.
    """

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Platform],
        listener: NoticeListener,
        clock: Callable[[], datetime],
        *,
        redirect_uri: str,
        wake: Callable[[], None] = lambda: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._listener = listener
        self._clock = clock
        self._redirect_uri = redirect_uri
        self._wake = wake
        self._sleep = sleep
        self._book = AccountBook(db, platforms, listener, clock)
        self._codes = CodeConsents(db, platforms, listener, clock, book=self._book, wake=wake)

    def platforms(self) -> tuple[PlatformChoice, ...]:
        return tuple(
            PlatformChoice(
                name,
                site.display_name,
                by_name=isinstance(site, ClaimsByName),
                by_code=self._codes.is_possible(name),
            )
            for name, site in sorted(self._platforms.items())
        )

    def parse_callback(self, text: str) -> Mapping[str, str] | None:
        return parse_callback(text)

    async def begin_connect(
        self, operator: Operator, chat_id: int, platform: str, account_id: int | None = None
    ) -> ConsentRequest:
        """`account_id`: the account that is to be connected again. Raises UnknownPlatformError."""
        state = new_state()
        request = self._oauth(platform).authorize(state=state, redirect_uri=self._redirect_uri)
        consent = Consent(
            state=state,
            operator_id=operator.id,
            chat_id=chat_id,
            platform=platform,
            code_verifier=request.code_verifier,
            redirect_uri=self._redirect_uri,
            expires_at=self._clock() + CONSENT_LIFE,
            account_id=account_id,
        )
        await self._db.run(lambda uow: uow.consents.add(consent))
        return ConsentRequest(request.url, consent.expires_at, state)

    async def connect_named(self, operator: Operator, chat_id: int, platform: str, named: str) -> Account:
        """Connect the account that the operator names, on a site that has no consent page.

        Raises UnknownPlatformError, or PlatformError, which was told to the listener already.
        """
        site = self._site(platform)
        if not isinstance(site, ClaimsByName):
            raise UnknownPlatformError(platform=platform)
        wish = Wish(operator.id, chat_id, platform)
        try:
            grant, identity = await site.claim_account(named, asked_by=str(operator.telegram_id))
        except PlatformError as error:
            failed = ConnectFailed(operator.id, chat_id, platform, fault_of(error))
            await self._db.run(lambda uow: self._listener.hear(uow, failed))
            raise
        (account,) = await self._db.run(lambda uow: self._book.enter(uow, wish, [(grant, identity)]))
        self._wake()
        return account

    async def complete_connect(self, *, params: Mapping[str, str], operator_id: int | None) -> Account:
        """Turn the callback's query into an account. The state is used up first, whatever comes of the rest.

        A consent that covers several accounts connects them all, and the first is returned.
        `operator_id` None: a browser came, and the state alone says whose consent it is.
        Raises ConsentError or PlatformError; both were told to the listener already, if the state was good.
        """
        state = params.get("state", "")
        if not state:
            raise ConsentUnknownError
        now = self._clock()
        consent = await self._db.run(lambda uow: uow.consents.consume(state, operator_id=operator_id, now=now))
        wish = Wish(consent.operator_id, consent.chat_id, consent.platform, consent.account_id)
        try:
            granted = await self._exchange(consent, params)
            accounts = await self._db.run(lambda uow: self._book.enter(uow, wish, granted))
        except (ConsentError, PlatformError) as error:
            failed = ConnectFailed(consent.operator_id, consent.chat_id, consent.platform, fault_of(error))
            await self._db.run(lambda uow: self._listener.hear(uow, failed))
            raise
        self._wake()
        return accounts[0]

    async def _exchange(self, consent: Consent, params: Mapping[str, str]) -> list[tuple[Grant, Identity]]:
        if "code" not in params:
            raise ConsentDeniedError(platform=consent.platform, reason=params.get("error", "")[:100])
        oauth = self._oauth(consent.platform)
        asked = {"code": params["code"], "code_verifier": consent.code_verifier, "redirect_uri": consent.redirect_uri}
        if isinstance(oauth, SeveralGrants):
            grants = [each.grant for each in await oauth.exchange_all(**asked)]
        else:
            grants = [await oauth.exchange(**asked)]
        for grant in grants:
            if missing := oauth.wanted_scopes - grant.scopes:
                raise ScopesMissingError(platform=consent.platform, scopes=", ".join(sorted(missing)))
        return [(grant, await oauth.identify(grant.access_token)) for grant in grants]

    async def disable(self, uow: UnitOfWork, account_id: int) -> None:
        """Nothing is published on it until it is enabled; its tasks wait. The caller commits.

        Raises StaleVersionError for an account that has no switch: it waits for another answer.
        """
        account = await self._switchable(uow, account_id)
        await uow.accounts.set_status(account_id, AccountStatus.DISABLED)
        await switch_off(uow, self._listener, account, self._clock())

    async def enable(self, uow: UnitOfWork, account_id: int) -> None:
        """Back to work, unless there is no grant any more: then it has to be connected again. The caller commits."""
        await self._switchable(uow, account_id)
        if await uow.credentials.load(account_id) is None:
            await uow.accounts.set_status(account_id, AccountStatus.NEEDS_REAUTH)
            return
        await uow.accounts.set_status(account_id, AccountStatus.ACTIVE)
        await resume(uow, self._listener, account_id, self._clock())

    @staticmethod
    async def _switchable(uow: UnitOfWork, account_id: int) -> Account:
        account = await uow.accounts.get(account_id)
        if account.status is AccountStatus.UNCONFIRMED:
            raise StaleVersionError(f"account {account_id} is not confirmed")
        return account

    async def disconnect(self, account_id: int, *, anyway: bool = False) -> tuple[Task, ...]:
        """Revoke the grant, forget the tokens, pause the tasks. A site that is away does not keep the tokens here.

        What the site would publish by itself is held there first, for which the grant is needed. Answers with what
        could not be held in time: then the account is paused and not disconnected, unless `anyway`.
        A grant that other accounts live by too is only forgotten: revoking it would take theirs.
        """
        if not anyway and (waiting := await self._hold_first(account_id)):
            return waiting
        async with self._db.read() as uow:
            account, tokens = await uow.accounts.get(account_id), await uow.credentials.load(account_id)
        if tokens is not None:
            await self._book.give_back(account, tokens)
        await self._db.run(lambda uow: self._book.forget(uow, account))
        return ()

    async def _hold_first(self, account_id: int) -> tuple[Task, ...]:
        """Pause the account if its site would publish something by itself, and wait a little until that is held."""
        for _ in range(HOLD_LOOKS):
            waiting = await self._db.run(lambda uow: self._paused_if_waiting(uow, account_id))
            if not waiting:
                return ()
            self._wake()
            await self._sleep(HOLD_LOOK_S)
        return waiting

    async def _paused_if_waiting(self, uow: UnitOfWork, account_id: int) -> tuple[Task, ...]:
        now, account = self._clock(), await uow.accounts.get(account_id)
        waiting = await not_yet_held(uow, account_id, now)
        if waiting and account.status is AccountStatus.ACTIVE:
            await self.disable(uow, account_id)
        # Without a grant nothing can be held: it is only said.
        return () if account.status is AccountStatus.NEEDS_REAUTH else waiting

    async def confirm(self, uow: UnitOfWork, account_id: int, operator: Operator, chat_id: int) -> None:
        """The account that came is the one that was meant. Raises StaleVersionError. The caller commits."""
        await self._book.confirm(uow, account_id, operator.id, chat_id)

    async def reject(self, account_id: int) -> Account:
        """Another one was meant: give the permission back. Raises StaleVersionError."""
        return await self._book.reject(account_id)

    def lacking(self, account: Account) -> tuple[str, ...]:
        """What this account cannot do because its permission is smaller than the usual one."""
        return lacking(self._platforms, account)

    async def begin_code(
        self, operator: Operator, chat_id: int, platform: str, account_id: int | None = None
    ) -> CodeConsent:
        """Get a code that the operator types at the site; see `CodeConsents.begin`."""
        return await self._codes.begin(operator, chat_id, platform, account_id)

    async def ask_codes(self) -> datetime | None:
        """Ask the sites after the codes that wait; see `CodeConsents.ask_due`."""
        return await self._codes.ask_due()

    def _oauth(self, platform: str) -> OAuthClient:
        oauth = self._site(platform).oauth
        if oauth is None:
            raise UnknownPlatformError(platform=platform)
        return oauth

    def _site(self, platform: str) -> Platform:
        try:
            return self._platforms[platform]
        except KeyError:
            raise UnknownPlatformError(platform=platform) from None
