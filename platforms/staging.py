"""What a site lets us do before the minute at which a post is to be public, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Staging:
    """An upload may begin before its minute, at the earliest `at_most` before; `usual` is how early is sensible.

    How the rest waits follows from what the site is. One with `separate_publish` has all bytes, and `publish` waits.
    Posts of a privacy named in `timed` become public by the site's own clock (`options["publish_at"]`): nothing waits
    with us. Everywhere else the last bytes wait, for they publish. `source` is the page that states the limits.
    """

    usual: timedelta
    at_most: timedelta
    source: str
    timed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not timedelta() < self.usual <= self.at_most:
            raise ValueError(f"staging begins more than 0 and at most {self.at_most} ahead, got {self.usual}")

    def ahead(self, wanted: timedelta | None) -> timedelta:
        """How early to begin: as wanted, as far as the site bears it."""
        return self.usual if wanted is None else min(wanted, self.at_most)
