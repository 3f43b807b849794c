"""The OAuth servers give, refresh and refuse tokens as Google's documents say."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.sandbox.outside import Channel, channel, new_channel, new_person, outside, reason, shared
from tests.support.sandbox import Sandbox

__all__ = ["channel", "outside", "shared"]
REDIRECT = "http://127.0.0.1:4321/oauth/callback"
UPLOAD = "https://www.googleapis.com/auth/youtube.upload"
READ = "https://www.googleapis.com/auth/youtube.readonly"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def authorize_url(sandbox: Sandbox, **changes: str | None) -> str:
    query: dict[str, str | None] = {
        "client_id": "sandbox-client.apps.example",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": f"{UPLOAD} {READ}",
        "access_type": "offline",
        "state": "st/at e",
        **changes,
    }
    given = {name: value for name, value in query.items() if value is not None}
    return f"{sandbox.url}/google/accounts/o/oauth2/v2/auth?{urlencode(given)}"


def sent_back(redirect: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(redirect).query))


def exchange(sandbox: Sandbox, **changes: str | None) -> httpx.Response:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "client_id": "sandbox-client.apps.example",
        "client_secret": "sandbox-secret",
        "redirect_uri": REDIRECT,
        **changes,
    }
    return sandbox.http.post("/google/oauth/token", data={k: v for k, v in form.items() if v is not None})


def connect(sandbox: Sandbox, channel_id: str, **changes: str) -> dict[str, Any]:
    code = sent_back(sandbox.consent(authorize_url(sandbox, **changes), channel=channel_id))["code"]
    return dict(exchange(sandbox, code=code).raise_for_status().json())


def refresh(sandbox: Sandbox, refresh_token: str, **changes: str | None) -> httpx.Response:
    return exchange(sandbox, grant_type="refresh_token", refresh_token=refresh_token, redirect_uri=None, **changes)


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


@pytest.fixture
def person(outside: Sandbox) -> str:
    """A channel that has consented to nothing yet."""
    return new_person(outside)


def test_the_page_is_made_for_a_phone_and_shows_every_channel_and_scope(outside: Sandbox) -> None:
    page = outside.http.get(authorize_url(outside))
    assert page.status_code == 200
    assert "width=device-width" in page.text
    assert all(name in page.text for name in ("Morning Tales", "Night Stories", "youtube.upload", "youtube.readonly"))


def test_pressing_allow_sends_the_browser_back_with_code_scope_and_state(outside: Sandbox) -> None:
    form = {"channel": "UCsandboxMorningTales001", "scope": [UPLOAD, READ], "decision": "allow"}
    answer = outside.http.post(authorize_url(outside), data=form)
    query = sent_back(answer.headers["Location"])
    assert (answer.status_code, query["state"], query["scope"]) == (302, "st/at e", f"{UPLOAD} {READ}")
    assert answer.headers["Location"].startswith(REDIRECT + "?")


def test_pressing_deny_sends_the_browser_back_with_the_refusal(outside: Sandbox) -> None:
    answer = outside.http.post(authorize_url(outside), data={"decision": "deny"})
    assert sent_back(answer.headers["Location"]) == {"error": "access_denied", "state": "st/at e"}


def test_an_unticked_scope_is_not_granted(outside: Sandbox, person: str) -> None:
    code = sent_back(outside.consent(authorize_url(outside), channel=person, scopes=[UPLOAD]))["code"]
    assert exchange(outside, code=code).json()["scope"] == UPLOAD


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_id": "nobody"}, 401),
        ({"client_id": "sandbox-tv.apps.example"}, 400),
        ({"redirect_uri": "https://fabric.example/callback"}, 400),
        ({"redirect_uri": "http://127.0.0.1.evil.example/callback"}, 400),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, 400),
        ({"redirect_uri": "http://127.0.0.1:port/"}, 400),
        ({"redirect_uri": None}, 400),
        ({"response_type": "token"}, 400),
        ({"scope": "https://www.googleapis.com/auth/youtube.everything"}, 400),
        ({"scope": ""}, 400),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, 400),
    ],
)
def test_a_request_that_cannot_be_trusted_is_not_redirected(outside: Sandbox, change: Any, status: int) -> None:
    assert outside.http.get(authorize_url(outside, **change)).status_code == status


@pytest.mark.parametrize("host", ["127.0.0.1:1", "127.0.0.1:65535", "localhost:8080", "[::1]:99", "127.0.0.1"])
def test_any_port_of_this_machine_may_be_sent_back_to(outside: Sandbox, host: str) -> None:
    assert outside.http.get(authorize_url(outside, redirect_uri=f"http://{host}/")).status_code == 200


def test_a_registered_address_must_match_exactly(outside: Sandbox) -> None:
    outside.post("google/clients", {"id": "web", "secret": "s", "redirect_uris": ["https://fabric.example/cb"]})
    exact = outside.http.get(authorize_url(outside, client_id="web", redirect_uri="https://fabric.example/cb"))
    longer = outside.http.get(authorize_url(outside, client_id="web", redirect_uri="https://fabric.example/cb/"))
    assert (exact.status_code, longer.status_code) == (200, 400)


def test_a_code_becomes_tokens(outside: Sandbox, person: str) -> None:
    tokens = connect(outside, person)
    assert tokens["access_token"].startswith("ya29.")
    assert tokens["refresh_token"].startswith("1//")
    assert (tokens["expires_in"], tokens["token_type"], tokens["scope"]) == (3599, "Bearer", f"{UPLOAD} {READ}")
    assert "refresh_token_expires_in" not in tokens


def test_a_code_works_once(outside: Sandbox, person: str) -> None:
    code = sent_back(outside.consent(authorize_url(outside), channel=person))["code"]
    assert exchange(outside, code=code).status_code == 200
    assert refused(exchange(outside, code=code)) == (400, "invalid_grant")


def test_a_code_grows_old(outside: Sandbox, person: str) -> None:
    code = sent_back(outside.consent(authorize_url(outside), channel=person))["code"]
    outside.advance(601)
    assert refused(exchange(outside, code=code)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"redirect_uri": "http://127.0.0.1:4321/other"}, (400, "redirect_uri_mismatch")),
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_id": "nobody"}, (401, "invalid_client")),
        ({"client_id": None}, (400, "invalid_request")),
        ({"code": "4/unknown"}, (400, "invalid_grant")),
        ({"code": None}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": None}, (400, "invalid_request")),
    ],
)
def test_a_wrong_exchange_is_refused(outside: Sandbox, person: str, change: Any, expected: tuple[int, str]) -> None:
    code = sent_back(outside.consent(authorize_url(outside), channel=person))["code"]
    assert refused(exchange(outside, **{"code": code, **change})) == expected


@pytest.mark.parametrize(
    ("verifier", "status"), [(VERIFIER, 200), (VERIFIER[:-1] + "x", 400), (None, 400), (CHALLENGE, 400)]
)
def test_the_verifier_must_belong_to_the_challenge(
    outside: Sandbox, person: str, verifier: str | None, status: int
) -> None:
    url = authorize_url(outside, code_challenge=CHALLENGE, code_challenge_method="S256")
    code = sent_back(outside.consent(url, channel=person))["code"]
    assert exchange(outside, code=code, code_verifier=verifier).status_code == status


def test_the_body_of_the_token_request_is_a_form(outside: Sandbox) -> None:
    answer = outside.http.post("/google/oauth/token", json={"grant_type": "refresh_token"})
    assert refused(answer) == (400, "invalid_request")


def test_a_second_consent_gives_no_refresh_token_unless_asked_for(outside: Sandbox, person: str) -> None:
    first, second, forced = (
        connect(outside, person),
        connect(outside, person),
        connect(outside, person, prompt="consent"),
    )
    assert ["refresh_token" in tokens for tokens in (first, second, forced)] == [True, False, True]


def test_online_access_gives_no_refresh_token(outside: Sandbox, person: str) -> None:
    assert "refresh_token" not in connect(outside, person, access_type="online", prompt="consent")


def test_refreshing_gives_a_new_access_token_and_no_refresh_token(outside: Sandbox, person: str) -> None:
    tokens = connect(outside, person)
    fresh = refresh(outside, tokens["refresh_token"]).json()
    assert fresh["access_token"] != tokens["access_token"]
    assert set(fresh) == {"access_token", "expires_in", "scope", "token_type"}


def test_earlier_scopes_can_be_included(outside: Sandbox, person: str) -> None:
    connect(outside, person, scope=UPLOAD)
    again = connect(outside, person, scope=READ, include_granted_scopes="true")
    assert set(again["scope"].split()) == {UPLOAD, READ}


def test_in_testing_mode_a_refresh_token_lives_seven_days(outside: Sandbox, person: str) -> None:
    outside.post("google/settings", publishing="testing")
    tokens = connect(outside, person)
    assert 604_790 <= tokens["refresh_token_expires_in"] <= 604_800
    outside.advance(604_700)
    assert refresh(outside, tokens["refresh_token"]).status_code == 200
    outside.advance(101)
    dead = refresh(outside, tokens["refresh_token"])
    assert (dead.status_code, dead.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )


def test_a_refresh_token_dies_of_half_a_year_without_use(outside: Sandbox, person: str) -> None:
    token = connect(outside, person)["refresh_token"]
    outside.advance(179 * 86400)
    assert refresh(outside, token).status_code == 200
    outside.advance(181 * 86400)
    assert refused(refresh(outside, token)) == (400, "invalid_grant")


def test_one_refresh_token_too_many_kills_the_oldest(outside: Sandbox, person: str) -> None:
    outside.post("google/settings", refresh_limit=3)
    tokens = [connect(outside, person, prompt="consent")["refresh_token"] for _ in range(4)]
    assert [refresh(outside, token).status_code for token in tokens] == [400, 200, 200, 200]


def test_a_refresh_token_is_for_its_client_only(outside: Sandbox, person: str) -> None:
    outside.post("google/clients", {"id": "other", "secret": "s"})
    token = connect(outside, person)["refresh_token"]
    answer = refresh(outside, token, client_id="other", client_secret="s")
    assert refused(answer) == (400, "invalid_grant")


def test_the_client_may_say_who_it_is_in_the_header(outside: Sandbox, person: str) -> None:
    token = connect(outside, person)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    auth = ("sandbox-client.apps.example", "sandbox-secret")
    assert outside.http.post("/google/oauth/token", data=form, auth=auth).status_code == 200


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(outside: Sandbox, person: str, which: str) -> None:
    tokens = connect(outside, person)
    assert outside.http.post("/google/oauth/revoke", data={"token": tokens[which]}).status_code == 200
    assert refused(refresh(outside, tokens["refresh_token"])) == (400, "invalid_grant")
    assert outside.http.post("/google/oauth/revoke", data={"token": tokens[which]}).status_code == 400


def test_after_a_revocation_the_next_consent_is_a_first_one(outside: Sandbox, person: str) -> None:
    connect(outside, person)
    assert outside.post("google/revoke", channel=person) == {"revoked": 2}
    assert "refresh_token" in connect(outside, person)


def test_prompt_none_answers_without_a_page(outside: Sandbox, person: str) -> None:
    other = "https://www.googleapis.com/auth/yt-analytics.readonly"
    asking = outside.http.get(authorize_url(outside, prompt="none", scope=other))
    assert sent_back(asking.headers["Location"])["error"] == "interaction_required"
    connect(outside, person, scope=other)
    known = outside.http.get(authorize_url(outside, prompt="none", scope=other))
    assert "code" in sent_back(known.headers["Location"])


def test_an_access_token_runs_out(outside: Sandbox, channel: Channel) -> None:
    assert channel.call("GET", "channels", params={"part": "id", "mine": "true"}).status_code == 200
    outside.advance(3600)
    late = channel.call("GET", "channels", params={"part": "id", "mine": "true"})
    assert reason(late) == (401, "authError")
    assert 'error="invalid_token"' in late.headers["WWW-Authenticate"]


def test_access_tokens_can_be_made_to_run_out(outside: Sandbox, channel: Channel) -> None:
    assert outside.post("google/expire", channel=channel.id) == {"expired": 1}
    assert reason(channel.call("GET", "channels", params={"part": "id", "mine": "true"})) == (401, "authError")


# The device flow.

TV = {"client_id": "sandbox-tv.apps.example", "client_secret": "sandbox-tv-secret"}
YOUTUBE = "https://www.googleapis.com/auth/youtube"


def begin_device(sandbox: Sandbox, scope: str = YOUTUBE, client_id: str = TV["client_id"]) -> httpx.Response:
    return sandbox.http.post("/google/oauth/device/code", data={"client_id": client_id, "scope": scope})


def poll(sandbox: Sandbox, device_code: str) -> httpx.Response:
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    return sandbox.http.post("/google/oauth/token", data={**TV, "device_code": device_code, "grant_type": grant})


def test_a_device_gets_its_tokens_once_the_person_allows_it(outside: Sandbox, person: str) -> None:
    begun = begin_device(outside).json()
    assert set(begun) == {"device_code", "user_code", "verification_url", "expires_in", "interval"}
    assert (begun["expires_in"], begun["interval"]) == (1800, 5)
    assert refused(poll(outside, begun["device_code"])) == (428, "authorization_pending")
    outside.advance(6)
    outside.post("google/device", user_code=begun["user_code"], channel=person)
    tokens = poll(outside, begun["device_code"]).json()
    assert (tokens["scope"], "refresh_token" in tokens) == (YOUTUBE, True)
    outside.advance(6)
    assert refused(poll(outside, begun["device_code"])) == (400, "invalid_grant")


def test_the_code_can_be_typed_on_a_page(outside: Sandbox, person: str) -> None:
    begun = begin_device(outside).json()
    form = {"user_code": begun["user_code"].lower(), "channel": person, "decision": "allow"}
    assert "Manage your YouTube account" in outside.http.post(begun["verification_url"], data=form).text
    outside.http.post(begun["verification_url"], data={**form, "scope": YOUTUBE})
    assert poll(outside, begun["device_code"]).status_code == 200


def test_a_device_that_polls_too_fast_is_slowed_down(outside: Sandbox) -> None:
    code = begin_device(outside).json()["device_code"]
    poll(outside, code)
    assert refused(poll(outside, code)) == (403, "slow_down")
    outside.advance(6)
    assert refused(poll(outside, code)) == (403, "slow_down")  # the interval has grown by five seconds
    outside.advance(16)
    assert refused(poll(outside, code)) == (428, "authorization_pending")


def test_a_refused_device_is_told_so(outside: Sandbox) -> None:
    begun = begin_device(outside).json()
    outside.post("google/device", user_code=begun["user_code"], decision="deny")
    assert refused(poll(outside, begun["device_code"])) == (403, "access_denied")


def test_a_device_code_runs_out(outside: Sandbox) -> None:
    code = begin_device(outside).json()["device_code"]
    outside.advance(1801)
    assert refused(poll(outside, code)) == (400, "expired_token")


@pytest.mark.parametrize("name", ["youtube.upload", "youtube.force-ssl", "yt-analytics.readonly"])
def test_a_device_may_not_ask_for_these_scopes(outside: Sandbox, name: str) -> None:
    answer = begin_device(outside, f"https://www.googleapis.com/auth/{name}")
    assert refused(answer) == (400, "invalid_scope")


def test_only_a_client_made_for_devices_may_use_the_device_flow(outside: Sandbox) -> None:
    assert refused(begin_device(outside, client_id="sandbox-client.apps.example")) == (401, "invalid_client")


def test_tokens_and_grants_survive_kill_nine(outside: Sandbox, person: str) -> None:
    tokens = connect(outside, person)
    outside.kill9()
    outside.start()
    assert refresh(outside, tokens["refresh_token"]).status_code == 200
    assert parse_qs(urlsplit(outside.consent(authorize_url(outside), channel=person)).query)["code"]


def test_each_channel_has_tokens_of_its_own(outside: Sandbox) -> None:
    one, two = new_channel(outside), new_channel(outside)
    outside.post("google/revoke", channel=one.id)
    answers = [c.call("GET", "channels", params={"part": "id", "mine": "true"}).status_code for c in (one, two)]
    assert answers == [401, 200]
