"""`/posts`: what was published, the newest first, each with its link and a way to its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import formats
from bot.callbacks import PageButton, UploadAct, UploadButton, ViewButton
from bot.screen import Button, Rows, Screen, shorten
from bot.views.context import ViewContext
from storage.repositories.statistics import Statistic
from storage.values import Upload

PAGE = 8
IN_A_ROW = 4


async def posts_view(context: ViewContext, args: Mapping[str, Any]) -> Screen:
    """One page of this operator's uploads."""
    t, page = context.t, int(args.get("page") or 0)
    first = page * PAGE
    found = await context.uow.uploads.of_operator(context.operator.id, limit=PAGE + 1, offset=first)
    refresh = Button(t.plain("button.refresh"), data=PageButton(view="posts", page=page).pack())
    if not found:
        return Screen(t("posts.none"), ((refresh,),))
    shown = found[:PAGE]
    ids = [upload.id for upload in shown]
    deleted, figures = await context.uow.interactions.deleted(ids), await context.uow.statistics.newest(ids)
    lines = [t("posts.title")]
    for number, upload in enumerate(shown, start=first + 1):
        lines.append(await _line(context, number, upload, figures.get(upload.id), is_deleted=upload.id in deleted))
    buttons = [_open(context, number, upload) for number, upload in enumerate(shown, start=first + 1)]
    rows: Rows = tuple(tuple(buttons[at : at + IN_A_ROW]) for at in range(0, len(buttons), IN_A_ROW))
    stats = Button(t.plain("button.stats"), data=ViewButton(view="stats").pack())
    return Screen("\n\n".join(lines), (*rows, *_pages(context, page, has_more=len(found) > PAGE), (stats, refresh)))


async def _line(
    context: ViewContext, number: int, upload: Upload, figures: Statistic | None, *, is_deleted: bool
) -> str:
    account = await context.uow.accounts.get(upload.account_id)
    title, _ = await context.services.uploads.texts(context.uow, upload)
    views = figures.values.get("views") if figures is not None else None
    has_link = bool(upload.video_url) and not is_deleted
    return context.t(
        "posts.line_deleted" if is_deleted else "posts.line" if has_link else "posts.line_no_link",
        n=number,
        title=shorten(title, 60) or context.t.plain("card.untitled"),
        url=upload.video_url,
        platform=context.platform_title(upload.platform),
        account=shorten(account.title, 40),
        when=formats.moment(upload.upload_time, context.operator.timezone, context.now, context.t),
        views="" if views is None else context.t.plain("posts.views", n=formats.number(views, context.t)),
    )


def _open(context: ViewContext, number: int, upload: Upload) -> Button:
    show = UploadButton(upload=upload.id, act=UploadAct.SHOW).pack()
    return Button(context.t.plain("button.post", n=number), data=show)


def _pages(context: ViewContext, page: int, *, has_more: bool) -> Rows:
    newer = Button(context.t.plain("button.newer"), data=PageButton(view="posts", page=max(0, page - 1)).pack())
    older = Button(context.t.plain("button.older"), data=PageButton(view="posts", page=page + 1).pack())
    shown = (*((newer,) if page else ()), *((older,) if has_more else ()))
    return (shown,) if shown else ()
