"""The project's quota: buckets by the day of California, and a short limit per minute."""

from collections import deque
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.google.directory import PROJECT_NUMBER
from sandbox.world import World
from sandbox.youtube import errors, settings

_CALIFORNIA = ZoneInfo("America/Los_Angeles")
UNITS, INSERTS, SEARCHES, STATS, ANALYTICS = "units", "inserts", "searches", "stats", "analytics"
_METRICS = {INSERTS: "Video Uploads", SEARCHES: "Search Queries", STATS: "Batch Get Stats", ANALYTICS: "Queries"}


class Quota:
    """What the project has used today. One project owns all clients of the sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._recent: deque[datetime] = deque()

    def spend(self, bucket: str, cost: int) -> None:
        """Raises ApiError where it would be too much, and then spends nothing."""
        self._pace()
        rules = settings.load(self._world.store)
        if bucket == INSERTS and rules.legacy_insert_units is not None:
            bucket, cost = UNITS, rules.legacy_insert_units
        used = self.used(bucket)
        if used + cost > self.size(bucket):
            raise (
                errors.quota_exceeded() if bucket == UNITS else errors.bucket_exceeded(_METRICS[bucket], PROJECT_NUMBER)
            )
        self._save(bucket, used + cost)

    def give_back(self, bucket: str, cost: int) -> None:
        """An invalid call costs 1, whatever the method costs."""
        self._save(bucket, max(0, self.used(bucket) - cost))

    def used(self, bucket: str) -> int:
        """Since midnight in California."""
        record = self._world.store.get("quota", bucket)
        return int(record["used"]) if record is not None and record["day"] == self._day() else 0

    def size(self, bucket: str) -> int:
        """Calls or units a day."""
        rules = settings.load(self._world.store)
        return {
            UNITS: rules.units_per_day,
            INSERTS: rules.inserts_per_day,
            SEARCHES: rules.searches_per_day,
            STATS: rules.stats_per_day,
            ANALYTICS: rules.reports_per_day,
        }[bucket]

    def resets_at(self) -> datetime:
        """The next midnight in California, as UTC."""
        tomorrow = self._world.clock.now().astimezone(_CALIFORNIA).date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_CALIFORNIA).astimezone(UTC)

    def clear(self) -> None:
        """Nothing used today."""
        for bucket in (UNITS, INSERTS, SEARCHES, STATS, ANALYTICS):
            self._save(bucket, 0)

    def set_used(self, bucket: str, used: int) -> None:
        """For a test that starts near the edge."""
        self._save(bucket, used)

    def _save(self, bucket: str, used: int) -> None:
        self._world.store.put("quota", bucket, {"bucket": bucket, "day": self._day(), "used": used})

    def _day(self) -> str:
        return self._world.clock.now().astimezone(_CALIFORNIA).date().isoformat()

    def _pace(self) -> None:
        rules, now = settings.load(self._world.store), self._world.clock.now()
        while self._recent and not timedelta(0) <= now - self._recent[0] < timedelta(minutes=1):
            self._recent.popleft()
        if rules.per_minute is not None and len(self._recent) >= rules.per_minute:
            raise errors.too_fast(rules.per_minute_status, PROJECT_NUMBER)
        self._recent.append(now)
