"""TikTok's one text: the title, the description below it, and the keywords as hashtags at the end."""

from __future__ import annotations

import re

from platforms.base import VideoMeta

_NO_PART_OF_A_HASHTAG = re.compile(r"\W+")


def caption(meta: VideoMeta) -> str:
    """Put the caption together. `options["caption"]` replaces it whole."""
    given = meta.options.get("caption")
    if isinstance(given, str) and given.strip():
        return given.strip()
    text = "\n\n".join(part for part in (meta.title.strip(), meta.description.strip()) if part)
    said = {word.casefold() for word in re.findall(r"#\w+", text)}
    tags = dict.fromkeys(tag for keyword in meta.keywords if (tag := hashtag(keyword)) and tag.casefold() not in said)
    return "\n\n".join(part for part in (text, " ".join(tags)) if part)


def hashtag(keyword: str) -> str:
    """Make `#oldtown` of "old town"; "" of a keyword without a letter, digit or underscore."""
    word = _NO_PART_OF_A_HASHTAG.sub("", keyword)
    return f"#{word}" if word else ""


def utf16_length(text: str) -> int:
    """Count as TikTok does: a character outside the basic plane, as most emoji are, counts 2."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
