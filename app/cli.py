"""The command line: reads the settings, then hands over to one command."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from app.settings import Settings, SettingsError, load_settings, unknown_names
from app.voice_commands import add_voice
from storage.errors import StorageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the process exit code (0 done, 1 failed, 2 wrong usage or settings)."""
    arguments = _parser().parse_args(argv)
    try:
        settings = load_settings()
    except SettingsError as error:
        for sentence in error.sentences:
            print(sentence, file=sys.stderr)
        return 2
    for sentence in unknown_names():
        print(f"Note: {sentence}", file=sys.stderr)
    try:
        code: int = arguments.command(settings, arguments)
    except KeyboardInterrupt:
        return 130
    except StorageError as error:
        print(error, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="Content Fabric: publish clips from a chat.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="start the bot and the worker; without a bot token, the sandbox too")
    run.add_argument("--role", choices=("all", "bot", "worker"), default="all", help="what to start (default: all)")
    run.set_defaults(command=_run)

    doctor = commands.add_parser("doctor", help="say what is missing, and how to mend it")
    doctor.set_defaults(command=_doctor)

    migrate = commands.add_parser("migrate", help="bring the database to this version")
    migrate.set_defaults(command=_migrate)

    accounts = commands.add_parser("accounts", help="list the connected accounts")
    accounts.set_defaults(command=_accounts)

    _add_upload(commands.add_parser("upload", help="publish one file on one account now, and print what came of it"))

    add_voice(commands.add_parser("voice", help="voice models, and conversions without the chat"))

    many = commands.add_parser(
        "batch", help="take the posts of a clips_metadata.json; they go out when the fabric runs"
    )
    many.add_argument("file", type=Path, metavar="FILE")
    many.add_argument("--dry-run", action="store_true", help="only say how each file fares at each account")
    many.set_defaults(command=_batch)

    keys = commands.add_parser("keys", help="the master key").add_subparsers(required=True, metavar="ACTION")
    rotate = keys.add_parser("rotate", help="make a new key and encrypt every secret with it")
    rotate.set_defaults(command=_rotate)
    drop = keys.add_parser("drop-old", help="throw older keys away, when nothing needs them any more")
    drop.set_defaults(command=_drop_old)
    return parser


def _add_upload(upload: argparse.ArgumentParser) -> None:
    upload.add_argument("file", type=Path, metavar="FILE")
    upload.add_argument("--account", required=True, help="its number, title or handle, as `accounts` lists them")
    upload.add_argument("--title", required=True)
    upload.add_argument("--description", default="")
    upload.add_argument("--keyword", action="append", default=[], dest="keywords", metavar="WORD")
    upload.add_argument("--voice", default="", metavar="PRESET", help="a voice preset (default: the original voice)")
    upload.add_argument("--privacy", metavar="LEVEL", help="who may see it, in the site's own word")
    upload.add_argument("--option", action="append", default=[], dest="options", metavar="NAME=VALUE", type=_pair)
    upload.add_argument("--json", action="store_true", help="print JSON, also where it fails")
    upload.set_defaults(command=_upload)


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _upload(settings: Settings, arguments: argparse.Namespace) -> int:
    from app.upload import Wish, run

    wish = Wish(
        file=arguments.file,
        account=arguments.account,
        title=arguments.title,
        description=arguments.description,
        keywords=tuple(arguments.keywords),
        voice=arguments.voice,
        privacy=arguments.privacy,
        options=dict(arguments.options),
    )
    return run(settings, wish, as_json=arguments.json)


def _batch(settings: Settings, arguments: argparse.Namespace) -> int:
    from app.batch import run

    return run(settings, arguments.file, dry_run=arguments.dry_run)


def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    # What is imported stays: to look through it for garbage, on the way and at the end, is a quarter of the start.
    gc.disable()
    from app.run import run

    gc.freeze()
    gc.enable()
    return asyncio.run(run(settings, role=arguments.role))


def _doctor(settings: Settings, _: argparse.Namespace) -> int:
    from app.doctor import examine

    findings = asyncio.run(examine(settings))
    for finding in findings:
        print(finding.line())
    return int(any(finding.is_fault for finding in findings))


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    from app.upkeep import migrate

    print(asyncio.run(migrate(settings)))
    return 0


def _accounts(settings: Settings, _: argparse.Namespace) -> int:
    from app.upkeep import list_accounts

    for line in asyncio.run(list_accounts(settings)):
        print(line)
    return 0


def _rotate(settings: Settings, _: argparse.Namespace) -> int:
    from app.upkeep import rotate_keys

    print(asyncio.run(rotate_keys(settings)))
    return 0


def _drop_old(settings: Settings, _: argparse.Namespace) -> int:
    from app.upkeep import drop_old

    print(asyncio.run(drop_old(settings)))
    return 0
