"""Moments, lengths, sizes and progress, as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.texts import Speech
from storage.values import Fault

BAR_CELLS = 12
_OPTION_KEY = re.compile(r"option(\.[a-z0-9_]+)+")
_UNITS = ("unit.b", "unit.kb", "unit.mb", "unit.gb")


SHORT_S = 120
"""Lengths below this are told in seconds."""


def zone_of(name: str) -> ZoneInfo:
    """The zone by its IANA name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def duration(seconds: float) -> str:
    """`0:20`, `12:05`, `1:02:03`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def length(seconds: float, t: Speech) -> str:
    """`2.4 s`, `60 s`, `12:05`."""
    return t.plain("unit.s", n=decimal(seconds, t)) if seconds < SHORT_S else duration(seconds)


def size(count: int, t: Speech) -> str:
    """Bytes in the largest unit that leaves a readable number: `3.4 MB`, `3,4 МБ`."""
    amount, step = float(count), 0
    while amount >= 1000 and step < len(_UNITS) - 1:
        amount, step = amount / 1000, step + 1
    number = f"{amount:.1f}" if 0 < amount < 10 and step else f"{amount:.0f}"
    return t.plain(_UNITS[step], n=number.replace(".", t.plain("format.decimal_point")))


def number(count: int, t: Speech) -> str:
    """`10,000`, `10 000`: with the separators of the language."""
    from babel.numbers import format_decimal

    return format_decimal(count, locale=t.locale)


def decimal(value: float, t: Speech) -> str:
    """A number with no more than one place behind the point: `30`, `29.9`, `29,9`."""
    shown = f"{value:.1f}".removesuffix(".0")
    return shown.replace(".", t.plain("format.decimal_point"))


def clock(when: datetime, zone: str) -> str:
    """`18:30` on the operator's clock."""
    return f"{when.astimezone(zone_of(zone)):%H:%M}"


def moment(when: datetime, zone: str, now: datetime, t: Speech) -> str:
    """A time on the operator's clock: `today 18:30`, `Sat 21 Nov, 18:30`; the year only if it is another one."""
    from babel.dates import format_datetime

    local, today = when.astimezone(zone_of(zone)), now.astimezone(zone_of(zone)).date()
    for days, key in ((0, "time.today"), (1, "time.tomorrow")):
        if local.date() == today + timedelta(days=days):
            return t.plain(key, clock=clock(when, zone))
    pattern = "EEE d MMM, HH:mm" if local.year == today.year else "d MMM y, HH:mm"
    return format_datetime(local, pattern, locale=t.locale)


def offset(zone: str, now: datetime) -> str:
    """A zone with its present distance from UTC: `Europe/Moscow, UTC+03:00`."""
    spelled = f"{now.astimezone(zone_of(zone)):%z}"
    return f"{zone}, UTC{spelled[:3]}:{spelled[3:]}" if zone != "UTC" else "UTC"


def bar(fraction: float) -> str:
    """A progress bar of twelve cells; whatever has begun shows at least one."""
    filled = round(min(1.0, max(0.0, fraction)) * BAR_CELLS)
    if fraction > 0:
        filled = max(1, filled)
    return "▰" * filled + "▱" * (BAR_CELLS - filled)


def percent(fraction: float) -> str:
    """`42 %`; never 100 before it is done."""
    return f"{int(min(1.0, max(0.0, fraction)) * 100)} %"


def fault_sentence(fault: Fault, t: Speech, *, zone: str, now: datetime) -> str:
    """What went wrong, as Telegram HTML; an unknown code still says something and shows itself."""
    key = f"error.{fault.code}"
    if not t.knows(key):
        return t("error.unknown_code", code=fault.code)
    return t(key, **_readable(fault.params, t, zone, now))


def fault_toast(fault: Fault, t: Speech, *, zone: str, now: datetime) -> str:
    """The same in plain text, for a toast."""
    key = f"error.{fault.code}"
    if not t.knows(key):
        return t.plain("error.unknown_code", code=fault.code)
    return t.plain(key, **_readable(fault.params, t, zone, now))


def _readable(params: Mapping[str, object], t: Speech, zone: str, now: datetime) -> dict[str, object]:
    return {
        name: length(value, t)
        if name.endswith("_s") and isinstance(value, int | float)
        else _readable_value(value, t, zone, now)
        for name, value in params.items()
    }


def _readable_value(value: object, t: Speech, zone: str, now: datetime) -> object:
    """An ISO moment becomes the operator's clock, the code of another error its sentence, an option's key its words."""
    if isinstance(value, str) and t.knows(f"error.{value}"):
        return t.plain(f"error.{value}")
    if isinstance(value, str) and "option." in value:
        return _OPTION_KEY.sub(lambda found: t.plain(found[0]) if t.knows(found[0]) else found[0], value)
    if isinstance(value, str) and len(value) >= len("2026-01-01T00:00") and value[10:11] == "T":
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC), zone, now, t)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return value
