"""What the OAuth servers do differently when a test asks for it; durable."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class GoogleSettings:
    """Durations in seconds of the virtual clock."""

    publishing: str = "production"  # or "testing": refresh tokens die after refresh_life_s
    access_life_s: int = 3599
    refresh_life_s: int = 7 * 86400
    refresh_idle_s: int = 180 * 86400
    refresh_limit: int = 100  # live refresh tokens per account and client; one more kills the oldest
    code_life_s: int = 600
    device_life_s: int = 1800
    device_interval_s: int = 5

    def __post_init__(self) -> None:
        if self.publishing not in ("production", "testing"):
            raise ValueError("publishing is production or testing")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int and (not isinstance(value, int) or value < 0):
                raise ValueError(f"{field.name} is a whole number")


def load(store: Store) -> GoogleSettings:
    """What was last saved."""
    return GoogleSettings(**(store.get("settings", "google") or {}))


def change(store: Store, changes: dict[str, Any]) -> GoogleSettings:
    """Save changed fields; raises ValueError or TypeError for nonsense."""
    settings = replace(load(store), **changes)
    store.put("settings", "google", asdict(settings))
    return settings


def to_json(settings: GoogleSettings) -> dict[str, Any]:
    """As the control route gives it."""
    return asdict(settings)
