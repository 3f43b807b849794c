"""What a site is told of a file: of the one that it gets, which is not always the one that came in."""

from __future__ import annotations

from pathlib import Path

from media.fit import PROFILES, Action, FitPlan, plan_fit
from media.info import AudioStream, MediaInfo, VideoStream
from platforms.base import Platform, VideoFile
from scheduler.wishes import choices_of
from storage.values import ClipFacts, JsonObject, Render

MIME_TYPES = {"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "matroska": "video/x-matroska"}


def media_of(facts: ClipFacts) -> MediaInfo:
    """All that the probe found; for a clip from before that was kept, as much as its facts tell."""
    if facts.media is not None:
        return MediaInfo.from_json(facts.media)
    video = VideoStream(
        codec=facts.video_codec,
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        variable_fps=facts.variable_fps,
        rotation=facts.rotation,
        start_s=0.0,
        duration_s=facts.duration_s,
        frames=0,
    )
    sound = facts.audio_codec and AudioStream(facts.audio_codec, 48_000, 2, start_s=0.0, duration_s=facts.duration_s)
    return MediaInfo(facts.container, facts.duration_s, facts.size, video, sound or None)


def planned_fit(facts: ClipFacts, site: Platform, options: JsonObject) -> FitPlan | None:
    """What will be done to a clip for a site; None for a site that asks for no fitting."""
    profile = PROFILES.get(site.render_profile)
    return None if profile is None else plan_fit(media_of(facts), profile, choices_of(options))


def planned_file(path: Path, facts: ClipFacts, plan: FitPlan | None) -> VideoFile:
    """The file that a plan will make of a clip, as far as that can be told beforehand."""
    worked = plan if plan is not None and plan.action is not Action.KEEP else None
    fps = float(plan.picture.fps) if plan is not None and plan.picture is not None else facts.fps
    return VideoFile(
        path=path,
        size=worked.estimated_size if worked else facts.size,
        sha256=facts.sha256,
        duration_s=facts.duration_s,
        width=worked.width if worked else facts.width,
        height=worked.height if worked else facts.height,
        mime_type=MIME_TYPES["mp4"] if worked else MIME_TYPES.get(facts.container, "video/mp4"),
        fps=fps or None,
    )


def rendered_file(render: Render, facts: ClipFacts) -> VideoFile:
    """A render as it is; where it was never looked into, it has the picture of its clip."""
    media = media_of(facts) if render.media is None else MediaInfo.from_json(render.media)
    video = media.require_video()
    return VideoFile(
        path=Path(render.path),
        size=render.size,
        sha256=render.sha256,
        duration_s=render.duration_s,
        width=video.width,
        height=video.height,
        mime_type=MIME_TYPES.get(media.container, "video/mp4"),
        fps=video.fps or None,
    )
