"""Real videos for tests, made by ffmpeg: a moving test picture, and the samples' speech over their music at -12 dB.

Each builder writes into a folder of the caller's (a session's temporary folder) and makes a file once.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from media.ffmpeg import Ffmpeg

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SPEECH_RU = SAMPLES / "speech_ru.flac"
SPEECH_EN = SAMPLES / "speech_en.flac"
MUSIC = SAMPLES / "music.flac"

MUSIC_DB = -12.0
"""What the music is lowered by under speech."""

SMALL = "180x320"
VERTICAL = "1080x1920"


def run_ffmpeg(*words: str | Path) -> bytes:
    """Run ffmpeg without a guard, for files that the tests make themselves; returns its standard output."""
    binary = str(Ffmpeg.locate().binary)
    done = subprocess.run([binary, "-nostdin", "-v", "error", "-y", *map(str, words)], capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return done.stdout


def picture(size: str, seconds: float) -> tuple[str, ...]:
    """ffmpeg's words for a moving test picture of `seconds`, 30 frames a second."""
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=30:duration={seconds}")


_X264 = (
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-b:v",
    "2M",
    "-maxrate",
    "3M",
    "-bufsize",
    "3M",
    "-pix_fmt",
    "yuv420p",
)
_AS_SITES_WANT_IT = ("-use_editlist", "0", "-movflags", "+faststart+negative_cts_offsets")
"""Index first and no edit list: nothing has to be done to such a file."""
_AAC = ("-c:a", "aac", "-b:a", "192k")


def vertical_clip(folder: Path, seconds: float = 20, *, speech: Path = SPEECH_RU) -> Path:
    """1080x1920 mp4, speech over music; about 6 MB for 20 s."""
    return spoken_clip(folder, seconds, size=VERTICAL, speech=speech)


def spoken_clip(
    folder: Path, seconds: float = 3, *, size: str = SMALL, speech: Path = SPEECH_RU, music: bool = True
) -> Path:
    """An mp4 with speech, over music or alone; the small one takes 0.2 s to make."""
    out = folder / f"{speech.stem}-{size}-{seconds:g}-{'music' if music else 'alone'}.mp4"
    if out.exists():
        return out
    voice = f"[1:a]apad,atrim=0:{seconds},aformat=channel_layouts=stereo[s]"
    band = f"[2:a]volume={MUSIC_DB}dB,apad,atrim=0:{seconds}[m];[s][m]amix=inputs=2:normalize=0[a]"
    sound = f"{voice};{band}" if music else voice.replace("[s]", "[a]")
    inputs = (*picture(size, seconds), "-i", speech, *(("-i", MUSIC) if music else ()))
    mapped = ("-filter_complex", sound, "-map", "0:v", "-map", "[a]")
    run_ffmpeg(*inputs, *mapped, *_X264, *_AAC, *_AS_SITES_WANT_IT, out)
    return out


def mute_clip(folder: Path, seconds: float = 1) -> Path:
    """A picture with no sound track."""
    out = folder / "mute.mp4"
    if not out.exists():
        run_ffmpeg(*picture(SMALL, seconds), *_X264, out)
    return out


def sound_only(folder: Path) -> Path:
    """An mp4 with sound and no picture."""
    out = folder / "sound-only.mp4"
    if not out.exists():
        run_ffmpeg("-i", SPEECH_RU, "-t", "1", *_AAC, out)
    return out


def rotated(source: Path, degrees: int) -> Path:
    """The same file with a display rotation, as phones write it."""
    out = source.with_name(f"{source.stem}-rotated{degrees}.mp4")
    if not out.exists():
        run_ffmpeg("-display_rotation", str(degrees), "-i", source, "-c", "copy", out)
    return out


def cut_short(source: Path, share: float = 0.5) -> Path:
    """The first part of the file's bytes."""
    out = source.with_name(f"{source.stem}-cut{source.suffix}")
    data = source.read_bytes()
    out.write_bytes(data[: int(len(data) * share)])
    return out


def video_packets(path: Path) -> list[tuple[str, ...]]:
    """(dts, pts, duration, size, md5) of each packet of the picture, in the file's own time base made comparable."""
    text = run_ffmpeg("-i", path, "-map", "0:v:0", "-c", "copy", "-f", "framemd5", "-").decode()
    return [tuple(word.strip() for word in line.split(",")) for line in text.splitlines() if not line.startswith("#")]
