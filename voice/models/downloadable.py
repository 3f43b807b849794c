"""Which files can be fetched by name: our own list, and the operator's `downloads.toml` in the models folder."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from voice.errors import DownloadFailedError

OUR_LIST = Path(__file__).with_name("downloads.toml")
FILE_NAME = "downloads.toml"
LARGEST_BYTES = 8 << 30
_FILE = re.compile(r"[^./\\\0][^/\\\0]{0,120}")
_SHA256 = re.compile("[0-9a-f]{64}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Downloadable:
    """One file: what it will be called here, where it comes from, its size in bytes and its SHA-256.

    `trust` lets the program in a Silero package run; whoever wrote the list says so.
    """

    name: str
    file: str
    url: str
    size: int
    sha256: str
    about: str = ""
    trust: bool = False

    def __post_init__(self) -> None:
        if not _FILE.fullmatch(self.file):
            raise ValueError(f"file must be the plain name of a file, not {self.file!r}")
        if not is_safe(self.url):
            raise ValueError("url must begin with https:// (http is for this machine alone)")
        if not 0 < self.size <= LARGEST_BYTES:
            raise ValueError(f"size must be a number of bytes up to {LARGEST_BYTES}")
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError("sha256 must be 64 letters a-f and digits")


def is_safe(url: str) -> bool:
    """Whether nobody on the way can change what comes from this address."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def downloadables(models: Path) -> dict[str, Downloadable]:
    """All that can be fetched, by name; an entry of the operator's takes the place of ours. DownloadFailedError."""
    return {**_read(OUR_LIST), **_read(models / FILE_NAME)}


def _read(path: Path) -> dict[str, Downloadable]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DownloadFailedError(f"The list {path.name} cannot be read: {error}.", file=path.name) from error
    return {name: _entry(path, name, entry) for name, entry in data.items()}


def _entry(path: Path, name: str, entry: Any) -> Downloadable:
    try:
        return Downloadable(name=name, **entry)
    except (ValueError, TypeError) as error:  # a wrong value; a key too many or too few, or no table at all
        why = f"{name}: {error}"
        raise DownloadFailedError(f"The list {path.name} cannot be used: {why}.", file=path.name) from error
