"""Reading TikTok's JSON: each value is what it should be, or counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(data: Mapping[str, Any], name: str) -> str:
    """Return a string, "" where it is missing or something else."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def whole(data: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number of at least 0; None where it is missing or something else."""
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the strings of a list; a missing list is an empty one."""
    value = data.get(name)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def objects(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list; a missing list is an empty one."""
    value = data.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object, empty where it is missing or something else."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}
