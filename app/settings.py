"""The settings: environment and `.env`, prefix `FABRIC_`, read once; everything wrong is told at once.

What the publishing sites want to be told, each platform folder declares itself; `settings_class` adds that.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError, create_model, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from platforms.declared import Kind, Setting
from platforms.http import is_safe_base
from platforms.registry import declarations

PREFIX = "FABRIC_"


VOICE_DEVICES = r"^(auto|cpu|cuda(:\d+)?)$"


class SettingsError(Exception):
    """One or more settings are wrong; `sentences` says each, naming the variable."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(self.sentences))


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value.rstrip("/")


def _http_url_or_none(value: str) -> str:
    return _http_url(value) if value else ""


def _database_url(value: str) -> str:
    if value and not value.startswith(("sqlite+aiosqlite://", "mysql+aiomysql://")):
        raise ValueError("must begin with sqlite+aiosqlite:// or mysql+aiomysql://")
    if value:
        # Imported here: most installations name no database.
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            make_url(value)
        except (ValueError, ArgumentError):
            # Not the error's own words: they may hold a part of the password.
            raise ValueError("is no database address; what stands for : / @ in a password is percent-encoded") from None
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"is no time zone name such as Europe/Madrid: {value!r}")
    ZoneInfo(value)
    return value


def _public_url(value: str) -> str:
    if not is_safe_base(_http_url(value)):
        raise ValueError("must begin with https:// (http is for this machine alone: 127.0.0.1 or localhost)")
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(_http_url)]


class Settings(BaseSettings):
    """Every setting of the house, with its default. Secrets are `SecretStr`, so no repr or error shows them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
    )

    bot_token: SecretStr | None = None
    admins: Annotated[frozenset[int], NoDecode] = frozenset()
    telegram_api_url: Url = "https://api.telegram.org"
    telegram_local: bool = False

    home: Path = Path("~/.content-fabric")
    # It may hold a password.
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(default="", repr=False)
    master_key: SecretStr | None = None
    master_key_file: Path | None = None

    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8710, ge=0, le=65535)

    voice_workers: int = Field(default=1, ge=1, le=64)
    voice_device: str = Field(default="auto", pattern=VOICE_DEVICES)
    voice_memory_gb: float = Field(default=4.0, ge=1)
    upload_concurrency: int = Field(default=2, ge=1, le=64)
    late_after_hours: float = Field(default=6.0, gt=0)
    staging: bool = True
    staging_ahead_hours: float | None = Field(default=None, gt=0, le=24)
    inbox_remind_hours: float = Field(default=6.0, gt=0)
    keep_clips_days: float = Field(default=30.0, ge=3)

    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    sandbox_host: str = "127.0.0.1"
    sandbox_port: int = Field(default=8700, ge=0, le=65535)

    @field_validator("admins", mode="before")
    @classmethod
    def _split_admins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        words = [word.strip() for word in value.replace(";", ",").split(",") if word.strip()]
        wrong = [word for word in words if not word.isdigit()]
        if wrong:
            raise ValueError(f"must be numeric Telegram ids separated by commas; {wrong[0]!r} is not one")
        return frozenset(int(word) for word in words)

    @property
    def server_url(self) -> str:
        """Where our own server is reached: the public address, or this machine's loopback."""
        return self.public_url or f"http://127.0.0.1:{self.http_port}"

    @property
    def home_path(self) -> Path:
        """The home folder, absolute."""
        return self.home.expanduser().resolve()

    @property
    def resolved_database_url(self) -> str:
        """The database's address; SQLite in the home folder unless another was named."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home_path / 'fabric.db'}"

    @property
    def is_sandbox(self) -> bool:
        """Without a bot token there is no Telegram, so the sandbox plays it."""
        return self.bot_token is None


def settings_class() -> type[Settings]:
    """The settings together with those that the platform folders declare."""
    fields: dict[str, Any] = {
        setting.name(platform): _field(setting)
        for platform, declaration in declarations().items()
        for setting in declaration.own
    }
    return create_model("Settings", __base__=Settings, **fields)


def _field(setting: Setting) -> tuple[Any, Any]:
    """The type and the default of a declared setting."""
    match setting.kind:
        case Kind.SECRET:
            return SecretStr, SecretStr(setting.default)
        case Kind.COUNT:
            return int | None, Field(default=int(setting.default) if setting.default else None, ge=1)
        case Kind.URL:
            return Annotated[str, AfterValidator(_http_url if setting.default else _http_url_or_none)], setting.default
    return Annotated[str, AfterValidator(partial(_choice, setting))], setting.default


def _choice(setting: Setting, value: str) -> str:
    if setting.choices and value not in setting.choices:
        because = f": {setting.because}" if setting.because else ""
        raise ValueError(f"must be {' or '.join(setting.choices)}{because}")
    return value


def load_settings(env_file: Path | None = Path(".env"), **overrides: Any) -> Settings:
    """Read the settings.

    Raises SettingsError with one sentence per wrong variable; no sentence repeats a secret's value.
    """
    try:
        settings = settings_class()(**({"_env_file": env_file} | overrides))
    except ValidationError as error:
        raise SettingsError(_sentence(item) for item in error.errors()) from None
    return settings


def _sentence(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return f"{message}."
    name = PREFIX + str(item["loc"][0]).upper()
    return f"{name} {message[:1].lower()}{message[1:]}."


def unknown_names(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """A sentence for each `FABRIC_` variable that no setting reads, with the name that was probably meant."""
    known = {PREFIX + name.upper() for name in settings_class().model_fields}
    found = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "."
            found.append(f"{name} is not a setting of this version{hint}")
    return tuple(found)
