"""What the `world` method costs, measured in the pool's own child: seconds per second of audio, and memory.

    python -m benchmarks.voice_world [--seconds 60 300] [--preset deeper]

Prints a table and the two ratios that matter: time and peak memory of the longest run over those of the shortest.
Memory is flat when its ratio stays near 1 while the duration's is 5.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from voice.job_context import JobContext
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, PresetCatalogue

SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "samples"
RATE = 44100


def convert_and_weigh(*, job: JobContext, **arguments: Any) -> dict[str, Any]:
    """Runs in the child: convert one file, and say the CPU time and peak memory (MB) of this child so far."""
    from voice.jobs import convert_file

    began = time.process_time()
    result = convert_file(**arguments, job=job)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result | {"cpu_s": time.process_time() - began, "peak_mb": peak_mb}


def write_speech(path: Path, seconds: int, channels: int) -> None:
    """The two samples in turn until there is enough; in stereo, over music that differs from side to side."""
    voices = [soundfile.read(SAMPLES / f"speech_{language}.flac")[0] for language in ("ru", "en")]
    once = np.concatenate(voices)
    speech = np.resize(once, seconds * RATE)
    if channels == 2:
        music = np.resize(soundfile.read(SAMPLES / "music.flac")[0], (len(speech), 2)) * 0.25
        speech = speech[:, None] + music * (1.0, -1.0)
    soundfile.write(path, speech, RATE, subtype="FLOAT")


def measure(folder: Path, seconds: int, channels: int, preset: str) -> dict[str, float]:
    """One conversion in a child of its own."""
    source = folder / "source.wav"
    write_speech(source, seconds, channels)
    pool = ProcessPool(scratch_folder=folder)
    chosen = PresetCatalogue([BUILT_IN]).get(preset).to_json()
    arguments = {"source": str(source), "target": str(folder / "target.wav"), "preset": chosen, "seed": 1}
    try:
        began = time.monotonic()
        result = pool.submit("benchmarks.voice_world:convert_and_weigh", arguments).result()
        wall_s = time.monotonic() - began
    finally:
        pool.close()
    off_lu = result["lufs"] - result["source_lufs"]
    same = result["frames"] == seconds * RATE
    print(
        f"{seconds:6d} s  {channels} ch  wall {wall_s:6.1f} s  RTF wall {wall_s / seconds:.3f}  cpu "
        f"{result['cpu_s'] / seconds:.3f}  peak {result['peak_mb']:4.0f} MB  loudness {off_lu:+.2f} LU  "
        f"length {'exact' if same else 'WRONG'}"
    )
    return {"cpu_s": result["cpu_s"], "peak_mb": result["peak_mb"]}


def main() -> None:
    """Run every duration, mono and stereo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, nargs="+", default=[60, 300])
    parser.add_argument("--channels", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--preset", default="deeper")
    chosen = parser.parse_args()
    for channels in chosen.channels:
        with tempfile.TemporaryDirectory() as name:
            runs = {seconds: measure(Path(name), seconds, channels, chosen.preset) for seconds in chosen.seconds}
        least, most = runs[min(runs)], runs[max(runs)]
        print(
            f"        duration x {max(runs) / min(runs):.1f}: cpu x {most['cpu_s'] / least['cpu_s']:.2f}, "
            f"peak memory x {most['peak_mb'] / least['peak_mb']:.2f}"
        )


if __name__ == "__main__":
    main()
