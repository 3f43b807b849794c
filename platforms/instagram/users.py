"""Whose token it is: every call about an account names it by its Instagram id, which the token alone tells."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from platforms.errors import NeedsOperatorError, UnexpectedAnswerError
from platforms.instagram.api import GraphApi
from platforms.instagram.resources import identifier, part, rows, text
from platforms.instagram.settings import NAME, Login

REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class InstagramUser:
    """A professional account. `user_id` is the one that other calls know it by."""

    user_id: str
    username: str
    title: str


class Users:
    """Asks once per token and remembers the answer by the token's digest."""

    def __init__(self, api: GraphApi, login: Login) -> None:
        self._api = api
        self._login = login
        self._known: dict[str, InstagramUser] = {}

    async def of(self, access_token: str) -> InstagramUser:
        """Return the account of a token, from memory where it was asked for before."""
        key = hashlib.sha256(access_token.encode()).hexdigest()
        if key not in self._known:
            self._known[key] = await self.ask(access_token)
            while len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))
        return self._known[key]

    async def ask(self, access_token: str) -> InstagramUser:
        """Ask Meta. Raises NeedsOperatorError where no professional account belongs to the token."""
        if self._login is Login.INSTAGRAM:
            return await self._instagram(access_token)
        return await self._of_page(access_token)

    async def _instagram(self, access_token: str) -> InstagramUser:
        """Read `/me`: its `user_id` is the Instagram id, while its `id` belongs to this app alone."""
        body = await self._api.get(access_token, "me", {"fields": "user_id,username,name,account_type"})
        me = next(iter(rows(body)), body)
        user_id, username = identifier(me, "user_id"), text(me, "username")
        if not user_id:
            raise UnexpectedAnswerError("The account has no id.", platform=NAME, reason="malformed")
        if text(me, "account_type") == "PERSONAL":
            raise no_professional_account()
        return InstagramUser(user_id, username, text(me, "name") or username)

    async def _of_page(self, page_token: str) -> InstagramUser:
        """A page token's `/me` is the page, which names the Instagram account that is linked to it."""
        page = await self._api.get(page_token, "me", {"fields": "id,name,instagram_business_account"})
        user_id = identifier(part(page, "instagram_business_account"))
        if not user_id:
            raise no_professional_account()
        user = await self._api.get(page_token, user_id, {"fields": "id,username,name"})
        username = text(user, "username")
        return InstagramUser(user_id, username, text(user, "name") or username or text(page, "name"))


def no_professional_account() -> NeedsOperatorError:
    return NeedsOperatorError(
        "No professional Instagram account belongs to it.",
        platform=NAME,
        reason="noProfessionalAccount",
        code="instagram.no_professional_account",
    )
