"""Links by which a site fetches one prepared file: signed, for one render, and good for some hours.

The whole right is in the link (render, end, file type, signature), so the process that makes it and the one that serves
it share nothing but the master key. `url` and `read` are inverse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from storage.keyring import Keyring

FILES_PATH = "/files/"
LIFE = timedelta(hours=6)
"""Meta fetches within minutes, and asks again while a container is being made."""
PURPOSE = "file links"
TYPES: Mapping[str, str] = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
}
_NAME = re.compile(
    r"(?P<render>[1-9][0-9]{0,18})\.(?P<end>[0-9]{1,11})\.(?P<signature>[0-9a-f]{8}\.[A-Za-z0-9_-]{43})\.(?P<kind>[a-z0-9]{1,5})"
)


class LinkUnknownError(Exception):
    """This link was not made here."""


class LinkExpiredError(Exception):
    """The link was good until a while ago."""


@dataclass(frozen=True, slots=True)
class FileTicket:
    """What a good link gives the right to."""

    render_id: int
    mime_type: str


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Makes and reads links below `base_url`, the public address of this fabric's own server."""

    keyring: Keyring = field(repr=False)
    base_url: str
    clock: Callable[[], datetime]
    life: timedelta = LIFE

    def url(self, render_id: int, mime_type: str) -> str:
        """The address of one render; whoever has it may fetch the file until it ends."""
        kind = next((kind for kind, known in TYPES.items() if known == mime_type), "mp4")
        end = int((self.clock() + self.life).timestamp())
        signature = self.keyring.sign(_message(render_id, end, kind), PURPOSE)
        return f"{self.base_url}{FILES_PATH}{render_id}.{end}.{signature}.{kind}"

    def read(self, name: str) -> FileTicket:
        """The right that the last part of an address gives. Raises LinkUnknownError, LinkExpiredError."""
        found = _NAME.fullmatch(name)
        if found is None or found["kind"] not in TYPES:
            raise LinkUnknownError
        render_id, end = int(found["render"]), int(found["end"])
        if not self.keyring.is_signed(_message(render_id, end, found["kind"]), PURPOSE, found["signature"]):
            raise LinkUnknownError
        # After the signature: a forgery learns nothing, and a true link is told why it is refused.
        if datetime.fromtimestamp(end, UTC) <= self.clock():
            raise LinkExpiredError
        return FileTicket(render_id, TYPES[found["kind"]])


def _message(render_id: int, end: int, kind: str) -> str:
    return f"{render_id}.{end}.{kind}"
