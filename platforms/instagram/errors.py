"""What each answer of Instagram means: one table of Meta's codes and subcodes.

Nearly every refusal is HTTP 400, so the status says nothing: the code and the subcode do. Sources: the Instagram
Platform's error codes page, and developers.facebook.com/docs/graph-api/guides/error-handling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    NotReadyError,
    OutcomeUnknownError,
    PlatformError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.http import retry_after, shorten
from platforms.instagram.limits import BUCKETS, PUBLISHES
from platforms.instagram.settings import NAME
from platforms.instagram.usage import parse_usage

MINUTE = timedelta(minutes=1)
THROTTLE_WAIT = timedelta(minutes=15)
"""For throttles of the rolling hour when no header says how long: a quarter of it frees a quarter of the calls."""

_TOKEN_LIKE = re.compile(r"\b[\w.|-]{24,}")
"""Meta quotes tokens in its messages ("Malformed access token EAAG..."), with no word before them to go by."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: which error, which sentence, and how long to wait where the answer does not say."""

    error: type[PlatformError]
    code: str | None = None
    wait: timedelta | None = None


def _content(code: str) -> Meaning:
    return Meaning(ContentRejectedError, f"instagram.{code}")


def _operator(code: str) -> Meaning:
    return Meaning(NeedsOperatorError, f"instagram.{code}")


def _reauth(code: str) -> Meaning:
    return Meaning(NeedsReauthError, f"instagram.{code}")


def _anew(code: str) -> Meaning:
    """The container is lost; a new one may work, and the scheduler makes only a few."""
    return Meaning(SessionGoneError, f"instagram.{code}")


THROTTLE = Meaning(RateLimitedError, wait=THROTTLE_WAIT)

CODES: Mapping[tuple[int, int | None], Meaning] = {
    # the site's own trouble
    (-1, 2207001): Meaning(TransientError),
    (-2, 2207003): Meaning(TransientError, "instagram.fetch_timeout", wait=MINUTE),
    (24, 2207008): Meaning(TransientError, "instagram.container_missing", wait=timedelta(seconds=30)),
    (9007, 2207027): Meaning(NotReadyError, wait=MINUTE),
    (1, None): Meaning(TransientError),
    (2, None): Meaning(TransientError),
    (-1, None): Meaning(TransientError),
    (-2, None): Meaning(TransientError),
    # a new container
    (-1, 2207032): _anew("container_failed"),
    (-1, 2207053): _anew("container_failed"),
    (-2, 2207020): _anew("container_expired"),
    (9004, 2207052): _anew("fetch_failed"),
    # allowances
    (9, 2207042): Meaning(QuotaExhaustedError, "instagram.publish_limit"),
    (4, None): THROTTLE,
    (17, None): THROTTLE,
    (32, None): THROTTLE,
    (341, None): THROTTLE,
    (613, None): THROTTLE,
    (80002, None): THROTTLE,
    # the grant
    (102, None): _reauth("grant_gone"),
    (190, None): _reauth("grant_gone"),
    (190, 458): _reauth("app_removed"),
    (190, 459): _reauth("checkpoint"),
    (190, 460): _reauth("password_changed"),
    (190, 463): _reauth("grant_expired"),
    (190, 464): _reauth("checkpoint"),
    (190, 467): _reauth("grant_gone"),
    (190, 492): _reauth("grant_gone"),
    (10, None): _reauth("scope_missing"),
    # the account
    (4, 2207051): _operator("action_blocked"),
    (25, 2207050): _operator("account_restricted"),
    (368, None): _operator("policy_block"),
    # the post
    (1, 2207057): _content("thumb_offset_refused"),
    (24, 2207006): _content("not_found"),
    (100, 33): _content("not_found"),
    (100, 2207023): _content("parameter_refused"),
    (100, 2207028): _content("parameter_refused"),
    (100, 2207035): _content("tag_refused"),
    (100, 2207036): _content("tag_refused"),
    (100, 2207037): _content("tag_refused"),
    (100, 2207040): _content("too_many_tags"),
    (100, None): _content("parameter_refused"),
    (352, 2207026): _content("format_refused"),
    (352, None): _content("format_refused"),
    (36000, 2207004): _content("cover_refused"),
    (36001, 2207005): _content("cover_refused"),
    (36003, 2207009): _content("aspect_refused"),
    (36004, 2207010): _content("caption_refused"),
    (506, None): _content("duplicate"),
}

PERMISSION_CODES = range(200, 300)

SUBCODES: Mapping[int, Meaning] = {
    # Named without a code in the status text of a container (the first two in no document), or on a refused deletion.
    2207082: _anew("processing_failed"),
    2207085: _anew("processing_failed"),
    2207073: _content("cannot_be_deleted"),
}

OAUTH_MESSAGES: tuple[tuple[re.Pattern[str], Meaning], ...] = (
    # The token servers say what is wrong in words alone; their code is the HTTP status, or 100, or 1.
    (re.compile(r"redirect_?\s?ur[il]", re.IGNORECASE), _operator("redirect_refused")),
    (re.compile(r"(authorization|verification) code|code (has|was|is)", re.IGNORECASE), _reauth("code_refused")),
    (re.compile(r"client.?(secret|id)|application|platform app|app.?id", re.IGNORECASE), _operator("client_refused")),
    (re.compile(r"denied", re.IGNORECASE), _reauth("consent_refused")),
    (re.compile(r"token|session", re.IGNORECASE), _reauth("grant_gone")),
)

ACTION_BLOCKED = "4/2207051"
DUPLICATE = "506"
DOUBTFUL_REFUSALS = frozenset({ACTION_BLOCKED, DUPLICATE})
"""`reason` of refusals that came although the Reel was published, or because it was."""

NOT_FOUND_REASONS = frozenset({"100/33", "24/2207006"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as Meta worded it."""

    code: int | None
    subcode: int | None
    message: str
    is_transient: bool

    @property
    def reason(self) -> str:
        if self.code is None:
            return ""
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)


def error_of(response: httpx.Response, now: datetime) -> PlatformError:
    """Say what a refusal by the Graph API means. `now` is aware UTC; the error's times count from it."""
    refusal = _refusal(_body(response))
    return _build(_meaning(refusal, response.status_code), refusal, response, now)


def oauth_error_of(response: httpx.Response, now: datetime) -> PlatformError:
    """Say what a refusal by a token server means: `{"error_type", "code", "error_message"}`, or the Graph's shape."""
    body = _body(response)
    graph = _refusal(body)
    if response.status_code >= 500 or graph.code in (4, 17, 32, 341, 613, 2):
        return error_of(response, now)
    message = graph.message or _text(body, "error_message") or _text(body, "error_description")
    refusal = Refusal(graph.code, graph.subcode, message, is_transient=graph.is_transient)
    known = CODES.get((graph.code, graph.subcode)) if graph.code is not None and graph.code != 100 else None
    if known is not None and known.error is NeedsReauthError:
        return _build(known, refusal, response, now)
    meaning = next((each for pattern, each in OAUTH_MESSAGES if pattern.search(message)), None)
    return _build(meaning or _meaning(refusal, response.status_code), refusal, response, now)


def status_error(status: str) -> PlatformError:
    """Say what the status text of a failed container means: `Error: ... failed with error code 2207082`."""
    match = re.search(r"\b(2207\d{3})\b", status)
    subcode = int(match.group(1)) if match else None
    meaning = _by_subcode(subcode) or _anew("processing_failed")
    if meaning.error in (TransientError, NotReadyError):
        # A container that failed stays failed, whatever its cause.
        meaning = Meaning(SessionGoneError, meaning.code)
    return meaning.error(safe(status), platform=NAME, reason=str(subcode or "ERROR"), code=meaning.code)


def as_answer_to_commit(error: PlatformError) -> PlatformError:
    """Read an answer to the request that publishes: what failed on the way, or is doubted, may have taken effect."""
    is_failure = isinstance(error, TransientError) and not isinstance(error, NotReadyError)
    if not is_failure and error.reason not in DOUBTFUL_REFUSALS and not isinstance(error, UnexpectedAnswerError):
        return error
    code = error.code if error.reason in DOUBTFUL_REFUSALS else None
    return OutcomeUnknownError(
        error.detail, platform=NAME, reason=error.reason, http_status=error.http_status, code=code
    )


def is_not_found(error: PlatformError) -> bool:
    """Whether an object is missing, or not shown (yet): Meta says the same of both."""
    return error.reason in NOT_FOUND_REASONS


def _meaning(refusal: Refusal, status: int) -> Meaning:
    if refusal.code is None:
        return Meaning(TransientError if status >= 500 or status in (408, 429) else UnexpectedAnswerError)
    exact = CODES.get((refusal.code, refusal.subcode)) or SUBCODES.get(refusal.subcode or 0)
    if exact is not None and refusal.subcode:
        return exact
    if refusal.code in PERMISSION_CODES:
        return _reauth("scope_missing")
    meaning = CODES.get((refusal.code, None))
    if meaning is None or meaning.error is ContentRejectedError:
        if refusal.is_transient or status >= 500:
            return Meaning(TransientError)
        return meaning or Meaning(UnexpectedAnswerError)
    return meaning


def _by_subcode(subcode: int | None) -> Meaning | None:
    if subcode is None:
        return None
    named = (meaning for (_, each), meaning in CODES.items() if each == subcode)
    return SUBCODES.get(subcode) or next(named, None)


def _build(meaning: Meaning, refusal: Refusal, response: httpx.Response, now: datetime) -> PlatformError:
    detail = safe(refusal.message) or f"HTTP {response.status_code}"
    facts: dict[str, Any] = {
        "platform": NAME,
        "reason": refusal.reason,
        "http_status": response.status_code,
        "code": meaning.code,
    }
    wait = parse_usage(response.headers).regain or retry_after(response, now) or meaning.wait
    if meaning.error is QuotaExhaustedError:
        window = next(bucket.window for bucket in BUCKETS if bucket.name == PUBLISHES)
        return QuotaExhaustedError(detail, bucket=PUBLISHES, until=window.refill(now), **facts)
    if meaning.error is RateLimitedError:
        return RateLimitedError(detail, retry_after=wait or THROTTLE_WAIT, **facts)
    if issubclass(meaning.error, TransientError):
        return meaning.error(detail, retry_after=wait, **facts)
    return meaning.error(detail, **facts)


def safe(message: str) -> str:
    """Make Meta's message fit to be stored and shown: shortened, and without anything as long as a token."""
    return shorten(_TOKEN_LIKE.sub("[removed]", message))


def _refusal(body: Mapping[str, Any]) -> Refusal:
    error = body.get("error")
    if not isinstance(error, dict):
        return Refusal(code=None, subcode=None, message="", is_transient=False)
    return Refusal(
        code=_whole(error, "code"),
        subcode=_whole(error, "error_subcode"),
        message=_text(error, "message") or _text(error, "error_user_msg"),
        is_transient=error.get("is_transient") is True,
    )


def _body(response: httpx.Response) -> Mapping[str, Any]:
    """Read an error's body, which may be HTML from a proxy or nothing at all."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _whole(body: Mapping[str, Any], key: str) -> int | None:
    value = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
