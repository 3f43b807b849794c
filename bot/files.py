"""Fetching a file from the Bot API server: over HTTP, or in local mode from the shared disk.

Cloud: at most 20 MB, over a link good for an hour. Local (`--local`): no limit, `getFile` gives an absolute path.
https://core.telegram.org/bots/api#getfile, https://core.telegram.org/bots/api#using-a-local-bot-api-server
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import stat
from pathlib import Path
from typing import BinaryIO, Protocol

import aiohttp

from bot.errors import FileTooBigError, NotReachedError, RefusedError
from bot.gateway import RemoteFile

CLOUD_LIMIT = 20 * 1024 * 1024
"""Bytes that the cloud's getFile gives out."""
CHUNK = 256 * 1024
READ_TIMEOUT_S = 60
"""How long the server may send nothing; there is no limit on the whole, for a slow line is no error."""


class FileOffice(Protocol):
    """Who knows where a file is."""

    async def file(self, file_id: str) -> RemoteFile: ...


class TelegramFiles:
    """Fetches files of one bot. The token is in the addresses, and never in an error."""

    def __init__(
        self, *, office: FileOffice, http: aiohttp.ClientSession, token: str, api_url: str, is_local: bool
    ) -> None:
        self._office = office
        self._http = http
        self._root = f"{api_url.rstrip('/')}/file/bot{token}"
        self._is_local = is_local

    @property
    def limit(self) -> int | None:
        """The largest file in bytes that can be fetched; None: any."""
        return None if self._is_local else CLOUD_LIMIT

    async def fetch(self, file_id: str, target: Path) -> None:
        """Write the file to `target`, which appears complete or not at all.

        Raises FileTooBigError, NotReachedError (try again), RefusedError, OSError.
        """
        found = await self._office.file(file_id)
        part = target.with_name(target.name + ".part")
        source = Path(found.path)
        try:
            if self._is_local and source.is_absolute():
                await asyncio.get_running_loop().run_in_executor(None, _take, source, part)
            else:
                await self._download(found.path, part)
            await asyncio.get_running_loop().run_in_executor(None, _settle, part, target)
        finally:
            # What did not fit must not keep the disk full.
            part.unlink(missing_ok=True)

    async def _download(self, path: str, part: Path) -> None:
        timeout = aiohttp.ClientTimeout(total=None, connect=15, sock_read=READ_TIMEOUT_S)
        try:
            async with self._http.get(f"{self._root}/{path}", timeout=timeout, allow_redirects=False) as response:
                if response.status >= 500:
                    raise NotReachedError(f"the file server answered {response.status}")
                if response.status != 200:
                    raise RefusedError(f"the file server answered {response.status}")
                with part.open("wb") as file:
                    await _copy(response, file, self.limit)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotReachedError(f"the download broke off ({type(error).__name__})") from None


async def _copy(response: aiohttp.ClientResponse, file: BinaryIO, limit: int | None) -> None:
    async for chunk in response.content.iter_chunked(CHUNK):
        file.write(chunk)
        if limit is not None and file.tell() > limit:
            raise FileTooBigError(f"the file server sent more than {limit} bytes")
    expected = response.content_length
    if expected is not None and file.tell() < expected and "Content-Encoding" not in response.headers:
        raise NotReachedError("the download ended early")


def _take(source: Path, part: Path) -> None:
    """A second name for the same bytes where the disk is shared, a copy where it is not.

    A plain file alone: a link could lead anywhere, and a pipe or a device has no end.
    """
    if not stat.S_ISREG(source.lstat().st_mode):
        raise RefusedError("the path that the server gave is no plain file")
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK):
            raise
        shutil.copyfile(source, part)


def _settle(part: Path, target: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
