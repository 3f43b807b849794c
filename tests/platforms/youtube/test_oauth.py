"""The consent: what is asked for, what comes back, whose it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from platforms.errors import (
    NeedsOperatorError,
    NeedsReauthError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.oauth import challenge_of
from platforms.youtube import YouTube
from platforms.youtube.oauth import FORCE_SSL
from tests.platforms.conftest import NOW

Answering = Callable[[Callable[[httpx.Request], httpx.Response]], YouTube]
TOKENS = {
    "access_token": "ya29.canary",
    "refresh_token": "1//canary",
    "expires_in": 3599,
    "scope": f"{FORCE_SSL} openid",
    "token_type": "Bearer",
}
CALLBACK = {"code": "4/code", "code_verifier": "verifier", "redirect_uri": "http://127.0.0.1:8800/oauth"}


def recording(body: Any, status: int = 200) -> tuple[list[httpx.Request], Callable[[httpx.Request], httpx.Response]]:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=body)

    return seen, handler


def form(request: httpx.Request) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(request.content.decode()).items()}


def test_the_consent_screen_is_asked_for_all_that_google_needs(youtube_answering: Answering) -> None:
    youtube = youtube_answering(lambda request: httpx.Response(500))
    question = youtube.oauth.authorize(state="the state", redirect_uri="http://127.0.0.1:8800/oauth")
    address = urlsplit(question.url)
    query = {key: values[0] for key, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    assert query == {
        "client_id": "client",
        "redirect_uri": "http://127.0.0.1:8800/oauth",
        "response_type": "code",
        "scope": FORCE_SSL,
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "true",
        "state": "the state",
        "code_challenge": challenge_of(question.code_verifier),
        "code_challenge_method": "S256",
    }
    assert question.code_verifier not in repr(question)


async def test_a_code_becomes_tokens(youtube_answering: Answering) -> None:
    seen, handler = recording(TOKENS | {"refresh_token_expires_in": 604800})
    grant = await youtube_answering(handler).oauth.exchange(**CALLBACK)
    assert seen[0].url == "https://oauth2.googleapis.com/token"
    assert form(seen[0]) == CALLBACK | {
        "grant_type": "authorization_code",
        "client_id": "client",
        "client_secret": "canary-client-secret",
    }
    assert (grant.access_token, grant.refresh_token) == ("ya29.canary", "1//canary")
    assert grant.expires_at == NOW + timedelta(seconds=3599)
    assert grant.refresh_expires_at == NOW + timedelta(days=7)
    assert grant.scopes == {FORCE_SSL, "openid"}
    assert "canary" not in repr(grant)


async def test_an_unticked_scope_is_a_consent_to_be_given_again(youtube_answering: Answering) -> None:
    _, handler = recording(TOKENS | {"scope": "openid"})
    with pytest.raises(NeedsReauthError) as caught:
        await youtube_answering(handler).oauth.exchange(**CALLBACK)
    assert caught.value.code == "youtube.scope_missing"
    assert "youtube.force-ssl" in caught.value.detail


async def test_an_answer_without_a_scope_grants_what_was_asked(youtube_answering: Answering) -> None:
    _, handler = recording({key: value for key, value in TOKENS.items() if key != "scope"})
    assert (await youtube_answering(handler).oauth.exchange(**CALLBACK)).scopes == {FORCE_SSL}


async def test_a_refresh_leaves_the_refresh_token_to_be_kept(youtube_answering: Answering) -> None:
    seen, handler = recording({"access_token": "ya29.new", "expires_in": 3599, "scope": FORCE_SSL})
    grant = await youtube_answering(handler).oauth.refresh("1//canary")
    assert form(seen[0])["grant_type"] == "refresh_token"
    assert form(seen[0])["refresh_token"] == "1//canary"
    assert (grant.access_token, grant.refresh_token, grant.refresh_expires_at) == ("ya29.new", None, None)


async def test_a_grant_that_is_gone_needs_the_operator(youtube_answering: Answering) -> None:
    body = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    _, handler = recording(body, 400)
    with pytest.raises(NeedsReauthError) as caught:
        await youtube_answering(handler).oauth.refresh("1//canary")
    assert caught.value.code == "youtube.grant_gone"
    assert caught.value.detail == "Token has been expired or revoked."


async def test_a_lost_answer_to_a_refresh_is_transient(youtube_answering: Answering) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    with pytest.raises(TransientError):
        await youtube_answering(handler).oauth.refresh("1//canary")


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 7}])
async def test_a_success_without_a_token_is_unexpected(youtube_answering: Answering, body: dict[str, Any]) -> None:
    _, handler = recording(body)
    with pytest.raises(UnexpectedAnswerError):
        await youtube_answering(handler).oauth.refresh("1//canary")


@pytest.mark.parametrize("status", [200, 400])
async def test_a_revoked_or_dead_token_is_given_back(youtube_answering: Answering, status: int) -> None:
    seen, handler = recording({}, status)
    await youtube_answering(handler).oauth.revoke("1//canary")
    assert seen[0].url == "https://oauth2.googleapis.com/revoke"
    assert form(seen[0]) == {"token": "1//canary"}


async def test_a_revocation_that_did_not_happen_is_said(youtube_answering: Answering) -> None:
    _, handler = recording({}, 503)
    with pytest.raises(TransientError):
        await youtube_answering(handler).oauth.revoke("1//canary")


async def test_the_channel_behind_a_token_is_named(youtube_answering: Answering) -> None:
    channel = {"id": "UC1", "snippet": {"title": "Anna films", "customUrl": "@annafilms"}}
    seen, handler = recording({"items": [channel]})
    identity = await youtube_answering(handler).oauth.identify("ya29.canary")
    assert (identity.external_id, identity.title, identity.handle) == ("UC1", "Anna films", "@annafilms")
    assert dict(seen[0].url.params) == {"part": "snippet", "mine": "true"}


async def test_a_google_account_without_a_channel_needs_its_owner(youtube_answering: Answering) -> None:
    _, handler = recording({"kind": "youtube#channelListResponse"})
    with pytest.raises(NeedsOperatorError) as caught:
        await youtube_answering(handler).oauth.identify("ya29.canary")
    assert (caught.value.reason, caught.value.code) == ("youtubeSignupRequired", "youtube.no_channel")
