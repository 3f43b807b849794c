"""Who may speak to the sandbox: programs, and its own pages; no other web site that the same browser has open.

Its controls ask for no password, so that they are easy to use. A foreign page could otherwise send messages as the
operator (browsers send such requests and name their `Origin`), or read everything under a name of its own that it
lets point at this machine (then the `Host` is that name).
"""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def middleware(*, is_private: bool) -> Any:
    """Refuse requests that a foreign page made. `is_private`: the sandbox listens for this machine alone."""

    @web.middleware
    async def receive(request: web.Request, handler: Any) -> web.StreamResponse:
        if is_foreign(request.headers.get("Origin"), request.host, is_private=is_private):
            raise web.HTTPForbidden(text="This sandbox answers its own pages only.")
        answer: web.StreamResponse = await handler(request)
        return answer

    return receive


def is_foreign(origin: str | None, host: str, *, is_private: bool) -> bool:
    """Whether another site's page asks. The names of a private sandbox are known; others may have any."""
    if is_private and urlsplit(f"//{host}").hostname not in LOOPBACK:
        return True
    return origin is not None and urlsplit(origin).netloc != host
