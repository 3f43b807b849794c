"""What a long recording costs in chunks: time, and the memory of all processes together.

    python -m benchmarks.voice_long [--minutes 10 120] [--workers 2] [--model separation.onnx] [--music keep]
                                    [--preset deeper | --preset rvc] [--rate 44100] [--mono]

Speech over music, converted by the pipeline in the pool's own children. Prints, for each duration, seconds per second
of audio and the largest sum of the proportional memory of this process and all its children; and the ratio of the
longest to the shortest. Memory is flat when that ratio stays near 1. The two-hour run takes hours on two slow cores.
`rvc` is a voice of the real sizes with weights of no use (see `benchmarks.voice`), with rmvpe.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from benchmarks.voice import write_models
from voice.audio_files import create_wav
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, Preset, PresetCatalogue

SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "samples"
RATE = 44100
LIMIT_MB = 1536
LOOK_S = 0.25


class MemoryWatch:
    """The largest sum of proportional memory (PSS: shared pages once) of all processes; use in `with`."""

    def __init__(self, pool: ProcessPool) -> None:
        self.peak_mb = 0.0
        self._pool = pool
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            pids = (os.getpid(), *self._pool.child_pids())
            self.peak_mb = max(self.peak_mb, sum(_pss_mb(pid) for pid in pids))


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def write_scene(path: Path, minutes: float, rate: int, *, is_mono: bool) -> int:
    """Speech over music, the samples over and over; returns the frames. Never held whole."""
    speech = np.concatenate([_sample(f"speech_{one}.flac", rate) for one in ("ru", "en")]).mean(axis=1)
    music = _sample("music.flac", rate)
    frames = round(minutes * 60 * rate)
    with create_wav(path, rate, 1 if is_mono else 2, frames) as out:
        for begin in range(0, frames, 60 * rate):
            place = np.arange(begin, min(frames, begin + 60 * rate))
            scene = speech[place % len(speech), None] + 0.25 * music[place % len(music)]
            out.write(scene.mean(axis=1, keepdims=True) if is_mono else scene)
    return frames


def _sample(name: str, rate: int) -> npt.NDArray[np.float32]:
    samples, own = soundfile.read(SAMPLES / name, dtype="float32", always_2d=True)
    made: npt.NDArray[np.float32] = soxr.resample(samples, own, rate)
    return made


def find_preset(name: str, folder: Path) -> dict[str, Any]:
    """A preset that comes with us, or `rvc`."""
    if name != "rvc":
        return PresetCatalogue([BUILT_IN]).get(name).to_json()
    write_models(folder)
    plain = {"model": "voice.pth", "index": "voice.index", "f0_method": "rmvpe"}
    return Preset.from_json({"name": name, "method": "rvc", "settings": plain}).located(folder).to_json()


async def measure(folder: Path, minutes: float, chosen: argparse.Namespace) -> tuple[float, float]:
    """Seconds and peak MB of one conversion."""
    source, target = folder / "source.wav", folder / "target.wav"
    frames = write_scene(source, minutes, chosen.rate, is_mono=chosen.mono)
    pool = ProcessPool(chosen.workers, scratch_folder=folder)
    coordinator = Coordinator(pool, folder / "work", Chunking(at_once=chosen.workers))
    order = Order(source, target, find_preset(chosen.preset, folder), seed=1, music=chosen.music, model=chosen.model)
    try:
        began = time.monotonic()
        with MemoryWatch(pool) as watch:
            await coordinator.convert(order, lambda _, __: None)
        wall_s = time.monotonic() - began
    finally:
        pool.close()
    exact = soundfile.info(target).frames == frames
    left = [path for path in (folder / "work").rglob("*") if path.is_file()]
    print(
        f"{minutes:6.1f} min  wall {wall_s:7.1f} s  RTF {wall_s / (minutes * 60):.3f}  peak of all processes "
        f"{watch.peak_mb:5.0f} MB ({'within' if watch.peak_mb <= LIMIT_MB else 'OVER'} {LIMIT_MB})  length "
        f"{'exact' if exact else 'WRONG'}  files left {len(left)}",
        flush=True,
    )
    target.unlink()
    return wall_s, watch.peak_mb


def main() -> None:
    """Run every duration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 120])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--music", choices=["automatic", "keep", "none"], default="keep")
    parser.add_argument("--preset", default="deeper")
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--mono", action="store_true")
    chosen = parser.parse_args()
    runs = {}
    for minutes in chosen.minutes:
        with tempfile.TemporaryDirectory() as name:
            runs[minutes] = asyncio.run(measure(Path(name), minutes, chosen))
    (least_s, least_mb), (most_s, most_mb) = runs[min(runs)], runs[max(runs)]
    print(f"duration x {max(runs) / min(runs):.1f}: time x {most_s / least_s:.2f}, memory x {most_mb / least_mb:.2f}")


if __name__ == "__main__":
    main()
