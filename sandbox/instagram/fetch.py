"""Meta's fetcher: it GETs a video_url or cover_url with no token, and here from this machine alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from sandbox.instagram import settings
from sandbox.instagram.containers import FETCHING, IN_PROGRESS, Container, Containers
from sandbox.instagram.errors import GraphError
from sandbox.world import World

_AGENT = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PIECE = 262_144
_MOST_REDIRECTS = 3
_LARGEST_COVER = 8_000_000
_NO_FETCH, _TOO_SLOW = 2207052, 2207003
_NO_VIDEO = ("text/", "application/json", "image/")


class Fetcher:
    """One GET per address; the head is looked at while the caller waits, the body comes in the background."""

    def __init__(self, world: World, containers: Containers) -> None:
        self._world, self._containers = world, containers
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, container: Container) -> None:
        """Raises GraphError 9004/2207052 or -2/2207003 for an address that gives no video."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._spawn(container, ready)
        await ready

    def go_on(self) -> None:
        """After a restart: what was being fetched is fetched anew."""
        for container in self._containers.all():
            if container["state"] == FETCHING and self._containers.status_code(container) == IN_PROGRESS:
                self._spawn(container, None)

    async def stop(self) -> None:
        """Give up what is being fetched; the next start goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def cover(self, url: str, path: Path) -> None:
        """A JPEG of at most 8 MB. Raises GraphError 9004/2207052."""
        try:
            async with self._opened(url) as response:
                content = await response.content.read(_LARGEST_COVER + 1)
                while len(content) <= _LARGEST_COVER and (piece := await response.content.read(_PIECE)):
                    content += piece
        except (ClientError, OSError, ValueError) as error:
            raise _refusal(_NO_FETCH) from error
        if not content.startswith(b"\xff\xd8") or len(content) > _LARGEST_COVER:
            raise _refusal(_NO_FETCH)
        path.write_bytes(content)

    def _spawn(self, container: Container, ready: asyncio.Future[None] | None) -> None:
        task = asyncio.create_task(self._fetch(container, ready))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fetch(self, container: Container, ready: asyncio.Future[None] | None) -> None:
        code = 0
        try:
            async with self._opened(container["video_url"]) as response:
                self._check_head(response)
                if ready is not None and not ready.done():
                    ready.set_result(None)
                await self._body(container, response)
        except TimeoutError:
            code = _TOO_SLOW
        except (ClientError, OSError, ValueError):
            code = _NO_FETCH
        if code:
            self._containers.fail(container, code)
            if ready is not None and not ready.done():
                ready.set_exception(_refusal(code))
        else:
            await self._containers.complete(container)

    async def _body(self, container: Container, response: ClientResponse) -> None:
        rules, arrived = settings.load(self._world.store), 0
        path = self._containers.path(container)
        with path.open("wb", buffering=0) as file:
            async for piece in response.content.iter_chunked(_PIECE):
                arrived += len(piece)
                if arrived > rules.largest_file:
                    raise ValueError("larger than a Reel may be")
                file.write(piece)
                self._containers.digests.feed(path, arrived - len(piece), piece)
                if rules.fetch_bytes_per_s:
                    await asyncio.sleep(len(piece) / rules.fetch_bytes_per_s)

    def _check_head(self, response: ClientResponse) -> None:
        """Raises ValueError for what is no video, or too large a one."""
        largest = settings.load(self._world.store).largest_file
        if response.content_type.startswith(_NO_VIDEO):
            raise ValueError(f"no video: {response.content_type}")
        if response.content_length is not None and not 0 < response.content_length <= largest:
            raise ValueError(f"a video of {response.content_length} bytes")

    @contextlib.asynccontextmanager
    async def _opened(self, url: str) -> AsyncIterator[ClientResponse]:
        """The answer 200, after redirects that stay on this machine. Raises ValueError, ClientError, TimeoutError."""
        rules = settings.load(self._world.store)
        limit = ClientTimeout(total=None, sock_connect=rules.fetch_timeout_s, sock_read=rules.fetch_timeout_s)
        async with ClientSession(timeout=limit, headers={"User-Agent": _AGENT}, trust_env=False) as session:
            for _ in range(_MOST_REDIRECTS + 1):
                _check_address(url)
                if rules.fetch_head:
                    async with session.head(url, allow_redirects=False):
                        pass
                async with session.get(url, allow_redirects=False) as response:
                    if response.status in (301, 302, 303, 307, 308):
                        url = urljoin(url, response.headers.get("Location", ""))
                        continue
                    if response.status != 200:
                        raise ValueError(f"answered {response.status}")
                    yield response
                    return
        raise ValueError("too many redirects")


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname not in _LOOPBACK:
        raise ValueError("the sandbox fetches from this machine alone")


def _refusal(code: int) -> GraphError:
    if code == _TOO_SLOW:
        return GraphError(-2, code, "Timeout: it takes too long to download the media.", is_transient=True)
    return GraphError(9004, code)
