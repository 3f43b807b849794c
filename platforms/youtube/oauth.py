"""Google's OAuth 2.0 for one YouTube channel (developers.google.com/identity/protocols/oauth2).

The one scope that is needed is `youtube.force-ssl`: it alone covers uploading, reading the status, deleting, rating and
commenting, where `youtube.upload` could not even read back what it uploaded. One scope also leaves nothing to untick on
the consent screen. Google adds scopes of earlier consents by `include_granted_scopes`, so more can be asked for later.
The setting `analytics` asks for the scope of YouTube Analytics besides, which may be left unticked.

A refresh token lives with the client that got it. Which one that was is not stored, so a token that the first client
does not know is tried with the device flow's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.base import AuthorizeRequest, Grant, Identity
from platforms.errors import NeedsOperatorError, NeedsReauthError, UnexpectedAnswerError
from platforms.http import Http, json_object
from platforms.oauth import missing_scopes, new_pkce, parse_scopes
from platforms.youtube.api import YouTubeApi
from platforms.youtube.errors import oauth_error_of, reason_error
from platforms.youtube.resources import items, part, text
from platforms.youtube.settings import NAME, YouTubeSettings

FORCE_SSL = "https://www.googleapis.com/auth/youtube.force-ssl"
YOUTUBE = "https://www.googleapis.com/auth/youtube"
ANALYTICS = "https://www.googleapis.com/auth/yt-analytics.readonly"
REPORTING = frozenset({ANALYTICS, YOUTUBE, "https://www.googleapis.com/auth/youtube.readonly"})
"""Any of these lets Analytics be read; FORCE_SSL does not."""


class GoogleOAuth:
    """Turns a consent into tokens, renews them, and says whose they are."""

    wanted_scopes = frozenset({FORCE_SSL})

    def __init__(self, http: Http, api: YouTubeApi, settings: YouTubeSettings, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._api = api
        self._settings = settings
        self._clock = clock
        self.optional_scopes = frozenset({ANALYTICS}) if settings.analytics else frozenset[str]()

    def authorize(self, *, state: str, redirect_uri: str) -> AuthorizeRequest:
        """Make the address of the consent screen. `prompt=consent` makes Google give a refresh token every time."""
        pair = new_pkce()
        query = {
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(sorted(self.wanted_scopes | self.optional_scopes)),
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "true",
            "state": state,
            "code_challenge": pair.challenge,
            "code_challenge_method": "S256",
        }
        url = f"{self._settings.accounts_url}/o/oauth2/v2/auth?{urlencode(query)}"
        return AuthorizeRequest(url=url, code_verifier=pair.verifier)

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        """Trade a callback's code for tokens.

        Raises NeedsReauthError (`youtube.scope_missing`) where the operator did not grant all that is needed.
        """
        grant = await self._token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": code_verifier,
                "redirect_uri": redirect_uri,
            }
        )
        require_scopes(grant, self.wanted_scopes)
        return grant

    async def refresh(self, refresh_token: str) -> Grant:
        """Renew the access token. Google keeps the refresh token as it is and does not repeat it."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            return await self._token(form)
        except (NeedsReauthError, NeedsOperatorError) as error:
            if not self._settings.device_client_id or error.reason not in ("invalid_grant", "unauthorized_client"):
                raise
            refusal = error
        try:
            return await self._token(form | self._device_client())
        except (NeedsReauthError, NeedsOperatorError):
            raise refusal from None

    async def revoke(self, token: str) -> None:
        """Give the grant back: all of this app's tokens for that user die. A token that is dead already is no error."""
        response = await self._http.send("POST", f"{self._settings.oauth_url}/revoke", data={"token": token})
        if not response.is_success and response.status_code != 400:
            raise oauth_error_of(response, self._clock())

    async def identify(self, access_token: str) -> Identity:
        """Say which channel the tokens are for. Raises NeedsOperatorError where the Google account has none."""
        channels = items(await self._api.get(access_token, "channels", {"part": "snippet", "mine": "true"}))
        if not channels:
            raise reason_error("youtubeSignupRequired", "The Google account has no YouTube channel.")
        channel_id = text(channels[0], "id")
        if not channel_id:
            raise UnexpectedAnswerError("The channel has no id.", platform=NAME, reason="malformed")
        snippet = part(channels[0], "snippet")
        return Identity(external_id=channel_id, title=text(snippet, "title"), handle=text(snippet, "customUrl"))

    async def _token(self, form: Mapping[str, str]) -> Grant:
        client = {"client_id": self._settings.client_id, "client_secret": self._settings.client_secret}
        response = await self._http.send("POST", f"{self._settings.oauth_url}/token", data={**client, **form})
        now = self._clock()
        if not response.is_success:
            raise oauth_error_of(response, now)
        return grant_of(json_object(response, NAME), now, asked=self.wanted_scopes)

    def _device_client(self) -> dict[str, str]:
        return {
            "client_id": self._settings.device_client_id,
            "client_secret": self._settings.device_client_secret,
        }


def grant_of(body: Mapping[str, Any], now: datetime, *, asked: frozenset[str]) -> Grant:
    """Read the token endpoint's answer. Raises UnexpectedAnswerError."""
    access_token = text(body, "access_token")
    if not access_token:
        raise UnexpectedAnswerError("No access token came.", platform=NAME, reason="malformed")
    scope = text(body, "scope")
    return Grant(
        access_token=access_token,
        refresh_token=text(body, "refresh_token") or None,
        expires_at=_moment_after(now, body.get("expires_in")),
        # RFC 6749, 5.1: an answer without a scope grants what was asked for.
        scopes=parse_scopes(scope) if scope else asked,
        refresh_expires_at=_moment_after(now, body.get("refresh_token_expires_in")),
    )


def require_scopes(grant: Grant, wanted: frozenset[str]) -> None:
    """Raise NeedsReauthError (`youtube.scope_missing`) where the operator did not grant all that is needed."""
    if missing := missing_scopes(wanted=wanted, granted=grant.scopes):
        names = ", ".join(sorted(scope.rpartition("/")[2] for scope in missing))
        raise NeedsReauthError(
            f"Not granted: {names}.", platform=NAME, reason="insufficientPermissions", code="youtube.scope_missing"
        )


def _moment_after(now: datetime, seconds: object) -> datetime | None:
    """Add a lifetime to `now`; None where there is none."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        return None
    return now + timedelta(seconds=seconds)
