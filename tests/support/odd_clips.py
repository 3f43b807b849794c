"""Videos as the world sends them: other codecs, turned, lying, uneven, with edit lists. Each flashes and clicks.

The screen flashes white and the sound clicks at 0.5 s, 1.5 s, …; who moves one against the other is found out.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from tests.support.clips import run_ffmpeg

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p")
FRAME_S = 1 / 30


def flashing(
    out: Path,
    *words: str,
    size: str = "180x320",
    rate: str = "30",
    seconds: float = 1.2,
    audio: tuple[str, ...] = ("-c:a", "aac"),
    vf: str = "null",
) -> Path:
    """A clip of grey noise that flashes, with clicks, made once; `words` are ffmpeg's for the codec of the picture."""
    if out.exists():
        return out
    flash = "drawbox=c=white:t=fill:enable='gt(t,0.4)*lt(mod(t+0.5001,1),0.05)'"
    picture = f"color=c=0x505050:s={size}:r={rate}:d={seconds},noise=alls=30,{flash},{vf}"
    clicks = f"aevalsrc='if(gt(t,0.4)*lt(mod(t+0.5,1),0.003),0.9*sin(2*PI*2000*t),0)':s=48000:d={seconds}"
    codecs = words or X264
    run_ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", clicks, *codecs, *audio, out)
    return out


def flashes(path: Path) -> list[float]:
    """When the picture turns white, in seconds as a player that knows no edit list would show it."""
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        stream = container.streams.video[0]
        bright = [float(one.pts * stream.time_base) for one in container.decode(stream) if _middle(one) > 180]
    return _firsts(bright, FRAME_S * 5)


def clicks(path: Path) -> list[float]:
    """When the sound clicks, in seconds as a player that knows no edit list would play it."""
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        stream = container.streams.audio[0]
        loud = []
        for frame in container.decode(stream):
            at = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.25)
            loud += [float(frame.pts * stream.time_base) + float(one) / stream.sample_rate for one in at]
    return _firsts(loud, 0.1)


def _middle(frame: av.VideoFrame) -> float:
    grey = frame.to_ndarray(format="gray")
    height, width = grey.shape
    return float(grey[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5].mean())


def _firsts(times: list[float], apart: float) -> list[float]:
    return times[:1] + [now for before, now in pairwise(times) if now - before > apart]
