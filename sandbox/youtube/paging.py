"""Pages of a list: maxResults and pageToken in, a slice and the next token out."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.youtube import errors, resource
from sandbox.youtube.gate import Call

T = TypeVar("T")


def page_of(
    call: Call, kind: str, found: Sequence[T], show: Callable[[T], dict[str, Any]], *, usual: int, most: int
) -> dict[str, Any]:
    """The list response with the page that was asked for. Raises ApiError for a bad size or token."""
    size, start = _size(call, usual, most), _start(call)
    items = [show(item) for item in found[start : start + size]]
    body = resource.listing(kind, items, total=len(found), page=size)
    if start + size < len(found):
        body["nextPageToken"] = _token(start + size)
    if start > 0:
        body["prevPageToken"] = _token(max(0, start - size))
    return body


def _size(call: Call, usual: int, most: int) -> int:
    given = call.query("maxResults", str(usual))
    if not given.isdecimal() or int(given) > most:
        raise errors.bad_request("invalidValue", f"Values must be within the range: [0, {most}]", "maxResults")
    return int(given)


def _start(call: Call) -> int:
    token = call.query("pageToken")
    if not token:
        return 0
    try:
        kind, _, start = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if kind == "from":
            return int(start)
    except ValueError:
        pass  # base64's and Unicode's errors are ValueErrors too: no token of ours
    raise errors.bad_request("invalidPageToken", "The request specifies an invalid page token.", "pageToken")


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()
