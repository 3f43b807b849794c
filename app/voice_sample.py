"""`python -m app voice sample IN`: some seconds of a file in several voices, to choose by ear."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from app.progress_bar import ProgressBar
from app.settings import Settings
from app.voice_booth import DOING, Booth, CommandError, hear, new_seed, open_booth, require_source, run, told
from app.voice_convert import Wish, choose_voice
from media.sound_files import encode_sound
from voice.errors import VoiceError
from voice.pipeline.duration import wav_duration_s
from voice.presets import Preset

LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class SampleWish:
    """`presets` None means all that are ready; `folder` None means beside the source."""

    source: Path
    presets: tuple[str, ...] | None
    begin_s: float
    length_s: float
    folder: Path | None


def make_samples(settings: Settings, wish: SampleWish) -> int:
    """Write `<name>.<preset>.mp3` for each voice; one that fails is told and does not stop the others."""

    async def work() -> int:
        with open_booth(settings) as booth:
            return await _samples(booth, wish)

    return run(work)


async def _samples(booth: Booth, wish: SampleWish) -> int:
    require_source(wish.source)
    if not (0 < wish.length_s <= LONGEST_S and wish.begin_s >= 0):
        raise CommandError(f"A sample lasts up to {LONGEST_S:g} seconds.")
    if wish.presets == ():
        raise CommandError("--presets names no voice.")
    folder = wish.folder or wish.source.absolute().parent
    if not folder.is_dir():
        raise CommandError(f"There is no folder {folder}.")
    source = booth.work / "source.wav"
    await hear(booth.ffmpeg, wish.source, source, begin_s=wish.begin_s, length_s=wish.length_s)
    if not wav_duration_s(source):
        raise CommandError(f"{wish.source} ends before {wish.begin_s:g} seconds.")
    names = _ready(booth, wish) if wish.presets is None else wish.presets
    results = [await _sample(booth, wish, name, source, folder) for name in names]
    return 0 if all(results) and results else 1


async def _sample(booth: Booth, wish: SampleWish, name: str, source: Path, folder: Path) -> bool:
    spoken = booth.work / f"{len(list(booth.work.iterdir()))}.wav"
    target = folder / f"{wish.source.stem}.{name}.mp3"
    try:
        preset = _voice(booth, wish, name)
        with ProgressBar() as bar:
            result = await booth.speak(
                source,
                spoken,
                preset,
                new_seed(),
                lambda done, step: bar.show(done, f"{name}: {DOING.get(step, step)}"),
            )
    except VoiceError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    await encode_sound(booth.ffmpeg, spoken, target)
    print(f"Wrote {target}.")
    for line in told(result):
        print(f"  {line}")
    return True


def _ready(booth: Booth, wish: SampleWish) -> list[str]:
    """All presets but those that do not know what is said."""
    found = []
    for name in booth.catalogue.names():
        try:
            _voice(booth, wish, name).require_words()
        except VoiceError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
        else:
            found.append(name)
    return found


def _voice(booth: Booth, wish: SampleWish, name: str) -> Preset:
    """The preset; the times of a transcript count from the file's beginning, so it serves for that part alone."""
    source = wish.source if wish.begin_s == 0 else booth.work / "nothing"
    return choose_voice(booth, Wish(source, booth.work, preset=name))
