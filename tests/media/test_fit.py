"""Clips as the world sends them come out as the one file that is accepted everywhere."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from media.errors import MediaTimeoutError, NotAVideoError
from media.ffmpeg import Ffmpeg
from media.fit import EVERYWHERE, Action, Aspect, FitChoices, FitPlan, fit, plan_fit
from media.info import MediaInfo
from media.probe import probe
from tests.support.clips import mute_clip, rotated, run_ffmpeg, spoken_clip, video_packets
from tests.support.odd_clips import FRAME_S, X264, clicks, flashes, flashing

X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
HLG = "log-level=error:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"


def hevc_in_mov(folder: Path) -> Path:
    return flashing(folder / "phone.mov", *X265, "log-level=error", "-tag:v", "hvc1")


def hdr(folder: Path) -> Path:
    return flashing(folder / "hdr.mov", *X265, HLG, "-pix_fmt", "yuv420p10le")


def vp9_webm(folder: Path) -> Path:
    return flashing(folder / "web.webm", *VP9, audio=("-c:a", "libopus"))


def turned(folder: Path) -> Path:
    return rotated(flashing(folder / "lying.mp4", size="320x180"), 90)


def lying(folder: Path) -> Path:
    return flashing(folder / "lying.mp4", size="320x180")


def variable(folder: Path) -> Path:
    uneven = "select='not(mod(n,3))+not(mod(n,5))'"
    return flashing(folder / "uneven.mp4", *X264, "-fps_mode", "vfr", vf=uneven)


def sixty(folder: Path) -> Path:
    return flashing(folder / "sixty.mp4", rate="60")


def ntsc_sixty(folder: Path) -> Path:
    return flashing(folder / "ntsc.mkv", rate="60000/1001")


def index_last(folder: Path) -> Path:
    return flashing(folder / "last.mp4", *X264, "-use_editlist", "0", "-movflags", "negative_cts_offsets")


def edit_list(folder: Path) -> Path:
    return flashing(folder / "edits.mp4", *X264, "-movflags", "+faststart")


def fragmented(folder: Path) -> Path:
    return flashing(folder / "pieces.mp4", *X264, "-movflags", "+frag_keyframe+delay_moov")


def cut_by_edit_list(folder: Path) -> Path:
    out = folder / "cut.mp4"
    run_ffmpeg("-ss", "0.3", "-i", flashing(folder / "whole.mp4"), "-c", "copy", out)
    return out


def late_sound(folder: Path) -> Path:
    source, out = flashing(folder / "on-time.mp4"), folder / "late.mp4"
    run_ffmpeg("-i", source, "-itsoffset", "0.4", "-i", source, "-map", "0:v", "-map", "1:a", "-c", "copy", out)
    return out


def late_picture(folder: Path) -> Path:
    source, out = flashing(folder / "on-time.mp4"), folder / "late-picture.mkv"
    run_ffmpeg("-i", source, "-itsoffset", "0.4", "-i", source, "-map", "1:v", "-map", "0:a", "-c", "copy", out)
    return out


def interlaced(folder: Path) -> Path:
    words = (*X264, "-flags", "+ildct+ilme", "-x264opts", "tff=1")
    return flashing(folder / "tv.mp4", *words, vf="setfield=tff")


def narrow_pixels(folder: Path) -> Path:
    return flashing(folder / "dv.mp4", vf="setsar=4/3")


def surround(folder: Path) -> Path:
    return flashing(folder / "cinema.mov", audio=("-c:a", "aac", "-ac", "6"))


def cd_sound(folder: Path) -> Path:
    return flashing(folder / "cd.mkv", audio=("-c:a", "aac", "-ar", "44100"))


Make = Callable[[Path], Path]
CASES: dict[Make, tuple[Action, str]] = {
    hevc_in_mov: (Action.TRANSCODE, "fit.codec_converted"),
    hdr: (Action.TRANSCODE, "fit.hdr_converted"),
    vp9_webm: (Action.TRANSCODE, "fit.sound_converted"),
    turned: (Action.TRANSCODE, "fit.rotated"),
    variable: (Action.TRANSCODE, "fit.fps_made_constant"),
    sixty: (Action.TRANSCODE, "fit.fps_lowered"),
    ntsc_sixty: (Action.TRANSCODE, "fit.fps_lowered"),
    cut_by_edit_list: (Action.TRANSCODE, "fit.cuts_made_real"),
    late_sound: (Action.TRANSCODE, "fit.sound_aligned"),
    late_picture: (Action.TRANSCODE, "fit.picture_aligned"),
    fragmented: (Action.TRANSCODE, "fit.index_moved"),  # its reordering is written where the probe does not look
    interlaced: (Action.TRANSCODE, "fit.deinterlaced"),
    narrow_pixels: (Action.TRANSCODE, "fit.pixels_squared"),
    surround: (Action.TRANSCODE, "fit.sound_mixed_down"),
    lying: (Action.REMUX, "fit.edit_list_removed"),
    index_last: (Action.REMUX, "fit.index_moved"),
    edit_list: (Action.REMUX, "fit.edit_list_removed"),
    cd_sound: (Action.REMUX, "fit.container_changed"),
}
PRIMING_S = 1024 / 48_000
OFFSETS = {
    cut_by_edit_list: (0.2, 0.2),
    late_sound: (0.5, 0.9),
    late_picture: (0.9, 0.5),
    index_last: (0.5, 0.5 + PRIMING_S),  # it came with that delay, and nothing in it says so
}
"""When the first flash is seen and the first click heard, where that is not half a second after the start."""


async def fitted(
    ffmpeg: Ffmpeg, source: Path, out: Path, choices: FitChoices | None = None
) -> tuple[FitPlan, MediaInfo]:
    plan = plan_fit(await probe(source), EVERYWHERE, choices or FitChoices())
    await fit(ffmpeg, source, out, plan)
    return plan, await probe(out)


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
async def test_what_came_in_comes_out_accepted_and_in_sync(
    ffmpeg: Ffmpeg, clips: Path, tmp_path: Path, make: Make
) -> None:
    source, out = make(clips), tmp_path / "out.mp4"
    before = await probe(source)
    plan, after = await fitted(ffmpeg, source, out)
    action, code = CASES[make]
    assert plan.action is action
    assert code in plan.codes

    data, video, audio = out.read_bytes(), after.require_video(), after.require_audio()
    assert b"elst" not in data
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert (video.start_s, audio.start_s) == (0.0, 0.0)
    assert (video.width, video.height) == (plan.width, plan.height)
    assert video.width <= before.require_video().width
    assert video.height <= before.require_video().height
    assert after.duration_s == pytest.approx(before.duration_s, abs=0.1)

    seen_s, heard_s = OFFSETS.get(make, (0.5, 0.5))
    assert flashes(out)[0] == pytest.approx(seen_s, abs=FRAME_S + 0.001)
    assert clicks(out)[0] == pytest.approx(heard_s, abs=0.005)
    assert flashes(out)[0] - clicks(out)[0] == pytest.approx(seen_s - heard_s, abs=FRAME_S)

    assert plan_fit(after, EVERYWHERE, FitChoices()).action is Action.KEEP


async def test_a_phones_longer_start_up_is_taken_out_to_the_nearest_packet(
    ffmpeg: Ffmpeg, clips: Path, tmp_path: Path
) -> None:
    data, hidden = bytearray(edit_list(clips).read_bytes()), 2112
    of_sound = data.rfind(b"elst")
    struct.pack_into(">i", data, of_sound + 16, hidden)
    (tmp_path / "phone.mp4").write_bytes(data)
    plan, _ = await fitted(ffmpeg, tmp_path / "phone.mp4", tmp_path / "out.mp4")
    assert plan.action is Action.REMUX
    assert clicks(tmp_path / "out.mp4")[0] == pytest.approx(0.5 - (hidden - 1024) / 48_000, abs=512 / 48_000)


async def test_a_remux_copies_every_picture(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source = edit_list(clips)
    await fitted(ffmpeg, source, tmp_path / "out.mp4")
    assert [one[-1] for one in video_packets(tmp_path / "out.mp4")] == [one[-1] for one in video_packets(source)]


@pytest.mark.parametrize(
    ("aspect", "size", "rim"),
    [(Aspect.PAD_BLUR, (320, 570), "grey"), (Aspect.PAD_BLACK, (320, 570), "black"), (Aspect.CROP, (100, 180), "grey")],
)
async def test_a_lying_picture_is_made_to_stand(
    ffmpeg: Ffmpeg, clips: Path, tmp_path: Path, aspect: Aspect, size: tuple[int, int], rim: str
) -> None:
    source, out = lying(clips), tmp_path / "out.mp4"
    _, after = await fitted(ffmpeg, source, out, FitChoices(aspect))
    assert (after.require_video().width, after.require_video().height) == size
    assert flashes(out)[0] == pytest.approx(clicks(out)[0], abs=FRAME_S)
    with av.open(str(out)) as container:
        top = next(container.decode(video=0)).to_ndarray(format="gray")[: size[1] // 6]
    assert ("black" if top.mean() < 5 else "grey") == rim
    assert plan_fit(after, EVERYWHERE, FitChoices(aspect)).action is Action.KEEP


async def test_a_turned_picture_stands_upright(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    lower_half_white = "drawbox=y=ih/2:h=ih/2:c=white:t=fill"
    source = rotated(flashing(tmp_path / "half.mp4", size="320x180", vf=lower_half_white), 90)
    _, after = await fitted(ffmpeg, source, tmp_path / "out.mp4")
    assert (after.require_video().rotation, after.require_video().width, after.require_video().height) == (0, 180, 320)
    with av.open(str(tmp_path / "out.mp4")) as container:
        grey = next(container.decode(video=0)).to_ndarray(format="gray")
    # A quarter turn to the left brings the lower half to the right.
    assert grey[:, 100:].mean() > 200 > 100 > grey[:, :80].mean()


async def test_the_file_is_what_the_profile_says(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    await fitted(ffmpeg, hdr(clips), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.profile, context.pix_fmt, video.average_rate) == ("High", "yuv420p", 30)
        assert (context.colorspace, context.color_trc, context.color_primaries, context.color_range) == (1, 1, 1, 1)
        assert (audio.codec_context.profile, audio.sample_rate, audio.channels) == ("LC", 48_000, 1)
        keys = [packet.pts * video.time_base for packet in container.demux(video) if packet.is_keyframe]
    assert max(keys[at + 1] - keys[at] for at in range(len(keys) - 1)) <= 0.5


async def test_where_it_was_filmed_is_not_passed_on(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source = tmp_path / "home.mp4"
    place = ("-metadata", "location=+59.9386+030.3141/", "-movflags", "use_metadata_tags")
    run_ffmpeg("-i", edit_list(clips), "-c", "copy", *place, source)
    assert b"59.9386" in source.read_bytes()
    await fitted(ffmpeg, source, tmp_path / "out.mp4")
    assert b"59.9386" not in (tmp_path / "out.mp4").read_bytes()


async def test_a_mute_clip_stays_mute(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    plan, after = await fitted(ffmpeg, mute_clip(clips), tmp_path / "out.mp4")
    assert plan.action is Action.REMUX
    assert after.audio is None


async def test_progress_rises_to_the_end(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    source, heard = rotated(spoken_clip(clips, 3), 90), list[float]()
    await fit(ffmpeg, source, tmp_path / "o.mp4", plan_fit(await probe(source), EVERYWHERE, FitChoices()), heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0, abs=0.05)


async def test_a_file_that_is_fine_is_not_worked_on(ffmpeg: Ffmpeg, clips: Path, tmp_path: Path) -> None:
    _, after = await fitted(ffmpeg, edit_list(clips), tmp_path / "out.mp4")
    with pytest.raises(ValueError, match="kept"):
        await fit(ffmpeg, tmp_path / "out.mp4", tmp_path / "again.mp4", plan_fit(after, EVERYWHERE, FitChoices()))


@pytest.mark.parametrize("end", ["late", "cancelled"])
async def test_a_fit_that_is_stopped_leaves_nothing_behind(
    ffmpeg: Ffmpeg, clips: Path, tmp_path: Path, end: str
) -> None:
    source = rotated(spoken_clip(clips, 3), 90)
    plan = plan_fit(await probe(source), EVERYWHERE, FitChoices())
    if end == "late":
        with pytest.raises(MediaTimeoutError):
            await fit(ffmpeg, source, tmp_path / "out.mp4", plan, time_limit_s=0.05)
    else:
        work = asyncio.create_task(fit(ffmpeg, source, tmp_path / "out.mp4", plan))
        await asyncio.sleep(0.05)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert list(tmp_path.iterdir()) == []


async def test_rubbish_in_the_index_is_no_crash(clips: Path, tmp_path: Path) -> None:
    data = bytearray(spoken_clip(clips, 3).read_bytes())
    for name in (b"elst", b"mdhd", b"ctts", b"trak"):
        at = data.find(name)
        broken = tmp_path / f"{name.decode()}.mp4"
        broken.write_bytes(bytes(data[: at + 4]) + b"\xff" * 16 + bytes(data[at + 20 :]))
        try:
            info = await probe(broken)
        except NotAVideoError:
            continue
        assert info.video is None or info.video.edits in ("none", "start", "cut")
