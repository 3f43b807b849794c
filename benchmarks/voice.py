"""What the `rvc` method costs, measured in the pool's own child: seconds per second of audio by stage, and memory.

    python -m benchmarks.voice [--seconds 10 60 300] [--f0 rmvpe harvest] [--fast]

The models are stand-ins of the real sizes (v2, 40 kHz, an index of 2000 features), made in a temporary folder; what a
network costs does not depend on its weights. Loading the models is counted in the whole, and told apart.
"""

from __future__ import annotations

import argparse
import pkgutil
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import soundfile
import torch

from benchmarks.voice_world import write_speech
from tests.parity import stand_ins
from voice.job_context import JobContext
from voice.pool import ProcessPool
from voice.presets import Preset

STAGES = {
    "load": ("voice.methods.rvc.convert.load_model", "voice.methods.rvc.convert.load_content_encoder"),
    "load f0": ("voice.checkpoints.pitch.load_rmvpe",),
    "f0": ("voice.f0.rmvpe.Rmvpe.forward", "voice.f0.harvest._window"),
    "encoder": ("voice.nets.hubert.ContentEncoder.forward",),
    "index": ("voice.retrieval.FeatureIndex.blend",),
    "features": ("voice.nets.vits._ContentEncoder.forward", "voice.nets.flow.ReversedFlow.forward"),
    "vocoder": ("voice.nets.vocoder.Vocoder.forward",),
}
"""Which functions make up a stage. Harvest runs beside the others, so the stages may add up to more than the whole."""


def convert_and_weigh(*, job: JobContext, **arguments: Any) -> dict[str, Any]:
    """Runs in the child: convert one file, and say the CPU time, the time of each stage and the peak memory (MB)."""
    from voice.jobs import convert_file

    spent = dict.fromkeys(STAGES, 0.0)
    with ExitStack() as stack:
        for stage, names in STAGES.items():
            for name in names:
                stack.enter_context(_timed(name, stage, spent))
        began, began_cpu = time.monotonic(), time.process_time()
        result = convert_file(**arguments, job=job)
        whole = {"wall_s": time.monotonic() - began, "cpu_s": time.process_time() - began_cpu}
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result | whole | {"stages": spent, "peak_mb": peak_mb}


@contextmanager
def _timed(name: str, stage: str, spent: dict[str, float]) -> Iterator[None]:
    place, _, attribute = name.rpartition(".")
    target = pkgutil.resolve_name(place)
    function: Callable[..., Any] = getattr(target, attribute)

    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.monotonic()
        try:
            return function(*arguments, **named)
        finally:
            spent[stage] += time.monotonic() - began

    with mock.patch.object(target, attribute, timed):
        yield


def write_models(folder: Path) -> None:
    """Stand-ins of the real sizes."""
    torch.save(stand_ins.rvc_checkpoint(), folder / "voice.pth")
    stand_ins.save_hubert(folder / "hubert_base.pt", stand_ins.hubert_weights())
    torch.save(stand_ins.rmvpe_weights(), folder / "rmvpe.pt")
    vectors = np.random.default_rng(1).normal(size=(2000, 768)).astype(np.float32)
    stand_ins.save_index(folder / "voice.index", vectors, 51)


def measure(folder: Path, seconds: int, settings: dict[str, Any]) -> dict[str, Any]:
    """One conversion in a child of its own."""
    source = folder / "source.wav"
    write_speech(source, seconds, 1)
    plain = {"model": "voice.pth", "index": "voice.index", **settings}
    preset = Preset.from_json({"name": "stand-in", "method": "rvc", "settings": plain}).located(folder)
    arguments = {"source": str(source), "target": str(folder / "target.wav"), "preset": preset.to_json(), "seed": 1}
    pool = ProcessPool(scratch_folder=folder)
    try:
        told: dict[str, Any] = pool.submit("benchmarks.voice:convert_and_weigh", arguments).result()
    finally:
        pool.close()
    computed_s = told["wall_s"] - told["stages"]["load"] - told["stages"]["load f0"]
    stages = "  ".join(f"{name} {spent / seconds:.3f}" for name, spent in told["stages"].items() if spent)
    print(
        f"{seconds:4d} s  {settings['f0_method']:7s} {'fast' if settings['fast'] else 'full'}  compute "
        f"{computed_s / seconds:.3f} s/s  whole {told['wall_s'] / seconds:.3f}  cpu {told['cpu_s'] / seconds:.3f}  "
        f"peak {told['peak_mb']:4.0f} MB  ({stages})",
        flush=True,
    )
    told["samples"] = soundfile.read(folder / "target.wav", dtype="float32")[0]
    return told


def main() -> None:
    """Run every duration and pitch method; with --fast also what that is worth and what it loses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, nargs="+", default=[10, 60, 300])
    parser.add_argument("--f0", nargs="+", default=["rmvpe", "harvest"])
    parser.add_argument("--fast", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_models(folder)
        for f0_method in chosen.f0:
            runs = {each: measure(folder, each, {"f0_method": f0_method, "fast": False}) for each in chosen.seconds}
            least, most = runs[min(runs)], runs[max(runs)]
            print(
                f"        duration x {max(runs) / min(runs):.1f}: cpu x {most['cpu_s'] / least['cpu_s']:.2f}, "
                f"peak memory x {most['peak_mb'] / least['peak_mb']:.2f}"
            )
            if chosen.fast:
                _compare(folder, min(runs), f0_method, least)


def _compare(folder: Path, seconds: int, f0_method: str, full: dict[str, Any]) -> None:
    fast = measure(folder, seconds, {"f0_method": f0_method, "fast": True})
    noise = float(((full["samples"] - fast["samples"]).astype(np.float64) ** 2).sum())
    snr_db = 10 * np.log10(float((full["samples"].astype(np.float64) ** 2).sum()) / max(noise, 1e-30))
    print(f"        fast: time x {fast['wall_s'] / full['wall_s']:.2f}, {snr_db:.1f} dB from the full result")


if __name__ == "__main__":
    main()
