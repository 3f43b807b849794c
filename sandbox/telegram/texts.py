"""A text as a bot or a person sent it: parsed, trimmed, measured, with the entities that Telegram finds by itself."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.telegram.errors import bad_request
from sandbox.telegram.html_text import Entity, parse_html, render_html, utf16_length

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

_FOUND = (
    ("url", re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]*\w")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w+)?(?![\w/])")),
)


@dataclass(frozen=True)
class Text:
    """A message's words and its entities, offsets in UTF-16 units."""

    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def html(self) -> str:
        return render_html(self.text, list(self.entities))


def read_text(source: str | None, parse_mode: str | None, entities: Any = None) -> Text:
    """A required text: `400` when empty or longer than 4096 UTF-16 units after parsing."""
    if not source:
        raise bad_request("message text is empty")
    parsed = _parse(source, parse_mode, entities)
    if not parsed.text:
        raise bad_request("text must be non-empty")
    if utf16_length(parsed.text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return parsed


def read_caption(source: str | None, parse_mode: str | None, entities: Any = None) -> Text | None:
    """An optional caption of at most 1024 UTF-16 units after parsing; None when there is none."""
    parsed = _parse(source or "", parse_mode, entities)
    if utf16_length(parsed.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return parsed if parsed.text else None


def read_plain(source: str) -> Text:
    """What a person typed: no markup, but commands, links and the like are found."""
    return _trim(source, [])


def _parse(source: str, parse_mode: str | None, entities: Any) -> Text:
    source = source.replace("\r", "")
    if not parse_mode or parse_mode.lower() == "none":
        return _trim(source, _given(entities, source))
    if parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    return _trim(*parse_html(source))


def _given(entities: Any, source: str) -> list[Entity]:
    if entities is None:
        return []
    if not isinstance(entities, list):
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    total = utf16_length(source)
    for entity in entities:
        if not isinstance(entity, dict) or not all(isinstance(entity.get(name), int) for name in ("offset", "length")):
            raise bad_request("can't parse entities: expected an Object MessageEntity")
    return [dict(e) for e in entities if 0 <= e["offset"] < total and 0 < e["length"] <= total - e["offset"]]


def _trim(text: str, entities: list[Entity]) -> Text:
    """Telegram drops the white space around a message; entities move and shrink with it."""
    lead = utf16_length(text) - utf16_length(text.lstrip())
    kept = text.strip()
    total = utf16_length(kept)
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(total, entity["offset"] + entity["length"] - lead)
        if end > start:
            moved.append({**entity, "offset": start, "length": end - start})
    found = [e for e in _detect(kept) if not any(_overlap(e, m) for m in moved if m["type"] in _SOLID)]
    every = sorted([*moved, *found], key=lambda e: (e["offset"], -e["length"]))
    return Text(kept, tuple(every))


_SOLID = {"text_link", "code", "pre", "url", "bot_command", "mention", "hashtag", "email"}


def _detect(text: str) -> list[Entity]:
    found: list[Entity] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            entity = {"type": kind, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match[0])}
            if not any(_overlap(entity, other) for other in found):
                found.append(entity)
    return found


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])
