"""The shelf of files: whatever a person or the bot sent, by file_id, and what the Bot API says about each."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sandbox.telegram.probe import MediaFacts, probe_media
from sandbox.world import World

_KIND = "telegram.file"
_FOLDERS = {
    "video": "videos",
    "animation": "animations",
    "document": "documents",
    "audio": "music",
    "voice": "voice",
    "video_note": "video_notes",
    "photo": "photos",
}
_PREFIXES = {
    "video": "BAACAgIAAxkB",
    "animation": "CgACAgIAAxkB",
    "document": "BQACAgIAAxkB",
    "audio": "CQACAgIAAxkB",
    "voice": "AwACAgIAAxkB",
    "video_note": "DQACAgIAAxkB",
    "photo": "AgACAgIAAxkB",
}
_MIME = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/x-wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
    ".json": "application/json",
    ".pdf": "application/pdf",
}
_SUFFIX = {
    "video": ".mp4",
    "animation": ".mp4",
    "video_note": ".mp4",
    "photo": ".jpg",
    "audio": ".mp3",
    "voice": ".oga",
}


@dataclass(frozen=True)
class Upload:
    """A file that has arrived whole and lies in the sandbox's own folder."""

    path: Path
    name: str
    content_type: str | None
    size: int
    sha256: str


@dataclass(frozen=True)
class Description:
    """What the sender says about the file; zero or None where they said nothing."""

    duration_s: int | None = None
    width: int | None = None
    height: int | None = None
    performer: str | None = None
    title: str | None = None


class FileShelf:
    """Files by file_id. The same bytes sent twice have two file_ids and one file_unique_id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.folder = (world.files / "telegram").resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "incoming").mkdir(exist_ok=True)

    def incoming(self) -> Path:
        """Where the next upload is written while it arrives."""
        return self.folder / "incoming" / self._world.token("up-", 16)

    def add(self, kind: str, upload: Upload, said: Description) -> dict[str, Any]:
        """Keep the upload as a file of that kind."""
        found = probe_media(upload.path)
        suffix = PurePosixPath(upload.name).suffix.lower()
        number = self._world.store.next_id(f"telegram.file.{kind}")
        relative = f"{_FOLDERS[kind]}/file_{number}{suffix or _SUFFIX.get(kind, '')}"
        place = self.folder / relative
        place.parent.mkdir(exist_ok=True)
        upload.path.replace(place)
        document: dict[str, Any] = {
            "file_id": self._world.token(_PREFIXES[kind], 60),
            "file_unique_id": "AgAD" + hashlib.sha256(f"{kind}|{upload.sha256}".encode()).hexdigest()[:12],
            "file_size": upload.size,
            "file_path": relative,
            "kind": kind,
            "name": upload.name,
            "mime_type": _mime(upload, suffix),
            "has_sound": found.has_sound or not found.readable,
            **_measures(said, found),
            "performer": said.performer,
            "title": said.title,
        }
        self._world.store.put(_KIND, document["file_id"], document)
        return document

    def become(self, file: dict[str, Any], kind: str) -> dict[str, Any]:
        """The same file under another kind."""
        changed = {**file, "kind": kind}
        self._world.store.put(_KIND, file["file_id"], changed)
        return changed

    def find(self, file_id: str) -> dict[str, Any] | None:
        return self._world.store.get(_KIND, file_id)

    def path_of(self, file: dict[str, Any]) -> Path:
        return self.folder / str(file["file_path"])

    def by_path(self, relative: str) -> Path | None:
        """The file at that download path, or None; never one outside the shelf."""
        place = (self.folder / relative).resolve()
        return place if place.is_relative_to(self.folder) and place.is_file() else None


def _mime(upload: Upload, suffix: str) -> str:
    generic = upload.content_type in {None, "", "application/octet-stream"}
    return _MIME.get(suffix, "application/octet-stream") if generic else str(upload.content_type)


def _measures(said: Description, found: MediaFacts) -> dict[str, int]:
    return {
        "duration": found.duration_s if said.duration_s is None else said.duration_s,
        "width": found.width if said.width is None else said.width,
        "height": found.height if said.height is None else said.height,
    }


def media_fields(file: dict[str, Any]) -> dict[str, Any]:
    """The message fields that carry this file, e.g. ``{"video": {...}}``."""
    kind = file["kind"]
    ids = {"file_id": file["file_id"], "file_unique_id": file["file_unique_id"], "file_size": file["file_size"]}
    named = {"file_name": file["name"], "mime_type": file["mime_type"]}
    frame = {"width": file["width"], "height": file["height"]}
    length = {"duration": file["duration"]}
    if kind == "photo":
        return {"photo": [{**ids, **frame}]}
    if kind == "video":
        return {"video": {**ids, **frame, **length, **named}}
    if kind == "animation":
        # Telegram fills `document` too, for bots that know no animations.
        return {"animation": {**ids, **frame, **length, **named}, "document": {**ids, **named}}
    if kind == "video_note":
        return {"video_note": {**ids, **length, "length": file["width"] or 360}}
    if kind == "voice":
        return {"voice": {**ids, **length, "mime_type": file["mime_type"]}}
    if kind == "audio":
        tags = {name: file[name] for name in ("performer", "title") if file.get(name)}
        return {"audio": {**ids, **length, **named, **tags}}
    return {"document": {**ids, **named}}
