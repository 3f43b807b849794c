"""One conversation: lost answers are told apart, and nothing secret gets out."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from platforms.errors import OutcomeUnknownError, TransientError, UnexpectedAnswerError
from platforms.http import NEVER_SENT, Http, create_client, is_safe_base, json_object, redact, retry_after, shorten

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET_URL = "https://example.org/session?upload_id=canary"


def concrete_errors() -> list[type[httpx.HTTPError]]:
    """Every error that httpx can raise for a request, found by walking its tree."""
    found, queue = [], [httpx.RequestError]
    while queue:
        kind = queue.pop()
        queue += kind.__subclasses__()
        found.append(kind)
    return found


def http_raising(error: Exception) -> Http:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    return Http(create_client(transport=httpx.MockTransport(handler)), "site")


@pytest.mark.parametrize("kind", concrete_errors())
async def test_a_lost_answer_to_a_request_that_commits_is_unknown_unless_it_was_never_sent(
    kind: type[httpx.RequestError],
) -> None:
    http = http_raising(kind("boom"))
    expected = TransientError if issubclass(kind, NEVER_SENT) else OutcomeUnknownError
    with pytest.raises(expected):
        await http.send("PUT", SECRET_URL, commits=True)


@pytest.mark.parametrize("kind", concrete_errors())
async def test_a_lost_answer_to_a_request_that_commits_nothing_is_transient(kind: type[httpx.RequestError]) -> None:
    with pytest.raises(TransientError):
        await http_raising(kind("boom")).send("GET", SECRET_URL)


async def test_an_error_holds_neither_the_request_nor_its_address() -> None:
    http = http_raising(httpx.ReadError(f"while reading {SECRET_URL}"))
    with pytest.raises(TransientError) as caught:
        await http.send("PUT", SECRET_URL, headers={"Authorization": "Bearer canary"})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "canary" not in repr(caught.value) + str(caught.value.params())


async def test_an_impossible_address_is_an_unexpected_answer() -> None:
    with pytest.raises(UnexpectedAnswerError):
        await Http(create_client(), "site").send("GET", "https://exa mple:port/")


async def test_redirects_are_answers_and_not_followed() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(308, headers={"Location": "https://elsewhere.example/"})

    http = Http(create_client(transport=httpx.MockTransport(handler)), "site")
    assert (await http.send("PUT", SECRET_URL)).status_code == 308


async def test_cookies_of_one_request_do_not_travel_with_the_next() -> None:
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "account=first; Path=/"})

    http = Http(create_client(transport=httpx.MockTransport(handler)), "site")
    await http.send("GET", SECRET_URL)
    await http.send("GET", SECRET_URL)
    assert seen == [None, None]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8700/x", "http://localhost:1/", "http://[::1]:9/"])
def test_a_proxy_of_the_environment_is_not_used_on_loopback(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    client = create_client()
    assert client._transport_for_url(httpx.URL(url)) is client._transport
    assert client._transport_for_url(httpx.URL("http://example.org")) is not client._transport


async def test_the_http_libraries_log_no_address_even_when_everything_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    handler = httpx.MockTransport(lambda request: httpx.Response(200))
    await Http(create_client(transport=handler), "site").send("GET", SECRET_URL)
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer canary.x-y_z",
        "OAuth canary",
        'Bad {"access_token": "canary", "expires_in": 3}',
        "refresh_token=canary&grant_type=refresh_token",
        "GET https://host/resumable?upload_id=canary failed",
        "see https://host/path?anything=canary",
        "upload_id=canary",
        "code=canary",
        "token ya29.canary-x was refused",
        "1//canary",
        "client_secret: canary",
        "Malformed access token EAABcanaryZBZAuQ0BAKZCx7",
        "Cannot parse access token IGAAcanaryZBZAuQ0BAKZCx7",
        "POST https://api.telegram.org/bot123456789:canary-AAHdqTcvCH1vGWJxfSeof/sendVideo",
        f"cannot fetch https://host/files/7.1763700000.0a1b2c3d.canary{'A' * 37}.mp4",
    ],
)
def test_redact_removes_secrets(text: str) -> None:
    assert "canary" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Unauthorized",
        "HTTP 503",
        "see https://host/path for more",
        "Quota exceeded.",
        "Error code: 400",
        "Expected OAuth 2 access token.",
    ],
)
def test_redact_keeps_the_rest(text: str) -> None:
    assert redact(text) == text


def test_a_long_message_is_cut_to_one_line() -> None:
    line = shorten("word\n" * 200)
    assert len(line) == 300
    assert "\n" not in line


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", timedelta(seconds=7)),
        ("Fri, 20 Nov 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Fri, 20 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("99999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected: timedelta | None) -> None:
    assert retry_after(httpx.Response(429, headers={"Retry-After": value}), NOW) == expected


@pytest.mark.parametrize("body", ["", "<html>", "[]", '"text"', "null", b"\xff\xfe"])
def test_an_answer_that_is_no_object_is_unexpected(body: str | bytes) -> None:
    with pytest.raises(UnexpectedAnswerError):
        json_object(httpx.Response(200, content=body), "site")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://youtube.googleapis.com", True),
        ("http://127.0.0.1:8700/youtube", True),
        ("http://localhost:8700", True),
        ("http://youtube.googleapis.com", False),
        ("http://127.0.0.1.example.org", False),
        ("ftp://127.0.0.1", False),
        ("youtube.googleapis.com", False),
        ("https://", False),
    ],
)
def test_tokens_go_over_tls_or_stay_on_this_machine(url: str, safe: bool) -> None:
    assert is_safe_base(url) is safe
