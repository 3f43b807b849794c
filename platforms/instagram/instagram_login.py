"""Instagram Login: a code becomes a token of an hour, that becomes one of 60 days, and it renews itself.

There is no refresh token: the long-lived token renews itself from a day after it was made until it expires, and after
that only the operator can help. It therefore stands in both places of a `Grant`. Source: developers.facebook.com,
Instagram Platform, Instagram API with Instagram Login, Business Login. There is no PKCE and no revocation by API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.base import AuthorizeRequest, Grant, Identity
from platforms.errors import NeedsReauthError, TransientError
from platforms.http import Http
from platforms.instagram.resources import text
from platforms.instagram.settings import NAME, InstagramSettings
from platforms.instagram.tokens import TokenServer, clean_code, moment_after, require_scopes, token_of
from platforms.instagram.users import Users
from platforms.oauth import parse_scopes

LONG_LIFE = timedelta(days=60)


class InstagramLogin:
    """Consents of Instagram accounts themselves."""

    wanted_scopes = frozenset(
        {
            "instagram_business_basic",
            "instagram_business_content_publish",
            "instagram_business_manage_comments",
            "instagram_business_manage_insights",
        }
    )
    renew_ahead = LONG_LIFE - timedelta(hours=25)
    """How long before `expires_at` a token should be renewed: as soon as it is a day old, with an hour to spare."""

    def __init__(self, http: Http, users: Users, settings: InstagramSettings, clock: Callable[[], datetime]) -> None:
        self._server = TokenServer(http, clock)
        self._users = users
        self._settings = settings
        self._clock = clock

    def authorize(self, *, state: str, redirect_uri: str) -> AuthorizeRequest:
        """Make the address of the consent screen. There is no PKCE, so the verifier is empty."""
        query = {
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(sorted(self.wanted_scopes)),
            "state": state,
        }
        return AuthorizeRequest(f"{self._settings.auth_url}/oauth/authorize?{urlencode(query)}", code_verifier="")

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:  # noqa: ARG002
        """Trade a callback's code for a token of 60 days.

        Raises NeedsReauthError (`instagram.scope_missing`) where the operator did not grant all that is needed.
        """
        short = token_of(
            await self._server.form(
                f"{self._settings.token_url}/oauth/access_token",
                {
                    "client_id": self._settings.client_id,
                    "client_secret": self._settings.client_secret,
                    "grant_type": "authorization_code",
                    "redirect_uri": redirect_uri,
                    "code": clean_code(code),
                },
            )
        )
        scopes = _permissions(short) or self.wanted_scopes
        require_scopes(wanted=self.wanted_scopes, granted=scopes)
        long = await self._server.form_or_get(
            f"{self._settings.api_url}/access_token",
            text(short, "access_token"),
            {"grant_type": "ig_exchange_token", "client_secret": self._settings.client_secret},
        )
        return self._grant(token_of(long), scopes)

    async def refresh(self, refresh_token: str) -> Grant:
        """Give the long-lived token 60 more days; it must be a day old and not have expired.

        Raises TransientError for a token that is too young: it lives, and renewing it can wait.
        """
        try:
            renewed = await self._server.get(
                f"{self._settings.api_url}/refresh_access_token", refresh_token, {"grant_type": "ig_refresh_token"}
            )
        except NeedsReauthError as error:
            # What Meta says of a young token is not documented; a dead one is 190 or 452, never 100.
            if error.reason.partition("/")[0] != "100":
                raise
            detail, reason = error.detail, error.reason
        else:
            return self._grant(token_of(renewed), _permissions(renewed))
        raise TransientError(detail, platform=NAME, reason=reason, retry_after=timedelta(hours=1))

    async def revoke(self, token: str) -> None:
        """Do nothing: this login has no revocation. The token dies after 60 days, or when its owner removes the app."""

    async def identify(self, access_token: str) -> Identity:
        """Say which account the token is for."""
        user = await self._users.ask(access_token)
        return Identity(external_id=user.user_id, title=user.title, handle=f"@{user.username}" if user.username else "")

    def _grant(self, body: Mapping[str, Any], scopes: frozenset[str]) -> Grant:
        token = text(body, "access_token")
        expires_at = moment_after(self._clock(), body.get("expires_in"))
        return Grant(
            access_token=token,
            refresh_token=token,
            expires_at=expires_at,
            scopes=scopes,
            refresh_expires_at=expires_at,
        )


def _permissions(body: Mapping[str, Any]) -> frozenset[str]:
    """Read the granted permissions: a list, or one string with commas. Empty where none are named."""
    value = body.get("permissions")
    if isinstance(value, list):
        return frozenset(each for each in value if isinstance(each, str))
    return parse_scopes(value) if isinstance(value, str) else frozenset()
