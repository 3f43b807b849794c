"""Bring the sound to a loudness by one gain, held under a ceiling by a limiter; what came out is measured, not hoped.

loudnorm serves as the meter alone (EBU R128, ITU-R BS.1770-4). As a corrector it silently turns from a plain gain to
dynamic compression where peaks do not fit, misses its target then, and leaves 192 kHz behind.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from media.errors import FfmpegFailedError
from media.ffmpeg import Ffmpeg, video_input
from media.on_time import ON_TIME

CEILING_DBTP = -1.5
LIMITER_DB = -2.0
"""The limiter sees samples and not the peaks between them; half a decibel is left for those."""
NEAR_LU = 0.5
"""Close enough to the wanted loudness."""
ROUNDS = 3
"""Speech with high peaks needs so many corrections: the limiter takes away what the gain adds."""
MOST_GAIN_DB = 30.0
SILENCE_LUFS = -69.0


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS and true peak in dBTP; -inf for silence."""

    lufs: float
    peak_dbtp: float

    @property
    def is_silence(self) -> bool:
        """Nothing that a gain could bring up."""
        return not self.lufs > SILENCE_LUFS


def gain_filter(gain_db: float, *, limited: bool) -> str:
    """ffmpeg's words for the gain, with the limiter behind it where it is needed."""
    gain = f"volume={gain_db:.2f}dB"
    limit = 10 ** (LIMITER_DB / 20)
    return f"{gain},alimiter=limit={limit:.4f}:attack=5:release=50:level=false:latency=true" if limited else gain


async def measure(ffmpeg: Ffmpeg, source: Path, chain: str, *, time_limit_s: float) -> Loudness:
    """How loud the first sound track is behind the filters of `chain`. Raises FfmpegFailedError, MediaTimeoutError."""
    meter = f"{chain},loudnorm=print_format=json"
    words = ("-loglevel", "info", "-nostats", *video_input(source), "-map", "0:a:0", "-af", meter, "-f", "null", "-")
    said = await ffmpeg.run(words, time_limit_s=time_limit_s, output_limit_bytes=0)
    try:
        facts = json.loads(said[said.rindex("{") : said.rindex("}") + 1])
        return Loudness(float(facts["input_i"]), float(facts["input_tp"]))
    except (ValueError, KeyError) as error:
        raise FfmpegFailedError(said[-200:]) from error


async def find_gain(ffmpeg: Ffmpeg, source: Path, target_lufs: float, *, time_limit_s: float) -> str | None:
    """The filters that bring the sound near the target, or None for silence. Listens two to four times."""
    heard = await measure(ffmpeg, source, ON_TIME, time_limit_s=time_limit_s)
    if heard.is_silence:
        return None
    gain_db = _bounded(target_lufs - heard.lufs)
    if heard.peak_dbtp + gain_db <= CEILING_DBTP:
        return gain_filter(gain_db, limited=False)
    for _ in range(ROUNDS):
        chain = gain_filter(gain_db, limited=True)
        now = await measure(ffmpeg, source, f"{ON_TIME},{chain}", time_limit_s=time_limit_s)
        miss = target_lufs - now.lufs
        if abs(miss) <= NEAR_LU or not math.isfinite(miss):
            break
        gain_db = _bounded(gain_db + miss)
    return gain_filter(gain_db, limited=True)


def _bounded(gain_db: float) -> float:
    return max(-MOST_GAIN_DB, min(MOST_GAIN_DB, gain_db))
