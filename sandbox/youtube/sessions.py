"""Resumable upload sessions: what was promised, how many bytes lie on disk, and the answer that ended it."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.digests import GrowingDigests
from sandbox.wire import ConnectionCutError
from sandbox.world import World
from sandbox.youtube import settings
from sandbox.youtube.errors import ApiError, bad_json
from sandbox.youtube.library import Library, Video

CHUNK = 262144  # every chunk but the last is a multiple of this
Session = dict[str, Any]
_CONTENT_RANGE = re.compile(r"bytes (?:(\*)|(\d+)-(\d+))/(\*|\d+)")


@dataclass(frozen=True, slots=True)
class ContentRange:
    """`bytes FIRST-LAST/TOTAL`, `bytes */TOTAL`; a total of `*` is not known yet."""

    first: int | None
    last: int | None
    total: int | None

    @property
    def is_query(self) -> bool:
        """`bytes */…`: where do we stand?"""
        return self.first is None


def parse_content_range(header: str) -> ContentRange:
    """Raises ApiError 400."""
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None:
        raise bad_json(f"Failed to parse Content-Range header: {header}")
    star, first, last, total = match.groups()
    size = None if total == "*" else int(total)
    if star:
        return ContentRange(None, None, size)
    if int(last) < int(first) or (size is not None and int(last) >= size):
        raise bad_json(f"Invalid Content-Range: {header}")
    return ContentRange(int(first), int(last), size)


class Sessions:
    """Durable; the size of the file on disk is the truth about what has arrived."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._store, self._library = world, world.store, library
        self._writers: dict[str, object] = {}
        self._endings: dict[str, asyncio.Lock] = {}
        self._digests = GrowingDigests()

    def open(self, session: Session) -> Session:
        """A new session; `session` says channel, client_id, parts, shown, total, content_type and file_name."""
        rules, now = settings.load(self._store), self._world.clock.now()
        opened: Session = {
            **session,
            "id": self._world.token("ADPycd", 90),
            "video_id": self._library.new_id(),
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(seconds=rules.session_life_s)).isoformat(),
            "final": None,
            "killed": None,
        }
        self.path(opened).touch()
        self._store.put("upload_session", opened["id"], opened)
        return opened

    def find(self, upload_id: str) -> Session:
        """Raises ApiError: 404 when there is none (any more), or what it was killed with."""
        session = self._store.get("upload_session", upload_id)
        if session is None or datetime.fromisoformat(session["expires_at"]) <= self._world.clock.now():
            raise ApiError(404, "notFound", "Not Found")
        if session["killed"]:
            raise ApiError(session["killed"], "gone" if session["killed"] == 410 else "uploadSessionLost", "Gone")
        return session

    def all(self) -> list[Session]:
        """Oldest first."""
        return self._store.list("upload_session")

    def kill(self, upload_id: str | None, status: int) -> int:
        """Let unfinished sessions (one, or all) answer `status` from now on; how many were."""
        doomed = [s for s in self.all() if upload_id in (None, s["id"]) and s["final"] is None and not s["killed"]]
        for session in doomed:
            self._store.put("upload_session", session["id"], {**session, "killed": status})
        return len(doomed)

    def sweep(self) -> None:
        """Remove the bytes of sessions that ran out unfinished; their lines stay, so that they go on answering 404."""
        for session in self.all():
            if session["final"] is None and datetime.fromisoformat(session["expires_at"]) <= self._world.clock.now():
                self.path(session).unlink(missing_ok=True)

    def path(self, session: Session) -> Path:
        """Where the bytes lie."""
        return self._library.path(session["video_id"])

    def stored(self, session: Session) -> int:
        """Bytes that have arrived."""
        path = self.path(session)
        return path.stat().st_size if path.exists() else 0

    def set_total(self, session: Session, total: int) -> Session:
        """The size becomes known with the first Content-Range that says it. Raises ApiError where it changes."""
        if session["total"] not in (None, total):
            raise bad_json(f"The upload was announced with {session['total']} bytes, not {total}.")
        if session["total"] is None:
            session = {**session, "total": total}
            self._store.put("upload_session", session["id"], session)
        return session

    async def write(self, session: Session, pieces: AsyncIterator[bytes], limit: int | None) -> None:
        """Append at the end, each piece as it arrives. A later writer of the session ends an earlier one."""
        me = object()
        self._writers[session["id"]] = me
        arrived, path = 0, self.path(session)
        with path.open("ab", buffering=0) as file:
            start = file.tell()
            async for piece in pieces:
                # No await stands between this look and the write, so two writers never interleave.
                if self._writers.get(session["id"]) is not me:
                    raise ConnectionCutError
                arrived += len(piece)
                if limit is not None and arrived > limit:
                    raise bad_json("More bytes than announced.")
                file.write(piece)
                self._digests.feed(path, start + arrived - len(piece), piece)

    def supersede(self, session: Session) -> None:
        """Whoever still writes to this session stops: its client has come back on another connection."""
        self._writers.pop(session["id"], None)

    async def end(self, session: Session, status: int) -> tuple[Session, Video | None]:
        """All bytes are there: the video is made, once. The session's `final` holds the status to answer."""
        lock = self._endings.setdefault(session["id"], asyncio.Lock())
        async with lock:
            session = self.find(session["id"])
            if session["final"] is not None:
                return session, self._store.get("video", session["video_id"])
            digest = await self._digests.of(self.path(session))
            file = {
                "name": session["file_name"],
                "size": self.stored(session),
                "sha256": digest,
                "type": session["content_type"],
            }
            with self._store.transaction():
                video = self._library.add(
                    session["video_id"],
                    channel=session["channel"],
                    client_id=session["client_id"],
                    parts=session["parts"],
                    file=file,
                )
                session = {**session, "final": {"status": status}, "total": file["size"]}
                self._store.put("upload_session", session["id"], session)
            return session, video

    def remember_answer(self, session: Session, body: dict[str, Any]) -> None:
        """What every later request to this session is answered."""
        session["final"]["body"] = body
        self._store.put("upload_session", session["id"], session)
