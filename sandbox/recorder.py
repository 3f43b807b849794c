"""What was asked of the sandbox, request by request, with secrets hashed."""

import hashlib
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 5000  # requests remembered
_HEADERS = (
    "Authorization", "Content-Length", "Content-Range", "Content-Type", "Range", "Slug", "User-Agent",
    "X-Upload-Content-Length", "X-Upload-Content-Type", "offset", "file_size",
)  # fmt: skip
_SECRET_HEADERS = frozenset({"Authorization"})
_SECRET_QUERY = frozenset({
    "upload_id", "upload_token", "code", "state", "token", "code_challenge", "access_token", "client_secret",
    "fb_exchange_token", "input_token",
})  # fmt: skip
_BOT_TOKEN = re.compile(r"(/bot)[^/]+")


@dataclass(slots=True)
class RecordedRequest:
    """One request. `status` is None when the connection was closed without an answer."""

    number: int
    at: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body_bytes: int = 0
    body_sha256: str | None = None
    status: int | None = None
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the control route gives it."""
        return asdict(self)


def fingerprint(secret: str) -> str:
    """Enough to compare two secrets, too little to use one."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


def masked_path(path: str) -> str:
    """A Bot API path without its token."""
    return _BOT_TOKEN.sub(r"\1<token>", path)


class Recorder:
    """The last requests in order of arrival."""

    def __init__(self) -> None:
        self._requests: deque[RecordedRequest] = deque(maxlen=_KEPT)
        self._count = 0

    def begin(
        self, *, at: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> RecordedRequest:
        """Note the arrival; the caller fills in the rest as it becomes known."""
        self._count += 1
        kept = {name: headers[name] for name in _HEADERS if name in headers}
        record = RecordedRequest(
            number=self._count,
            at=at,
            method=method,
            path=masked_path(path),
            query={k: fingerprint(v) if k in _SECRET_QUERY else v for k, v in query.items()},
            headers={k: fingerprint(v) if k in _SECRET_HEADERS else v for k, v in kept.items()},
        )
        self._requests.append(record)
        return record

    def all(self) -> tuple[RecordedRequest, ...]:
        """Oldest first."""
        return tuple(self._requests)

    def clear(self) -> None:
        """Forget them."""
        self._requests.clear()
