"""The commands that work on the database alone: migrate, list accounts, rotate the key."""

from __future__ import annotations

from datetime import UTC, datetime

from app.settings import Settings
from storage.database import Database
from storage.errors import MasterKeyError
from storage.home import Home
from storage.keyring import Keyring, add_key, drop_old_keys
from storage.rotation import remaining, rotate

KEY_FILE = "master.key"


def utc_now() -> datetime:
    """The wall clock, aware and in UTC; the one place that reads it."""
    return datetime.now(UTC)


def load_keyring(settings: Settings, home: Home) -> Keyring:
    """The keys that encrypt secrets, from the settings or the home folder. Raises MasterKeyError."""
    key = settings.master_key.get_secret_value() if settings.master_key else None
    return Keyring.load(home.path, key, settings.master_key_file)


async def open_database(settings: Settings, *, migrate: bool = True) -> Database:
    """The database of these settings, brought up to date. Raises StorageError."""
    home = Home(settings.home_path)
    database = Database(settings.resolved_database_url, load_keyring(settings, home), clock=utc_now)
    if migrate:
        await database.migrate()
    return database


async def migrate(settings: Settings) -> str:
    """Bring the schema to this version; returns a sentence."""
    database = await open_database(settings)
    await database.dispose()
    return "The database is up to date."


async def list_accounts(settings: Settings) -> list[str]:
    """One line per connected account."""
    database = await open_database(settings)
    try:
        async with database.read() as uow:
            accounts = await uow.accounts.list()
    finally:
        await database.dispose()
    if not accounts:
        return ["No account is connected yet. Send /accounts to the bot."]
    return [
        f"{account.id:4d}  {account.platform:10s} {account.status:13s} {account.title} {account.handle}"
        for account in accounts
    ]


async def rotate_keys(settings: Settings) -> str:
    """Make a new master key and encrypt every secret with it; returns a sentence.

    The fabric must not be running: it would not know the new key. Raises StorageError, MasterKeyError.
    """
    home = Home(settings.home_path)
    if settings.master_key is not None:
        raise MasterKeyError(
            "FABRIC_MASTER_KEY holds the key itself; keep it in a file (FABRIC_MASTER_KEY_FILE) to rotate it"
        )
    path = settings.master_key_file or home.path / KEY_FILE
    with home.lock():
        load_keyring(settings, home)
        keyring = add_key(path)
        database = Database(settings.resolved_database_url, keyring, clock=utc_now)
        try:
            await database.migrate()
            count = await rotate(database, keyring)
            left = await remaining(database, keyring)
            alone = database.dialect == "sqlite"
            if left == 0 and alone:
                drop_old_keys(path)
        finally:
            await database.dispose()
    return f"{count} rows of secrets are now encrypted with a new key; {_of_the_old_key(left, alone=alone)}"


def _of_the_old_key(left: int, *, alone: bool) -> str:
    if left:
        return f"{left} are not, so the old key is kept."
    if alone:
        return "the old key is gone."
    # Other machines may be running, and what they seal before they read the new key needs the old one.
    return "the old key is kept: start every process again, then run `python -m app keys drop-old`."


async def drop_old(settings: Settings) -> str:
    """Keep the newest key alone, if nothing is sealed with another; returns a sentence. Raises StorageError."""
    home = Home(settings.home_path)
    path = settings.master_key_file or home.path / KEY_FILE
    keyring = load_keyring(settings, home)
    database = Database(settings.resolved_database_url, keyring, clock=utc_now)
    try:
        await database.migrate()
        left = await remaining(database, keyring)
    finally:
        await database.dispose()
    if left:
        raise MasterKeyError(f"{left} rows of secrets still need an older key; run `python -m app keys rotate` first")
    drop_old_keys(path)
    return "Only the newest key is kept."
