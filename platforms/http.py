"""One HTTP conversation per site: sends once, and says what a lost answer means.

Nothing here retries or follows a redirect, and nothing that it raises or logs holds a token or a session address.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from platforms.errors import OutcomeUnknownError, PlatformError, TransientError, UnexpectedAnswerError

TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=30.0)  # seconds
DETAIL_MAX_CHARACTERS = 300

NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Failures that come before the last byte of a request can have left."""

_SECRETS = (
    re.compile(r"(?i)\b(?:bearer|oauth)\s+[\w.~+/=-]{6,}"),
    re.compile(r"ya29\.[\w.-]+|1//[\w.-]+|GOCSPX-[\w-]+"),
    re.compile(r"\b(?:act|rft|clt)\.[\w.!*~-]+"),  # TikTok's access, refresh and client tokens
    re.compile(r"\b(?:EAA|IGAA|IGQ)[\w-]{16,}"),  # Meta's, which it repeats where it calls one malformed
    re.compile(
        r"(?i)[\"']?(?:access_token|refresh_token|id_token|client_secret|code_verifier|device_code|upload_id|token)"
        r"[\"']?\s*[=:]\s*[\"']?[^&\s\"',}]+"
    ),
    re.compile(r"(?i)\bcode=[^&\s\"']+"),
    re.compile(r"(?<!\d)\d{6,}:[\w-]{20,}"),  # a Telegram bot's token, also in an address: /bot123…:…/method
    re.compile(r"\b[0-9a-f]{8}\.[\w-]{43}(?![\w-])"),  # a signature of ours: whoever has it may fetch the file
    re.compile(r"(?<=://)([^\s/?#]+[^\s?#]*)\?\S+"),
)


def redact(text: str) -> str:
    """Return `text` without anything that looks like a token, a session address or a query string."""
    for secret in _SECRETS[:-1]:
        text = secret.sub("[removed]", text)
    return _SECRETS[-1].sub(r"\1?[removed]", text)


@cache
def _trusted() -> ssl.SSLContext:
    """One for all clients: each context reads and holds every root certificate anew."""
    return httpx.create_ssl_context()


def create_client(*, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Build a client that obeys the proxy settings of the environment except on loopback, and keeps no cookies.

    Cookies would carry one account's session into another's requests. The libraries' own logs name addresses and
    headers, so they are silenced below WARNING.
    """
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.AsyncClient(
        http1=True,
        http2=False,
        timeout=TIMEOUT,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "content-fabric"},
        verify=_trusted(),
        transport=transport,
        mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
    )


class Http:
    """A client on behalf of one platform: httpx's errors leave it as the package's own."""

    def __init__(self, client: httpx.AsyncClient, platform: str) -> None:
        self._client = client
        self.platform = platform

    async def send(
        self,
        method: str,
        url: str,
        *,
        commits: bool = False,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        data: Mapping[str, str] | None = None,
        answer_within_s: float | None = None,
    ) -> httpx.Response:
        """Send one request and return the whole answer, whatever its status.

        `answer_within_s`: how long to wait for the answer, where the site works on a request longer than most.

        Raises TransientError where nothing can have been published, OutcomeUnknownError where `commits` says that the
        request may publish and it may have arrived.
        """
        try:
            return await self._client.request(
                method,
                url,
                headers=headers,
                params=params,
                content=content,
                data=data,
                timeout=TIMEOUT if answer_within_s is None else _patient(answer_within_s),
            )
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            failure = self._failure(error, commits=commits)
        # Raised outside the handler: httpx's error holds the request, with the token and the address in it.
        raise failure

    def _failure(self, error: Exception, *, commits: bool) -> PlatformError:
        name = type(error).__name__
        if isinstance(error, httpx.InvalidURL):
            return UnexpectedAnswerError("The site gave an address that is none.", platform=self.platform, reason=name)
        if commits and not isinstance(error, NEVER_SENT):
            return OutcomeUnknownError(f"The answer was lost ({name}).", platform=self.platform, reason=name)
        return TransientError(f"No answer ({name}).", platform=self.platform, reason=name)

    async def close(self) -> None:
        await self._client.aclose()


def _patient(answer_within_s: float) -> httpx.Timeout:
    return httpx.Timeout(connect=TIMEOUT.connect, read=answer_within_s, write=TIMEOUT.write, pool=TIMEOUT.pool)


def json_object(response: httpx.Response, platform: str) -> dict[str, Any]:
    """Return the JSON object that a successful answer holds. Raises UnexpectedAnswerError where it holds none."""
    try:
        body = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise UnexpectedAnswerError(
            "The answer is no JSON object.", platform=platform, reason="malformed", http_status=response.status_code
        )
    return body


def retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Read the Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3). None where it is absent or nonsense."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,7}", value):
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(moment - now, timedelta()) if moment.tzinfo is not None else None


def shorten(text: str) -> str:
    """Make a site's message fit to be stored and shown: no secrets, one line, at most DETAIL_MAX_CHARACTERS."""
    line = " ".join(redact(text).split())
    return line if len(line) <= DETAIL_MAX_CHARACTERS else line[: DETAIL_MAX_CHARACTERS - 1] + "…"


def is_loopback(url: str) -> bool:
    """Say whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe_base(url: str) -> bool:
    """Say whether tokens may be sent to an address: over TLS, or without it to this machine alone."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))
