"""A message as the chat page and the tests read it: words as safe HTML, keyboard rows, the file's address."""

from typing import Any

from sandbox.telegram.html_text import render_html

_MEDIA = ("video", "animation", "audio", "voice", "video_note", "photo", "document")


def message_view(doc: dict[str, Any]) -> dict[str, Any]:
    """JSON for ``/control/telegram/chat`` and the live stream; `from_bot` tells the two sides apart."""
    message = doc["message"]
    text = message.get("text", message.get("caption", ""))
    entities = message.get("entities", message.get("caption_entities", []))
    reply = message.get("reply_to_message")
    return {
        "message_id": message["message_id"],
        "chat_id": message["chat"]["id"],
        "from_bot": doc["out"],
        "date": message["date"],
        "edited": "edit_date" in message,
        "edit_date": message.get("edit_date"),
        "text": text,
        "html": render_html(text, entities),
        "keyboard": _keyboard(message.get("reply_markup")),
        "reply_keyboard": doc["keyboard"],
        "media": _media(message),
        "media_group_id": message.get("media_group_id"),
        "reply_to": None if reply is None else {"message_id": reply["message_id"], "text": _excerpt(reply)},
    }


def _keyboard(markup: dict[str, Any] | None) -> list[list[dict[str, Any]]]:
    return [list(row) for row in (markup or {}).get("inline_keyboard", [])]


def _media(message: dict[str, Any]) -> dict[str, Any] | None:
    kind = next((kind for kind in _MEDIA if kind in message), None)
    if kind is None:
        return None
    file = message[kind][-1] if kind == "photo" else message[kind]
    return {
        "kind": kind,
        "file_id": file["file_id"],
        "url": f"/control/telegram/file/{file['file_id']}",
        "name": file.get("file_name"),
        "mime_type": file.get("mime_type"),
        "size": file.get("file_size"),
        "duration": file.get("duration"),
        "width": file.get("width"),
        "height": file.get("height"),
        "title": file.get("title"),
        "performer": file.get("performer"),
    }


def _excerpt(message: dict[str, Any]) -> str:
    kind = next((kind for kind in _MEDIA if kind in message), "message")
    words: str = message.get("text") or message.get("caption") or kind.replace("_", " ").capitalize()
    return words[:80]
