"""What a test or a person may turn in the Telegram server; kept on disk."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.world import World

BOT_TOKEN = "100000:sandbox-bot-token"  # noqa: S105 - the sandbox's own, known to everyone
BOT_ID = 100000
BOT_USERNAME = "content_fabric_bot"
OPERATOR_ID = 1001
STRANGER_ID = 1002

CLOUD_DOWNLOAD_LIMIT = 20 * 1024 * 1024
CLOUD_UPLOAD_LIMIT = 50 * 1024 * 1024
LOCAL_UPLOAD_LIMIT = 2000 * 1024 * 1024

_KIND, _KEY = "telegram.settings", "settings"


class BadSettingError(ValueError):
    """There is no such setting, or its value has the wrong type."""


@dataclass(frozen=True)
class Settings:
    """Limits in the units of their names. `local` is the server's --local mode."""

    token: str = BOT_TOKEN
    local: bool = False
    flood: bool = True
    flood_rate_per_s: float = 1.0
    flood_burst: float = 20.0
    callback_ttl_s: float = 15.0
    download_limit: int = CLOUD_DOWNLOAD_LIMIT

    @property
    def upload_limit(self) -> int:
        return LOCAL_UPLOAD_LIMIT if self.local else CLOUD_UPLOAD_LIMIT


def load_settings(world: World) -> Settings:
    """The stored settings over the defaults."""
    stored = world.store.get(_KIND, _KEY) or {}
    known = {field.name for field in fields(Settings)}
    return Settings(**{name: value for name, value in stored.items() if name in known})


def change_settings(world: World, changes: dict[str, Any]) -> Settings:
    """Keep the changes; raises BadSettingError for a name or a type that isn't a setting's."""
    merged = asdict(load_settings(world))
    for name, value in changes.items():
        if name not in merged:
            raise BadSettingError(f"unknown setting {name}")
        expected = type(merged[name])
        if expected is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not expected:
            raise BadSettingError(f"{name} wants {expected.__name__}")
        merged[name] = value
    world.store.put(_KIND, _KEY, merged)
    return load_settings(world)
