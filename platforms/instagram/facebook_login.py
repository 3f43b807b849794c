"""Facebook Login for Business: a code becomes a person's token, and that the tokens of their pages.

A page token is what publishes on the Instagram account that is linked to the page, and it does not expire. The person's
token is kept in the place of the refresh token, for giving the grant back; nothing can be renewed with it. Source:
developers.facebook.com, Facebook Login, "Get long-lived tokens".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from platforms.base import AuthorizeRequest, Grant, Identity
from platforms.errors import NeedsOperatorError, NeedsReauthError, PlatformError
from platforms.http import Http
from platforms.instagram.api import GraphApi
from platforms.instagram.resources import identifier, part, rows, text
from platforms.instagram.settings import NAME, InstagramSettings
from platforms.instagram.tokens import TokenServer, clean_code, require_scopes, token_of
from platforms.instagram.users import Users, no_professional_account

MAX_PAGES_OF_LIST = 10


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """A page with an Instagram account, and the grant for it."""

    page_id: str
    name: str
    user_id: str
    grant: Grant


class FacebookLogin:
    """Consents of people for their pages."""

    wanted_scopes = frozenset(
        {
            "instagram_basic",
            "instagram_content_publish",
            "instagram_manage_comments",
            "instagram_manage_contents",
            "instagram_manage_insights",
            "pages_read_engagement",
            "pages_show_list",
        }
    )

    def __init__(
        self,
        http: Http,
        api: GraphApi,
        users: Users,
        settings: InstagramSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._server = TokenServer(http, clock)
        self._api = api
        self._users = users
        self._settings = settings
        self._clock = clock

    def authorize(self, *, state: str, redirect_uri: str) -> AuthorizeRequest:
        """Make the address of the consent dialog. There is no PKCE, so the verifier is empty."""
        query = {
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(sorted(self.wanted_scopes)),
            "state": state,
        }
        url = f"{self._settings.auth_url}/{self._settings.version}/dialog/oauth?{urlencode(query)}"
        return AuthorizeRequest(url=url, code_verifier="")

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        """Trade a callback's code for the token of the one page that was chosen.

        Raises NeedsOperatorError (`instagram.several_accounts`) where several pages with an Instagram account were
        chosen: `exchange_all` takes them all.
        """
        pages = await self.exchange_all(code=code, code_verifier=code_verifier, redirect_uri=redirect_uri)
        if len(pages) > 1:
            raise NeedsOperatorError(
                ", ".join(page.name for page in pages),
                platform=NAME,
                reason="severalAccounts",
                code="instagram.several_accounts",
            )
        return pages[0].grant

    async def exchange_all(
        self,
        *,
        code: str,
        code_verifier: str,  # noqa: ARG002 - the signature is the protocol's
        redirect_uri: str,
    ) -> tuple[LinkedPage, ...]:
        """Trade a callback's code for the tokens of every chosen page with an Instagram account: at least one."""
        short = token_of(await self._token({"redirect_uri": redirect_uri, "code": clean_code(code)}))
        exchange = {"grant_type": "fb_exchange_token", "fb_exchange_token": text(short, "access_token")}
        long = token_of(await self._token(exchange))
        person = text(long, "access_token")
        scopes = await self._granted(person)
        require_scopes(wanted=self.wanted_scopes, granted=scopes)
        pages = await self._pages(person, scopes)
        if not pages:
            raise no_professional_account()
        return pages

    async def refresh(self, refresh_token: str) -> Grant:  # noqa: ARG002
        """Raise NeedsReauthError: a page token lives until it is taken back, and then only a new consent helps."""
        raise NeedsReauthError(
            "Page tokens are not renewed.", platform=NAME, reason="noRefresh", code="instagram.grant_gone"
        )

    async def revoke(self, token: str) -> None:
        """Take the app out of the person's account, with all its page tokens. A dead token is no error."""
        try:
            await self._api.delete(token, "me/permissions")
        except NeedsReauthError:
            return
        except PlatformError as error:
            if error.http_status is None or error.http_status >= 500:
                raise

    async def identify(self, access_token: str) -> Identity:
        """Say which Instagram account the page token is for."""
        user = await self._users.ask(access_token)
        return Identity(external_id=user.user_id, title=user.title, handle=f"@{user.username}" if user.username else "")

    async def _token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The documents show a GET; the secrets go in a form, which the endpoint takes as RFC 6749 wants it to."""
        client = {"client_id": self._settings.client_id, "client_secret": self._settings.client_secret}
        return await self._server.form(f"{self._settings.graph_url}/oauth/access_token", {**client, **form})

    async def _granted(self, person: str) -> frozenset[str]:
        listed = rows(await self._api.get(person, "me/permissions", {}))
        return frozenset(text(row, "permission") for row in listed if text(row, "status") == "granted")

    async def _pages(self, person: str, scopes: frozenset[str]) -> tuple[LinkedPage, ...]:
        params = {"fields": "id,name,access_token,instagram_business_account", "limit": "100"}
        found: list[LinkedPage] = []
        after = ""
        for _ in range(MAX_PAGES_OF_LIST):
            body = await self._api.get(person, "me/accounts", params | ({"after": after} if after else {}))
            for row in rows(body):
                user_id, token = identifier(part(row, "instagram_business_account")), text(row, "access_token")
                if user_id and token:
                    grant = Grant(token, person, None, scopes)
                    found.append(LinkedPage(identifier(row), text(row, "name"), user_id, grant))
            # `paging.next` is a whole address with the token in it; the cursor alone does as well.
            after = text(part(part(body, "paging"), "cursors"), "after") if "next" in part(body, "paging") else ""
            if not after:
                break
        return tuple(found)
