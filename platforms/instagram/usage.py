"""How much of its call allowance Meta says we used: the usage headers that come with answers.

Sources: developers.facebook.com/docs/graph-api/overview/rate-limiting (X-App-Usage, X-Business-Use-Case-Usage).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SLOW_DOWN_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Usage:
    """The fullest of all counters, in percent, and how long until a full one frees; None where nothing was said.

    An answer without the headers says nothing: it does not mean that nothing was used.
    """

    percent: int | None = None
    regain: timedelta | None = None

    @property
    def is_high(self) -> bool:
        """Whether it is time to slow down."""
        return self.percent is not None and self.percent >= SLOW_DOWN_PERCENT


def parse_usage(headers: Mapping[str, str]) -> Usage:
    """Read both headers of an answer; what cannot be read is taken as absent."""
    app = _object(headers.get("X-App-Usage"))
    entries = [app, *_business_entries(_object(headers.get("X-Business-Use-Case-Usage")))]
    percents = [_number(entry.get(key)) for entry in entries for key in ("call_count", "total_time", "total_cputime")]
    minutes = max((_number(entry.get("estimated_time_to_regain_access")) or 0 for entry in entries), default=0)
    known = [percent for percent in percents if percent is not None]
    return Usage(percent=max(known) if known else None, regain=timedelta(minutes=minutes) if minutes else None)


def _business_entries(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the counters of every business id; one answer may name several."""
    for entries in body.values():
        if isinstance(entries, list):
            yield from (entry for entry in entries if isinstance(entry, dict))


def _object(header: str | None) -> Mapping[str, Any]:
    try:
        body = json.loads(header) if header else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 10_000_000:
        return None
    return int(value)
