"""Accounts: an operator's consent becomes an account that can publish, once per channel however often it is given."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from platforms.base import ClaimsByName, Grant, Identity, OAuthClient, Platform, SeveralGrants
from platforms.errors import PlatformError
from platforms.oauth import new_state
from scheduler.errors import ConsentDeniedError, NoRefreshTokenError, ScopesMissingError, UnknownPlatformError
from scheduler.faults import fault_of
from scheduler.notices import AccountConnected, ConnectFailed, NoticeListener
from scheduler.pausing import DISABLED, NEEDS_REAUTH, pause, resume
from storage.database import Database
from storage.errors import ConsentError, ConsentUnknownError
from storage.unit_of_work import UnitOfWork
from storage.values import Account, AccountStatus, Consent, Fault, Operator, Tokens

log = logging.getLogger(__name__)

CONSENT_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """Where the operator gives consent, and until when; `state` is what the answer will name it by."""

    url: str = field(repr=False)
    expires_at: datetime
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlatformChoice:
    """A site on which accounts can be connected; `by_name`: by naming one, for the site has no consent page."""

    name: str
    display_name: str
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants an account of which site connected, and where they are told."""

    operator_id: int
    chat_id: int
    platform: str


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
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._listener = listener
        self._clock = clock
        self._redirect_uri = redirect_uri
        self._wake = wake

    def platforms(self) -> tuple[PlatformChoice, ...]:
        return tuple(
            PlatformChoice(name, site.display_name, by_name=isinstance(site, ClaimsByName))
            for name, site in sorted(self._platforms.items())
        )

    def parse_callback(self, text: str) -> Mapping[str, str] | None:
        return parse_callback(text)

    async def begin_connect(self, operator: Operator, chat_id: int, platform: str) -> ConsentRequest:
        """Raises UnknownPlatformError."""
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
        account = await self._db.run(lambda uow: self._connect(uow, wish, grant, identity))
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
        try:
            granted = await self._exchange(consent, params)
            accounts = await self._db.run(lambda uow: self._connect_all(uow, consent, granted))
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

    async def _connect_all(
        self, uow: UnitOfWork, consent: Consent, granted: Sequence[tuple[Grant, Identity]]
    ) -> list[Account]:
        return [await self._connect(uow, consent, grant, identity) for grant, identity in granted]

    async def _connect(self, uow: UnitOfWork, consent: Consent | Wish, grant: Grant, identity: Identity) -> Account:
        account = await uow.accounts.connect(
            platform=consent.platform,
            external_id=identity.external_id,
            title=identity.title,
            handle=identity.handle,
            scopes=grant.scopes,
            operator_id=consent.operator_id,
        )
        if grant.refresh_token is None and grant.expires_at is not None:
            stored = await uow.credentials.load(account.id)
            if stored is None or stored.refresh_token is None:
                raise NoRefreshTokenError(platform=consent.platform)
        tokens = Tokens(
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires_at=grant.expires_at,
            scopes=grant.scopes,
            refresh_expires_at=grant.refresh_expires_at,
        )
        await uow.credentials.store(account.id, tokens)
        resumed = await resume(uow, self._listener, account.id, self._clock())
        await self._listener.hear(uow, AccountConnected(account.id, consent.operator_id, consent.chat_id, resumed))
        return account

    async def disable(self, uow: UnitOfWork, account_id: int) -> None:
        """Nothing is published on it until it is enabled; its tasks wait. The caller commits."""
        account = await uow.accounts.get(account_id)
        await uow.accounts.set_status(account_id, AccountStatus.DISABLED)
        await pause(uow, self._listener, account, Fault(DISABLED, {"account": account.title}))

    async def enable(self, uow: UnitOfWork, account_id: int) -> None:
        """Back to work, unless there is no grant any more: then it has to be connected again. The caller commits."""
        if await uow.credentials.load(account_id) is None:
            await uow.accounts.set_status(account_id, AccountStatus.NEEDS_REAUTH)
            return
        await uow.accounts.set_status(account_id, AccountStatus.ACTIVE)
        await resume(uow, self._listener, account_id, self._clock())

    async def disconnect(self, account_id: int) -> None:
        """Revoke the grant, forget the tokens, pause the tasks. A site that is away does not keep the tokens here.

        A grant that other accounts live by too is only forgotten: revoking it would take theirs.
        """
        async with self._db.read() as uow:
            account, tokens = await uow.accounts.get(account_id), await uow.credentials.load(account_id)
            is_shared = tokens is not None and await _is_shared(uow, account, tokens)
        site = self._platforms.get(account.platform)
        has_consent = site is None or site.oauth is not None
        if tokens is not None and not is_shared and has_consent:
            try:
                await self._oauth(account.platform).revoke(tokens.refresh_token or tokens.access_token)
            except (PlatformError, UnknownPlatformError) as error:
                log.warning("account %s: revoking failed: %s", account_id, error.code)
        await self._db.run(lambda uow: self._forget(uow, account))

    async def _forget(self, uow: UnitOfWork, account: Account) -> None:
        await uow.credentials.forget(account.id)
        await uow.accounts.set_status(account.id, AccountStatus.DISCONNECTED)
        named = {"account": account.title, "platform": account.platform}
        await pause(uow, self._listener, account, Fault(NEEDS_REAUTH, named))

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


async def _is_shared(uow: UnitOfWork, account: Account, tokens: Tokens) -> bool:
    """Whether another account of the site was connected by the same consent."""
    if tokens.refresh_token is None:
        return False
    for other in await uow.accounts.list(platform=account.platform):
        theirs = await uow.credentials.load(other.id) if other.id != account.id else None
        if theirs is not None and theirs.refresh_token == tokens.refresh_token:
            return True
    return False
