"""The Bot API over HTTP: ``/bot<token>/<method>`` and ``/file/bot<token>/<path>``."""

import hmac
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.telegram.call import Call, read_call
from sandbox.telegram.errors import ApiError, unauthorized, unknown_method
from sandbox.telegram.known import KNOWN_PARAMETERS
from sandbox.telegram.methods import METHODS, find_method
from sandbox.telegram.telegram import Telegram, telegram_of
from sandbox.world import World

_UNLOGGED = {"getUpdates"}


def app(world: World) -> web.Application:
    """The server, to be mounted at ``/telegram``."""
    telegram = telegram_of(world)
    server = _Server(telegram)
    application = web.Application()
    application.router.add_route("*", "/bot{token}/{method}", server.answer)
    application.router.add_get("/file/bot{token}/{path:.+}", server.download)
    application.router.add_route("*", "/{anything:.*}", server.nowhere)
    application.on_shutdown.append(_let_go(telegram))
    return application


def _let_go(telegram: Telegram) -> Callable[[web.Application], Awaitable[None]]:
    async def let_go(_: web.Application) -> None:
        telegram.updates.close()

    return let_go


class _Server:
    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method, call = request.match_info["method"], None
        try:
            self._check_token(request)
            method = find_method(method)
            call = await read_call(method, request, self._telegram.files, self._telegram.settings.upload_limit)
            result = await self._perform(request, method, call)
        except ApiError as error:
            self._note(method, call, error)
            headers = {"Retry-After": str(error.parameters["retry_after"])} if error.parameters else None
            return web.json_response(error.body(), status=error.code, headers=headers)
        finally:
            for upload in call.uploads.values() if call else ():
                upload.path.unlink(missing_ok=True)
        self._note(method, call, None)
        return web.json_response({"ok": True, "result": result})

    async def _perform(self, request: web.Request, method: str, call: Call) -> Any:
        if method == "getUpdates":
            with self._telegram.presence.polling(request):
                return await METHODS[method](self._telegram, call)
        result = METHODS[method](self._telegram, call)
        return await result if inspect.isawaitable(result) else result

    async def download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
        except ApiError as error:
            return web.json_response(error.body(), status=error.code)
        place = self._telegram.files.by_path(request.match_info["path"])
        # A --local server gives paths and serves no files.
        if place is None or self._telegram.settings.local:
            return web.json_response(ApiError(404, "Not Found").body(), status=404)
        return web.FileResponse(place, headers={"Content-Type": "application/octet-stream"})

    async def nowhere(self, _: web.Request) -> web.StreamResponse:
        error = unknown_method()
        return web.json_response({**error.body(), "description": "Not Found"}, status=404)

    def _check_token(self, request: web.Request) -> None:
        given = request.match_info["token"].encode()
        if not hmac.compare_digest(given, self._telegram.settings.token.encode()):
            raise unauthorized()

    def _note(self, method: str, call: Call | None, error: ApiError | None) -> None:
        if method in _UNLOGGED and error is None:
            return
        given: dict[str, Any] = call.given if call else {}
        known = KNOWN_PARAMETERS.get(method, frozenset())
        strange = sorted(name for name in given if name not in known) if call else []
        self._telegram.log.append(
            {
                "at": self._telegram.world.clock.now().isoformat(),
                "method": method,
                "parameters": given,
                "error": None if error is None else {"code": error.code, "description": error.description},
                "warnings": [f"unknown parameter {name}" for name in strange],
            }
        )
