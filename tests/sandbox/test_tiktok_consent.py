"""TikTok's OAuth v2: comma scopes, a challenge in hexadecimal digits, refresh tokens that change."""

import base64
import hashlib
import re
from typing import Any

import httpx
import pytest

from tests.sandbox.tiktok_creator import (
    REDIRECT,
    VERIFIER,
    Creator,
    ask_tokens,
    authorize_url,
    consented,
    creator,
    new_creator,
    outside,
    refusal,
    shared,
    token_form,
)
from tests.support.sandbox import Sandbox

__all__ = ["creator", "outside", "shared"]


def refused(answer: httpx.Response) -> tuple[int, str]:
    """(HTTP status, error) of OAuth's flat shape."""
    body = answer.json()
    assert set(body) == {"error", "error_description", "log_id"}
    return answer.status_code, body["error"]


def refresh(creator: Creator, token: str | None = None) -> httpx.Response:
    form = token_form(creator.sandbox, grant_type="refresh_token")
    return ask_tokens(creator.sandbox, {**form, "refresh_token": token or creator.tokens["refresh_token"]})


def works(creator: Creator, access_token: str | None = None) -> bool:
    headers = {"Authorization": f"Bearer {access_token or creator.tokens['access_token']}"}
    url = "/tiktok/api/v2/user/info/?fields=open_id"
    return creator.sandbox.http.get(url, headers=headers).status_code == 200


def test_the_callback_names_scopes_by_comma_and_echoes_the_state(outside: Sandbox) -> None:
    told = consented(outside, authorize_url(outside), scopes=["video.publish"])
    assert (told["scopes"], told["state"]) == ("user.info.basic,video.publish", "a state")


def test_the_code_has_characters_that_must_be_decoded_from_the_address(outside: Sandbox) -> None:
    redirect = outside.post("tiktok/consent", {"url": authorize_url(outside)})["redirect"]
    assert "%2A" in redirect
    assert "%21" in redirect
    raw = re.search("code=([^&]+)", redirect)
    assert raw is not None
    assert refused(ask_tokens(outside, token_form(outside, code=raw[1]))) == (400, "invalid_grant")


def test_the_tokens_of_a_code(creator: Creator) -> None:
    told = dict(creator.tokens)
    assert told.pop("access_token").startswith("act.")
    assert told.pop("refresh_token").startswith("rft.")
    assert told == {
        "expires_in": 86_400,
        "refresh_expires_in": 31_536_000,
        "open_id": creator.id,
        "scope": "user.info.basic,video.publish,video.upload,video.list",
        "token_type": "Bearer",
    }


def test_a_code_works_once(outside: Sandbox) -> None:
    form = token_form(outside, code=consented(outside, authorize_url(outside))["code"])
    assert ask_tokens(outside, form).status_code == 200
    assert refused(ask_tokens(outside, form)) == (400, "invalid_grant")


def test_a_code_runs_out(outside: Sandbox) -> None:
    form = token_form(outside, code=consented(outside, authorize_url(outside))["code"])
    outside.advance(601)
    assert refused(ask_tokens(outside, form)) == (400, "invalid_grant")


def test_a_challenge_in_base64url_is_no_challenge_here(outside: Sandbox) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    code = consented(outside, authorize_url(outside, code_challenge=digest))["code"]
    assert refused(ask_tokens(outside, token_form(outside, code=code))) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_key": "nobody"}, "invalid_client"),
        ({"client_key": ""}, "invalid_request"),
        ({"redirect_uri": REDIRECT + "2"}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
def test_what_the_token_endpoint_refuses(outside: Sandbox, changes: dict[str, str], error: str) -> None:
    code = consented(outside, authorize_url(outside))["code"]
    form = token_form(outside, **{"code": code, **changes})
    assert refused(ask_tokens(outside, form)) == (400, error)


def test_a_refusal_may_come_under_http_200(outside: Sandbox) -> None:
    outside.post("tiktok/settings", oauth_error_status=200)
    assert refused(ask_tokens(outside, token_form(outside, code="unknown"))) == (200, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_key": "nobody"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"redirect_uri": "http://127.0.0.1/no-port"},
        {"redirect_uri": REDIRECT + "?query=1"},
        {"response_type": "token"},
        {"scope": "video.publish video.upload"},
        {"scope": None},
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
    ],
)
def test_what_the_page_refuses_without_a_redirect(outside: Sandbox, changes: dict[str, Any]) -> None:
    answer = outside.http.get(authorize_url(outside, **changes))
    assert (answer.status_code, "Something went wrong" in answer.text) == (400, True)


def test_a_web_client_has_its_registered_address_and_no_challenge(outside: Sandbox) -> None:
    info, redirect = outside.info(), "https://fabric.example/oauth/callback"
    key, secret = info["tiktok_web_client_key"], info["tiktok_web_client_secret"]
    changes = {"client_key": key, "redirect_uri": redirect, "code_challenge": None, "code_challenge_method": None}
    code = consented(outside, authorize_url(outside, **changes))["code"]
    form = token_form(outside, client_key=key, client_secret=secret, redirect_uri=redirect, code=code)
    del form["code_verifier"]
    assert ask_tokens(outside, form).status_code == 200
    assert outside.http.get(authorize_url(outside, client_key=key)).status_code == 400


def test_the_page_is_a_form_that_sends_the_browser_back(outside: Sandbox) -> None:
    page = outside.http.get(authorize_url(outside))
    assert 'name="creator"' in page.text
    assert "width=device-width" in page.text
    chosen = outside.info()["tiktok_creators"][1]["id"]
    form = {"creator": chosen, "scope": ["video.upload"], "decision": "allow"}
    sent = outside.http.post(authorize_url(outside), data=form, follow_redirects=False)
    assert sent.status_code == 302
    assert sent.headers["Location"].startswith(REDIRECT + "?code=")


def test_a_creator_who_says_no(outside: Sandbox) -> None:
    told = consented(outside, authorize_url(outside), decision="deny")
    assert (told["error"], told["state"]) == ("access_denied", "a state")


@pytest.mark.parametrize(("rotation", "same", "old_lives"), [("same", True, True), ("new", False, True)])
def test_refresh_tokens_may_stay_or_come_beside_the_old_one(
    creator: Creator, rotation: str, same: bool, old_lives: bool
) -> None:
    creator.sandbox.post("tiktok/settings", refresh_rotation=rotation)
    told = refresh(creator).json()
    assert (told["refresh_token"] == creator.tokens["refresh_token"]) is same
    assert (refresh(creator).status_code == 200) is old_lives


def test_a_rotated_refresh_token_ends_the_old_one(creator: Creator) -> None:
    told = refresh(creator).json()
    assert works(creator, told["access_token"])
    assert refused(refresh(creator)) == (400, "invalid_grant")
    assert refresh(creator, told["refresh_token"]).status_code == 200


def test_an_access_token_lives_24_hours_or_as_long_as_is_set(creator: Creator) -> None:
    creator.sandbox.post("tiktok/settings", access_life_s=7200)
    short = refresh(creator).json()
    assert short["expires_in"] == 7200
    creator.sandbox.advance(7201)
    assert (works(creator, short["access_token"]), works(creator)) == (False, True)
    creator.sandbox.advance(86_400 - 7200)
    assert refusal(creator.call("post/publish/creator_info/query/")) == (401, "access_token_invalid")


def test_revoking_ends_the_whole_grant_with_an_empty_body(creator: Creator) -> None:
    form = token_form(creator.sandbox, token=creator.tokens["access_token"])
    answer = creator.sandbox.http.post("/tiktok/api/v2/oauth/revoke/", data=form)
    assert (answer.status_code, answer.content) == (200, b"")
    assert not works(creator)
    assert refused(refresh(creator)) == (400, "invalid_grant")


def test_an_unticked_scope_opens_nothing(outside: Sandbox) -> None:
    creator = new_creator(outside, scopes="user.info.basic,video.upload")
    assert refusal(creator.init()) == (401, "scope_not_authorized")
    assert creator.inbox().status_code == 200


def test_a_call_without_a_bearer_token(outside: Sandbox) -> None:
    answer = outside.http.post("/tiktok/api/v2/post/publish/creator_info/query/")
    assert refusal(answer) == (401, "access_token_invalid")
