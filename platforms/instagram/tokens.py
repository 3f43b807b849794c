"""What both logins share: a form to a token server, and what may be read of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from platforms.errors import NeedsReauthError, UnexpectedAnswerError
from platforms.http import Http, json_object
from platforms.instagram.errors import oauth_error_of
from platforms.instagram.resources import rows, text
from platforms.instagram.settings import NAME
from platforms.oauth import missing_scopes


class TokenServer:
    """Sends secrets in bodies and headers; an address never holds a token."""

    def __init__(self, http: Http, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._clock = clock

    async def form(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """POST a form. Raises the error that a refusal means."""
        return self._read(await self._http.send("POST", url, data=form))

    async def get(self, url: str, token: str, params: Mapping[str, str]) -> dict[str, Any]:
        """GET with the token in the header."""
        headers = {"Authorization": f"Bearer {token}"}
        return self._read(await self._http.send("GET", url, params=params, headers=headers))

    async def form_or_get(self, url: str, token: str, form: Mapping[str, str]) -> dict[str, Any]:
        """POST the form and the token; a server that answers GET alone gets the form as its query, the token never."""
        response = await self._http.send("POST", url, data={**form, "access_token": token})
        return await self.get(url, token, form) if _wants_get(response) else self._read(response)

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        if not response.is_success:
            raise oauth_error_of(response, self._clock())
        body = json_object(response, NAME)
        if "error" in body or "error_type" in body:  # some refusals come as 200
            raise oauth_error_of(response, self._clock())
        return body


def _wants_get(response: httpx.Response) -> bool:
    """Graph servers refuse a method as code 100 with one of these sentences, others with 405 or 404."""
    words = response.text.lower()
    sentences = ("unsupported request - method type", "unsupported post request")
    return response.status_code in (404, 405) or any(each in words for each in sentences)


def clean_code(code: str) -> str:
    """Take off what Meta appends to the address it sends people back to: `#_`, or `#_=_` after Facebook Login."""
    return code.partition("#")[0]


def token_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the token object, which is the answer itself or the first entry of its `data`."""
    found = next(iter(rows(body)), body)
    if not text(found, "access_token"):
        raise UnexpectedAnswerError("No access token came.", platform=NAME, reason="malformed")
    return found


def moment_after(now: datetime, seconds: object) -> datetime | None:
    """Add a lifetime to `now`; None where there is none (Meta writes 0 for tokens that do not expire)."""
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
        seconds = int(seconds)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
        return None
    return now + timedelta(seconds=seconds)


def require_scopes(*, wanted: frozenset[str], granted: frozenset[str]) -> None:
    """Raise NeedsReauthError (`instagram.scope_missing`) where the operator did not grant all that is needed."""
    if missing := missing_scopes(wanted=wanted, granted=granted):
        raise NeedsReauthError(
            f"Not granted: {', '.join(sorted(missing))}.",
            platform=NAME,
            reason="scopeMissing",
            code="instagram.scope_missing",
        )
