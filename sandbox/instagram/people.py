"""Who a token is: /me, Pages with their tokens, permissions, debug_token, and the Instagram user itself."""

from typing import Any

from aiohttp import web

from sandbox.instagram.call import Call, chosen
from sandbox.instagram.directory import FACEBOOK, Directory
from sandbox.instagram.errors import bad_parameter, no_permission, no_such_object
from sandbox.instagram.grants import Access, Grants
from sandbox.instagram.library import Library
from sandbox.world import World

_APP_REMOVED = 458


class People:
    """Reading accounts."""

    def __init__(self, world: World, directory: Directory, grants: Grants, library: Library) -> None:
        self._world, self._directory, self._grants, self._library = world, directory, grants, library

    async def me(self, call: Call) -> web.Response:
        """With Instagram Login the account: `id` app-scoped, `user_id` the Instagram id. Else the person or Page."""
        if call.access.login == FACEBOOK:
            if call.access.page is not None:
                return web.json_response(self._page(call, call.access.accounts[0], call.fields("id,name")))
            return web.json_response(
                chosen({"id": "10000000000000001", "name": "Robin"}, call.fields("id,name"), "User")
            )
        shown = {**self._user(call.account), "id": call.account["app_scoped_id"], "user_id": call.account["id"]}
        return web.json_response(chosen(shown, call.fields("id,username"), "IGUser"))

    async def user(self, call: Call) -> web.Response:
        """GET /{ig-user-id}."""
        shown = self._user(call.account)
        if call.access.login != FACEBOOK:
            shown |= {"user_id": call.account["id"]}
        return web.json_response(chosen(shown, call.fields("id"), "IGUser"))

    async def pages(self, call: Call) -> web.Response:
        """GET /me/accounts: the Pages the person has chosen."""
        fields = call.fields("access_token,name,id")
        accounts = [a for a in call.access.accounts if (self._directory.account(a) or {}).get("page_linked")]
        return web.json_response({"data": [self._page(call, account, fields) for account in accounts]})

    async def page(self, call: Call) -> web.Response:
        """GET /{page-id}."""
        account = self._directory.by_page(call.node)
        if account is None or account["id"] not in call.access.accounts:
            raise no_such_object("GET", call.node)
        return web.json_response(self._page(call, account["id"], call.fields("id,name")))

    async def permissions(self, call: Call) -> web.Response:
        """GET /me/permissions."""
        names = dict.fromkeys(["public_profile", *call.access.asked])
        granted = call.access.permissions
        data = [{"permission": name, "status": "granted" if name in granted else "declined"} for name in names]
        return web.json_response({"data": data})

    async def withdraw(self, call: Call) -> web.Response:
        """DELETE /me/permissions: the app is removed, and its tokens with it."""
        for account in call.access.accounts:
            self._grants.revoke(account, _APP_REMOVED, call.access.client_id)
        return web.json_response({"success": True})

    def debug(self, inspected: Access) -> web.Response:
        """GET /debug_token?input_token=."""
        ends, permissions = inspected.expires_at, sorted(inspected.permissions)
        data: dict[str, Any] = {
            "app_id": inspected.client_id,
            "type": "PAGE" if inspected.page else "USER",
            "application": "Content Fabric",
            "expires_at": int(ends.timestamp()) if ends else 0,
            "is_valid": True,
            "issued_at": int(inspected.issued_at.timestamp()),
            "scopes": permissions,
            "granular_scopes": [{"scope": name, "target_ids": list(inspected.accounts)} for name in permissions],
            "user_id": "10000000000000001",
        }
        return web.json_response({"data": data})

    def _user(self, account: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": account["id"],
            "username": account["username"],
            "name": account["name"] or None,
            "account_type": account["account_type"],
            "biography": None,
            "profile_picture_url": f"{self._world.base_url}/instagram/www/{account['username']}.jpg",
            "followers_count": 0,
            "follows_count": 0,
            "media_count": len(self._library.of_account(account["id"])),
        }

    def _page(self, call: Call, account_id: str, fields: tuple[str, ...]) -> dict[str, Any]:
        account = self._directory.account(account_id) or {}
        shown: dict[str, Any] = {"id": account["page_id"], "name": account["page_name"], "category": "Creator"}
        shown |= {"tasks": ["ANALYZE", "CREATE_CONTENT", "MANAGE"], "access_token": None}
        shown |= {"instagram_business_account": None}
        for field in fields:
            name, _, inner = field.partition("{")
            if name == "access_token":
                shown[name] = self._grants.page_token(call.access, account_id, account["page_id"]).token
            if name == "instagram_business_account":
                if "instagram_basic" not in call.access.permissions:
                    raise no_permission("instagram_basic")
                inside = tuple(part.strip() for part in inner.rstrip("}").split(",") if part.strip())
                shown[name] = chosen(self._user(account), inside or ("id",), "IGUser")
        return chosen(shown, fields, "Page")


def inspected_token(grants: Grants, given: dict[str, str]) -> Access:
    """The token that debug_token is asked about. Raises GraphError."""
    if not given.get("input_token"):
        raise bad_parameter("The parameter input_token is required")
    return grants.access(given["input_token"], FACEBOOK)
