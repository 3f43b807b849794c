"""What a plan decides, and what a verdict tells, from the facts of a probe alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.errors import NoVideoTrackError
from media.fit import (
    AS_IT_IS,
    EVERYWHERE,
    LARGE,
    Action,
    Aspect,
    FitChoices,
    FitPlan,
    TargetLimits,
    Verdict,
    has_wanted_shape,
    plan_fit,
    verdicts,
)
from media.fit.geometry import has_shape, place
from media.fit.rates import constant_fps, has_fps
from media.info import AudioStream, MediaInfo, VideoStream

KEEP = FitChoices()


def clip(container: str = "mp4", *, seconds: float = 20, size: int = 10_000_000, **changes: Any) -> MediaInfo:
    """A file that needs no fit; `changes` go to the picture, and with `sound_` before their names to the sound."""
    video = VideoStream("h264", 1080, 1920, 30.0, variable_fps=False, rotation=0, start_s=0, duration_s=20, frames=600)
    audio = AudioStream("aac", 48_000, 2, start_s=0.0, duration_s=20)
    of_sound = {name.removeprefix("sound_"): changes.pop(name) for name in list(changes) if name.startswith("sound_")}
    return MediaInfo(container, seconds, size, replace(video, **changes), replace(audio, **of_sound))


def plan(info: MediaInfo, aspect: Aspect = Aspect.KEEP) -> FitPlan:
    return plan_fit(info, EVERYWHERE, FitChoices(aspect))


def test_a_file_that_is_accepted_everywhere_is_kept() -> None:
    decided = plan(clip())
    assert (decided.action, decided.reasons, decided.estimated_size) == (Action.KEEP, (), 10_000_000)


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (clip("mov"), "fit.container_changed"),
        (clip("matroska"), "fit.container_changed"),
        (replace(clip(), index_first=False), "fit.index_moved"),
        (clip(edits="start"), "fit.edit_list_removed"),
        (clip(sound_edits="start"), "fit.edit_list_removed"),
    ],
)
def test_what_only_the_container_does_wrong_is_remuxed(info: MediaInfo, code: str) -> None:
    decided = plan(info)
    assert (decided.action, decided.codes, decided.picture, decided.sound) == (Action.REMUX, {code}, None, None)


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (clip(codec="hevc"), "fit.codec_converted"),
        (clip(pixel_format="yuv420p10le"), "fit.colours_converted"),
        (clip(transfer=18), "fit.hdr_converted"),
        (clip(interlaced=True), "fit.deinterlaced"),
        (clip(rotation=90), "fit.rotated"),
        (clip(edits="cut"), "fit.cuts_made_real"),
        (clip(start_s=0.4), "fit.picture_aligned"),
        (clip(variable_fps=True), "fit.fps_made_constant"),
        (clip(fps=60.0), "fit.fps_lowered"),
        (clip(fps=12.0), "fit.fps_raised"),
        (clip(width=1440, pixel_aspect=0.75), "fit.pixels_squared"),
        (clip(width=2160, height=3840), "fit.scaled_down"),
        (clip(size=100_000_000), "fit.bitrate_lowered"),
        (clip(seconds=600, size=400_000_000), "fit.size_lowered"),
    ],
)
def test_what_is_wrong_with_the_picture_is_encoded_anew_and_the_sound_is_copied(info: MediaInfo, code: str) -> None:
    decided = plan(info)
    assert decided.action is Action.TRANSCODE
    assert decided.codes == {code}
    assert decided.picture is not None
    assert decided.sound is None


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (clip(sound_codec="opus"), "fit.sound_converted"),
        (clip(sound_channels=6), "fit.sound_mixed_down"),
        (clip(sound_sample_rate=96_000), "fit.sound_resampled"),
        (clip(sound_edits="cut"), "fit.sound_aligned"),
        (clip(sound_start_s=0.48), "fit.sound_aligned"),
    ],
)
def test_what_is_wrong_with_the_sound_leaves_the_picture_alone(info: MediaInfo, code: str) -> None:
    decided = plan(info)
    assert decided.codes == {code}
    assert decided.picture is None
    assert decided.sound is not None


def test_loudness_is_touched_only_when_asked_for() -> None:
    assert plan_fit(clip(), EVERYWHERE, KEEP).sound is None
    asked = plan_fit(clip(), EVERYWHERE, FitChoices(loudness_lufs=-14.0))
    assert asked.sound is not None
    assert asked.sound.loudness_lufs == -14.0


def test_a_lying_picture_is_padded_or_cropped_by_choice() -> None:
    lying = clip(width=1920, height=1080)
    assert plan(lying).action is Action.KEEP
    padded, cropped = plan(lying, Aspect.PAD_BLUR), plan(lying, Aspect.CROP)
    assert (padded.width, padded.height, padded.codes) == (1080, 1920, {"fit.padded", "fit.scaled_down"})
    assert (cropped.width, cropped.height, cropped.codes) == (608, 1080, {"fit.cropped"})


def test_a_picture_of_the_wanted_shape_is_neither_padded_nor_cropped() -> None:
    for aspect in Aspect:
        assert plan(clip(width=720, height=1280), aspect).action is Action.KEEP


def test_the_shape_is_that_of_the_picture_as_shown() -> None:
    assert has_wanted_shape(clip(), EVERYWHERE)
    assert has_wanted_shape(clip(width=1440, pixel_aspect=0.75), EVERYWHERE)
    assert not has_wanted_shape(clip(width=1920, height=1080), EVERYWHERE)


def test_sound_alone_is_no_video() -> None:
    with pytest.raises(NoVideoTrackError):
        plan(replace(clip(), video=None))


def test_a_long_video_gets_fewer_bits_so_that_it_stays_within_the_size() -> None:
    long = plan(clip(codec="hevc", seconds=900, size=600_000_000))
    assert EVERYWHERE.max_size is not None
    assert 0.8 * EVERYWHERE.max_size < long.estimated_size <= EVERYWHERE.max_size


@pytest.mark.parametrize(
    ("fps", "expected"),
    [(60, 30), (59.94, 29.97), (50, 25), (120, 30), (100, 25), (15, 30), (12, 24), (23.976, 23.976)],
)
def test_a_frame_rate_is_divided_or_repeated_evenly(fps: float, expected: float) -> None:
    assert float(constant_fps(fps, is_variable=False, profile=EVERYWHERE)) == pytest.approx(expected, abs=0.01)


def test_a_plan_is_named_by_the_work_that_it_is() -> None:
    lying = clip(width=1920, height=1080)
    choices = [FitChoices(aspect, lufs) for aspect in Aspect for lufs in (None, -14.0, -16.5)]
    assert len({plan_fit(lying, EVERYWHERE, each).key for each in choices}) == 12
    assert plan(clip()).key == plan(lying).key == AS_IT_IS


def test_sites_share_a_file_unless_one_takes_more_than_the_other() -> None:
    phone, film = clip("mov", codec="hevc"), clip("mov", codec="hevc", width=3840, height=2160, fps=60.0)
    assert plan_fit(phone, EVERYWHERE, KEEP).key == plan_fit(phone, LARGE, KEEP).key
    assert plan_fit(film, EVERYWHERE, KEEP).key != plan_fit(film, LARGE, KEEP).key
    large = plan_fit(film, LARGE, KEEP)
    assert (large.width, large.height, large.codes) == (3840, 2160, {"fit.container_changed", "fit.codec_converted"})


def test_a_long_video_is_not_squeezed_for_a_site_that_takes_any_size() -> None:
    long = clip(seconds=1200, size=900_000_000)
    assert plan(long).codes == {"fit.size_lowered"}
    assert plan_fit(long, LARGE, KEEP).action is Action.KEEP


def test_nonsense_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="LUFS"):
        FitChoices(loudness_lufs=14.0)
    with pytest.raises(ValueError, match="bit rates"):
        replace(EVERYWHERE, peak_bitrate=1)


# Below 360 pixels no site takes a video (TikTok page), and rounding to even sides is no longer "a few pixels".
sides = st.integers(360, 8192)
pixel_aspects = st.sampled_from([1.0, 4 / 3, 0.75, 16 / 11, 1.8, 0.5])


@settings(max_examples=300, deadline=None)
@given(sides, sides, pixel_aspects, st.sampled_from(Aspect))
def test_a_picture_is_never_enlarged_and_lands_on_an_allowed_canvas(
    width: int, height: int, pixel_aspect: float, aspect: Aspect
) -> None:
    placed = place((width, height), pixel_aspect, EVERYWHERE, aspect)
    for side in (0, 1):
        assert placed.squared[side] <= (width, height)[side]
        assert placed.cropped[side] <= max(2, placed.squared[side])
        assert placed.scaled[side] <= placed.cropped[side]
        assert placed.scaled[side] <= placed.canvas[side]
        assert placed.canvas[side] % 2 == 0
    assert max(placed.canvas) <= EVERYWHERE.max_long_side
    assert min(placed.canvas) <= EVERYWHERE.max_short_side
    if aspect is not Aspect.KEEP:
        assert has_shape(placed.canvas, EVERYWHERE.wanted_aspect)


@settings(max_examples=200, deadline=None)
@given(sides, sides, st.sampled_from([Aspect.PAD_BLUR, Aspect.PAD_BLACK]))
def test_padding_keeps_the_whole_picture_in_its_shape(width: int, height: int, aspect: Aspect) -> None:
    placed = place((width, height), 1.0, EVERYWHERE, aspect)
    assert not placed.is_cropped
    lost = 2 / min(placed.scaled) + 2 / min(width, height)
    assert math.isclose(placed.scaled[0] / placed.scaled[1], width / height, rel_tol=2 * lost)


@given(st.floats(0.5, 300), st.booleans())
def test_every_frame_rate_leads_to_one_that_is_accepted(fps: float, is_variable: bool) -> None:
    assert has_fps(float(constant_fps(fps, is_variable=is_variable, profile=EVERYWHERE)), EVERYWHERE)


infos = st.builds(
    clip,
    st.sampled_from(["mp4", "mov", "webm", "matroska"]),
    seconds=st.floats(1, 3600),
    size=st.integers(1_000, 4_000_000_000),
    codec=st.sampled_from(["h264", "hevc", "vp9", "av1"]),
    width=sides.map(lambda side: side // 2 * 2),
    height=sides.map(lambda side: side // 2 * 2),
    fps=st.floats(1, 240),
    variable_fps=st.booleans(),
    rotation=st.sampled_from([0, 90, 180, 270]),
    start_s=st.sampled_from([0.0, 0.4]),
    pixel_format=st.sampled_from(["yuv420p", "yuv422p", "yuv420p10le"]),
    pixel_aspect=pixel_aspects,
    interlaced=st.booleans(),
    transfer=st.sampled_from([1, 2, 16, 18]),
    edits=st.sampled_from(["none", "start", "cut"]),
    sound_codec=st.sampled_from(["aac", "opus", "pcm_s16le"]),
    sound_channels=st.integers(1, 8),
    sound_sample_rate=st.sampled_from([8_000, 44_100, 48_000, 96_000]),
    sound_edits=st.sampled_from(["none", "start", "cut"]),
)


def fitted(info: MediaInfo, decided: FitPlan) -> MediaInfo:
    """The file as the plan leaves it, by the plan's own word."""
    if decided.action is Action.KEEP:
        return info
    video, audio = replace(info.require_video(), edits="none"), replace(info.require_audio(), edits="none")
    if decided.picture is not None:
        made = {"codec": "h264", "width": decided.width, "height": decided.height, "fps": float(decided.picture.fps)}
        plain = {"variable_fps": False, "rotation": 0, "start_s": 0.0, "pixel_format": "yuv420p", "pixel_aspect": 1.0}
        video = replace(video, **made, **plain, interlaced=False, transfer=1)
    if decided.sound is not None:
        rates = {"sample_rate": decided.sound.sample_rate, "channels": decided.sound.channels}
        audio = replace(audio, codec="aac", start_s=0.0, **rates)
    size = decided.estimated_size
    return replace(info, container="mp4", index_first=True, video=video, audio=audio, size=size)


@settings(max_examples=300, deadline=None)
@given(infos, st.sampled_from(Aspect))
def test_a_fitted_file_needs_no_further_fit(info: MediaInfo, aspect: Aspect) -> None:
    after = fitted(info, plan(info, aspect))
    again = plan(after, aspect)
    # Hours do not fit into the size at any bit rate; a verdict says so, and no fit helps.
    assert again.codes <= {"fit.size_lowered"}
    if info.duration_s <= 1800:
        assert again.action is Action.KEEP


SHORTS = TargetLimits("shorts", max_duration_s=43_200, short_max_s=180, short_claims_s=60)
REELS = TargetLimits("reels", min_duration_s=3, max_duration_s=900, max_size=300_000_000, min_side=360)


def told(info: MediaInfo, target: TargetLimits, aspect: Aspect = Aspect.KEEP) -> dict[str, Verdict]:
    return {verdict.code: verdict for verdict in verdicts(info, plan(info, aspect), target)}


def test_a_standing_video_of_three_minutes_will_be_a_short() -> None:
    assert told(clip(seconds=60), SHORTS)["fit.will_be_short"].severity == "info"
    assert "fit.will_be_short_unclaimed" in told(clip(seconds=180), SHORTS)


def test_a_longer_or_a_lying_video_will_be_no_short() -> None:
    assert told(clip(seconds=240), SHORTS)["fit.no_short_long"].params["over_s"] == 60
    lying = clip(width=1920, height=1080)
    assert told(lying, SHORTS)["fit.no_short_lying"].severity == "warning"
    assert "fit.will_be_short" in told(lying, SHORTS, Aspect.PAD_BLACK)


def test_a_long_lying_video_is_a_film_and_no_failed_short() -> None:
    assert not [code for code in told(clip(seconds=600, width=1920, height=1080), SHORTS) if "short" in code]


def test_where_videos_are_watched_standing_a_lying_one_is_told() -> None:
    target, lying = replace(REELS, is_upright=True), clip(width=1920, height=1080)
    assert told(lying, target)["fit.lying"].severity == "warning"
    assert "fit.lying" not in told(lying, target, Aspect.CROP)


def test_a_video_over_the_limit_says_by_how_much() -> None:
    verdict = told(clip(seconds=960), REELS)["fit.too_long"]
    assert (verdict.severity, verdict.params) == ("blocking", {"target": "reels", "over_s": 60, "limit_s": 900})


def test_a_video_of_two_seconds_is_too_short() -> None:
    assert told(clip(seconds=2), REELS)["fit.too_short"].severity == "blocking"


def test_the_size_that_counts_is_the_one_after_the_fit() -> None:
    assert "fit.too_large" not in told(clip(seconds=300, size=400_000_000), REELS)
    kept_large = plan_fit(clip(seconds=300, size=400_000_000), replace(EVERYWHERE, max_size=None), KEEP)
    codes = [verdict.code for verdict in verdicts(clip(seconds=300, size=400_000_000), kept_large, REELS)]
    assert "fit.too_large" in codes


def test_a_picture_below_the_least_side_is_refused() -> None:
    assert told(clip(width=202, height=360), REELS)["fit.too_few_pixels"].severity == "blocking"


def test_hevc_in_mov_is_told_with_its_size_after_the_conversion() -> None:
    verdict = told(clip("mov", codec="hevc"), REELS)["fit.converted"]
    assert verdict.params["codec"] == "hevc"
    assert verdict.params["container"] == "mov"
    assert 0 < int(verdict.params["size"]) < 30_000_000


def test_a_mute_video_is_told() -> None:
    assert told(replace(clip(), audio=None), REELS)["fit.no_sound"].severity == "warning"
