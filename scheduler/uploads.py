"""What an operator may do with a published video: each wish is a row that the scheduler works on.

So a restart loses none of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace

from platforms.base import Platform
from scheduler.errors import FaultError, NotOfferedError, UnfitError
from scheduler.interaction_deeds import texts_of
from scheduler.interaction_texts import comment_fault, filled, values_of
from scheduler.job import video_meta
from storage.errors import StaleVersionError
from storage.repositories.interactions import OPEN_STATES, InteractionState
from storage.unit_of_work import UnitOfWork
from storage.values import Fault, Upload


class UploadDesk:
    """The caller commits, then wakes the scheduler."""

    def __init__(self, platforms: Mapping[str, Platform]) -> None:
        self._platforms = platforms

    def abilities(self, platform: str) -> frozenset[str]:
        """What the site's API offers after a publication, by the deeds' names; nothing for an unknown site."""
        site = self._platforms.get(platform)
        if site is None:
            return frozenset()
        can = site.capabilities
        offered = {
            "comment": can.comment,
            "like": can.like,
            "edit": can.update_metadata,
            "thumbnail": can.thumbnail,
            "playlist": can.playlists,
            "delete": can.delete,
            "report": can.reports,
            "count": can.statistics,
        }
        return frozenset(name for name, is_offered in offered.items() if is_offered)

    def comment_fault(self, text: str, platforms: Collection[str]) -> Fault | None:
        """What is wrong with a comment's template for these sites."""
        return comment_fault(text, [self._platforms[name] for name in platforms if name in self._platforms])

    async def ask(self, uow: UnitOfWork, upload_id: int, deed: str, content: str = "") -> None:
        """Have it done; the same wish twice is one. NotOfferedError, or StaleVersionError for a deleted video."""
        upload = await uow.uploads.get(upload_id)
        if deed not in self.abilities(upload.platform) or not upload.video_id:
            raise NotOfferedError(platform=self._title(upload.platform))
        for row in await uow.interactions.of_upload(upload_id):
            if row.interaction_type == "delete" and row.state is InteractionState.DONE:
                raise StaleVersionError(f"upload {upload_id} was deleted")
            is_the_same = (row.interaction_type, row.content) == (deed, content)
            if is_the_same and row.state in OPEN_STATES and row.next_attempt_at is not None:
                return
        await uow.interactions.add(upload_id, deed, content, is_asked=True)

    async def comment(self, uow: UnitOfWork, upload_id: int, template: str) -> None:
        """Comment now; FaultError where a placeholder or the length is wrong."""
        upload = await uow.uploads.get(upload_id)
        if (fault := self.comment_fault(template, [upload.platform])) is not None:
            raise FaultError(fault)
        task, account = await uow.tasks.get(upload.task_id), await uow.accounts.get(upload.account_id)
        values = values_of(await uow.posts.get(task.post_id), upload, account, uow.transaction.clock())
        await self.ask(uow, upload_id, "comment", filled(template, values))

    async def edit(self, uow: UnitOfWork, upload_id: int, texts: Mapping[str, str]) -> None:
        """Change title, description or both; what was changed before and is not named stays changed.

        UnfitError, with the first of the site's rules that the new texts break.
        """
        upload = await uow.uploads.get(upload_id)
        title, description = await self.texts(uow, upload)
        content = {"title": title, "description": description, **texts}
        if (site := self._platforms.get(upload.platform)) is not None:
            was = video_meta(await uow.tasks.get(upload.task_id))
            meta = replace(was, title=content["title"], description=content["description"])
            for broken in site.validate(None, meta):
                raise UnfitError(Fault(broken.code, broken.params))
        await self.ask(uow, upload_id, "edit", json.dumps(content, ensure_ascii=False))

    async def texts(self, uow: UnitOfWork, upload: Upload) -> tuple[str, str]:
        """Title and description as the newest edit that did not fail has them, else as they were published."""
        task = await uow.tasks.get(upload.task_id)
        told: Mapping[str, str] = {}
        for row in await uow.interactions.of_upload(upload.id):
            if row.interaction_type == "edit" and row.state is not InteractionState.FAILED:
                told = texts_of(row.content)
        return told.get("title", task.title), told.get("description", task.description)

    def _title(self, platform: str) -> str:
        site = self._platforms.get(platform)
        return site.display_name if site is not None else platform
