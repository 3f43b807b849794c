"""The ledger of the channels: every video that was posted, in the shape in which the wall reads all sites."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sandbox.telegram.channels import Channel, post_address, post_path
from sandbox.telegram.telegram import Telegram


def posts_of(telegram: Telegram, channel_id: str | None = None) -> list[dict[str, Any]]:
    """Videos that are there now, oldest first."""
    lines = [
        _line(telegram, channel, doc["message"])
        for channel in telegram.channels.all()
        if channel_id in (None, str(channel["id"]))
        for doc in telegram.messages.of_chat(channel["id"])
        if "video" in doc["message"] or "animation" in doc["message"]
    ]
    return sorted(lines, key=lambda line: (line["uploaded_at"], line["id"]))


def _line(telegram: Telegram, channel: Channel, message: dict[str, Any]) -> dict[str, Any]:
    video = message.get("video") or message["animation"]
    file = telegram.files.find(video["file_id"]) or {}
    with telegram.files.path_of(file).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    title, _, description = message.get("caption", "").partition("\n")
    at = datetime.fromtimestamp(message["date"], UTC).isoformat()
    return {
        "id": post_path(channel, message["message_id"]),
        "message_id": message["message_id"],
        "url": post_address(channel, message["message_id"]),
        "channel": str(channel["id"]),
        "channel_title": channel["title"],
        "title": title,
        "description": description.strip(),
        "caption": message.get("caption", ""),
        "caption_entities": message.get("caption_entities", []),
        "edited": "edit_date" in message,
        "uploaded_at": at,
        "published_at": at,
        "upload_status": "processed",
        "size": video["file_size"],
        "sha256": digest,
        "width": video["width"],
        "height": video["height"],
        "duration": video["duration"],
        "file_url": f"/control/telegram/file/{video['file_id']}",
    }
