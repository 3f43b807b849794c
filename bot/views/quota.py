"""`/quota`: what each site still allows today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import formats
from bot.callbacks import ViewButton
from bot.ports import BucketReport
from bot.screen import Button, Screen
from bot.views.context import ViewContext


async def quota_view(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    """One block per allowance: a bar, how many of how many are used, and when it refills."""
    t = context.t
    reports = await context.services.quotas.report(context.uow, context.now)
    refresh = ((Button(t.plain("button.refresh"), data=ViewButton(view="quota").pack()),),)
    if not reports:
        return Screen(t("quota.none"), refresh)
    return Screen("\n\n".join([t("quota.title"), *(_block(context, report) for report in reports)]), refresh)


def _block(context: ViewContext, report: BucketReport) -> str:
    t = context.t
    key = f"bucket.{report.platform}.{report.bucket}"
    name = t.plain(key) if t.knows(key) else report.bucket
    owner = f"{context.platform_title(report.platform)}, {report.account.title}" if report.account else None
    head = t("quota.bucket", owner=owner or context.platform_title(report.platform), name=name)
    used, size = formats.number(report.used, t), formats.number(report.size, t)
    left = formats.number(max(0, report.size - report.used), t)
    body = t("quota.used", bar=formats.bar(report.used / report.size), used=used, size=size, left=left)
    if report.resets_at is None or not report.used:
        return f"{head}\n{body}"
    when = formats.moment(report.resets_at, context.operator.timezone, context.now, t)
    return f"{head}\n{body} · {t('quota.resets', when=when)}"
