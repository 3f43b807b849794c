"""What the voice commands share: the presets of this home, a pool of their own, and one file through it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.scratch import scratch_folder
from app.settings import Settings
from app.voice_pool import open_pool
from bot.screen import plain
from bot.texts import Texts
from bot.voice_notes import note_lines
from media.errors import FfmpegFailedError, MediaError
from media.ffmpeg import Ffmpeg
from media.sound_files import decode_sound
from storage.home import Home
from voice.errors import VoiceError
from voice.jobs_port import OnJobProgress
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, Preset, PresetCatalogue
from voice.scratch import ScratchFolders
from voice.separation.model_file import find_model

LARGEST_SEED = 2**31
DOING = {
    "listen": "listening",
    "separate": "taking the voice out of the music",
    "transcribe": "hearing what is said",
    "convert": "converting the voice",
    "speak": "speaking",
    "level": "mixing and levelling",
    "write": "writing",
    "done": "writing",
}
"""The steps of a conversion, in words."""


class CommandError(Exception):
    """The command cannot do what was asked; the message says why in a sentence."""


class Booth:
    """Everything that a conversion from the command line needs; use it in `with`, and nothing of it stays."""

    def __init__(self, settings: Settings, home: Home, ffmpeg: Ffmpeg, pool: ProcessPool, work: Path) -> None:
        self.settings = settings
        self.home = home
        self.ffmpeg = ffmpeg
        self.work = work
        self.catalogue = PresetCatalogue([BUILT_IN, home.voices], models=home.models)
        self._pool = pool

    async def speak(
        self,
        source: Path,
        target: Path,
        preset: Preset,
        seed: int,
        hear: OnJobProgress,
        *,
        music: str | None = None,
    ) -> dict[str, Any]:
        """One WAV to another; `music` overrides the preset. Returns what the job says of it. Raises VoiceError."""
        coordinator = Coordinator(self._pool, self.work, Chunking(at_once=self.settings.voice_workers))
        order = Order(source, target, preset.to_json(), seed, music, model=find_model(self.home.models))
        return dict(await coordinator.convert(order, hear))


@contextlib.contextmanager
def open_booth(settings: Settings) -> Iterator[Booth]:
    """Raises FileNotFoundError where there is no ffmpeg."""
    home = Home(settings.home_path)
    pool = open_pool(settings, home)
    try:
        with ScratchFolders(scratch_folder(home)).folder() as work:
            yield Booth(settings, home, Ffmpeg.locate(), pool, work)
    finally:
        pool.close()


def run(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a command to its exit code; whatever is wrong is said in a sentence, and Ctrl-C ends what runs."""
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except FfmpegFailedError as error:
        print(f"ffmpeg cannot handle this file: {error.params.get('detail') or error}", file=sys.stderr)
    except (CommandError, VoiceError, MediaError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or 'The file'}: {error.strerror or error}.", file=sys.stderr)
    return 1


def new_seed() -> int:
    """Drawn anew, so that what a preset leaves to chance cannot be undone by whoever has the preset."""
    return secrets.randbelow(LARGEST_SEED)


def require_source(source: Path) -> None:
    """Raises CommandError where there is no such file."""
    if source.is_dir():
        raise CommandError(f"{source} is a folder; name one file in it.")
    if not source.is_file():
        raise CommandError(f"There is no file {source}.")


async def hear(ffmpeg: Ffmpeg, source: Path, wav: Path, *, begin_s: float = 0.0, length_s: float | None = None) -> None:
    """The sound of a file as WAV, or a part of it; raises CommandError, MediaError."""
    try:
        await decode_sound(ffmpeg, source, wav, begin_s=begin_s, length_s=length_s)
    except FfmpegFailedError as error:
        detail = error.params.get("detail") or error
        raise CommandError(f"{source} holds no sound that can be read; ffmpeg says: {detail}.") from error


def told(result: Mapping[str, Any]) -> list[str]:
    """What is worth knowing of a conversion, a line each, in the words of the chat."""
    notes = tuple(result["notes"])
    return [plain(line) for line in note_lines(notes, Texts().of("en"), shown=len(notes))]
