"""JSON fields with the exact types that TikTok takes: an int is no float and no string."""

from typing import Any

from sandbox.tiktok.errors import BadParameterError

_INT64 = 2**63 - 1
INT32 = 2**31 - 1


def part(body: dict[str, Any], name: str) -> dict[str, Any]:
    """A required object."""
    value = body.get(name)
    if not isinstance(value, dict):
        raise BadParameterError(f"{name} is required and must be an object")
    return value


def integer(body: dict[str, Any], name: str, default: int | None = None, most: int = _INT64) -> int:
    """An int from 0 to `most`; required where there is no default."""
    value = body.get(name, default)
    if type(value) is not int or not 0 <= value <= most:
        raise BadParameterError(f"{name} is invalid")
    return value


def text(body: dict[str, Any], name: str, default: str | None = None, most_utf16: int | None = None) -> str:
    """A string of at most so many UTF-16 units; required where there is no default."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise BadParameterError(f"{name} is invalid")
    if most_utf16 is not None and len(value.encode("utf-16-le")) // 2 > most_utf16:
        raise BadParameterError(f"{name} is longer than {most_utf16} UTF-16 code units")
    return value


def flag(body: dict[str, Any], name: str) -> bool:
    """A boolean; false where it isn't given."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadParameterError(f"{name} is invalid")
    return value


def choice(body: dict[str, Any], name: str, allowed: frozenset[str]) -> str:
    """One of the names."""
    value = body.get(name)
    if value not in allowed:
        raise BadParameterError(f"{name} is invalid")
    return str(value)
