"""A recording's whole way: listen, take the voice out of its music, convert it, put both together again.

A short one goes through one job. A long one is cut into chunks that go through the runner side by side, each streamed
from disk, so that neither memory nor what is lost with a dead child grows with the duration. This side of the border
runs in the parent and holds no samples.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice.jobs_port import JobRunner
from voice.methods.registry import describe_method
from voice.notes import ROUGH, together
from voice.pipeline.duration import wav_duration_s
from voice.pipeline.progress import OnProgress, Progress
from voice.pipeline.settings import Chunking
from voice.pipeline.watch import run_watched
from voice.scratch import ScratchFolders

SEPARATING, PLANNING, CONVERTING, FINISHING = 1.0, 0.05, 1.0, 0.1
"""What the steps cost, as shares of what the conversion itself does: for progress alone."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of which file. `preset` is `Preset.to_json()`.

    `music` overrides what the preset says of it; `model` separates, and without it separation is rough. The voice that
    was taken out is kept at `stem`, and found there the next time; without one it goes with the work.
    """

    source: Path
    target: Path
    preset: Mapping[str, Any]
    seed: int
    music: str | None = None
    model: Path | None = None
    stem: Path | None = None

    def plain(self) -> dict[str, Any]:
        """The arguments that all jobs of this order share."""
        return {"source": str(self.source), "preset": dict(self.preset)}


class Coordinator:
    """Sees orders through, with `runner`; what lies between the jobs lies in `work`, and goes when they are over."""

    def __init__(self, runner: JobRunner, work: Path, chunking: Chunking) -> None:
        self._runner = runner
        self._scratch = ScratchFolders(work)
        self._chunking = chunking

    async def convert(self, order: Order, on_progress: OnProgress) -> Mapping[str, Any]:
        """Write `order.target`; returns the fields of `voice.conversion.Converted`, and `notes` of the whole.

        Cancelled, it kills what runs and leaves no file. Raises VoiceError, OSError.
        """
        done = await self._made(order, on_progress)
        rough = [{"code": ROUGH}] if done.get("kept_music") and order.model is None else []
        return {**done, "notes": together([*rough, *done.get("notes", ())])}

    async def _made(self, order: Order, on_progress: OnProgress) -> Mapping[str, Any]:
        is_short = wav_duration_s(order.source) <= self._chunking.threshold_s
        if is_short or not describe_method(str(order.preset["method"])).in_parts:
            return await self._in_one(order, on_progress)
        with self._scratch.folder() as work:
            return await self._in_chunks(order, work, on_progress)

    async def _in_one(self, order: Order, on_progress: OnProgress) -> Mapping[str, Any]:
        stem, model = _text(order.stem), _text(order.model)
        arguments = {**order.plain(), "target": str(order.target), "seed": order.seed, "music": order.music}
        made: Mapping[str, Any] = await self._run(
            "convert_file", {**arguments, "model": model, "stem": stem}, on_progress
        )
        return made

    async def _in_chunks(self, order: Order, work: Path, on_progress: OnProgress) -> Mapping[str, Any]:
        heard = await self._run("listen", {**order.plain(), "music": order.music}, lambda _, __: None)
        total = PLANNING + CONVERTING + FINISHING + (SEPARATING if heard["has_music"] else 0.0)
        progress = Progress(total, on_progress)
        stem = None
        if heard["has_music"]:
            stem = order.stem or work / "stem.wav"
            await self._separate(order, stem, heard, work, progress)
        voice = {"voice": str(stem or order.source), "preset": dict(order.preset)}
        plan = await self._run("plan", {**voice, "chunk_s": self._chunking.chunk_s}, progress.part(PLANNING))
        cuts: list[int] = plan["cuts"]
        parts = [work / f"part-{place:04}.wav" for place in range(len(cuts) - 1)]
        jobs = [
            self._run(
                "convert_chunk",
                {**voice, "target": str(part), "seed": order.seed, "span": span, "whole": plan["whole"]},
                progress.part(CONVERTING * (span[1] - span[0]) / heard["frames"]),
            )
            for part, span in zip(parts, itertools.pairwise(cuts), strict=True)
        ]
        told = await _all_of(jobs, self._chunking.at_once)
        made = {"parts": list(map(str, parts)), "target": str(order.target), "heard": heard}
        separated = {"stem": _text(stem), "model": _text(order.model)}
        done: Mapping[str, Any] = await self._run(
            "finish_chunks", {**order.plain(), **made, **separated}, progress.part(FINISHING)
        )
        return {**done, "notes": [note for each in (plan, *told, done) for note in each["notes"]]}

    async def _separate(
        self, order: Order, stem: Path, heard: Mapping[str, Any], work: Path, progress: Progress
    ) -> None:
        """Span by span where several may run at once, each the same as in the whole."""
        if stem.exists():
            progress.part(SEPARATING)(1.0, "separate")
            return
        spans = _even_spans(heard["frames"], self._chunking.at_once)
        parts = [work / f"span-{place:04}.wav" for place in range(len(spans))]
        shared = {"source": str(order.source), "model": _text(order.model)}
        jobs = [
            self._run(
                "separate_span",
                {**shared, "target": str(part if len(parts) > 1 else stem), "span": span},
                progress.part(SEPARATING / len(spans)),
            )
            for part, span in zip(parts, spans, strict=True)
        ]
        await _all_of(jobs, self._chunking.at_once)
        if len(parts) > 1:
            whole = {"parts": list(map(str, parts)), "target": str(stem), "heard": dict(heard)}
            await self._run("join_stem", whole, lambda _, __: None)
            for part in parts:
                part.unlink()

    async def _run(self, job: str, arguments: Mapping[str, Any], on_progress: OnProgress) -> Any:
        return await run_watched(self._runner, f"voice.jobs:{job}", arguments, hear=on_progress)


async def _all_of(jobs: Sequence[Coroutine[Any, Any, Any]], at_once: int) -> list[Any]:
    """The results of all; the first that fails, or a cancel, ends the others before it is told.

    No more of them stand before the runner than can run: a short recording that comes later gets its turn in between.
    """
    places = asyncio.Semaphore(at_once)

    async def one(job: Coroutine[Any, Any, Any]) -> Any:
        async with places:
            return await job

    running = [asyncio.ensure_future(one(job)) for job in jobs]
    try:
        return await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for job in jobs:
            job.close()  # one that never got a place


def _even_spans(frames: int, count: int) -> list[tuple[int, int]]:
    edges = [place * frames // count for place in range(count + 1)]
    return [span for span in itertools.pairwise(edges) if span[0] < span[1]]


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
