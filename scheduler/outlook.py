"""What awaits a draft at each account: told before anybody approves it, from what the probe found alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from media.fit import Action, FitPlan, Severity, TargetLimits, Verdict, verdicts
from platforms.base import Platform, VideoFile, VideoMeta
from scheduler.video_files import media_of, planned_file, planned_fit
from storage.values import Account, ClipFacts, Fault


class Mark(StrEnum):
    """How things stand for one account."""

    FINE = "fine"
    WORK = "work"
    WARNING = "warning"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What awaits a draft at one account. `told` are the rules of the site that the file breaks for good: they forbid
    the approval, and whoever shows the outlook need not say them again."""

    account: Account
    mark: Mark
    notes: tuple[Fault, ...]
    told: tuple[Fault, ...] = ()


def outlook(
    facts: ClipFacts, site: Platform, account: Account, meta: VideoMeta, *, longest_s: float | None = None
) -> Outlook | None:
    """None for a site that asks for no fitting. `longest_s`: what the site allows this very account, where known."""
    plan = planned_fit(facts, site, meta.options)
    if plan is None:
        return None
    file = planned_file(Path(), facts, plan)
    broken = file_faults(site, file, meta)
    found = verdicts(media_of(facts), plan, _target(site, longest_s))
    blocking = [verdict for verdict in found if verdict.severity is Severity.BLOCKING]
    if broken or blocking:
        told = broken or (_of_account(account, site, file, longest_s),)
        return Outlook(account, Mark.IMPOSSIBLE, _notes(blocking) or broken, told)
    return Outlook(account, _mark(found, plan), _notes(found))


def file_faults(site: Platform, file: VideoFile, meta: VideoMeta) -> tuple[Fault, ...]:
    """The rules that the file breaks, and not the texts, as approval names them."""
    of_texts = site.validate(None, meta)
    broken = [each for each in site.validate(file, meta) if each not in of_texts]
    return tuple(Fault(each.code, {"platform": site.name, **each.params}) for each in broken)


def _of_account(account: Account, site: Platform, file: VideoFile, longest_s: float | None) -> Fault:
    """What the site's general rules allow and this account may not."""
    lengths = {"actual_s": round(file.duration_s), "limit_s": round(longest_s or 0)}
    return Fault("draft.too_long_for_account", {"account": account.title, "platform": site.display_name, **lengths})


def _target(site: Platform, longest_s: float | None) -> TargetLimits:
    limits = site.file_limits
    known = [each for each in (limits.max_duration_s, longest_s) if each is not None]
    return TargetLimits(
        name=site.display_name,
        min_duration_s=limits.min_duration_s,
        max_duration_s=min(known, default=None),
        max_size=limits.max_size,
        min_side=limits.min_side,
        max_side=limits.max_side,
        short_max_s=limits.short_max_s,
        short_claims_s=limits.short_claims_s,
        is_upright=limits.is_upright,
    )


def _mark(found: Sequence[Verdict], plan: FitPlan) -> Mark:
    if any(verdict.severity is Severity.WARNING for verdict in found):
        return Mark.WARNING
    return Mark.WORK if plan.action is Action.TRANSCODE else Mark.FINE


def _notes(found: Sequence[Verdict]) -> tuple[Fault, ...]:
    return tuple(Fault(verdict.code, dict(verdict.params)) for verdict in found)
