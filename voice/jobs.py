"""The jobs that run in a child, by name: plain arguments in, plain results out; paths, never arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from voice.job_context import JobContext
from voice.presets import Preset


def convert_file(*, source: str, target: str, preset: Mapping[str, Any], seed: int, job: JobContext) -> dict[str, Any]:
    """Convert one audio file; `preset` is `Preset.to_json()`. Returns the fields of `voice.conversion.Converted`,
    and the job's `notes`.
    """
    from voice.conversion import convert  # numpy and the method come in with it: in the child, at the first job

    done = convert(Path(source), Path(target), Preset.from_json(preset), seed, job)
    return {**asdict(done), "notes": job.notes}
