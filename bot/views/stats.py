"""`/stats`: what the last seven days brought, and which posts brought most of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import formats
from bot.callbacks import PageButton, UploadAct, UploadButton, ViewButton
from bot.figures import TOTALS
from bot.screen import Button, Screen, shorten
from bot.views.context import ViewContext
from storage.repositories.statistics import Statistic
from storage.values import Upload

WINDOW = timedelta(days=7)
LOOKED_AT = 500
"""How many of the newest uploads are looked at: older ones have no figures of these days any more."""
TOP = 5


@dataclass(frozen=True, slots=True)
class Gain:
    """What an upload gained, by name."""

    upload: Upload
    values: Mapping[str, int]


async def stats_view(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    """Totals of the operator's own posts, and the top ones by views."""
    t, since = context.t, context.now - WINDOW
    uploads = await context.uow.uploads.of_operator(context.operator.id, limit=LOOKED_AT)
    gains = await _gains(context, uploads, since)
    rows = ((
        Button(t.plain("button.all_posts"), data=PageButton(view="posts", page=0).pack()),
        Button(t.plain("button.refresh"), data=ViewButton(view="stats").pack()),
    ),)  # fmt: skip
    if not gains:
        return Screen(t("stats.none"), rows)
    published = sum(upload.upload_time >= since for upload in uploads)
    lines = [t("stats.title"), t("stats.published", n=published)]
    totals: Counter[str] = sum((Counter(gain.values) for gain in gains), Counter())
    lines += [
        t("figure.line", name=t.plain(f"figure.{name}"), n=f"+{formats.number(totals[name], t)}")
        for name in TOTALS
        if any(name in gain.values for gain in gains)
    ]
    best = sorted((gain for gain in gains if gain.values.get("views")), key=lambda gain: -gain.values["views"])[:TOP]
    if best:
        lines += ["", t("stats.top")]
        lines += [await _line(context, number, gain) for number, gain in enumerate(best, start=1)]
    tops = tuple(
        Button(
            t.plain("button.post", n=number),
            data=UploadButton(upload=gain.upload.id, act=UploadAct.SHOW).pack(),
        )
        for number, gain in enumerate(best, start=1)
    )
    return Screen("\n".join(lines), ((tops, *rows) if tops else rows))


async def _gains(context: ViewContext, uploads: tuple[Upload, ...], since: datetime) -> list[Gain]:
    ids = [upload.id for upload in uploads]
    newest = await context.uow.statistics.newest(ids)
    then = await context.uow.statistics.newest(ids, until=since)
    first = await context.uow.statistics.oldest(ids)
    return [
        Gain(upload, gained(newest[upload.id], _base(upload, then.get(upload.id), first[upload.id], since)))
        for upload in uploads
        if upload.id in newest
    ]


def _base(upload: Upload, then: Statistic | None, first: Statistic, since: datetime) -> Mapping[str, int]:
    """What counts as the beginning: nothing for a new video, the first look for one that nobody had counted by then."""
    if then is not None:
        return then.values
    return {} if upload.upload_time >= since else first.values


def gained(now: Statistic, base: Mapping[str, int]) -> dict[str, int]:
    """What was gained of each figure; a counter that went down, as likes do, gained nothing."""
    return {name: max(0, count - base.get(name, 0)) for name, count in now.values.items() if name in TOTALS}


async def _line(context: ViewContext, number: int, gain: Gain) -> str:
    account = await context.uow.accounts.get(gain.upload.account_id)
    title, _ = await context.services.uploads.texts(context.uow, gain.upload)
    return context.t(
        "stats.line",
        n=number,
        title=shorten(title, 60) or context.t.plain("card.untitled"),
        platform=context.platform_title(gain.upload.platform),
        account=shorten(account.title, 40),
        views=formats.number(gain.values["views"], context.t),
    )
