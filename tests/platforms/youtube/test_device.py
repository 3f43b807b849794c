"""Consent on another device: a code to show, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from platforms.base import DeviceCode, DeviceFlow, Grant
from platforms.errors import (
    NeedsOperatorError,
    NeedsReauthError,
    PlatformSettingsError,
    RateLimitedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.youtube import YouTube
from platforms.youtube.oauth import ANALYTICS, FORCE_SSL, YOUTUBE
from tests.platforms.conftest import NOW, make_youtube
from tests.platforms.youtube.google import Google

CODE = {
    "device_code": "canary-device-code",
    "user_code": "GQVQ-JKEC",
    "verification_url": "https://www.google.com/device",
    "expires_in": 1800,
    "interval": 5,
}
TOKENS = {"access_token": "ya29.canary", "refresh_token": "1//canary", "expires_in": 3599, "scope": YOUTUBE}
SHOWN = DeviceCode(
    "canary-device-code",
    "GQVQ-JKEC",
    "https://www.google.com/device",
    NOW + timedelta(seconds=1800),
    timedelta(seconds=5),
)
Building = Callable[[Google], YouTube]


def oauth_refusal(status: int, word: str, key: str = "error") -> httpx.Response:
    return httpx.Response(status, json={key: word, "error_description": "no"})


@pytest.fixture
async def youtube_with_device() -> AsyncIterator[Building]:
    adapters: list[YouTube] = []

    def build(google: Google) -> YouTube:
        transport = httpx.MockTransport(google)
        adapters.append(make_youtube(transport=transport, device_client_id="tv", device_client_secret="tv-secret"))
        return adapters[-1]

    yield build
    for adapter in adapters:
        await adapter.close()


def device_of(youtube: YouTube) -> DeviceFlow:
    device = youtube.device
    assert device is not None
    return device


async def test_the_code_is_asked_for_the_one_scope_that_devices_may_have(youtube_with_device: Building) -> None:
    google = Google(post_code=CODE)
    assert await device_of(youtube_with_device(google)).begin() == SHOWN
    assert google.asked[0].url.path == "/device/code"
    assert google.forms() == [{"client_id": "tv", "scope": YOUTUBE}]


def test_the_secret_of_the_code_is_not_shown() -> None:
    assert "canary" not in repr(SHOWN)


async def test_until_the_person_answers_the_code_stays(youtube_with_device: Building) -> None:
    google = Google(post_token=oauth_refusal(428, "authorization_pending"))
    assert await device_of(youtube_with_device(google)).poll(SHOWN) == SHOWN
    assert google.forms()[0] == {
        "client_id": "tv",
        "client_secret": "tv-secret",
        "device_code": "canary-device-code",
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
    }


async def test_who_asks_too_fast_asks_five_seconds_slower(youtube_with_device: Building) -> None:
    answer = await device_of(youtube_with_device(Google(post_token=oauth_refusal(403, "slow_down")))).poll(SHOWN)
    assert isinstance(answer, DeviceCode)
    assert answer.interval == timedelta(seconds=10)


async def test_the_grant_comes_with_its_smaller_scope(youtube_with_device: Building) -> None:
    youtube = youtube_with_device(Google(post_token=TOKENS))
    grant = await device_of(youtube).poll(SHOWN)
    assert isinstance(grant, Grant)
    assert (grant.scopes, grant.refresh_token) == (frozenset({YOUTUBE}), "1//canary")
    able = youtube.capabilities_of(grant.scopes)
    lacking = {name for name in ("comment", "like", "delete", "thumbnail", "reports") if not getattr(able, name)}
    assert lacking == device_of(youtube).lacks == {"comment"}


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        (403, "access_denied", "youtube.consent_refused"),
        (400, "expired_token", "youtube.device_code_expired"),
        (400, "invalid_grant", "youtube.device_code_expired"),
    ],
)
async def test_a_refused_or_old_code_has_its_sentence(
    youtube_with_device: Building, status: int, word: str, code: str
) -> None:
    with pytest.raises(NeedsReauthError) as caught:
        await device_of(youtube_with_device(Google(post_token=oauth_refusal(status, word)))).poll(SHOWN)
    assert caught.value.code == code


async def test_an_unticked_scope_is_noticed(youtube_with_device: Building) -> None:
    with pytest.raises(NeedsReauthError) as caught:
        await device_of(youtube_with_device(Google(post_token={**TOKENS, "scope": "openid"}))).poll(SHOWN)
    assert caught.value.code == "youtube.scope_missing"


async def test_a_lost_answer_is_transient(youtube_with_device: Building) -> None:
    with pytest.raises(TransientError):
        await device_of(youtube_with_device(Google(post_token=httpx.ReadTimeout("late")))).poll(SHOWN)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (oauth_refusal(401, "invalid_client"), NeedsOperatorError),
        (oauth_refusal(403, "rate_limit_exceeded", "error_code"), RateLimitedError),
        ({**CODE, "verification_url": "javascript:alert(1)"}, UnexpectedAnswerError),
        ({**CODE, "device_code": ""}, UnexpectedAnswerError),
    ],
)
async def test_no_code_has_its_reason(youtube_with_device: Building, answer: Any, error: Any) -> None:
    with pytest.raises(error):
        await device_of(youtube_with_device(Google(post_code=answer))).begin()


async def test_a_token_of_the_devices_client_is_renewed_with_that_client(youtube_with_device: Building) -> None:
    google = Google(post_token=[oauth_refusal(400, "invalid_grant"), TOKENS])
    grant = await youtube_with_device(google).oauth.refresh("1//canary")
    assert grant.access_token == "ya29.canary"
    assert [form["client_id"] for form in google.forms()] == ["client", "tv"]


async def test_a_token_that_neither_client_knows_is_gone(youtube_with_device: Building) -> None:
    google = Google(post_token=[oauth_refusal(400, "invalid_grant"), oauth_refusal(401, "unauthorized_client")])
    with pytest.raises(NeedsReauthError) as caught:
        await youtube_with_device(google).oauth.refresh("1//canary")
    assert caught.value.code == "youtube.grant_gone"


async def test_a_second_client_that_cannot_be_reached_leaves_the_question_open(youtube_with_device: Building) -> None:
    google = Google(post_token=[oauth_refusal(400, "invalid_grant"), httpx.ReadTimeout("late")])
    with pytest.raises(TransientError):
        await youtube_with_device(google).oauth.refresh("1//canary")


async def test_without_the_second_client_there_is_no_device_flow() -> None:
    youtube = make_youtube()
    assert youtube.device is None
    await youtube.close()


def test_half_a_second_client_is_a_mistake() -> None:
    with pytest.raises(PlatformSettingsError, match="device_client_secret"):
        make_youtube(device_client_id="tv")


async def test_the_scope_of_analytics_is_asked_for_where_it_is_wanted() -> None:
    youtube = make_youtube(analytics=True)
    url = httpx.URL(youtube.oauth.authorize(state="s", redirect_uri="http://127.0.0.1:1/").url)
    assert set(url.params["scope"].split()) == {FORCE_SSL, ANALYTICS}
    assert youtube.oauth.wanted_scopes == {FORCE_SSL}
    assert youtube.capabilities_of(frozenset({FORCE_SSL})).reports is False
    assert youtube.capabilities_of(frozenset({FORCE_SSL, ANALYTICS})).reports is True
    await youtube.close()
