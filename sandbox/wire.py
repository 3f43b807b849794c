"""The body of an upload as it comes off the wire: counted, slowed down, held or cut where a fault says so."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.link import Link

_PIECE = 262144  # bytes handed on at once at most


class ConnectionCutError(ConnectionResetError):
    """The fault plan closed this connection; there is nobody to answer."""


@dataclass(slots=True)
class Wire:
    """How this request's body arrives. Bytes handed on before a cut count as received."""

    request: web.Request
    cut_at: int | None = None
    link: Link | None = None
    hold_at: int | None = None
    hold: Callable[[], Awaitable[None]] | None = None
    received: int = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body in pieces of at most 256 KiB; flat memory. Raises ConnectionCutError at the planned byte."""
        async for arrived in self.request.content.iter_any():
            for start in range(0, len(arrived), _PIECE):
                async for piece in self._shaped(arrived[start : start + _PIECE]):
                    yield piece
        if self.cut_at is not None:
            self._cut()

    async def _shaped(self, piece: bytes) -> AsyncIterator[bytes]:
        while piece:
            allowed = await self._allowance(len(piece))
            head, piece = piece[:allowed], piece[allowed:]
            self.received += len(head)
            if head:
                yield head
            if self.hold is not None and self.hold_at is not None and self.received >= self.hold_at:
                hold, self.hold = self.hold, None
                await hold()
            if self.cut_at is not None and self.received >= self.cut_at:
                self._cut()

    async def _allowance(self, wanted: int) -> int:
        """How many of the wanted bytes may pass now."""
        if self.link is not None:
            wanted = await self.link.allow(wanted)
        for mark in (self.hold_at if self.hold is not None else None, self.cut_at):
            if mark is not None:
                wanted = min(wanted, max(0, mark - self.received))
        return wanted

    def _cut(self) -> None:
        close_connection(self.request)
        raise ConnectionCutError


def close_connection(request: web.Request) -> None:
    """Close the TCP connection at once, with no answer."""
    if request.transport is not None:
        request.transport.abort()


WIRE = web.RequestKey("wire", Wire)
