"""The way into every Graph call: version, token of the right login, usage, the object in the path, permission."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.instagram.call import Call, parameters_of, token_of
from sandbox.instagram.comments import Comments
from sandbox.instagram.containers import Containers
from sandbox.instagram.directory import FACEBOOK, INSTAGRAM, Directory
from sandbox.instagram.errors import GraphError, no_permission, no_such_object, unknown_path
from sandbox.instagram.grants import Access, Grants
from sandbox.instagram.library import Library
from sandbox.instagram.usage import Usage
from sandbox.world import World

NEWEST = "v26.0"
_VERSION = re.compile(r"v(\d{1,3})\.0")
_BOTH = frozenset({INSTAGRAM, FACEBOOK})
Handler = Callable[[Call], Awaitable[web.Response]]
Permissions = dict[str, tuple[str, ...]]

BASIC: Permissions = {INSTAGRAM: ("instagram_business_basic",), FACEBOOK: ("instagram_basic",)}
PUBLISH: Permissions = {
    INSTAGRAM: ("instagram_business_basic", "instagram_business_content_publish"),
    FACEBOOK: ("instagram_basic", "instagram_content_publish", "pages_read_engagement"),
}
COMMENT: Permissions = {
    INSTAGRAM: ("instagram_business_basic", "instagram_business_manage_comments"),
    FACEBOOK: ("instagram_basic", "instagram_manage_comments", "pages_read_engagement"),
}
INSIGHTS: Permissions = {
    INSTAGRAM: ("instagram_business_basic", "instagram_business_manage_insights"),
    FACEBOOK: ("instagram_basic", "instagram_manage_insights", "pages_read_engagement"),
}
CONTENTS: Permissions = {FACEBOOK: ("instagram_basic", "instagram_manage_contents")}
PAGES: Permissions = {FACEBOOK: ("pages_show_list",)}
NOTHING: Permissions = {}


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the API's table."""

    handler: Handler
    permissions: Permissions
    logins: frozenset[str] = _BOTH


@dataclass(frozen=True, slots=True)
class Address:
    """A path taken apart: host's login, version, object and edge."""

    login: str
    version: str
    parts: tuple[str, ...]

    @property
    def node(self) -> str:
        """The object's id, or `me`."""
        return self.parts[0] if self.parts else ""

    @property
    def edge(self) -> str:
        """What of the object is meant; empty: itself."""
        return "/".join(self.parts[1:])


class Gate:
    """Finds the operation of a request and what it is about."""

    def __init__(self, world: World, directory: Directory, grants: Grants, containers: Containers, library: Library):
        self.directory, self.grants, self._usage = directory, grants, Usage(world)
        self._containers, self._library, self._comments = containers, library, Comments(world, library)
        self.operations: dict[tuple[str, str, str], Operation] = {}

    async def answer(self, request: web.Request, address: Address, told: dict[str, str]) -> web.Response:
        """The operation's answer; `told` gets the usage headers. Raises GraphError."""
        given = await parameters_of(request)
        access = self.grants.access(token_of(request, given), address.login)
        kind, target, account = self._object(address, access)
        self._count(access, account.get("id"), told)
        operation = self.operations.get((request.method, kind, address.edge))
        if operation is None or address.login not in operation.logins:
            raise no_such_object(request.method, address.node)
        for name in operation.permissions.get(address.login, ()):
            if name not in access.permissions:
                raise no_permission(name)
        call = Call(request, access, given, address.node, account, target, address.version)
        return await operation.handler(call)

    def _count(self, access: Access, account: str | None, told: dict[str, str]) -> None:
        try:
            self._usage.count(access.client_id, account)
        finally:
            told.update(self._usage.headers(access.client_id, account))

    def _object(self, address: Address, access: Access) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """(kind, record, Instagram account). What belongs to an account the token is not for does not exist for it."""
        node = address.node
        if node == "me":
            of_account = address.login == INSTAGRAM
            account = self.directory.account(access.accounts[0]) if of_account else None
            return ("user" if of_account and address.edge else "me"), {}, account or {}
        if address.login == FACEBOOK and (account := self.directory.by_page(node)) is not None:
            return "page", {}, account if account["id"] in access.accounts else {}
        for kind, record, owner in self._candidates(node):
            account = self.directory.account(owner)
            if account is not None and owner in access.accounts:
                return kind, record, account
        return "nothing", {}, {}

    def _candidates(self, node: str) -> list[tuple[str, dict[str, Any], str]]:
        found: list[tuple[str, dict[str, Any], str]] = []
        if (account := self.directory.account(node)) is not None:
            found.append(("user", account, node))
        if (container := self._containers.get(node)) is not None:
            found.append(("container", container, container["account"]))
        if (media := self._library.readable(node)) is not None:
            found.append(("media", media, media["account"]))
        if (comment := self._comments.get(node)) is not None:
            under = self._library.get(comment["media"])
            if under is not None:
                found.append(("comment", comment, under["account"]))
        return found


def address_of(login: str, path: str) -> Address:
    """Raises GraphError 2500 for a version that is not there yet."""
    parts = [part for part in path.split("/") if part]
    version = NEWEST
    if parts and (match := _VERSION.fullmatch(parts[0])):
        if int(match[1]) > int(NEWEST[1:].split(".", maxsplit=1)[0]):
            raise unknown_path(path)
        version = parts.pop(0)
    if not parts:
        raise GraphError(100, None, "Unsupported request")
    return Address(login, version, tuple(parts))
