"""Videos whose sound and picture are hard to keep together, each with tones and flashes, and when a player has them.

A tone is a short swell of a voice's harmonics: a vocoder gives it back, and its middle is known to a tenth of a
millisecond. Where the two sides hold it with opposite signs, what takes a voice out of the middle takes it for music.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile
from scipy import ndimage

from tests.support.clips import SPEECH_RU, run_ffmpeg

Wave = npt.NDArray[np.float64]
Make = Callable[[Path, Path], None]
"""Makes the video at the second path with the sound of the first."""

PITCH_HZ = 130.0
SWELL_S = 0.025
REACH_S = 0.12
"""A swell has passed by then."""
TONES_S = (0.4, 1.137, 1.9)
SECONDS = 2.5
JITTER_S = 0.002
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "12", "-pix_fmt", "yuv420p")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime")
AAC = ("-c:a", "aac", "-b:a", "160k")
LATE = ("-itsoffset", "0.2371")
BOTH = ("-map", "0:v", "-map", "1:a")


# --- the sound and the picture -----------------------------------------------------------------------------------


def tones(rate: int, seconds: float = SECONDS) -> Wave:
    """One channel with a tone at each of `TONES_S`."""
    time = np.arange(round(seconds * rate)) / rate
    swell = sum(np.exp(-0.5 * ((time - at) / SWELL_S) ** 2) for at in TONES_S)
    harmonics = range(1, int(3000 / PITCH_HZ))
    wave = sum(np.cos(2 * np.pi * PITCH_HZ * number * time) / number for number in harmonics)
    return np.asarray(0.15 * swell * wave)


def voice_alone(path: Path, rate: int, channels: int) -> Path:
    """Tones in the middle and nothing else."""
    soundfile.write(path, tones(rate)[:, None] * np.ones(channels), rate, subtype="FLOAT")
    return path


def voice_and_music(path: Path) -> Path:
    """Speech in the middle, and tones in the sides, stereo at 44.1 kHz."""
    speech, rate = soundfile.read(SPEECH_RU, frames=round(SECONDS * 44_100))
    soundfile.write(path, 0.5 * speech[:, None] + tones(rate)[:, None] * (1.0, -1.0), rate, subtype="FLOAT")
    return path


def picture(seconds: float = SECONDS, words: str = "null") -> tuple[str, ...]:
    """ffmpeg's words for a small grey picture that turns white for a tenth of a second at each tone."""
    white = "+".join(f"between(t,{at},{at + 0.1})" for at in TONES_S)
    grey = f"color=c=0x505050:size=64x64:rate=30:duration={seconds}"
    return ("-f", "lavfi", "-i", f"{grey},drawbox=c=white:t=fill:enable='{white}',{words}")


# --- the videos --------------------------------------------------------------------------------------------------


def plain(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(), "-i", sound, *X264, *AAC, out)


def late_sound(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(), *LATE, "-i", sound, *BOTH, *X264, *AAC, out)


def late_picture(sound: Path, out: Path) -> None:
    run_ffmpeg("-itsoffset", "0.4", *picture(), "-i", sound, *BOTH, *X264, *AAC, out)


def cut_by_edit_lists(sound: Path, out: Path) -> None:
    """Both tracks hold 0.3 s that nobody is to see or hear; the cut lies within a packet of each."""
    whole = out.with_stem(f"{out.stem}-whole")
    plain(sound, whole)
    run_ffmpeg("-ss", "0.31", "-i", whole, "-c", "copy", out)


def unsaid_priming(sound: Path, out: Path) -> None:
    """No edit list hides what the encoder put before the first sample, so a player plays it."""
    run_ffmpeg(*picture(), "-i", sound, *X264, *AAC, "-use_editlist", "0", "-movflags", "negative_cts_offsets", out)


def uneven_frames(sound: Path, out: Path) -> None:
    uneven = picture(words="select='not(mod(n,3))+not(mod(n,5))'")
    run_ffmpeg(*uneven, "-i", sound, *X264, *AAC, "-fps_mode", "vfr", out)


def short_sound(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(4.0), "-i", sound, *X264, *AAC, out)


def long_sound(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(1.5), "-i", sound, *X264, *AAC, out)


def fragmented(sound: Path, out: Path) -> None:
    """The first packet of the sound lasts longer than what is in it."""
    run_ffmpeg(*picture(), "-i", sound, *X264, *AAC, "-movflags", "+frag_keyframe+empty_moov", out)


def web(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(), "-i", sound, *VP8, "-c:a", "libopus", out)


def late_web(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(), *LATE, "-i", sound, *BOTH, *VP8, "-c:a", "libvorbis", out)


def unpacked(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(), "-i", sound, *X264, "-c:a", "pcm_s16le", out)


def mp3_track(sound: Path, out: Path) -> None:
    run_ffmpeg(*picture(), "-i", sound, *X264, "-c:a", "libmp3lame", out)


def with_hole(begin_s: float, end_s: float) -> Make:
    """The packets between are missing, and those that follow keep their times."""

    def make(sound: Path, out: Path) -> None:
        whole = out.with_name(f"{out.stem}-whole.mp4")
        plain(sound, whole)
        missing = f"noise=drop='between(pts*tb,{begin_s},{end_s})'"
        run_ffmpeg("-i", whole, "-c", "copy", "-bsf:a", missing, out)

    return make


lost_packet, long_hole = with_hole(0.7, 0.72), with_hole(0.7, 0.98)


# --- what a player makes of them ---------------------------------------------------------------------------------


def shown(path: Path) -> tuple[float, list[float]]:
    """When a player that knows edit lists shows the first frame, and when the picture turns white after that."""
    with av.open(str(path)) as container:
        frames = [(float(one.time or 0.0), one.to_ndarray(format="gray").mean()) for one in container.decode(video=0)]
    first = frames[0][0]
    return first, [now - first for (_, before), (now, grey) in pairwise(frames) if before < 160 < grey]


def tone_times(path: Path, *, side: bool = False) -> Wave:
    """The middles of the tones in seconds of the file's time; `side` listens to how the two channels differ."""
    power, rate = _played(path, side=side)
    hop = rate // 200
    course = ndimage.gaussian_filter1d(np.add.reduceat(power, np.arange(0, len(power), hop)), 200 * SWELL_S / 2)
    peaks = np.flatnonzero((course == ndimage.maximum_filter1d(course, 81)) & (course > 0.2 * course.max()))
    return np.array([_middle(power, int(peak) * hop, round(REACH_S * rate)) / rate for peak in peaks])


def _played(path: Path, *, side: bool) -> tuple[Wave, int]:
    """The power of each sample from time 0 on, all channels together.

    Containers round to milliseconds: what begins within `JITTER_S` of where the sound before it ends follows at once.
    """
    pieces: list[tuple[int, Wave]] = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        rate, due = stream.codec_context.sample_rate, -1
        for frame in container.decode(stream):
            samples = frame.to_ndarray().astype(np.float64)
            if not frame.format.is_planar:
                samples = samples.reshape(-1, len(frame.layout.channels)).T
            if side:
                samples = samples[:1] - samples[1:]
            at = round(float(frame.time or 0.0) * rate)
            at = due if abs(at - due) < JITTER_S * rate else at
            due = at + samples.shape[1]
            hidden = max(0, -at)
            pieces.append((at + hidden, (samples[:, hidden:] ** 2).sum(axis=0)))
    power = np.zeros(max(at + len(piece) for at, piece in pieces))
    for at, piece in pieces:
        power[at : at + len(piece)] = piece
    return power, rate


def _middle(power: Wave, near: int, reach: int) -> float:
    middle = float(near)
    for _ in range(5):
        low = max(0, round(middle) - reach)
        held = power[low : low + 2 * reach]
        middle = low + float((held * np.arange(len(held))).sum() / held.sum())
    return middle
