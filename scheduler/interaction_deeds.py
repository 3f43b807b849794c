"""The deeds that a site can do with a published video, by name: what each costs, and how to find out if it was done.

Every deed but a comment may be repeated without harm: it asks first, or twice is the same as once.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from media.cover import cover_frame
from media.ffmpeg import Ffmpeg
from platforms.aftercare import HasPlaylists, TakesComments, TakesEdits, TakesLikes, TakesThumbnails
from platforms.base import Platform, VideoMeta
from scheduler.errors import ClipMissingError, NotOfferedError
from scheduler.job import video_meta
from storage.database import Database
from storage.errors import NotFoundError
from storage.repositories.interactions import Interaction
from storage.values import Task, Upload


@dataclass(frozen=True, slots=True)
class Work:
    """One interaction at work: on what, at which site, with which token."""

    row: Interaction
    upload: Upload
    task: Task
    site: Platform
    token: str
    db: Database
    ffmpeg: Ffmpeg

    @property
    def video_id(self) -> str:
        return self.upload.video_id


Do = Callable[[Work], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Deed:
    """`cost` and `find_cost` name steps in the site's costs; `find` is there where a repetition would do it twice."""

    cost: str
    do: Do
    find: Do | None = None
    find_cost: str = ""


async def _comment(work: Work) -> str:
    if not isinstance(work.site, TakesComments):
        raise _not_offered(work)
    return await work.site.post_comment(work.token, work.video_id, work.row.content)


async def _find_comment(work: Work) -> str | None:
    if not isinstance(work.site, TakesComments):
        raise _not_offered(work)
    return await work.site.find_comment(work.token, work.video_id, work.row.content)


async def _like(work: Work) -> None:
    if not isinstance(work.site, TakesLikes):
        raise _not_offered(work)
    await work.site.like_video(work.token, work.video_id)


async def _playlist(work: Work) -> str:
    if not isinstance(work.site, HasPlaylists):
        raise _not_offered(work)
    return await work.site.add_to_playlist(work.token, work.row.content, work.video_id)


async def _thumbnail(work: Work) -> None:
    """The picture at `content` milliseconds of the video as it was sent, or of the clip once that file is gone."""
    if not isinstance(work.site, TakesThumbnails):
        raise _not_offered(work)
    video = await _video_file(work)
    with tempfile.TemporaryDirectory(prefix="fabric-cover-") as folder:
        picture = Path(folder) / "cover.jpg"
        await cover_frame(work.ffmpeg, video, int(work.row.content) / 1000, picture)
        await work.site.set_thumbnail(work.token, work.video_id, picture)


async def _video_file(work: Work) -> Path:
    async with work.db.read() as uow:
        clip = await uow.clips.get(work.task.clip_id)
        try:
            render = await uow.renders.get(work.task.render_id) if work.task.render_id else None
        except NotFoundError:
            render = None
    for path in (render.path if render is not None else None, clip.path):
        if path is not None and Path(path).is_file():
            return Path(path)
    raise ClipMissingError(clip=clip.id)


async def _edit(work: Work) -> None:
    if not isinstance(work.site, TakesEdits):
        raise _not_offered(work)
    await work.site.update_metadata(work.token, work.video_id, edited_meta(work.task, work.row.content))


async def _delete(work: Work) -> None:
    if not work.site.capabilities.delete:
        raise _not_offered(work)
    await work.site.delete_video(work.token, work.video_id)


async def _count(work: Work) -> None:
    figures = await work.site.get_video_analytics(work.token, work.video_id)
    async with work.db.begin() as uow:
        await uow.statistics.add(work.upload.id, uow.transaction.clock(), figures)
        await uow.commit()


def _not_offered(work: Work) -> NotOfferedError:
    return NotOfferedError(platform=work.site.display_name)


def edited_meta(task: Task, content: str) -> VideoMeta:
    """The task's texts with those of an edit in their place; who may see the video stays as it is."""
    meta, texts = video_meta(task), texts_of(content)
    options = {name: value for name, value in meta.options.items() if name != "publish_at"}
    return replace(
        meta,
        title=texts.get("title", meta.title),
        description=texts.get("description", meta.description),
        privacy_status="",
        options=options,
    )


def texts_of(content: str) -> Mapping[str, str]:
    """What an edit changes: `title`, `description` or both."""
    told: Any = json.loads(content)
    return {name: str(told[name]) for name in ("title", "description") if name in told}


DEEDS: Mapping[str, Deed] = {
    "comment": Deed("post_comment", _comment, _find_comment, "find_comment"),
    "like": Deed("like_video", _like),
    "playlist": Deed("add_to_playlist", _playlist),
    "thumbnail": Deed("set_thumbnail", _thumbnail),
    "edit": Deed("update_metadata", _edit),
    "delete": Deed("delete_video", _delete),
    "count": Deed("get_video_analytics", _count),
}
