"""Google's consent for devices without a browser: people type a short code at google.com/device, and we ask for it.

The OAuth client must be of the type "TVs and Limited Input devices". Of YouTube's scopes only `youtube` and
`youtube.readonly` are given this way: uploading, editing, rating, thumbnails and reports go, comments do not.
Source: developers.google.com/identity/protocols/oauth2/limited-input-device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx

from platforms.base import DeviceCode, Grant
from platforms.errors import NeedsReauthError, UnexpectedAnswerError
from platforms.http import Http, json_object
from platforms.youtube.errors import oauth_error_of, oauth_word
from platforms.youtube.oauth import YOUTUBE, grant_of, require_scopes
from platforms.youtube.resources import text
from platforms.youtube.settings import NAME, YouTubeSettings

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER = timedelta(seconds=5)  # RFC 8628, 3.5
DEFAULT_INTERVAL_S = 5


class GoogleDeviceFlow:
    """Asks for a code, and for what became of it."""

    wanted_scopes = frozenset({YOUTUBE})
    lacks = frozenset({"comment"})

    def __init__(self, http: Http, settings: YouTubeSettings, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock

    async def begin(self) -> DeviceCode:
        """Get a code to show. Raises NeedsOperatorError (`youtube.client_refused`) for a client of another type."""
        form = {"client_id": self._settings.device_client_id, "scope": " ".join(sorted(self.wanted_scopes))}
        response = await self._http.send("POST", f"{self._settings.oauth_url}/device/code", data=form)
        now = self._clock()
        if not response.is_success:
            raise oauth_error_of(response, now)
        body = json_object(response, NAME)
        # Google writes verification_url, RFC 8628 verification_uri.
        url = text(body, "verification_url") or text(body, "verification_uri")
        device_code, user_code, life = text(body, "device_code"), text(body, "user_code"), body.get("expires_in")
        if not device_code or not user_code or not url.startswith(("https://", "http://")) or not isinstance(life, int):
            raise UnexpectedAnswerError("The answer holds no device code.", platform=NAME, reason="malformed")
        interval = body.get("interval")
        seconds = interval if isinstance(interval, int) and interval > 0 else DEFAULT_INTERVAL_S
        return DeviceCode(device_code, user_code, url, now + timedelta(seconds=life), timedelta(seconds=seconds))

    async def poll(self, code: DeviceCode) -> Grant | DeviceCode:
        """Collect the grant, or the code to ask with next. Raises NeedsReauthError where there will be no grant."""
        form = {
            "client_id": self._settings.device_client_id,
            "client_secret": self._settings.device_client_secret,
            "device_code": code.device_code,
            "grant_type": GRANT_TYPE,
        }
        response = await self._http.send("POST", f"{self._settings.oauth_url}/token", data=form)
        if not response.is_success:
            return self._not_yet(response, code)
        grant = grant_of(json_object(response, NAME), self._clock(), asked=self.wanted_scopes)
        require_scopes(grant, self.wanted_scopes)
        return grant

    def _not_yet(self, response: httpx.Response, code: DeviceCode) -> DeviceCode:
        word = oauth_word(response)
        if word == "authorization_pending":
            return code
        if word == "slow_down":
            return replace(code, interval=code.interval + SLOWER)
        if word in ("expired_token", "invalid_grant"):
            raise NeedsReauthError(
                "The code has expired.", platform=NAME, reason=word, http_status=response.status_code,
                code="youtube.device_code_expired",
            )  # fmt: skip
        raise oauth_error_of(response, self._clock())
