"""Both logins turn a consent into tokens, and an address never holds one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from platforms.errors import NeedsOperatorError, NeedsReauthError, TransientError
from platforms.instagram import Instagram
from platforms.instagram.facebook_login import FacebookLogin
from platforms.instagram.instagram_login import InstagramLogin
from tests.platforms.instagram.stage import NOW, SECRET, TOKEN, USER_ID, Meta, Say, refusal

REDIRECT = "https://fabric.example/oauth/callback"
SCOPES = ",".join(sorted(InstagramLogin.wanted_scopes))
SHORT = {"access_token": "IGAAshort", "user_id": 17, "permissions": SCOPES}
LONG = {"access_token": TOKEN, "token_type": "bearer", "expires_in": 5184000}
GRANTED = {"data": [{"permission": scope, "status": "granted"} for scope in sorted(FacebookLogin.wanted_scopes)]}


def page(number: int, *, linked: bool = True) -> dict[str, Any]:
    body: dict[str, Any] = {"id": f"{number}", "name": f"Page {number}", "access_token": f"page-token-{number}"}
    return body | ({"instagram_business_account": {"id": f"17{number}"}} if linked else {})


async def exchange(site: Instagram, code: str = "the-code#_") -> Any:
    return await site.oauth.exchange(code=code, code_verifier="", redirect_uri=REDIRECT)


# Instagram Login


def test_the_consent_screen_is_asked_for_everything_that_publishing_needs(instagram: Instagram, meta: Meta) -> None:
    request = instagram.oauth.authorize(state="s", redirect_uri=REDIRECT)
    assert request.url.startswith(f"{meta.url}/www/oauth/authorize?")
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
    assert query == {
        "client_id": "4711",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": SCOPES,
        "state": "s",
    }


@pytest.mark.parametrize("short", [SHORT, {"data": [SHORT]}, SHORT | {"permissions": SCOPES.split(",")}])
async def test_a_code_becomes_a_token_of_sixty_days(instagram: Instagram, meta: Meta, short: dict[str, Any]) -> None:
    meta.answers = {"/oauth/access_token": short, "/access_token": LONG}
    grant = await exchange(instagram)
    assert (grant.access_token, grant.refresh_token) == (TOKEN, TOKEN)
    assert grant.expires_at == grant.refresh_expires_at == NOW + timedelta(days=60)
    assert grant.scopes == InstagramLogin.wanted_scopes
    first, second = meta.calls
    assert first.form["code"] == "the-code"
    assert second.form == {
        "grant_type": "ig_exchange_token",
        "client_secret": SECRET,
        "access_token": "IGAAshort",
    }


async def test_a_server_that_wants_a_get_gets_the_token_in_a_header(instagram: Instagram, meta: Meta) -> None:
    meta.answers = {"/oauth/access_token": SHORT, "/access_token": LONG}
    wants_get = Say(400, refusal(100, message="Unsupported request - method type: post"))
    meta.script["/graph/access_token"] = [wants_get]
    assert (await exchange(instagram)).access_token == TOKEN
    asked = meta.calls[-1]
    assert asked.method == "GET"
    assert asked.headers["authorization"] == "Bearer IGAAshort"
    assert "access_token" not in asked.query


async def test_an_unticked_permission_is_named(instagram: Instagram, meta: Meta) -> None:
    meta.answers = {"/oauth/access_token": SHORT | {"permissions": "instagram_business_basic"}}
    with pytest.raises(NeedsReauthError, match="instagram_business_content_publish") as caught:
        await exchange(instagram)
    assert caught.value.code == "instagram.scope_missing"


async def test_a_token_renews_itself_and_stays_out_of_the_address(instagram: Instagram, meta: Meta) -> None:
    meta.answers = {"/refresh_access_token": LONG | {"access_token": "IGAAnext"}}
    grant = await instagram.oauth.refresh(TOKEN)
    assert (grant.access_token, grant.refresh_token) == ("IGAAnext", "IGAAnext")
    assert grant.expires_at == NOW + timedelta(days=60)
    (call,) = meta.calls
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert call.query == {"grant_type": "ig_refresh_token"}


async def test_an_expired_token_needs_the_operator(instagram: Instagram, meta: Meta) -> None:
    meta.script["/refresh_access_token"] = [Say(400, refusal(190, 463)), Say(503, "<html>")]
    with pytest.raises(NeedsReauthError):
        await instagram.oauth.refresh(TOKEN)
    with pytest.raises(TransientError):
        await instagram.oauth.refresh(TOKEN)


def test_a_token_is_renewed_as_soon_as_it_is_a_day_old(instagram: Instagram) -> None:
    assert timedelta(days=60) - InstagramLogin.renew_ahead == timedelta(hours=25)


@pytest.mark.parametrize("shape", ["flat", "data"])
async def test_the_account_is_known_by_user_id_and_not_by_id(instagram: Instagram, meta: Meta, shape: str) -> None:
    me = {"id": "99", "user_id": USER_ID, "username": "fabric", "name": "Fabric", "account_type": "BUSINESS"}
    meta.answers = {"/me": me if shape == "flat" else {"data": [me]}}
    identity = await instagram.oauth.identify(TOKEN)
    assert (identity.external_id, identity.title, identity.handle) == (USER_ID, "Fabric", "@fabric")


async def test_a_personal_account_cannot_publish(instagram: Instagram, meta: Meta) -> None:
    meta.answers = {"/me": {"user_id": USER_ID, "username": "anna", "account_type": "PERSONAL"}}
    with pytest.raises(NeedsOperatorError) as caught:
        await instagram.oauth.identify(TOKEN)
    assert caught.value.code == "instagram.no_professional_account"


# Facebook Login


async def test_a_persons_consent_becomes_a_page_token(facebook: Instagram, meta: Meta) -> None:
    meta.answers = {
        "/oauth/access_token": LONG,
        "/me/permissions": GRANTED,
        "/me/accounts": {"data": [page(1, linked=False), page(2)]},
    }
    grant = await exchange(facebook)
    assert (grant.access_token, grant.refresh_token, grant.expires_at) == ("page-token-2", TOKEN, None)
    code, long = meta.to("/oauth/access_token")
    assert code.form["code"] == "the-code"
    assert (long.form["grant_type"], long.form["fb_exchange_token"]) == ("fb_exchange_token", TOKEN)


async def test_several_chosen_accounts_are_all_connected_or_named(facebook: Instagram, meta: Meta) -> None:
    meta.answers = {
        "/oauth/access_token": LONG,
        "/me/permissions": GRANTED,
        "/me/accounts": {"data": [page(1), page(2)]},
    }
    with pytest.raises(NeedsOperatorError, match="Page 1, Page 2") as caught:
        await exchange(facebook)
    assert caught.value.code == "instagram.several_accounts"
    assert isinstance(facebook.oauth, FacebookLogin)
    pages = await facebook.oauth.exchange_all(code="c", code_verifier="", redirect_uri=REDIRECT)
    assert [each.grant.access_token for each in pages] == ["page-token-1", "page-token-2"]


async def test_pages_without_instagram_cannot_publish(facebook: Instagram, meta: Meta) -> None:
    meta.answers = {
        "/oauth/access_token": LONG,
        "/me/permissions": GRANTED,
        "/me/accounts": {"data": [page(1, linked=False)]},
    }
    with pytest.raises(NeedsOperatorError) as caught:
        await exchange(facebook)
    assert caught.value.code == "instagram.no_professional_account"


async def test_a_permission_that_was_declined_is_named(facebook: Instagram, meta: Meta) -> None:
    declined = {"permission": "instagram_content_publish", "status": "declined"}
    granted = [row for row in GRANTED["data"] if row["permission"] != declined["permission"]]
    meta.answers = {"/oauth/access_token": LONG, "/me/permissions": {"data": [*granted, declined]}}
    with pytest.raises(NeedsReauthError, match="instagram_content_publish"):
        await exchange(facebook)


async def test_a_page_token_is_not_renewed(facebook: Instagram, meta: Meta) -> None:
    with pytest.raises(NeedsReauthError):
        await facebook.oauth.refresh(TOKEN)
    assert not meta.calls


async def test_a_page_token_names_the_account_that_is_linked_to_the_page(facebook: Instagram) -> None:
    identity = await facebook.oauth.identify(TOKEN)
    assert (identity.external_id, identity.handle) == (USER_ID, "@fabric")


async def test_a_grant_is_given_back_and_a_dead_one_is_no_error(facebook: Instagram, meta: Meta) -> None:
    await facebook.oauth.revoke(TOKEN)
    assert (meta.calls[0].method, meta.calls[0].path) == ("DELETE", "/graph/v26.0/me/permissions")
    meta.script["/me/permissions"] = [Say(400, refusal(190, 458))]
    await facebook.oauth.revoke(TOKEN)
