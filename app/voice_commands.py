"""The words of `python -m app voice …`; what they do is in the modules that they call."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.settings import Settings


def add_voice(voice: argparse.ArgumentParser) -> None:
    """Add everything that `voice` understands."""
    commands = voice.add_subparsers(required=True, metavar="ACTION")
    _add_models(commands.add_parser("models", help="list the voice models; import or download one"))


def _add_models(models: argparse.ArgumentParser) -> None:
    models.set_defaults(command=_list)
    actions = models.add_subparsers(metavar="ACTION")
    taken = actions.add_parser("import", help="check a file and take it into the models folder")
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--name", metavar="NAME", help="what to call it there (default: as it is called)")
    taken.add_argument("--replace", action="store_true", help="where the folder has one of that name")
    taken.add_argument("--trust", action="store_true", help="let the program inside a Silero package run")
    taken.set_defaults(command=_import)
    fetched = actions.add_parser("download", help="fetch a public file that voices need, by its name in the list")
    fetched.add_argument("name", metavar="NAME")
    fetched.set_defaults(command=_download)


def _list(settings: Settings, _: argparse.Namespace) -> int:
    from app.voice_models import list_models

    return list_models(settings)


def _import(settings: Settings, arguments: argparse.Namespace) -> int:
    from app.voice_models import import_model

    name = arguments.name or arguments.file.name
    return import_model(settings, arguments.file, name, trust=arguments.trust, replace=arguments.replace)


def _download(settings: Settings, arguments: argparse.Namespace) -> int:
    from app.voice_models import download_model

    return download_model(settings, arguments.name)
