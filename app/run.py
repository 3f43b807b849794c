"""`python -m app run`: starts the chosen roles and stops them in good order."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack

# First of all that touches aiogram: it defers the building of hundreds of models that are never used.
import bot.lazy_aiogram  # noqa: F401  # isort: skip

from pydantic import SecretStr
from sqlalchemy import make_url

from app.compose import compose
from app.logs import set_up_logs
from app.sandbox_program import SandboxError, sandbox_settings, start_sandbox
from app.scratch import scratch_folder
from app.settings import Settings
from app.sites import bucket_sizes, has_app, wrong_setting
from app.upkeep import load_keyring, utc_now
from media.partial import remove_leftovers
from platforms.errors import PlatformSettingsError
from storage.database import Database
from storage.errors import AlreadyRunningError, StorageError
from storage.home import Home
from storage.media_store import MediaStore

log = logging.getLogger(__name__)

SANDBOX_HOME = "sandbox"


class MissingTokenError(Exception):
    """The bot was asked for alone, and there is no token for it."""


async def run(settings: Settings, *, role: str) -> int:
    """Run until told to stop; returns the process exit code."""
    set_up_logs(settings.log_level, settings.log_format, _secrets(settings))
    try:
        async with AsyncExitStack() as stack:
            await _run(settings, role, stack)
    except PlatformSettingsError as error:
        print(f"Content Fabric cannot start: {wrong_setting(error)}", file=sys.stderr)
        return 1
    except (MissingTokenError, SandboxError, StorageError, FileNotFoundError) as error:
        print(f"Content Fabric cannot start: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(settings: Settings, role: str, stack: AsyncExitStack) -> None:
    stopped = _stop_on_signals()
    address = None
    in_sandbox = plays_in_sandbox(settings, role)
    # A voice that was imported can be tried in the sandbox: it is nobody's secret.
    lender = settings.home_path if in_sandbox else None
    if in_sandbox:
        # The sandbox's home lies inside the real one, which must not be open to others before it is first used.
        settings.home_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = apart(settings)
    home = Home(settings.home_path, voices_of=lender)
    if in_sandbox:
        sandbox = await start_sandbox(settings, home.path / "world")
        stack.push_async_callback(sandbox.stop)
        settings, address = sandbox_settings(settings, sandbox), sandbox.url
        set_up_logs(settings.log_level, settings.log_format, _secrets(settings))
    if settings.resolved_database_url.startswith("sqlite"):
        # Before the key is read: a rotation holds the lock while it changes it.
        stack.enter_context(home.lock())
        _sweep(home)
    database = Database(settings.resolved_database_url, load_keyring(settings, home), clock=utc_now)
    stack.push_async_callback(database.dispose)
    await database.migrate()
    rival = asyncio.Event()
    if role != "worker":
        await stack.enter_async_context(_only_bot(settings, database, rival, stopped))
    await _apply_quotas(settings, database)
    fabric = compose(settings, role=role, home=home, database=database)
    stack.push_async_callback(fabric.stop)
    await fabric.start()
    _greet(settings, role, address)
    await stopped.wait()
    log.info("stopping")
    if rival.is_set():
        raise AlreadyRunningError("another process became this bot while the database was out of reach")


def _only_bot(
    settings: Settings, database: Database, rival: asyncio.Event, stopped: asyncio.Event
) -> AbstractAsyncContextManager[None]:
    """Two processes that poll for one bot and send one outbox would lose and repeat what is said."""

    def give_way() -> None:
        rival.set()
        stopped.set()

    # The number before the colon names the bot; the rest of the token is its secret.
    token = settings.bot_token.get_secret_value() if settings.bot_token else ""
    return database.sole(f"content-fabric-bot:{token.partition(':')[0]}", on_lost=give_way)


def plays_in_sandbox(settings: Settings, role: str) -> bool:
    """Whether the sandbox plays Telegram and the sites. A worker alone needs no token: it never speaks to Telegram.

    Raises MissingTokenError for a bot alone: the tasks that it makes are somebody else's, who is not in a sandbox.
    """
    if settings.is_sandbox and role == "bot":
        raise MissingTokenError("--role bot needs FABRIC_BOT_TOKEN; without --role the sandbox is started instead")
    return settings.is_sandbox and role == "all"


def apart(settings: Settings) -> Settings:
    """The same settings with a home and a database of the sandbox's own, whatever database they name.

    So no made-up account ever stands beside a real one, and no real token is ever tried on a made-up site.
    """
    return settings.model_copy(update={"home": settings.home_path / SANDBOX_HOME, "database_url": ""})


def _sweep(home: Home) -> None:
    """Remove what a killed process left half made; only while no other process can be working in this home."""
    for folder in (home.media, home.renders):
        MediaStore(folder).sweep()
        remove_leftovers(folder)
    shutil.rmtree(scratch_folder(home), ignore_errors=True)


def _stop_on_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def _greet(settings: Settings, role: str, address: str | None) -> None:
    if address is not None:
        print(
            f"\n  Content Fabric is running in its sandbox. Open {address} in a browser.\n  Ctrl-C stops it.\n",
            flush=True,
        )
        return
    print(f"Content Fabric is running ({role}). Ctrl-C stops it.", flush=True)
    if not settings.admins and role != "worker":
        log.warning("FABRIC_ADMINS is empty: write to your bot, it answers with your id; put that into FABRIC_ADMINS")
    if not has_app(settings):
        log.warning("FABRIC_YOUTUBE_CLIENT_ID is empty: no YouTube channel can be connected (see README)")


async def _apply_quotas(settings: Settings, database: Database) -> None:
    """Sites grant some apps and accounts other allowances than the documented ones; the settings say so, or nothing."""
    async with database.begin() as uow:
        for platform, bucket, size in bucket_sizes(settings):
            await uow.quota.override(platform, bucket, None, size)
        await uow.commit()


def _secrets(settings: Settings) -> list[str]:
    values = (getattr(settings, name) for name in type(settings).model_fields)
    found = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    password = make_url(settings.resolved_database_url).password
    return [*filter(None, found), *([password] if password else [])]
