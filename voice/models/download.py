"""Fetches one file over HTTP: goes on where an earlier try ended, and believes nothing but the checksum."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path

import httpx

from voice.errors import DownloadFailedError
from voice.models.downloadable import Downloadable, is_safe

FOLDER = ".downloads"
CUTS = 5
"""How many broken connections in one go before the operator is told; each try goes on where the last one ended."""
TIMEOUT = httpx.Timeout(30.0, connect=15.0)
OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Download:
    """`client` and the models folder; the unfinished file is kept in `.downloads/` there."""

    client: httpx.Client
    models: Path

    def fetch(self, wanted: Downloadable, on_bytes: OnBytes = lambda _: None) -> Path:
        """The whole, checked file; the caller moves or removes it. Raises DownloadFailedError."""
        folder = self.models / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        part = folder / f"{wanted.sha256[:16]}-{wanted.file}"
        try:
            with part.open("ab+") as file, _alone(file, wanted):
                self._fill(file, wanted, on_bytes)
                _check(file, part, wanted)
        except OSError as error:
            raise _failed(wanted, f"{error.strerror or error}") from error
        finally:
            _drop_empty(part)
        return part

    def _fill(self, file: BufferedRandom, wanted: Downloadable, on_bytes: OnBytes) -> None:
        for _ in range(CUTS):
            try:
                self._more(file, wanted, on_bytes)
            except httpx.TransportError as error:
                problem = type(error).__name__
            else:
                problem = "it ended early"
            if _length(file) == wanted.size:
                return
        if not _length(file):
            raise _failed(
                wanted, f"nothing came from {httpx.URL(wanted.url).host} ({problem}); check the network and try again"
            )
        done = f"{_length(file) / 1e6:.1f} of {wanted.size / 1e6:.1f} MB are here"
        raise _failed(wanted, f"the connection broke ({problem}); {done}, and the same command goes on from there")

    def _more(self, file: BufferedRandom, wanted: Downloadable, on_bytes: OnBytes) -> None:
        """One request for what is missing. A server that knows no ranges sends all, and all is taken anew."""
        have = _length(file)
        if have > wanted.size:
            file.truncate(0)
            have = 0
        if have == wanted.size:
            return
        headers = {"Range": f"bytes={have}-"} if have else {}
        # Compressed on the way, the bytes would not be the ones that the range counts.
        headers["Accept-Encoding"] = "identity"
        with self.client.stream("GET", wanted.url, headers=headers, follow_redirects=True, timeout=TIMEOUT) as answer:
            if not is_safe(str(answer.url)):
                raise _failed(wanted, "the site sends on to an address without https")
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                file.truncate(0)  # what is here is not of that file
                return
            if answer.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise _failed(wanted, f"the site answers {answer.status_code}")
            if answer.status_code == httpx.codes.OK or not _continues(answer, have):
                if answer.status_code == httpx.codes.PARTIAL_CONTENT:
                    raise _failed(wanted, "the site sent another part than it was asked for")
                file.truncate(0)
                have = 0
            # As it comes: what a fixed block size still gathers would be lost with the connection.
            for block in answer.iter_raw():
                have += len(block)
                if have > wanted.size:
                    file.truncate(0)
                    raise _failed(wanted, "the site sends a larger file than the list says")
                file.write(block)
                on_bytes(have)


def _drop_empty(part: Path) -> None:
    """Nothing is left of a try that brought nothing."""
    with contextlib.suppress(OSError):
        if not part.stat().st_size:
            part.unlink()
            part.parent.rmdir()  # unless another download lies there


def _continues(answer: httpx.Response, have: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-")


def _length(file: BufferedRandom) -> int:
    file.flush()
    return os.fstat(file.fileno()).st_size


@contextlib.contextmanager
def _alone(file: BufferedRandom, wanted: Downloadable) -> Iterator[None]:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _failed(wanted, "another command is fetching it now") from None
    yield


def _check(file: BufferedRandom, part: Path, wanted: Downloadable) -> None:
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted.sha256:
        part.unlink()
        raise _failed(wanted, f"what came is not what was published (SHA-256 {found}, and not {wanted.sha256})")


def _failed(wanted: Downloadable, why: str) -> DownloadFailedError:
    return DownloadFailedError(f"{wanted.file} could not be downloaded: {why}.", file=wanted.file, detail=why)
