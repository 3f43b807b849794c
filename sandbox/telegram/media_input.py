"""From what a bot gives as a file (an upload, a file_id, a local path) to a file on the shelf."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from sandbox.telegram.call import Call
from sandbox.telegram.errors import bad_request
from sandbox.telegram.files import Description, Upload
from sandbox.telegram.messages import media_body
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.texts import read_caption


def take_file(telegram: Telegram, call: Call, kind: str, name: str, said: Description) -> dict[str, Any]:
    """The file of parameter `name`, as a file of that kind."""
    return _resolve(telegram, call, kind, name, call.given.get(name), said)


def take_group_item(telegram: Telegram, call: Call, item: Any) -> dict[str, Any]:
    """The message fields of one InputMedia: its file and its caption."""
    if not isinstance(item, dict) or item.get("type") not in {"photo", "video", "audio", "document", "animation"}:
        raise bad_request("can't parse InputMedia: unsupported type specified")
    number = {name: _whole(item.get(name)) for name in ("duration", "width", "height")}
    said = Description(number["duration"], number["width"], number["height"], item.get("performer"), item.get("title"))
    file = _resolve(telegram, call, item["type"], "media", item.get("media"), said)
    return media_body(file, read_caption(item.get("caption"), item.get("parse_mode"), item.get("caption_entities")))


def described(call: Call) -> Description:
    """What the bot says about its file."""
    return Description(
        call.integer("duration"),
        call.integer("width"),
        call.integer("height"),
        call.text("performer"),
        call.text("title"),
    )


def _resolve(telegram: Telegram, call: Call, kind: str, name: str, value: Any, said: Description) -> dict[str, Any]:
    upload = call.uploads.pop(name, None)
    if upload is None and isinstance(value, str) and value.startswith("attach://"):
        upload = call.uploads.pop(value.removeprefix("attach://"), None)
    if upload is None and isinstance(value, str) and value.startswith("file://") and telegram.settings.local:
        upload = _local_file(telegram, value)
    if upload is not None:
        if upload.size == 0:
            raise bad_request("file must be non-empty")
        return telegram.files.add(kind, upload, said)
    if not value:
        raise bad_request(f"there is no {kind} in the request")
    if str(value).startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    known = telegram.files.find(str(value))
    if known is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if known["kind"] != kind and not {known["kind"], kind} <= {"video", "animation", "document"}:
        raise bad_request(f"can't use file of type {known['kind'].title()} as {kind.title()}")
    return known


def _local_file(telegram: Telegram, address: str) -> Upload:
    source = Path(address.removeprefix("file://"))
    if not source.is_file():
        raise bad_request("wrong file identifier/HTTP URL specified")
    place = telegram.files.incoming()
    shutil.copyfile(source, place)
    with place.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Upload(place, source.name, None, place.stat().st_size, digest)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()) else None
