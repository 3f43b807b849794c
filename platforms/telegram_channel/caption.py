"""A post's one text: the title in bold, the description below it, and the keywords as hashtags at the end."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from platforms.base import VideoMeta

_NO_PART_OF_A_HASHTAG = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Caption:
    """The text, and how many UTF-16 units at its beginning are the title."""

    text: str
    title_units: int

    def fields(self) -> dict[str, str]:
        """As parameters of the Bot API: entities instead of markup, so no character of a text means anything."""
        entities = [{"type": "bold", "offset": 0, "length": self.title_units}] if self.title_units else []
        return {"caption": self.text, "caption_entities": json.dumps(entities)}


def caption_of(meta: VideoMeta) -> Caption:
    """Put the caption together."""
    title, description = meta.title.strip(), meta.description.strip()
    text = "\n\n".join(part for part in (title, description) if part)
    said = {word.casefold() for word in re.findall(r"#\w+", text)}
    tags = dict.fromkeys(tag for keyword in meta.keywords if (tag := _hashtag(keyword)) and tag.casefold() not in said)
    return Caption("\n\n".join(part for part in (text, " ".join(tags)) if part), utf16_length(title))


def utf16_length(text: str) -> int:
    """Count as Telegram does: a character outside the basic plane, as most emoji are, counts 2."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _hashtag(keyword: str) -> str:
    word = _NO_PART_OF_A_HASHTAG.sub("", keyword)
    return f"#{word}" if word else ""
