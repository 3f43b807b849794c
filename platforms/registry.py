"""Finds the platforms: each folder beside this file is one.

Its `SETTINGS` say what it wants to be told, and its `build` decides whether that configures it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import httpx

import platforms
from platforms.base import Platform
from platforms.declared import Declaration
from platforms.http import Http, create_client

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time as an aware UTC datetime."""
    return datetime.now(UTC)


def platform_names() -> tuple[str, ...]:
    """Name the platform folders, whether configured or not."""
    return tuple(module.name for module in pkgutil.iter_modules(platforms.__path__) if module.ispkg)


def declarations() -> dict[str, Declaration]:
    """What each platform folder wants to be told, by its name."""
    return {name: importlib.import_module(f"platforms.{name}").SETTINGS for name in platform_names()}


def load_platforms(
    settings_by_platform: Mapping[str, Mapping[str, str]],
    *,
    clock: Clock = utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
) -> dict[str, Platform]:
    """Build every platform that its settings configure, by name; close each one when done.

    Raises PlatformSettingsError for a half-made configuration and ValueError for settings of no platform.
    """
    names = platform_names()
    if unknown := sorted(set(settings_by_platform) - set(names)):
        raise ValueError(f"no such platform: {', '.join(unknown)}; there are {', '.join(names)}")
    built: dict[str, Platform] = {}
    for name in names:
        if not (settings := settings_by_platform.get(name)):
            continue
        module = importlib.import_module(f"platforms.{name}")
        http = Http(create_client(transport=transport), name)
        platform: Platform | None = module.build(settings, http, clock)
        if platform is not None:
            built[name] = platform
    return built
