"""One prepared file per signed link, for sites that fetch the video themselves; nothing else is to be had here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from scheduler.file_links import FILES_PATH, FileLinks, FileTicket, LinkExpiredError, LinkUnknownError
from storage.database import Database
from storage.errors import NotFoundError
from storage.values import Render

log = logging.getLogger(__name__)

_HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}


class FileShelf:
    """Answers GET and HEAD, also for a part of the file. `folders` are the only places that files are given from."""

    def __init__(self, *, db: Database, links: FileLinks, folders: Sequence[Path]) -> None:
        self._db = db
        self._links = links
        self._folders = tuple(folder.resolve() for folder in folders)

    def add_to(self, app: web.Application, prefix: str = "") -> None:
        """Answer below `prefix` + `/files/`."""
        app.router.add_get(f"{prefix}{FILES_PATH}{{name}}", self._give)

    async def _give(self, request: web.Request) -> web.StreamResponse:
        try:
            ticket = self._links.read(request.match_info["name"])
        except LinkUnknownError:
            raise web.HTTPNotFound(headers=_HEADERS) from None
        except LinkExpiredError:
            raise web.HTTPGone(headers=_HEADERS) from None
        path = await self._path(ticket)
        log.info("render %s is being fetched (%s)", ticket.render_id, request.method)
        return web.FileResponse(path, headers={**_HEADERS, "Content-Type": ticket.mime_type})

    async def _path(self, ticket: FileTicket) -> Path:
        try:
            async with self._db.read() as uow:
                render: Render = await uow.renders.get(ticket.render_id)
        except NotFoundError:
            raise web.HTTPNotFound(headers=_HEADERS) from None
        path = Path(render.path).resolve()
        is_whole = path.is_file() and path.stat().st_size == render.size
        if not is_whole or not any(path.is_relative_to(folder) for folder in self._folders):
            raise web.HTTPNotFound(headers=_HEADERS)
        return path
