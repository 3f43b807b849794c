"""Telegram's HTML: tags become entities counted in UTF-16 units, and entities become HTML again.

The reading follows tdlib's ``parse_html`` (MessageEntity.cpp), its error sentences included.
"""

import html
import re
from dataclasses import dataclass
from typing import Any

from sandbox.telegram.errors import bad_request

Entity = dict[str, Any]

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"'}
_CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});?")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/"']+)\s*(?:=\s*("[^"]*"|'[^']*'|[A-Za-z0-9.-]+))?""")


def utf16_length(text: str) -> int:
    """How many UTF-16 code units: what Telegram counts in."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class _Open:
    tag: str
    argument: str
    offset: int
    start: int


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The plain text and its entities; ``400 can't parse entities`` where Telegram would say so."""
    reader = _Reader(source)
    reader.read()
    return reader.text, sorted(_merge_pre(reader.entities), key=lambda e: (e["offset"], -e["length"]))


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.text = ""
        self.entities: list[Entity] = []
        self._open: list[_Open] = []

    def read(self) -> None:
        while self.at < len(self.source):
            character = self.source[self.at]
            if character == "&":
                self._reference()
            elif character != "<":
                self.text += character
                self.at += 1
            elif self.source.startswith("</", self.at):
                self._end_tag()
            else:
                self._start_tag()
        if self._open:
            raise _refuse(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')

    def _reference(self) -> None:
        match = _CHARACTER.match(self.source, self.at)
        decoded = _decode(match[0]) if match else ""
        self.text += decoded or "&"
        self.at += len(match[0]) if match and decoded else 1

    def _start_tag(self) -> None:
        begin = self.at
        where = f"at byte offset {len(self.source[:begin].encode())}"
        name_end = re.compile(r"[\s>]").search(self.source, begin + 1)
        if name_end is None:
            raise _refuse(f"Unclosed start tag {where}")
        tag = self.source[begin + 1 : name_end.start()].lower()
        if tag not in _TAGS:
            raise _refuse(f'Unsupported start tag "{tag}" {where}')
        self.at = name_end.start()
        attributes = self._attributes(tag, where)
        self._open.append(_Open(tag, _argument(tag, attributes, where), utf16_length(self.text), len(self.text)))

    def _attributes(self, tag: str, where: str) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            while self.at < len(self.source) and self.source[self.at].isspace():
                self.at += 1
            if self.at >= len(self.source):
                raise _refuse(f'Unclosed start tag "{tag}" {where}')
            if self.source[self.at] == ">":
                self.at += 1
                return found
            match = _ATTRIBUTE.match(self.source, self.at)
            if match is None:
                raise _refuse(f'Empty attribute name in the tag "{tag}" {where}')
            value = match[2] or ""
            quoted = value[:1] in {'"', "'"}
            found[match[1].lower()] = _unescape(value[1:-1]) if quoted else value.lower()
            self.at = match.end()

    def _end_tag(self) -> None:
        begin = self.at
        where = f"at byte offset {len(self.source[:begin].encode())}"
        if not self._open:
            raise _refuse(f"Unexpected end tag {where}")
        match = re.compile(r"</([^\s>]*)\s*>").match(self.source, begin)
        if match is None:
            raise _refuse(f"Unclosed end tag {where}")
        opened = self._open.pop()
        if match[1] and match[1].lower() != opened.tag:
            raise _refuse(f'Unmatched end tag {where}, expected "</{opened.tag}>", found "</{match[1]}>"')
        self.at = match.end()
        length = utf16_length(self.text) - opened.offset
        if length > 0:
            entity = _entity(opened, length, self.text[opened.start :])
            if entity is not None:
                self.entities.append(entity)


def _refuse(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")


def _decode(reference: str) -> str:
    if not reference.startswith("&#"):
        return _NAMED.get(reference.rstrip(";") + ";", "")
    digits = reference[2:].rstrip(";")
    point = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    return chr(point) if 0 < point < 0x10FFFF and not 0xD800 <= point < 0xE000 else ""


def _unescape(value: str) -> str:
    return _CHARACTER.sub(lambda match: _decode(match[0]) or match[0], value)


def _argument(tag: str, attributes: dict[str, str], where: str) -> str:
    if tag == "a":
        return attributes.get("href", "")
    if tag == "code":
        language = attributes.get("class", "")
        return language.removeprefix("language-") if language.startswith("language-") else ""
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise _refuse(f'Tag "span" must have class "tg-spoiler" {where}')
    if tag == "blockquote" and "expandable" in attributes:
        return "expandable"
    if tag == "tg-emoji":
        return attributes.get("emoji-id", "")
    return ""


def _entity(opened: _Open, length: int, inner: str) -> Entity | None:
    kind = _TAGS[opened.tag]
    entity: Entity = {"type": kind, "offset": opened.offset, "length": length}
    if kind == "text_link":
        url = opened.argument or inner
        if not re.match(r"(?:https?|tg|ton|ftp)://\S+|[^\s/]+\.[^\s]+", url):
            return None  # Telegram drops a link that it can't read, and keeps the words
        entity["url"] = url if "://" in url else f"http://{url}"
    elif kind == "code" and opened.argument:
        entity["language"] = opened.argument
    elif kind == "blockquote" and opened.argument:
        entity["type"] = "expandable_blockquote"
    elif kind == "custom_emoji":
        entity["custom_emoji_id"] = opened.argument
    return entity


def _merge_pre(entities: list[Entity]) -> list[Entity]:
    """``<pre><code class="language-x">`` is one entity: pre with a language."""
    pres = {(e["offset"], e["length"]): e for e in entities if e["type"] == "pre"}
    kept = []
    for entity in entities:
        outer = pres.get((entity["offset"], entity["length"])) if entity["type"] == "code" else None
        if outer is not None:
            if "language" in entity:
                outer["language"] = entity["language"]
            continue
        entity_without = {k: v for k, v in entity.items() if k != "language" or entity["type"] == "pre"}
        kept.append(entity if entity["type"] == "pre" else entity_without)
    return kept


_RENDER = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ("<tg-spoiler>", "</tg-spoiler>"),
    "code": ("<code>", "</code>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote expandable>", "</blockquote>"),
}


def render_html(text: str, entities: list[Entity]) -> str:
    """The text as HTML again, every foreign sign escaped: what the chat page shows."""
    units = text.encode("utf-16-le")
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for entity in sorted(entities, key=lambda e: (e["offset"], -e["length"])):
        start, end = _marks(entity, units)
        opening.setdefault(entity["offset"], []).append(start)
        closing.setdefault(entity["offset"] + entity["length"], []).insert(0, end)
    result = []
    cuts = sorted({0, len(units) // 2, *opening, *closing})
    for position, following in zip(cuts, [*cuts[1:], None], strict=True):
        result += closing.get(position, []) + opening.get(position, [])
        piece = units[2 * position : None if following is None else 2 * following]
        result.append(html.escape(piece.decode("utf-16-le", "replace"), quote=False))
    return "".join(result)


def _marks(entity: Entity, units: bytes) -> tuple[str, str]:
    kind = entity["type"]
    inner = units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le", "replace")
    if kind == "text_link":
        return f'<a href="{html.escape(entity["url"])}">', "</a>"
    if kind == "url":
        address = inner if "://" in inner else f"http://{inner}"
        return f'<a href="{html.escape(address)}">', "</a>"
    if kind == "pre":
        language = entity.get("language")
        return (
            (f'<pre><code class="language-{html.escape(language)}">', "</code></pre>")
            if language
            else ("<pre>", "</pre>")
        )
    if kind == "bot_command":
        return f'<a data-command="{html.escape(inner)}">', "</a>"
    return _RENDER.get(kind, ("", ""))
