"""Lists in pages: `limit`, and the cursors `after` and `before`."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.instagram.call import Call

_MOST = 100


def page_of(call: Call, found: Sequence[dict[str, Any]], shown: Callable[[Any], Any], usual: int) -> dict[str, Any]:
    """The asked-for part of what was found, with its cursors; `next` only where more follows.

    The API's own `next` carries the caller's token. Here it does not, so that no token comes to stand in a record.
    """
    ids, limit = [row["id"] for row in found], min(call.number("limit") or usual, _MOST)
    start = 0
    if after := call.text("after"):
        start = ids.index(after) + 1 if after in ids else len(ids)
    elif before := call.text("before"):
        start = max(0, (ids.index(before) if before in ids else 0) - limit)
    page = found[start : start + limit]
    body: dict[str, Any] = {"data": [shown(row) for row in page]}
    if page:
        body["paging"] = {"cursors": {"before": page[0]["id"], "after": page[-1]["id"]}}
        if start + limit < len(found):
            following = call.request.url.update_query(after=page[-1]["id"])
            body["paging"]["next"] = str(following.without_query_params("access_token"))
    return body
