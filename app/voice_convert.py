"""`python -m app voice convert IN OUT`: one file in another voice, audio or video, without the chat."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.progress_bar import ProgressBar
from app.settings import Settings
from app.voice_booth import (
    DOING,
    LARGEST_SEED,
    Booth,
    CommandError,
    hear,
    new_seed,
    open_booth,
    require_source,
    run,
    told,
)
from app.voice_remedy import remedy
from media.audio import VIDEO_SUFFIXES, extract_audio, replace_audio
from media.errors import NotAVideoError, NoVideoTrackError
from media.probe import probe
from media.sound_files import SOUND_SUFFIXES, encode_sound
from voice.errors import BadPresetError, MissingModelError
from voice.methods.registry import describe_method, method_names
from voice.methods.silero.settings import TRANSCRIPTS
from voice.models.register import read_register
from voice.presets import Preset

LISTENED, SPOKEN = 0.05, 0.95
"""Where on the progress bar the conversion begins and ends."""
FLAGS = {"f0_method": "f0"}
"""Settings that the command line calls otherwise."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for; `words` are settings of `method` as they were typed."""

    source: Path
    target: Path
    preset: str | None = None
    method: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    transcript: Path | None = None
    music: str | None = None
    seed: int | None = None
    force: bool = False


def convert_file(settings: Settings, wish: Wish) -> int:
    """Convert and say what was written; the process exit code."""

    async def work() -> int:
        with open_booth(settings) as booth:
            result = await _convert(booth, wish)
        print(f"Wrote {wish.target}.")
        for line in told(result):
            print(f"  {line}")
        return 0

    return run(work)


async def _convert(booth: Booth, wish: Wish) -> dict[str, Any]:
    _check(wish)
    preset = choose_voice(booth, wish)
    source, spoken = booth.work / "source.wav", booth.work / "spoken.wav"
    is_video = wish.target.suffix.lower() in VIDEO_SUFFIXES
    with ProgressBar() as bar:
        bar.show(0.0, DOING["listen"])
        if is_video:
            await _require_spoken_video(wish)
            await extract_audio(booth.ffmpeg, wish.source, source)
        else:
            await hear(booth.ffmpeg, wish.source, source)

        def on_progress(fraction: float, step: str) -> None:
            bar.show(LISTENED + (SPOKEN - LISTENED) * fraction, DOING.get(step, step))

        seed = new_seed() if wish.seed is None else wish.seed
        result = await booth.speak(source, spoken, preset, seed, on_progress, music=wish.music)
        bar.show(SPOKEN, DOING["write"])
        if is_video:
            await replace_audio(booth.ffmpeg, wish.source, spoken, wish.target)
        else:
            await encode_sound(booth.ffmpeg, spoken, wish.target)
    return result


async def _require_spoken_video(wish: Wish) -> None:
    """Raises CommandError for what has no picture, MediaError for what has no sound."""
    try:
        info = await probe(wish.source)
        info.require_video()
    except (NotAVideoError, NoVideoTrackError) as error:
        raise CommandError(
            f"{wish.source} is no video, so {wish.target.name} cannot become one. "
            f"For sound alone let OUT end in one of {', '.join(SOUND_SUFFIXES)}."
        ) from error
    info.require_audio()


def _check(wish: Wish) -> None:
    """Raises CommandError for what can be seen before anything is done."""
    require_source(wish.source)
    suffixes = (*SOUND_SUFFIXES, *VIDEO_SUFFIXES)
    if wish.target.suffix.lower() not in suffixes:
        raise CommandError(f"{wish.target} must end in one of {', '.join(suffixes)}.")
    if not wish.target.absolute().parent.is_dir():
        raise CommandError(f"There is no folder {wish.target.absolute().parent}.")
    if wish.target.exists():
        if wish.target.samefile(wish.source):
            raise CommandError("OUT is IN; give it another name.")
        if not wish.force:
            raise CommandError(f"{wish.target} is there already; --force writes over it.")
    if wish.transcript is not None and not wish.transcript.is_file():
        raise CommandError(f"There is no file {wish.transcript}.")
    if wish.seed is not None and not 0 <= wish.seed < LARGEST_SEED:
        raise CommandError(f"--seed is a whole number from 0 to {LARGEST_SEED - 1}.")
    if wish.method is None and wish.words:
        word = next(iter(wish.words))
        raise CommandError(f"--{FLAGS.get(word, word)} goes with --method; a preset says it itself.")
    if wish.method is not None and wish.method not in method_names():
        raise CommandError(f"There is no method {wish.method!r}; there are: {', '.join(method_names())}.")


def choose_voice(booth: Booth, wish: Wish) -> Preset:
    """The preset, or one made of the words; a transcript beside the file comes in. Raises BadPresetError."""
    try:
        preset = _chosen(booth, wish)
    except MissingModelError as error:
        advice = remedy(str(error.params["file"]), booth.home.models)
        raise MissingModelError(f"{error} {advice}", **error.params) from error
    if wish.transcript is not None and not preset.takes_transcript:
        raise CommandError(
            f"--transcript is for voices that say the words anew; {preset.title} changes the voice alone."
        )
    try:
        return preset.with_transcript(wish.transcript or _beside(wish.source))
    except ValueError as error:
        raise CommandError(f"{wish.transcript} cannot be used: {error}.") from error


def _chosen(booth: Booth, wish: Wish) -> Preset:
    if wish.method is None:
        return booth.catalogue.get(wish.preset or "")
    settings = {name: _value(text) for name, text in wish.words.items()}
    named = describe_method(wish.method).file_fields
    settings |= {name: _place(str(settings[name]), booth.home.models) for name in named if name in settings}
    plain = {"name": "command", "method": wish.method, "settings": settings}
    return _unnamed(plain, wish.method, booth.home.models)


def _unnamed(plain: dict[str, Any], method: str, models: Path) -> Preset:
    """A preset that stands in no file, whose errors speak of the method therefore. Raises CommandError."""
    try:
        return Preset.from_json(plain).located(models)
    except BadPresetError as error:
        told = str(error).replace(f"The voice preset {plain['name']!r}", f"The method {method}")
        if isinstance(error, MissingModelError):
            raise MissingModelError(told, **error.params) from error
        raise CommandError(told.replace("it names no model", "it needs --model FILE")) from error


def _beside(source: Path) -> Path | None:
    places = (source.with_suffix(suffix) for suffix in TRANSCRIPTS)
    return next((place for place in places if place.is_file()), None)


def _value(text: str) -> Any:
    """A number, a switch or a list as TOML writes them; anything else is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _place(file: str, models: Path) -> str:
    """A file of the folder one stands in; otherwise, and where it may run there alone, one of the models folder."""
    entry = read_register(models).get(file)
    if Path(file).exists() and not (entry is not None and entry.is_trusted):
        return str(Path(file).resolve())
    return file
