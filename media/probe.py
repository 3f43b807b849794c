"""Ask a guarded child what is in a media file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from media import errors
from media.errors import EmptyFileError, MediaError, NotAVideoError
from media.guard import Limits, child_environment, run_guarded
from media.info import AudioStream, MediaInfo, VideoStream

__all__ = ["AudioStream", "MediaInfo", "VideoStream", "probe"]

ROOT = Path(__file__).resolve().parent.parent


async def probe(path: Path, *, time_limit_s: float = 60.0) -> MediaInfo:
    """What is in the file at `path`.

    Raises EmptyFileError, NotAVideoError, TruncatedError, MediaTimeoutError. A missing track is no error here: ask
    `MediaInfo.require_video` or `require_audio`. A file that crashes the demuxer kills only the child and is no video.
    """
    if path.stat().st_size == 0:
        raise EmptyFileError
    said: list[str] = []
    argv = (sys.executable, "-P", "-m", "media.probe_child", str(path.absolute()))
    environment = child_environment(PYTHONPATH=str(ROOT))
    finished = await run_guarded(argv, Limits(time_limit_s), on_line=said.append, environment=environment)
    if finished.status != 0 or not said:
        raise NotAVideoError(detail=finished.stderr_tail[-200:])
    answer = json.loads(said[-1])
    if "error" in answer:
        raise _error(answer["error"])
    return MediaInfo.from_json(answer["info"])


def _error(name: str) -> MediaError:
    kind = getattr(errors, name)
    if not (isinstance(kind, type) and issubclass(kind, MediaError)):
        raise TypeError(f"the probe named an unknown error: {name!r}")
    return kind()
