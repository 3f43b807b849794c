"""The words of `python -m app voice …`; what they do is in the modules that they call."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from app.settings import VOICE_DEVICES, Settings
from voice.presets.mix import MUSIC


def add_voice(voice: argparse.ArgumentParser) -> None:
    """Add everything that `voice` understands."""
    commands = voice.add_subparsers(required=True, metavar="ACTION")
    _add_convert(commands.add_parser("convert", help="give a file another voice: audio or video, without the chat"))
    _add_sample(commands.add_parser("sample", help="hear some seconds of a file in several voices"))
    _add_models(commands.add_parser("models", help="list the voice models; import or download one"))


def _add_convert(convert: argparse.ArgumentParser) -> None:
    convert.add_argument("source", type=Path, metavar="IN")
    convert.add_argument("target", type=Path, metavar="OUT", help="its ending says what it becomes: mp4, wav, mp3…")
    voice = convert.add_mutually_exclusive_group(required=True)
    voice.add_argument("--preset", metavar="NAME", help="a voice preset")
    voice.add_argument("--method", metavar="NAME", help="a method, told by the options below")
    convert.add_argument("--model", metavar="FILE")
    convert.add_argument("--index", metavar="FILE", help="rvc: its index")
    convert.add_argument("--f0", metavar="METHOD", help="rvc: how the pitch is found")
    convert.add_argument("--pitch", type=float, metavar="SEMITONES")
    convert.add_argument("--speaker", metavar="NAME", help="silero: one of its voices; rvc: a number")
    convert.add_argument("--set", action="append", default=[], type=_pair, metavar="NAME=VALUE", dest="settings")
    convert.add_argument("--transcript", type=Path, metavar="FILE", help="what is said (default: IN's .srt or .json)")
    convert.add_argument("--music", choices=MUSIC, help="whether music under the voice is kept (default: the preset's)")
    convert.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same samples")
    convert.add_argument("--force", action="store_true", help="write over OUT")
    _add_device(convert)
    convert.set_defaults(command=_convert)


def _add_sample(sample: argparse.ArgumentParser) -> None:
    sample.add_argument("source", type=Path, metavar="IN")
    sample.add_argument("--presets", metavar="A,B,C", help="which voices (default: all that are ready)")
    sample.add_argument("--from", type=float, default=0.0, dest="begin_s", metavar="SECONDS")
    sample.add_argument("--seconds", type=float, default=10.0, dest="length_s", metavar="SECONDS")
    sample.add_argument("--out", type=Path, metavar="FOLDER", help="where to (default: beside IN)")
    _add_device(sample)
    sample.set_defaults(command=_sample)


def _add_device(command: argparse.ArgumentParser) -> None:
    told = "where the networks run: auto, cpu, cuda or cuda:1 (default: FABRIC_VOICE_DEVICE)"
    command.add_argument("--device", type=_device, metavar="NAME", help=told)


def _device(text: str) -> str:
    if re.fullmatch(VOICE_DEVICES, text) is None:
        raise argparse.ArgumentTypeError(f"there is no device {text!r}; known are auto, cpu, cuda and cuda:0, cuda:1…")
    return text


def _with_device(settings: Settings, arguments: argparse.Namespace) -> Settings:
    if arguments.device is None:
        return settings
    return settings.model_copy(update={"voice_device": arguments.device})


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


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


def _convert(settings: Settings, arguments: argparse.Namespace) -> int:
    from app.voice_convert import Wish, convert_file

    named = {
        "model": arguments.model,
        "index": arguments.index,
        "f0_method": arguments.f0,
        "speaker": arguments.speaker,
    }
    words = {name: value for name, value in named.items() if value is not None}
    if arguments.pitch is not None:
        words["pitch"] = str(arguments.pitch)
    wish = Wish(
        source=arguments.source,
        target=arguments.target,
        preset=arguments.preset,
        method=arguments.method,
        words={**words, **dict(arguments.settings)},
        transcript=arguments.transcript,
        music=arguments.music,
        seed=arguments.seed,
        force=arguments.force,
    )
    return convert_file(_with_device(settings, arguments), wish)


def _sample(settings: Settings, arguments: argparse.Namespace) -> int:
    from app.voice_sample import SampleWish, make_samples

    names = None if arguments.presets is None else tuple(name for name in arguments.presets.split(",") if name)
    wish = SampleWish(arguments.source, names, arguments.begin_s, arguments.length_s, arguments.out)
    return make_samples(_with_device(settings, arguments), wish)


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
