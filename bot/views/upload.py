"""One published video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.screen import Screen
from bot.upload_card import UploadCard, day_before, render_upload
from bot.views.context import ViewContext
from storage.values import Upload


async def upload_view(context: ViewContext, args: Mapping[str, Any]) -> Screen:
    """The card of an upload of this operator's. Raises NotFoundError where it is gone."""
    upload = await context.uow.uploads.get(int(args["upload_id"]))
    return render_upload(await load_upload(context, upload), context.t, str(args.get("panel") or ""))


async def load_upload(context: ViewContext, upload: Upload) -> UploadCard:
    """Read the card in the open transaction."""
    uow, uploads = context.uow, context.services.uploads
    task = await uow.tasks.get(upload.task_id)
    facts = (await uow.clips.get(task.clip_id)).facts
    title, description = await uploads.texts(uow, upload)
    latest = await uow.statistics.latest(upload.id)
    earlier = await uow.statistics.newest([upload.id], until=day_before(latest)) if latest is not None else {}
    return UploadCard(
        upload=upload,
        account=await uow.accounts.get(upload.account_id),
        platform=context.platform_title(upload.platform),
        title=title,
        description=description,
        abilities=uploads.abilities(upload.platform),
        tended=await uow.interactions.of_upload(upload.id),
        latest=latest,
        before=earlier.get(upload.id),
        length_s=facts.duration_s if facts is not None else None,
        timezone=context.operator.timezone,
        now=context.now,
    )
