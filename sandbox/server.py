"""One web application on one port, with each outside server under its own path."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from aiohttp import web

from sandbox import faults, visitors
from sandbox.world import World

LARGEST_BODY = 2_100_000_000  # a local Bot API server takes files of 2000 MB
SERVERS = ("telegram", "google", "youtube", "tiktok", "instagram", "control")


def build(world: World, *, is_private: bool = True) -> web.Application:
    """The whole sandbox. Each `sandbox.<name>` offers `app(world) -> web.Application`; the page's lies at the root."""
    root = web.Application(
        middlewares=[visitors.middleware(is_private=is_private), faults.middleware(world)], client_max_size=LARGEST_BODY
    )
    for name in SERVERS:
        server = _server(name, world)
        if server is not None:
            root.add_subapp(f"/{name}", server)
    page = _server("page", world)
    if page is not None:
        _adopt(root, page)
    root.on_shutdown.append(_let_go(world))
    return root


def _server(name: str, world: World) -> web.Application | None:
    # An outside server that isn't installed is simply not there: 404.
    if find_spec(f"sandbox.{name}") is None:
        return None
    module = import_module(f"sandbox.{name}")
    if not hasattr(module, "app"):
        return None
    application: web.Application = module.app(world)
    return application


def _adopt(root: web.Application, page: web.Application) -> None:
    """The page's own routes at `/` (aiohttp refuses a sub-application with an empty prefix)."""
    for resource in page.router.resources():
        root.router.register_resource(resource)
    root.on_startup.extend(page.on_startup)
    root.on_shutdown.extend(page.on_shutdown)
    root.on_cleanup.extend(page.on_cleanup)
    root.cleanup_ctx.extend(page.cleanup_ctx)


def _let_go(world: World) -> Any:
    async def let_go(_: web.Application) -> None:
        # Live streams and held requests would otherwise keep the server up until its time limit.
        world.events.close()
        world.faults.release_all()

    return let_go
