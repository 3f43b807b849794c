"""What was done with a published video, as news in the chat."""

from __future__ import annotations

from typing import Any

from bot.news import fault_to_json
from bot.replies import queue_card
from scheduler.notices import InboxFollowed, UploadTended
from storage.unit_of_work import UnitOfWork


async def hear_tended(uow: UnitOfWork, notice: UploadTended | InboxFollowed) -> None:
    """Queue what the operator should see: the card always, a message where something failed or was asked for."""
    draft = await uow.drafts.by_post(notice.post_id)
    if draft is not None:
        await queue_card(uow, draft)
    if isinstance(notice, UploadTended) and notice.fault is None and not notice.is_asked:
        return
    post = await uow.posts.get(notice.post_id)
    if isinstance(notice, UploadTended) and notice.deed == "count" and notice.fault is None:
        upload = await uow.uploads.by_task(notice.task_id)
        args = {"upload_id": upload.id if upload is not None else 0}
        await uow.outbox.add(chat_id=post.chat_id, kind="view", payload={"view": "upload", "args": args})
        return
    await uow.outbox.add(chat_id=post.chat_id, kind="news", payload=_payload(notice))


def _payload(notice: UploadTended | InboxFollowed) -> dict[str, Any]:
    fault = {"fault": fault_to_json(notice.fault)} if notice.fault is not None else {}
    if isinstance(notice, InboxFollowed):
        return {"news": f"inbox_{notice.word}", "task_id": notice.task_id, "url": notice.video_url, **fault}
    name = "not_done" if notice.fault is not None else f"did_{notice.deed}"
    return {"news": name, "task_id": notice.task_id, "deed": notice.deed, **fault}
