"""Both logins: pages, codes, short and long tokens, refreshing, and what each host refuses."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.instagram_server import (
    BUSINESS,
    FACEBOOK_SCOPES,
    INSTAGRAM_SCOPES,
    REDIRECT,
    Person,
    authorize_url,
    code_for,
    error,
    facebook,
    instagram,
    new_account,
    outside,
    person,
    redeem,
    shared,
)  # fmt: skip
from tests.support.sandbox import Sandbox

__all__ = ["facebook", "instagram", "outside", "shared"]
DAY = 86_400


def exchange(someone: Person, **more: str) -> httpx.Response:
    """Sixty days for an hour."""
    info = someone.sandbox.info()
    if someone.login == "instagram":
        query = {"grant_type": "ig_exchange_token", "access_token": someone.token}
        query |= {"client_secret": info["instagram_client_secret"], **more}
        return someone.sandbox.http.get("/instagram/graph/access_token", params=query)
    query = {"grant_type": "fb_exchange_token", "fb_exchange_token": someone.token}
    query |= {"client_id": info["instagram_facebook_client_id"]}
    query |= {"client_secret": info["instagram_facebook_client_secret"], **more}
    return someone.sandbox.http.get("/instagram/facebook/v26.0/oauth/access_token", params=query)


def refresh(sandbox: Sandbox, token: str) -> httpx.Response:
    query = {"grant_type": "ig_refresh_token", "access_token": token}
    return sandbox.http.get("/instagram/graph/refresh_access_token", params=query)


@pytest.mark.parametrize(("login", "tail"), [("instagram", "#_"), ("facebook", "#_=_")])
def test_the_redirect_carries_the_state_and_a_fragment_to_be_taken_off(outside: Sandbox, login: str, tail: str) -> None:
    scopes = INSTAGRAM_SCOPES if login == "instagram" else FACEBOOK_SCOPES
    redirect = outside.post("instagram/consent", {"url": authorize_url(outside, login, *scopes)})["redirect"]
    assert redirect.endswith(tail)
    assert parse_qs(urlsplit(redirect).query)["state"] == ["S"]


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_a_person_who_says_no_sends_an_error_and_the_state(outside: Sandbox, login: str) -> None:
    scopes = INSTAGRAM_SCOPES if login == "instagram" else FACEBOOK_SCOPES
    body = {"url": authorize_url(outside, login, *scopes), "decision": "deny"}
    query = parse_qs(urlsplit(outside.post("instagram/consent", body)["redirect"]).query)
    assert (query["error"], query["error_reason"], query["state"]) == (["access_denied"], ["user_denied"], ["S"])


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_the_page_and_its_form_lead_to_a_code(outside: Sandbox, login: str) -> None:
    scopes = INSTAGRAM_SCOPES if login == "instagram" else FACEBOOK_SCOPES
    url, account = authorize_url(outside, login, *scopes), new_account(outside)
    shown = outside.http.get(url)
    assert 'name="viewport" content="width=device-width' in shown.text
    assert account in shown.text
    answered = outside.http.post(url, data={"account": account, "scope": scopes[1], "decision": "allow"})
    assert answered.status_code == 302
    assert "code=" in answered.headers["Location"]


@pytest.mark.parametrize(
    ("login", "more"),
    [
        ("instagram", {"client_id": "1800000000000001"}), ("facebook", {"client_id": "1700000000000001"}),
        ("instagram", {"scope": "instagram_basic"}), ("facebook", {"scope": BUSINESS + "basic"}),
        ("instagram", {"redirect_uri": "https://elsewhere.example/"}), ("instagram", {"response_type": "token"}),
        ("instagram", {"scope": BUSINESS + "content_publish"}),
    ],
)  # fmt: skip
def test_a_request_of_the_wrong_login_is_refused_on_the_page(
    outside: Sandbox, login: str, more: dict[str, str]
) -> None:
    scopes = INSTAGRAM_SCOPES if login == "instagram" else FACEBOOK_SCOPES
    assert outside.http.get(authorize_url(outside, login, *scopes, **more)).status_code == 400


def test_instagram_gives_a_flat_reply_with_the_app_scoped_id(outside: Sandbox) -> None:
    account = new_account(outside)
    reply = redeem(outside, "instagram", code_for(outside, "instagram", account, *INSTAGRAM_SCOPES)).json()
    assert reply["permissions"] == list(INSTAGRAM_SCOPES)
    me = outside.http.get(
        "/instagram/graph/me", params={"access_token": reply["access_token"], "fields": "id,user_id,username"}
    ).json()
    assert (me["user_id"], me["id"]) == (account, str(reply["user_id"]))
    assert me["id"] != account


def test_the_reply_can_come_inside_data_with_the_permissions_as_text(outside: Sandbox) -> None:
    outside.post("instagram/settings", login_reply="data", login_user_id="professional")
    account = new_account(outside)
    reply = redeem(outside, "instagram", code_for(outside, "instagram", account, *INSTAGRAM_SCOPES)).json()
    assert reply["data"][0]["user_id"] == account
    assert reply["data"][0]["permissions"] == ",".join(INSTAGRAM_SCOPES)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"client_secret": "wrong"}, "client secret"), ({"client_id": "1"}, "Invalid platform app"),
        ({"redirect_uri": REDIRECT + "x"}, "redirect_uri"), ({"code": "AQnone"}, "Matching code was not found"),
    ],
)  # fmt: skip
def test_instagrams_token_endpoint_refuses_in_a_flat_shape(outside: Sandbox, more: dict[str, str], told: str) -> None:
    code = code_for(outside, "instagram", new_account(outside), *INSTAGRAM_SCOPES)
    answer = redeem(outside, "instagram", code, **more)
    assert (answer.status_code, answer.json()["error_type"]) == (400, "OAuthException")
    assert told in answer.json()["error_message"]


@pytest.mark.parametrize(
    ("more", "code_and_subcode"),
    [
        ({"client_secret": "wrong"}, (1, None)), ({"client_id": "1"}, (101, None)),
        ({"redirect_uri": REDIRECT + "x"}, (100, 36008)), ({"code": "AQnone"}, (100, None)),
    ],
)  # fmt: skip
def test_facebooks_token_endpoint_refuses_in_the_graph_shape(
    outside: Sandbox, more: dict[str, str], code_and_subcode: tuple[int, int | None]
) -> None:
    code = code_for(outside, "facebook", new_account(outside), *FACEBOOK_SCOPES)
    assert error(redeem(outside, "facebook", code, **more)) == code_and_subcode


def test_a_code_serves_once_and_for_an_hour(outside: Sandbox) -> None:
    codes = [code_for(outside, "facebook", new_account(outside), *FACEBOOK_SCOPES) for _ in range(2)]
    assert redeem(outside, "facebook", codes[0]).status_code == 200
    assert error(redeem(outside, "facebook", codes[0])) == (100, 36009)
    outside.advance(3601)
    assert error(redeem(outside, "facebook", codes[1])) == (100, 36007)


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_a_short_token_ends_within_the_hour_and_a_long_one_after_sixty_days(outside: Sandbox, login: str) -> None:
    someone = person(outside, login)
    reply = exchange(someone).json()
    assert (reply["token_type"], reply["expires_in"]) == ("bearer", 60 * DAY)
    outside.advance(3601)
    assert error(someone.get("me", fields="id")) == (190, 463)
    someone.token = reply["access_token"]
    outside.advance(59 * DAY)
    assert someone.get("me", fields="id").status_code == 200
    outside.advance(DAY)
    assert error(someone.get("me", fields="id")) == (190, 463)


def test_only_a_short_token_is_exchanged_and_only_with_the_secret(instagram: Person) -> None:
    assert error(exchange(instagram, client_secret="wrong")) == (1, None)
    instagram.token = exchange(instagram).json()["access_token"]
    assert error(exchange(instagram)) == (452, None)


def test_the_exchange_is_a_get_alone(instagram: Person) -> None:
    answer = instagram.sandbox.http.post("/instagram/graph/access_token", data={"access_token": instagram.token})
    assert error(answer) == (100, None)
    assert answer.json()["error"]["message"] == "Unsupported request - method type: post"


def test_a_long_token_is_refreshed_from_a_day_of_age_until_it_ends(instagram: Person) -> None:
    outside, token = instagram.sandbox, exchange(instagram).json()["access_token"]
    assert error(refresh(outside, token)) == (100, None)
    outside.post("instagram/age", account=instagram.id, seconds=DAY)
    renewed = refresh(outside, token).json()
    assert renewed["expires_in"] == 60 * DAY
    outside.advance(59 * DAY)
    assert error(refresh(outside, token)) == (190, 463)
    assert refresh(outside, renewed["access_token"]).status_code == 200


def test_a_short_token_is_never_refreshed(instagram: Person) -> None:
    assert error(refresh(instagram.sandbox, instagram.token)) == (452, None)


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_a_token_is_none_at_the_other_logins_host(outside: Sandbox, login: str) -> None:
    someone = person(outside, login)
    someone.login = "facebook" if login == "instagram" else "instagram"
    assert error(someone.get("me")) == (190, None)


def test_pages_come_with_tokens_that_never_end_when_made_from_a_long_one(facebook: Person) -> None:
    asked: dict[str, Any] = {"fields": "name,access_token,instagram_business_account{id,username}"}
    short = facebook.get("me/accounts", **asked).json()["data"][0]
    facebook.token = exchange(facebook).json()["access_token"]
    long = facebook.get("me/accounts", **asked).json()["data"][0]
    assert long["instagram_business_account"]["id"] == facebook.id
    assert long["access_token"] != short["access_token"]
    facebook.sandbox.advance(400 * DAY)
    facebook.token = long["access_token"]
    assert facebook.get(facebook.id, fields="username").status_code == 200
    facebook.token = short["access_token"]
    assert error(facebook.get(facebook.id)) == (190, 463)


def test_unticked_permissions_are_told_and_missed(outside: Sandbox) -> None:
    account = new_account(outside)
    code = code_for(outside, "instagram", account, *INSTAGRAM_SCOPES, scopes=[BUSINESS + "manage_comments"])
    reply = redeem(outside, "instagram", code).json()
    assert reply["permissions"] == [BUSINESS + "basic", BUSINESS + "manage_comments"]
    someone = Person(outside, account, "instagram", reply["access_token"])
    assert error(someone.get(f"{account}/content_publishing_limit")) == (10, None)


def test_facebook_tells_what_was_granted_and_what_declined(outside: Sandbox) -> None:
    account = new_account(outside)
    code = code_for(outside, "facebook", account, *FACEBOOK_SCOPES, scopes=list(FACEBOOK_SCOPES[:-1]))
    someone = Person(outside, account, "facebook", redeem(outside, "facebook", code).json()["access_token"])
    told = {row["permission"]: row["status"] for row in someone.get("me/permissions").json()["data"]}
    assert (told["instagram_basic"], told["pages_read_engagement"]) == ("granted", "declined")


@pytest.mark.parametrize("subcode", [458, 460])
def test_a_permission_taken_back_ends_every_token(facebook: Person, subcode: int) -> None:
    page = facebook.get("me/accounts").json()["data"][0]["access_token"]
    facebook.sandbox.post("instagram/revoke", account=facebook.id, subcode=subcode)
    assert error(facebook.get("me")) == (190, subcode)
    facebook.token = page
    assert error(facebook.get("me")) == (190, subcode)


def test_the_app_can_withdraw_itself(facebook: Person) -> None:
    assert facebook.delete("me/permissions").json() == {"success": True}
    assert error(facebook.get("me")) == (190, 458)


def test_the_app_inspects_a_token(facebook: Person) -> None:
    info = facebook.sandbox.info()
    app = f"{info['instagram_facebook_client_id']}|{info['instagram_facebook_client_secret']}"
    query = {"input_token": facebook.token, "access_token": app}
    told = facebook.sandbox.http.get("/instagram/facebook/debug_token", params=query).json()["data"]
    assert (told["is_valid"], "instagram_manage_contents" in told["scopes"]) == (True, True)


def test_no_token_a_foreign_account_and_a_version_of_the_future(facebook: Person) -> None:
    http = facebook.sandbox.http
    assert error(http.get("/instagram/facebook/v26.0/me")) == (104, None)
    assert error(facebook.get(new_account(facebook.sandbox))) == (100, 33)
    assert error(http.get("/instagram/facebook/v27.0/me", params={"access_token": facebook.token})) == (2500, None)


def test_a_bearer_header_serves_as_well(instagram: Person) -> None:
    headers = {"Authorization": f"Bearer {instagram.token}"}
    assert instagram.sandbox.http.get("/instagram/graph/v26.0/me", headers=headers).status_code == 200


def test_an_unknown_field_is_refused(instagram: Person) -> None:
    assert error(instagram.get("me", fields="id,shoe_size")) == (100, None)
