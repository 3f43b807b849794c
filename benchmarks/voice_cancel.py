"""How long a cancel takes in each step of a conversion: until the caller is told, the child is gone and its files are.

    python -m benchmarks.voice_cancel [--minutes 4] [--preset deeper]

Speech over music by the pipeline in chunks, in the pool's own child, then to MP3 by ffmpeg; each run is cancelled half
a second into one step. The aim is 2 s.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from benchmarks.voice_long import write_scene
from media.ffmpeg import Ffmpeg
from media.sound_files import encode_sound
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, PresetCatalogue

STEPS = ("separate", "convert", "level")
INTO_S = 0.5
LOOK_S = 0.005

Work = Callable[[asyncio.Event], Coroutine[Any, Any, Any]]


async def cancelled_after(work: Work, is_over: Callable[[], bool]) -> tuple[float, float]:
    """Seconds from the cancel until the caller knows, and until nothing is left of the work."""
    begun = asyncio.Event()
    running = asyncio.ensure_future(work(begun))
    await begun.wait()
    await asyncio.sleep(INTO_S)
    then = time.monotonic()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    told_s = time.monotonic() - then
    while not is_over():
        await asyncio.sleep(LOOK_S)
    return told_s, time.monotonic() - then


async def cancel_conversion(folder: Path, step: str, preset: str) -> None:
    """Cancel in one step, and print how long it took."""
    work, scratch = folder / "work", folder / "scratch"
    pool = ProcessPool(scratch_folder=scratch)
    plain = PresetCatalogue([BUILT_IN]).get(preset).to_json()
    order = Order(folder / "source.wav", folder / "out.wav", plain, seed=1, music="keep", stem=folder / "stem.wav")
    children: set[int] = set()

    async def convert(begun: asyncio.Event) -> None:
        def hear(_: float, told: str) -> None:
            if told == step:
                children.update(pool.child_pids())
                begun.set()

        await Coordinator(pool, work, Chunking(chunk_s=60.0)).convert(order, hear)

    def is_over() -> bool:
        left = [*work.rglob("*"), *scratch.rglob("*")]
        return not left and not any(Path(f"/proc/{pid}").exists() for pid in children)

    tell(step, *await cancelled_after(convert, is_over))
    pool.close()


async def cancel_encoding(folder: Path) -> None:
    """Cancel ffmpeg, and print how long it took."""

    async def encode(begun: asyncio.Event) -> None:
        wav, out = folder / "source.wav", folder / "out.mp3"
        await encode_sound(Ffmpeg.locate(), wav, out, on_progress=lambda _: begun.set())

    tell("encode", *await cancelled_after(encode, lambda: not list(folder.glob("*.mp3*"))))


def tell(step: str, told_s: float, over_s: float) -> None:
    """One line."""
    print(f"{step:9}  told {1000 * told_s:6.1f} ms  child and files gone {1000 * over_s:6.1f} ms", flush=True)


def main() -> None:
    """Run every step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--preset", default="deeper")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        write_scene(Path(name) / "source.wav", chosen.minutes)
        for step in STEPS:
            asyncio.run(cancel_conversion(Path(name), step, chosen.preset))
        asyncio.run(cancel_encoding(Path(name)))


if __name__ == "__main__":
    main()
