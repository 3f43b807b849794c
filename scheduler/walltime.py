"""A time typed by a person in their own zone becomes a moment in UTC.

Understood: `18:30` (the next one), `today 18:30`, `tomorrow 18:30`, `2026-11-21 18:30`, `21.11 18:30`,
`21.11.2026 18:30`, `+2h`, `+30m`, `+1h30m`, `in 30 min`, and in Russian `сегодня`, `завтра`, `через 2 часа`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.errors import TimeFormatError, TimeGapError, TimeInPastError

_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<day_word>today|tomorrow|сегодня|завтра)?\s*(?:at\s+|в\s+)?{_CLOCK}",
        rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})[ t]\s*(?:at\s+|в\s+)?{_CLOCK}",
        rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})(?:\.(?P<year>\d{{4}}))?\s+(?:at\s+|в\s+)?{_CLOCK}",
    )
)
_UNITS = {
    "d": ("d", "day", "days", "д", "дн", "день", "дня", "дней"),
    "h": ("h", "hr", "hour", "hours", "ч", "час", "часа", "часов"),
    "m": ("m", "min", "mins", "minute", "minutes", "м", "мин", "минут", "минута", "минуты", "минуту"),
    "s": ("s", "sec", "secs", "second", "seconds", "с", "сек", "секунд", "секунда", "секунды", "секунду"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PERIOD = re.compile(r"(?:\+|in\s+|через\s+)(?P<parts>(?:\d{1,6}\s*[a-zа-я]+\.?\s*)+)")
_PART = re.compile(r"(\d{1,6})\s*([a-zа-я]+)")
_TOMORROW = ("tomorrow", "завтра")
_FARTHEST = timedelta(days=3650)
_MISTAKE = timedelta(days=180)


def parse_time(text: str, *, now: datetime, timezone: str) -> datetime:
    """The moment (aware UTC) that `text` means to a person in `timezone` (an IANA name) at `now` (aware).

    Raises TimeFormatError, TimeInPastError, or TimeGapError for a time that the clocks skip in spring. A time that
    happens twice in autumn means the first one. A bare `18:30` is the next one; with a date it is never moved.
    """
    words = " ".join(text.strip().lower().split())
    period = _PERIOD.fullmatch(words)
    moment = _after(now, period["parts"], text) if period else _at_wall_time(words, now, ZoneInfo(timezone), text)
    if moment <= now:
        raise TimeInPastError(text=text.strip())
    if moment - now > _FARTHEST:
        raise TimeFormatError(text=text.strip())
    return moment


def _after(now: datetime, parts: str, text: str) -> datetime:
    seconds = 0
    for amount, word in _PART.findall(parts):
        if word not in _UNIT_OF:
            raise TimeFormatError(text=text.strip())
        seconds += int(amount) * _SECONDS[_UNIT_OF[word]]
    if seconds > _FARTHEST.total_seconds():
        raise TimeFormatError(text=text.strip())
    return now.astimezone(UTC) + timedelta(seconds=seconds)


def _at_wall_time(words: str, now: datetime, zone: ZoneInfo, text: str) -> datetime:
    found = next((match for form in _FORMS if (match := form.fullmatch(words))), None)
    if found is None:
        raise TimeFormatError(text=text.strip())
    parts = found.groupdict()
    today = now.astimezone(zone).date()
    try:
        clock = time(int(parts["hour"]), int(parts["minute"]))
        day = _day(parts, today)
        return _moment(parts, day, clock, now, zone, text)
    except (ValueError, OverflowError) as error:
        raise TimeFormatError(text=text.strip()) from error


def _moment(parts: dict[str, str | None], day: date, clock: time, now: datetime, zone: ZoneInfo, text: str) -> datetime:
    today = now.astimezone(zone).date()
    moment = to_utc(day, clock, zone, text)
    if parts.get("day") is None and parts.get("day_word") is None and moment <= now:
        return to_utc(today + timedelta(days=1), clock, zone, text)
    if parts.get("day") is not None and parts.get("year") is None and moment <= now:
        # `03.01 10:00` typed in November is next January; one typed a day late is a mistake and said to be one.
        return moment if now - moment < _MISTAKE else to_utc(day.replace(year=day.year + 1), clock, zone, text)
    return moment


def _day(parts: dict[str, str | None], today: date) -> date:
    day, month, year = parts.get("day"), parts.get("month"), parts.get("year")
    if day is not None and month is not None:
        return date(int(year) if year else today.year, int(month), int(day))
    return today + timedelta(days=1) if parts.get("day_word") in _TOMORROW else today


def to_utc(day: date, clock: time, zone: ZoneInfo, text: str = "") -> datetime:
    """The first moment at which clocks in `zone` show `clock` on `day`; TimeGapError if they never do."""
    wall = datetime.combine(day, clock, tzinfo=zone).replace(fold=0)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise TimeGapError(text=text.strip() or f"{day:%Y-%m-%d} {clock:%H:%M}", timezone=zone.key)
    return moment
