"""The address that a site sends the operator's browser back to; it listens only while a consent is open.

Where a site fetches the files itself, the same port gives them out, and is open for good.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from bot.file_shelf import FileShelf
from bot.ports import Accounts
from bot.screen import escape
from bot.texts import Speech, Texts
from scheduler.faults import fault_of
from storage.database import Database
from storage.errors import ConsentExpiredError, ConsentUnknownError, ConsentUsedError
from storage.values import Account, AccountStatus, Fault

log = logging.getLogger(__name__)

LONGEST_S = 600.0
LOOK_EVERY_S = 15.0
CALLBACK_PATH = "/oauth/callback"

_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:18px/1.5 system-ui,sans-serif;max-width:28rem;margin:20vh auto;padding:0 1.5rem;text-align:center}}
p{{color:#555}}@media(prefers-color-scheme:dark){{body{{background:#17212b;color:#fff}}p{{color:#aaa}}}}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>"""


class CallbackServer:
    """One path on one port. Without a free port it stays away: the address can be pasted into the chat instead.

    `prefix` is the path of the public address: a proxy in front may take it off or leave it on, so both are answered.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        db: Database,
        texts: Texts,
        clock: Callable[[], datetime],
        host: str = "127.0.0.1",
        port: int = 8080,
        prefix: str = "",
        shelf: FileShelf | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._accounts = accounts
        self._db = db
        self._texts = texts
        self._clock = clock
        self._host = host
        self._port = port
        self._prefixes = sorted({"", prefix.rstrip("/")})
        self._shelf = shelf
        self._sleep = sleep
        self._runner: web.AppRunner | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._changing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_listening(self) -> bool:
        return self._runner is not None

    @property
    def port(self) -> int:
        """The port it listens on; the one it was told while it does not."""
        return int(self._runner.addresses[0][1]) if self._runner is not None else self._port

    async def serve_files(self) -> None:
        """Listen for good, if there is a shelf; a port that is taken is tried again until it is free."""
        while self._shelf is not None:
            async with self._changing:
                if self._runner is None:
                    await self._listen()
            await self._sleep(LOOK_EVERY_S)

    async def open_until(self, expires_at: datetime) -> None:
        """Listen until then, ten minutes at most; a later consent keeps it open longer."""
        lasts_s = min(LONGEST_S, max(0.0, (expires_at - self._clock()).total_seconds()))
        async with self._changing:
            if self._runner is None:
                await self._listen()
            if self._shelf is not None:
                return
            if self._closing is not None:
                self._closing.cancel()
            self._closing = asyncio.get_running_loop().call_later(lasts_s, self._close_soon)

    async def close(self) -> None:
        """Stop listening."""
        async with self._changing:
            if self._closing is not None:
                self._closing.cancel()
            runner, self._runner = self._runner, None
            if runner is not None:
                await runner.cleanup()

    def _close_soon(self) -> None:
        task = asyncio.get_running_loop().create_task(self.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self) -> None:
        app = web.Application()
        for prefix in self._prefixes:
            app.router.add_get(prefix + CALLBACK_PATH, self._on_callback)
            if self._shelf is not None:
                self._shelf.add_to(app, prefix)
        # No access log: an address holds the one-time code, or the right to a file.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            log.warning("cannot listen on %s:%s (%s); the address can be pasted instead", self._host, self._port, error)
            await runner.cleanup()
            return
        self._runner = runner

    async def _on_callback(self, request: web.Request) -> web.Response:
        t = self._texts.of(request.headers.get("Accept-Language", "")[:2])
        try:
            account = await self._accounts.complete_connect(params=dict(request.query), operator_id=None)
        except Exception as error:  # noqa: BLE001
            # The border: a browser waits for a page, whatever went wrong. Only the code is told, never the query.
            fault = fault_of(error)
            log.warning("a consent did not become an account: %s", fault.code)
            return _page(t, t.plain("page.failed"), _advice(fault, t), status=400)
        t = await self._language_of(account)
        if account.status is AccountStatus.UNCONFIRMED:
            return _page(t, t.plain("page.confirm", account=account.title), t.plain("page.confirm_text"))
        return _page(t, t.plain("page.connected", account=account.title), t.plain("page.connected_text"))

    async def _language_of(self, account: Account) -> Speech:
        async with self._db.read() as uow:
            return self._texts.of((await uow.operators.get(account.operator_id)).locale)


def _advice(fault: Fault, t: Speech) -> str:
    """The chat hears of a consent that was good and failed; of any other only this page can tell."""
    told_here = (ConsentUnknownError.code, ConsentUsedError.code, ConsentExpiredError.code)
    return t.plain(f"error.{fault.code}" if fault.code in told_here else "page.failed_text")


def _page(t: Speech, title: str, text: str, *, status: int = 200) -> web.Response:
    body = _PAGE.format(lang=t.locale, title=escape(title), text=escape(text))
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=body, status=status, content_type="text/html", headers=headers)
