"""TikTok's OAuth v2 for one user (developers.tiktok.com/doc/oauth-user-access-token-management).

It differs from the RFCs: the app is called `client_key`, scopes are separated by commas, the PKCE challenge is the hex
digest (developers.tiktok.com/doc/login-kit-desktop), a refresh may give another refresh token, and an error may come
with HTTP 200.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlencode

from platforms.base import AuthorizeRequest, Grant, Identity
from platforms.errors import NeedsReauthError, TokenRejectedError, UnexpectedAnswerError
from platforms.http import Http
from platforms.oauth import missing_scopes, new_pkce, parse_scopes
from platforms.tiktok.api import SUCCESS, TikTokApi
from platforms.tiktok.errors import body_of, oauth_error_of, refusal_of
from platforms.tiktok.fields import part, text, whole
from platforms.tiktok.settings import NAME, Mode, TikTokSettings

REFRESH_TOKENS_BEGIN_WITH = "rft."
SCOPES: Mapping[Mode, frozenset[str]] = {
    Mode.DIRECT: frozenset({"user.info.basic", "video.publish", "video.list"}),
    Mode.INBOX: frozenset({"user.info.basic", "video.upload", "video.list"}),
}


def hex_challenge(verifier: str) -> str:
    """Digest a verifier as TikTok wants it: SHA-256 in lowercase hex, where RFC 7636 has base64url."""
    return hashlib.sha256(verifier.encode("ascii")).hexdigest()


class TikTokOAuth:
    """Turns a consent into tokens, renews them, and says whose they are."""

    def __init__(self, http: Http, api: TikTokApi, settings: TikTokSettings, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._api = api
        self._settings = settings
        self._clock = clock
        self.wanted_scopes = SCOPES[settings.mode]

    def authorize(self, *, state: str, redirect_uri: str) -> AuthorizeRequest:
        """Make the address of the consent screen. A web app has no PKCE; its verifier is empty."""
        query = {
            "client_key": self._settings.client_key,
            "response_type": "code",
            "scope": ",".join(sorted(self.wanted_scopes)),
            "redirect_uri": redirect_uri,
            "state": state,
        }
        verifier = ""
        if self._settings.desktop:
            verifier = new_pkce().verifier
            query |= {"code_challenge": hex_challenge(verifier), "code_challenge_method": "S256"}
        url = f"{self._settings.auth_url}/v2/auth/authorize/?{urlencode(query)}"
        return AuthorizeRequest(url=url, code_verifier=verifier)

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        """Trade a callback's code for tokens. A code may still be percent-encoded: it holds `*` and `!`, never `%`.

        Raises NeedsReauthError (`tiktok.scope_missing`) where the operator did not grant all that is needed.
        """
        form = {"grant_type": "authorization_code", "code": unquote(code), "redirect_uri": redirect_uri}
        grant = await self._token(form | ({"code_verifier": code_verifier} if code_verifier else {}))
        if missing := missing_scopes(wanted=self.wanted_scopes, granted=grant.scopes):
            raise NeedsReauthError(
                f"Not granted: {', '.join(sorted(missing))}.",
                platform=NAME,
                reason="scope_not_authorized",
                code="tiktok.scope_missing",
            )
        return grant

    async def refresh(self, refresh_token: str) -> Grant:
        """Renew the access token. The grant holds the refresh token to keep from now on: it may be another one."""
        return await self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def revoke(self, token: str) -> None:
        """Give the grant back. TikTok takes an access token for that, so a refresh token is traded for one first.

        A grant that is dead already is no error.
        """
        try:
            access_token = token
            if token.startswith(REFRESH_TOKENS_BEGIN_WITH):
                access_token = (await self.refresh(token)).access_token
            await self._call("revoke/", {"token": access_token})
        except (NeedsReauthError, TokenRejectedError):
            return
        except UnexpectedAnswerError as error:
            # What TikTok answers to a token that it does not know (any more).
            if error.reason != "invalid_request":
                raise

    async def identify(self, access_token: str) -> Identity:
        """Say whose the tokens are. The handle is not part of the scopes that are asked for."""
        data = await self._api.get(access_token, "user/info/", fields="open_id,display_name")
        user = part(data, "user")
        if not text(user, "open_id"):
            raise UnexpectedAnswerError("The user has no id.", platform=NAME, reason="malformed")
        return Identity(external_id=text(user, "open_id"), title=text(user, "display_name"), handle="")

    async def _token(self, form: Mapping[str, str]) -> Grant:
        body = await self._call("token/", form)
        now = self._clock()
        access_token = text(body, "access_token")
        if not access_token:
            raise UnexpectedAnswerError("No access token came.", platform=NAME, reason="malformed")
        scope = text(body, "scope")
        return Grant(
            access_token=access_token,
            refresh_token=text(body, "refresh_token") or None,
            expires_at=_moment_after(now, whole(body, "expires_in")),
            # RFC 6749, 5.1: an answer without a scope grants what was asked for.
            scopes=parse_scopes(scope) if scope else self.wanted_scopes,
            refresh_expires_at=_moment_after(now, whole(body, "refresh_expires_in")),
        )

    async def _call(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Post a form of the app. An error is told by its key, for it may come with HTTP 200."""
        client = {"client_key": self._settings.client_key, "client_secret": self._settings.client_secret}
        url = f"{self._settings.api_url}/v2/oauth/{path}"
        response = await self._http.send("POST", url, data={**client, **form})
        body = body_of(response)
        if not response.is_success or refusal_of(body).code not in ("", SUCCESS):
            raise oauth_error_of(response, self._clock())
        return body


def _moment_after(now: datetime, seconds: int | None) -> datetime | None:
    """Add a lifetime to `now`; None where there is none."""
    return now + timedelta(seconds=seconds) if seconds is not None else None
