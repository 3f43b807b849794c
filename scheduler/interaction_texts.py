"""The operator's own words for a comment: a template whose placeholders are filled when the video is there."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from platforms.base import Platform
from storage.values import Account, Fault, Post, Upload

PLACEHOLDERS = ("title", "link", "account", "date")
NAMED = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def template_fault(text: str) -> Fault | None:
    """What is wrong with a template, if anything; `{{` and `}}` stand for the signs themselves."""
    if not text.strip():
        return Fault("interaction.empty_comment")
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        return Fault("interaction.braces", {"known": NAMED})
    for _, name, spec, conversion in pieces:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            return Fault("interaction.unknown_placeholder", {"name": f"{{{name}}}", "known": NAMED})
    return None


def comment_fault(text: str, sites: Iterable[Platform]) -> Fault | None:
    """What is wrong with a template for these sites; its length counts without what its placeholders will hold."""
    if (fault := template_fault(text)) is not None:
        return fault
    length = sum(len(literal) for literal, *_ in string.Formatter().parse(text))
    for site in sites:
        limit = site.text_limits.comment_max_characters
        if site.capabilities.comment and limit is not None and length > limit:
            params = {"platform": site.display_name, "limit": limit, "actual": length}
            return Fault("interaction.long_comment", params)
    return None


def filled(template: str, values: Mapping[str, str]) -> str:
    """The comment; a template that is none (any more) stays as it was typed."""
    return template if template_fault(template) is not None else template.format_map(values).strip()


def values_of(post: Post, upload: Upload, account: Account, now: datetime) -> dict[str, str]:
    """What the placeholders hold; the date is the operator's."""
    return {
        "title": post.title,
        "link": upload.video_url,
        "account": account.title,
        "date": f"{now.astimezone(ZoneInfo(post.timezone)):%Y-%m-%d}",
    }
