"""Finds the platforms: each folder beside this file is one, and its `build` decides whether it is configured."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx

from platforms.base import Platform
from platforms.http import Http, create_client

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time as an aware UTC datetime."""
    return datetime.now(UTC)


def platform_names() -> tuple[str, ...]:
    """Name the platform folders, whether configured or not."""
    return tuple(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg)


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
    tls = httpx.create_ssl_context()  # shared: each context holds every root certificate anew
    platforms: dict[str, Platform] = {}
    for name in names:
        if not (settings := settings_by_platform.get(name)):
            continue
        module = importlib.import_module(f"platforms.{name}")
        http = Http(create_client(transport=transport, tls=tls), name)
        platform: Platform | None = module.build(settings, http, clock)
        if platform is not None:
            platforms[name] = platform
    return platforms
