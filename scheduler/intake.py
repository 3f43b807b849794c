"""A file that came in becomes facts about a clip, or the fault that says why it is none."""

from __future__ import annotations

from pathlib import Path

from media.digest import sha256_of
from media.errors import MediaError
from media.probe import probe
from scheduler.errors import IntakeError
from scheduler.faults import fault_of
from storage.values import ClipFacts


class Intake:
    """Looks into files in a guarded child process."""

    async def examine(self, path: Path) -> ClipFacts:
        """What the file is; raises IntakeError for whatever is no complete video."""
        try:
            info = await probe(path)
            video = info.require_video()
        except MediaError as error:
            raise IntakeError(fault_of(error)) from error
        return ClipFacts(
            sha256=await sha256_of(path),
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
        )
