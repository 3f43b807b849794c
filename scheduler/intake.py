"""A file that came in becomes facts about a clip, or the fault that says why it is none."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from media.digest import sha256_of
from media.errors import MediaError
from media.info import MediaInfo
from media.probe import probe
from scheduler.errors import IntakeError
from scheduler.faults import fault_of
from storage.values import ClipFacts


class Intake:
    """Looks into files in guarded child processes: several at once, and no more than the machine has cores for."""

    def __init__(self, at_once: int | None = None) -> None:
        self._seats = asyncio.Semaphore(at_once or max(2, os.cpu_count() or 1))

    async def examine(self, path: Path) -> ClipFacts:
        """What the file is; raises IntakeError for whatever is no complete video."""
        async with self._seats:
            # The digest of a large file takes as long as the probe: both read it at once.
            digest = asyncio.ensure_future(sha256_of(path))
            try:
                info = await probe(path)
                return facts_of(info, await digest)
            except MediaError as error:
                raise IntakeError(fault_of(error)) from error
            finally:
                digest.cancel()


def facts_of(info: MediaInfo, sha256: str) -> ClipFacts:
    """The facts of a probed file. Raises NoVideoTrackError."""
    video = info.require_video()
    return ClipFacts(
        sha256=sha256,
        size=info.size,
        duration_s=info.duration_s,
        width=video.width,
        height=video.height,
        fps=video.fps,
        video_codec=video.codec,
        audio_codec=info.audio.codec if info.audio else None,
        rotation=video.rotation,
        container=info.container,
        variable_fps=video.variable_fps,
        media=info.to_json(),
    )
