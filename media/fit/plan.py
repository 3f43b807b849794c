"""What has to happen to a video so that it is accepted: decided from the probe's facts alone, before any work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from media.fit import rates
from media.fit.geometry import Placement, has_shape, place, square
from media.fit.profile import Aspect, FitChoices, FitProfile
from media.info import AudioStream, MediaInfo, VideoStream

LATE_SOUND_S = 0.02
"""A sound that starts later than this has to be filled from the beginning, or it would move."""
LATE_PICTURE_S = 0.034
"""The same for the picture: a frame at 30 frames a second; filling costs an encoding."""
ENCODING = 2
"""Raised when the same plan begins to give another file; what was made before is then made anew."""
AS_IT_IS = "as-it-is"
HDR_TRANSFERS = frozenset({16, 18})
"""PQ and HLG (ITU-T H.273, table 3)."""


class Action(StrEnum):
    """How much work a plan is."""

    KEEP = "keep"
    REMUX = "remux"
    TRANSCODE = "transcode"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that has to be done, as data; the sentence for it is the caller's."""

    code: str
    params: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """How the picture is encoded anew. Bit rates in bits per second; `matrix` is the source's, as swscale names it."""

    placement: Placement
    background: Aspect
    fps: Fraction
    deinterlace: bool
    tonemap: bool
    matrix: str
    bitrate: int
    peak_bitrate: int
    speed: str


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """How the sound is encoded anew; `loudness_lufs` None leaves it as loud as it is."""

    sample_rate: int
    channels: int
    bitrate: int
    loudness_lufs: float | None


@dataclass(frozen=True, slots=True)
class FitPlan:
    """What happens to the file. A `picture` or `sound` of None is copied packet for packet; sizes in bytes."""

    action: Action
    reasons: tuple[Reason, ...]
    picture: PicturePlan | None
    sound: SoundPlan | None
    has_sound: bool
    duration_s: float
    width: int
    height: int
    estimated_size: int

    @property
    def key(self) -> str:
        """Names the outcome: the same file worked on by plans of the same key gives the same file."""
        if self.action is Action.KEEP:
            return AS_IT_IS
        work = repr((ENCODING, self.action, self.picture, self.sound, self.has_sound))
        return f"fit-{hashlib.sha256(work.encode()).hexdigest()[:32]}"

    @property
    def codes(self) -> frozenset[str]:
        """What has to be done, without the figures."""
        return frozenset(reason.code for reason in self.reasons)


def plan_fit(info: MediaInfo, profile: FitProfile, choices: FitChoices) -> FitPlan:
    """The least work that makes the file acceptable; the same arguments give the same plan.

    Raises NoVideoTrackError.
    """
    video = info.require_video()
    placement = place((video.width, video.height), video.pixel_aspect, profile, choices.aspect)
    for_picture = (*_picture_reasons(video, profile), *_shape_reasons(video, placement), *_size_reasons(info, profile))
    for_sound = tuple(_sound_reasons(info.audio, profile, choices))
    for_file = tuple(_file_reasons(info, profile))
    picture = _picture_plan(info, video, placement, profile, choices) if for_picture else None
    sound = _sound_plan(info, info.audio, profile, choices) if info.audio and for_sound else None
    action = Action.TRANSCODE if picture or sound else Action.REMUX if for_file else Action.KEEP
    return FitPlan(
        action=action,
        reasons=(*for_file, *for_picture, *for_sound),
        picture=picture,
        sound=sound,
        has_sound=info.audio is not None,
        duration_s=info.duration_s,
        width=placement.canvas[0] if picture else video.width,
        height=placement.canvas[1] if picture else video.height,
        estimated_size=info.size if picture is None else _encoded_size(info, picture, profile),
    )


def _file_reasons(info: MediaInfo, profile: FitProfile) -> Iterator[Reason]:
    if info.container not in profile.containers:
        yield Reason("fit.container_changed", {"container": info.container})
    elif profile.index_must_be_first and not info.index_first:
        yield Reason("fit.index_moved")
    tracks = (info.video, info.audio)
    if not profile.edit_list_allowed and any(track is not None and track.edits == "start" for track in tracks):
        yield Reason("fit.edit_list_removed")


def _picture_reasons(video: VideoStream, profile: FitProfile) -> Iterator[Reason]:
    if video.codec not in profile.video_codecs:
        yield Reason("fit.codec_converted", {"codec": video.codec})
    elif video.pixel_format not in profile.pixel_formats:
        yield Reason("fit.colours_converted", {"pixel_format": video.pixel_format})
    if video.transfer in HDR_TRANSFERS:
        yield Reason("fit.hdr_converted")
    if video.interlaced:
        yield Reason("fit.deinterlaced")
    if video.rotation:
        yield Reason("fit.rotated", {"degrees": video.rotation})
    if not profile.edit_list_allowed and video.edits == "cut":
        yield Reason("fit.cuts_made_real")
    elif video.start_s > LATE_PICTURE_S:
        yield Reason("fit.picture_aligned", {"late_s": round(video.start_s, 3)})
    yield from _fps_reasons(video, profile)


def _fps_reasons(video: VideoStream, profile: FitProfile) -> Iterator[Reason]:
    fps = float(rates.constant_fps(video.fps, is_variable=video.variable_fps, profile=profile))
    params = {"before": round(video.fps, 2), "after": round(fps, 2)}
    if video.variable_fps:
        yield Reason("fit.fps_made_constant", params)
    elif not rates.has_fps(video.fps, profile):
        yield Reason("fit.fps_lowered" if fps < video.fps else "fit.fps_raised", params)


def _shape_reasons(video: VideoStream, placement: Placement) -> Iterator[Reason]:
    if placement.squared != (video.width, video.height):
        yield Reason("fit.pixels_squared")
    if placement.is_cropped:
        yield Reason("fit.cropped", {"width": placement.canvas[0], "height": placement.canvas[1]})
    if placement.is_padded:
        yield Reason("fit.padded", {"width": placement.canvas[0], "height": placement.canvas[1]})
    if placement.is_scaled:
        yield Reason("fit.scaled_down", {"width": placement.scaled[0], "height": placement.scaled[1]})


def _size_reasons(info: MediaInfo, profile: FitProfile) -> Iterator[Reason]:
    bitrate = rates.file_bitrate(info)
    if bitrate > profile.max_bitrate:
        yield Reason("fit.bitrate_lowered", {"bitrate": round(bitrate)})
    elif profile.max_size is not None and info.size > profile.max_size:
        yield Reason("fit.size_lowered", {"size": info.size, "limit": profile.max_size})


def _sound_reasons(audio: AudioStream | None, profile: FitProfile, choices: FitChoices) -> Iterator[Reason]:
    if audio is None:
        return
    if audio.codec not in profile.audio_codecs:
        yield Reason("fit.sound_converted", {"codec": audio.codec})
    if audio.channels > profile.max_channels:
        yield Reason("fit.sound_mixed_down", {"channels": audio.channels})
    if audio.sample_rate > profile.max_sample_rate:
        yield Reason("fit.sound_resampled", {"sample_rate": audio.sample_rate})
    if audio.start_s > LATE_SOUND_S or (audio.edits == "cut" and not profile.edit_list_allowed):
        yield Reason("fit.sound_aligned")
    if choices.loudness_lufs is not None:
        yield Reason("fit.loudness_changed", {"lufs": choices.loudness_lufs})


def _picture_plan(
    info: MediaInfo, video: VideoStream, placement: Placement, profile: FitProfile, choices: FitChoices
) -> PicturePlan:
    bitrate = rates.video_bitrate(info, placement.canvas[0] * placement.canvas[1], profile)
    return PicturePlan(
        placement=placement,
        background=choices.aspect,
        fps=rates.constant_fps(video.fps, is_variable=video.variable_fps, profile=profile),
        deinterlace=video.interlaced,
        tonemap=video.transfer in HDR_TRANSFERS,
        matrix=_matrix(video),
        bitrate=bitrate,
        peak_bitrate=min(profile.peak_bitrate, bitrate * 3 // 2),
        speed=profile.speed,
    )


def _matrix(video: VideoStream) -> str:
    """How the source's colours are coded; where it does not say, players go by the size of the picture."""
    said = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}.get(video.matrix)
    return said or ("bt709" if min(video.width, video.height) >= 720 else "bt601")


def _sound_plan(info: MediaInfo, audio: AudioStream, profile: FitProfile, choices: FitChoices) -> SoundPlan:
    return SoundPlan(
        sample_rate=profile.max_sample_rate,
        channels=min(audio.channels, profile.max_channels),
        bitrate=rates.audio_bitrate(info, profile),
        loudness_lufs=choices.loudness_lufs,
    )


def _encoded_size(info: MediaInfo, picture: PicturePlan, profile: FitProfile) -> int:
    return rates.estimated_size(info, picture.bitrate, rates.audio_bitrate(info, profile))


def has_wanted_shape(info: MediaInfo, profile: FitProfile) -> bool:
    """Whether the picture has the wanted shape as it is: nobody needs to be asked about padding or cropping."""
    video = info.require_video()
    return has_shape(square((video.width, video.height), video.pixel_aspect), profile.wanted_aspect)
