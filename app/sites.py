"""What each publishing site is told, read from the settings by what its folder declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from pydantic import SecretStr

from app.settings import PREFIX, Settings
from platforms.declared import Setting
from platforms.errors import PlatformSettingsError
from platforms.registry import declarations


class SiteState(StrEnum):
    """How far a site is set up."""

    ABSENT = "absent"
    HALF = "half"
    READY = "ready"


def platform_settings(settings: Settings) -> dict[str, dict[str, str]]:
    """What each platform folder is told."""
    return {
        platform: {setting.key: _text(settings, platform, setting) for setting in declaration.settings}
        for platform, declaration in declarations().items()
    }


def missing_names(settings: Settings, platform: str) -> tuple[SiteState, tuple[str, ...]]:
    """How far the site is set up, and the settings that would complete it, as the settings name them."""
    wanted = [setting for setting in declarations()[platform].settings if setting.identifies]
    missing = tuple(each.name(platform) for each in wanted if not _text(settings, platform, each))
    if not missing:
        return SiteState.READY, ()
    return (SiteState.ABSENT if len(missing) == len(wanted) else SiteState.HALF), missing


def has_app(settings: Settings) -> bool:
    """Whether any site was set up by values of its own: one that lives by the bot's token alone does not count."""
    return any(
        _text(settings, platform, setting)
        for platform, declaration in declarations().items()
        for setting in declaration.own
        if setting.identifies
    )


def bucket_sizes(settings: Settings) -> Iterator[tuple[str, str, int | None]]:
    """Platform, bucket and the size by the settings (None: the documented one) of every bucket that has a setting."""
    for platform, declaration in declarations().items():
        for setting in declaration.own:
            if setting.bucket:
                yield platform, setting.bucket, getattr(settings, setting.name(platform))


def in_sandbox(settings: Settings, info: Mapping[str, Any]) -> dict[str, str]:
    """The sites' settings in a sandbox, from what it tells of itself."""
    told = platform_settings(settings)
    return {
        setting.name(platform): template.format_map(dict(info))
        for platform, declaration in declarations().items()
        for setting in declaration.own
        if (template := setting.template(told[platform]))
    }


def wrong_setting(error: PlatformSettingsError) -> str:
    """The sentence for a platform's refusal of what it was told, naming the variable that people set."""
    declaration = declarations().get(error.platform)
    found = next((each for each in declaration.settings if each.key == error.key), None) if declaration else None
    name = PREFIX + found.name(error.platform).upper() if found else f"{error.platform}: {error.key}"
    return f"{name} {error.problem}."


def _text(settings: Settings, platform: str, setting: Setting) -> str:
    value = getattr(settings, setting.name(platform))
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
