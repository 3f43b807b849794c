"""The jobs that run in a child, by name: plain arguments in, plain results out; paths, never arrays.

numpy and the methods come in with a job's first line: in the child, at the first job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from voice.job_context import JobContext
from voice.presets import Preset


def convert_file(
    *,
    source: str,
    target: str,
    preset: Mapping[str, Any],
    seed: int,
    job: JobContext,
    music: str | None = None,
    model: str | None = None,
    stem: str | None = None,
) -> dict[str, Any]:
    """Convert one audio file in one go; `preset` is `Preset.to_json()`, `music` overrides what it says of music.

    Returns the fields of `voice.conversion.Converted`, and the job's `notes`.
    """
    job.report(0.0, "listen")
    from voice.conversion import convert

    wanted = Preset.from_json(preset)
    places = {"model": _path(model), "stem": _path(stem)}
    done = convert(Path(source), Path(target), wanted, seed, job, music=music or wanted.mix.music, **places)
    return {**asdict(done), "notes": job.notes}


def listen(*, source: str, preset: Mapping[str, Any], music: str | None, job: JobContext) -> dict[str, Any]:
    """Returns the fields of `voice.conversion.Heard`."""
    job.report(0.0, "listen")
    from voice.conversion import listen

    return asdict(listen(Path(source), music or Preset.from_json(preset).mix.music))


def separate_span(*, source: str, target: str, model: str | None, span: Sequence[int], job: JobContext) -> None:
    """Write the voice of one span of a recording."""
    job.report(0.0, "separate")
    from voice.pipeline.steps import separate_span

    separate_span(Path(source), Path(target), _path(model), _span(span), job)


def join_stem(*, parts: Sequence[str], target: str, heard: Mapping[str, Any], job: JobContext) -> None:
    """Put the spans of a voice together."""
    job.report(0.0, "separate")
    from voice.conversion import Heard
    from voice.pipeline.steps import join_stem

    join_stem([Path(part) for part in parts], Path(target), Heard(**heard), job)


def plan(*, voice: str, preset: Mapping[str, Any], chunk_s: float, job: JobContext) -> dict[str, Any]:
    """Where a long recording is cut, what its chunks are told of the whole, and the job's `notes`."""
    job.report(0.0, "listen")
    from voice.pipeline.steps import plan

    return {**plan(Path(voice), Preset.from_json(preset), chunk_s, job), "notes": job.notes}


def convert_chunk(
    *,
    voice: str,
    target: str,
    preset: Mapping[str, Any],
    seed: int,
    span: Sequence[int],
    whole: Mapping[str, Any],
    job: JobContext,
) -> dict[str, Any]:
    """Convert one chunk of a long recording. Returns its `notes`, in the time of the whole."""
    job.report(0.0, "convert")
    from voice.pipeline.steps import convert_chunk

    informed = replace(job, whole=dict(whole))
    return {"notes": convert_chunk(Path(voice), Path(target), Preset.from_json(preset), seed, _span(span), informed)}


def finish_chunks(
    *,
    source: str,
    parts: Sequence[str],
    target: str,
    stem: str | None,
    model: str | None,
    preset: Mapping[str, Any],
    heard: Mapping[str, Any],
    job: JobContext,
) -> dict[str, Any]:
    """Join, mix and level. Returns the fields of `voice.conversion.Converted`, and the job's `notes`."""
    job.report(0.0, "level")
    from voice.conversion import Heard
    from voice.pipeline.steps import finish_chunks

    chunks, wanted, whole = [Path(part) for part in parts], Preset.from_json(preset), Heard(**heard)
    done = finish_chunks(Path(source), chunks, Path(target), _path(stem), _path(model), wanted, whole, job)
    return {**asdict(done), "notes": job.notes}


def tell_device(*, job: JobContext) -> str:
    """Where networks run in this child: `cpu`, or the GPU's own name."""
    job.report(0.0, "listen")
    from voice.device import device_name, ready_device

    return device_name(ready_device())


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _span(span: Sequence[int]) -> tuple[int, int]:
    begin, end = span
    return begin, end
