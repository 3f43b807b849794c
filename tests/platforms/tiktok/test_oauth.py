"""The consent: what is asked for, what comes back, whose it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from platforms.errors import NeedsOperatorError, NeedsReauthError, TransientError, UnexpectedAnswerError
from platforms.tiktok import TikTok
from platforms.tiktok.settings import Mode
from tests.platforms.tiktok.stage import NOW

Answering = Callable[..., TikTok]
REDIRECT = "http://127.0.0.1:8800/oauth/callback"
TOKENS = {
    "access_token": "act.canary",
    "refresh_token": "rft.canary",
    "expires_in": 86400,
    "refresh_expires_in": 31536000,
    "open_id": "open-1",
    "scope": "user.info.basic,video.publish,video.list",
    "token_type": "Bearer",
}


def recording(*bodies: Any, status: int = 200) -> tuple[list[httpx.Request], Callable[[httpx.Request], httpx.Response]]:
    """Answer with each body in turn, and the last one from then on."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        body = bodies[min(len(seen), len(bodies)) - 1]
        return httpx.Response(status, content=b"") if body is None else httpx.Response(status, json=body)

    return seen, handler


def form(request: httpx.Request) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(request.content.decode()).items()}


def query_of(url: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize(("mode", "scope"), [(Mode.DIRECT, "video.publish"), (Mode.INBOX, "video.upload")])
def test_a_desktop_app_asks_with_hex_pkce_and_commas(tiktok_answering: Answering, mode: Mode, scope: str) -> None:
    question = tiktok_answering(lambda request: httpx.Response(500), mode=mode).oauth.authorize(
        state="the state", redirect_uri=REDIRECT
    )
    assert question.url.startswith("https://www.tiktok.com/v2/auth/authorize/?")
    assert query_of(question.url) == {
        "client_key": "key",
        "response_type": "code",
        "scope": ",".join(sorted(["user.info.basic", scope, "video.list"])),
        "redirect_uri": REDIRECT,
        "state": "the state",
        "code_challenge": hashlib.sha256(question.code_verifier.encode()).hexdigest(),
        "code_challenge_method": "S256",
    }
    assert 43 <= len(question.code_verifier) <= 128
    assert question.code_verifier not in repr(question)


async def test_a_web_app_has_no_pkce(tiktok_answering: Answering) -> None:
    seen, handler = recording(TOKENS)
    oauth = tiktok_answering(handler, desktop=False).oauth
    question = oauth.authorize(state="s", redirect_uri=REDIRECT)
    assert "code_challenge" not in query_of(question.url)
    await oauth.exchange(code="c", code_verifier=question.code_verifier, redirect_uri=REDIRECT)
    assert "code_verifier" not in form(seen[0])


@pytest.mark.parametrize("code", ["abc*1!2", "abc%2A1%212"])
async def test_a_code_becomes_tokens_encoded_or_not(tiktok_answering: Answering, code: str) -> None:
    seen, handler = recording(TOKENS)
    grant = await tiktok_answering(handler).oauth.exchange(code=code, code_verifier="v", redirect_uri=REDIRECT)
    assert seen[0].url == "https://open.tiktokapis.com/v2/oauth/token/"
    assert form(seen[0]) == {
        "client_key": "key",
        "client_secret": "canary-client-secret",
        "grant_type": "authorization_code",
        "code": "abc*1!2",
        "code_verifier": "v",
        "redirect_uri": REDIRECT,
    }
    assert (grant.access_token, grant.refresh_token) == ("act.canary", "rft.canary")
    assert grant.expires_at == NOW + timedelta(days=1)
    assert grant.refresh_expires_at == NOW + timedelta(days=365)
    assert grant.scopes == {"user.info.basic", "video.publish", "video.list"}
    assert "canary" not in repr(grant)


async def test_an_unticked_scope_is_a_consent_to_be_given_again(tiktok_answering: Answering) -> None:
    _, handler = recording(TOKENS | {"scope": "user.info.basic"})
    with pytest.raises(NeedsReauthError) as caught:
        await tiktok_answering(handler).oauth.exchange(code="c", code_verifier="v", redirect_uri=REDIRECT)
    assert (caught.value.code, caught.value.detail) == (
        "tiktok.scope_missing",
        "Not granted: video.list, video.publish.",
    )


async def test_a_refresh_brings_the_refresh_token_to_keep(tiktok_answering: Answering) -> None:
    seen, handler = recording(TOKENS | {"refresh_token": "rft.rotated"})
    grant = await tiktok_answering(handler).oauth.refresh("rft.old")
    assert form(seen[0])["grant_type"] == "refresh_token"
    assert form(seen[0])["refresh_token"] == "rft.old"
    assert grant.refresh_token == "rft.rotated"
    assert grant.refresh_expires_at == NOW + timedelta(days=365)


@pytest.mark.parametrize("status", [200, 400])
async def test_a_flat_error_counts_whatever_the_status(tiktok_answering: Answering, status: int) -> None:
    body = {"error": "invalid_grant", "error_description": "Refresh token is expired.", "log_id": "1"}
    _, handler = recording(body, status=status)
    with pytest.raises(NeedsReauthError) as caught:
        await tiktok_answering(handler).oauth.refresh("rft.old")
    assert caught.value.code == "tiktok.grant_gone"


async def test_a_wrong_client_secret_is_the_owners_matter(tiktok_answering: Answering) -> None:
    _, handler = recording({"error": "invalid_client", "error_description": "no"})
    with pytest.raises(NeedsOperatorError) as caught:
        await tiktok_answering(handler).oauth.exchange(code="c", code_verifier="v", redirect_uri=REDIRECT)
    assert caught.value.code == "tiktok.client_refused"


async def test_a_lost_answer_to_a_refresh_is_transient(tiktok_answering: Answering) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    with pytest.raises(TransientError):
        await tiktok_answering(handler).oauth.refresh("rft.old")


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 7}, None])
async def test_a_success_without_a_token_is_unexpected(tiktok_answering: Answering, body: Any) -> None:
    _, handler = recording(body)
    with pytest.raises(UnexpectedAnswerError):
        await tiktok_answering(handler).oauth.refresh("rft.old")


async def test_an_access_token_is_given_back_as_it_is(tiktok_answering: Answering) -> None:
    seen, handler = recording(None)
    await tiktok_answering(handler).oauth.revoke("act.canary")
    assert [str(request.url) for request in seen] == ["https://open.tiktokapis.com/v2/oauth/revoke/"]
    assert form(seen[0]) == {"client_key": "key", "client_secret": "canary-client-secret", "token": "act.canary"}


async def test_a_refresh_token_is_given_back_by_an_access_token(tiktok_answering: Answering) -> None:
    seen, handler = recording(TOKENS, None)
    await tiktok_answering(handler).oauth.revoke("rft.old")
    assert form(seen[1])["token"] == "act.canary"


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request", "access_token_invalid"])
async def test_a_dead_grant_is_given_back_already(tiktok_answering: Answering, error: str) -> None:
    _, handler = recording({"error": error, "error_description": "", "log_id": ""})
    await tiktok_answering(handler).oauth.revoke("act.dead")


async def test_a_revocation_that_did_not_happen_is_said(tiktok_answering: Answering) -> None:
    _, handler = recording(None, status=503)
    with pytest.raises(TransientError):
        await tiktok_answering(handler).oauth.revoke("act.canary")


async def test_the_user_behind_a_token_is_named(tiktok_answering: Answering) -> None:
    user = {"open_id": "open-1", "display_name": "Anna films"}
    seen, handler = recording({"data": {"user": user}, "error": {"code": "ok", "message": "", "log_id": ""}})
    identity = await tiktok_answering(handler).oauth.identify("act.canary")
    assert (identity.external_id, identity.title) == ("open-1", "Anna films")
    assert (seen[0].method, dict(seen[0].url.params)) == ("GET", {"fields": "open_id,display_name"})


async def test_a_user_without_an_id_is_unexpected(tiktok_answering: Answering) -> None:
    _, handler = recording({"data": {}, "error": {"code": "ok"}})
    with pytest.raises(UnexpectedAnswerError):
        await tiktok_answering(handler).oauth.identify("act.canary")
