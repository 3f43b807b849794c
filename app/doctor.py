"""Says what is missing, and how to mend it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
from sqlalchemy.exc import SQLAlchemyError

from app.compose import redirect_uri
from app.doctor_voices import examine_voices
from app.finding import Finding
from app.settings import PREFIX, Settings, unknown_names
from app.sites import SiteState, has_app, missing_names, platform_settings, wrong_setting
from app.upkeep import open_database
from media.ffmpeg import Ffmpeg
from platforms.errors import PlatformSettingsError
from platforms.registry import declarations, load_platforms
from scheduler.file_links import FILES_PATH
from storage.errors import StorageError

ENV_FILE = Path(".env")
LOW_DISK_BYTES = 2 * 1024**3
# The WAL-reset corruption bug was mended in 3.51.3 (sqlite.org/changes.html).
GOOD_SQLITE = (3, 51, 3)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything that a start needs; the outside world is asked only if there is a bot token."""
    return [
        *_settings(settings),
        *_programs(),
        _disk(settings),
        _memory(settings),
        _sqlite(settings),
        await _database(settings),
        await _telegram(settings),
        *_sites(settings),
        *_addresses(settings),
        *await examine_voices(settings),
    ]


def _settings(settings: Settings) -> Iterator[Finding]:
    if ENV_FILE.exists() and ENV_FILE.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(str(ENV_FILE), "can be read by other users", f"It holds secrets; run: chmod 600 {ENV_FILE}")
    for sentence in unknown_names():
        yield Finding("settings", sentence, "Correct or remove it.")
    if not settings.is_sandbox and not settings.admins:
        yield Finding(
            "FABRIC_ADMINS",
            "empty, so nobody can use the bot",
            "Write to your bot: it answers with your numeric id. Put that into FABRIC_ADMINS and start again.",
            is_fault=True,
        )


def _programs() -> Iterator[Finding]:
    try:
        yield Finding("ffmpeg", str(Ffmpeg.locate().binary))
    except FileNotFoundError:
        yield Finding(
            "ffmpeg", "not found", "Run `make run` once, it brings its own; or install ffmpeg.", is_fault=True
        )
    missing = [name for name in ("pyworld", "soundfile", "av") if importlib.util.find_spec(name) is None]
    yield Finding(
        "voice",
        f"{', '.join(missing)} not installed" if missing else "ready",
        "Run `make run`." * bool(missing),
        bool(missing),
    )


def _disk(settings: Settings) -> Finding:
    place = settings.home_path
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    low = free < LOW_DISK_BYTES
    return Finding(
        "disk",
        f"{free / 1024**3:.1f} GiB free in {settings.home_path}",
        "Make room: renders and clips are kept there." * low,
    )


def _memory(settings: Settings) -> Finding:
    """Whether the voice alone could fill the machine: the system then kills whom it likes."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    wanted = settings.voice_workers * settings.voice_memory_gb
    fitting = max(1.0, 0.75 * there / settings.voice_workers)
    return Finding(
        "memory",
        f"{there:.1f} GiB; the voice may take {wanted:g}",
        f"Set FABRIC_VOICE_MEMORY_GB={fitting:.1f}, so that a voice that wants too much is stopped, and nothing else."
        * (wanted > there),
    )


def _sqlite(settings: Settings) -> Finding:
    if not settings.resolved_database_url.startswith("sqlite"):
        return Finding("database engine", "MySQL or MariaDB")
    old = sqlite3.sqlite_version_info < GOOD_SQLITE
    return Finding(
        "SQLite",
        sqlite3.sqlite_version,
        "Versions before 3.51.3 hold a rare corruption bug for several writing processes; run only one fabric on this "
        "database, and keep backups." * old,
    )


async def _database(settings: Settings) -> Finding:
    if settings.resolved_database_url.startswith("sqlite") and not (settings.home_path / "fabric.db").exists():
        return Finding("database", "will be made at the first start")
    try:
        database = await open_database(settings, migrate=False)
        try:
            async with database.read() as uow:
                accounts = await uow.accounts.list()
        finally:
            await database.dispose()
    except (StorageError, SQLAlchemyError, OSError) as error:
        return Finding(
            "database",
            f"{type(error).__name__}",
            "Check FABRIC_DATABASE_URL and FABRIC_HOME; is the server up?",
            is_fault=True,
        )
    return Finding("database", f"answers; {len(accounts)} accounts")


async def _telegram(settings: Settings) -> Finding:
    if settings.bot_token is None:
        return Finding("Telegram", "no FABRIC_BOT_TOKEN: the sandbox will be started instead")
    url = f"{settings.telegram_api_url}/bot{settings.bot_token.get_secret_value()}/getMe"
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        return Finding(
            "Telegram",
            f"not reachable ({type(error).__name__})",
            "Check the network and FABRIC_TELEGRAM_API_URL.",
            True,
        )
    if answer.status_code in (401, 404):
        return Finding(
            "Telegram", "refuses the bot token", "Copy it again from @BotFather into FABRIC_BOT_TOKEN.", True
        )
    if answer.status_code != 200:
        return Finding("Telegram", f"answers with status {answer.status_code}", "Try again later.", True)
    return Finding("Telegram", f"the bot is @{answer.json()['result']['username']}")


def _sites(settings: Settings) -> Iterator[Finding]:
    """Every site by what it wants to be told; one may do without any of them, but not without all."""
    for platform, declaration in declarations().items():
        if settings.is_sandbox:
            yield Finding(declaration.title, "played by the sandbox")
            continue
        state, missing = missing_names(settings, platform)
        names = " and ".join(PREFIX + name.upper() for name in missing)
        if state is SiteState.HALF:
            yield Finding(declaration.title, "half an app", f"Set {names} too (README, “Use it for real”).", True)
        else:
            yield Finding(declaration.title, "app set" if state is SiteState.READY else "no app, so it is left out")
    if not settings.is_sandbox and not has_app(settings):
        yield Finding(
            "sites",
            "none with an app of its own",
            "Set FABRIC_YOUTUBE_CLIENT_ID and FABRIC_YOUTUBE_CLIENT_SECRET (README, “Use it for real”).",
        )


def _addresses(settings: Settings) -> Iterator[Finding]:
    """Where sites send people back to; where one fetches the videos itself, also that address."""
    if settings.is_sandbox:
        return
    yield Finding("redirect URI", f"{redirect_uri(settings)} (enter it at each site, docs/connecting.md)")
    try:
        platforms = load_platforms(platform_settings(settings))
    except PlatformSettingsError as error:
        yield Finding("sites", "a setting cannot be used", wrong_setting(error), is_fault=True)
        return
    for site in platforms.values():
        if site.capabilities.fetches_file:
            yield Finding(site.display_name, f"fetches videos from {settings.server_url}{FILES_PATH}")
