"""What to tell about a video before anything is sent: per target, from the probe's facts and the plan alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from media.fit.plan import Action, FitPlan
from media.info import MediaInfo


class Severity(StrEnum):
    """How a verdict is meant."""

    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing to tell, as data: seconds in `…_s`, sizes in bytes, sides in pixels."""

    code: str
    params: Mapping[str, int | float | str] = field(default_factory=dict)
    severity: Severity = Severity.INFO


@dataclass(frozen=True, slots=True)
class TargetLimits:
    """What one target takes; None where it states no limit. `name` goes into each verdict's params.

    `short_max_s` is the longest video that the target files under its short ones, if it is square or standing; above
    `short_claims_s` such a one is at risk where its music is claimed. `is_upright`: watched standing, a lying one is
    shown small.
    """

    name: str
    min_duration_s: float | None = None
    max_duration_s: float | None = None
    max_size: int | None = None
    min_side: int | None = None
    max_side: int | None = None
    short_max_s: float | None = None
    short_claims_s: float | None = None
    is_upright: bool = False


DURATION_TOLERANCE_S = 0.05
"""A container rounds its length up to whole packets; nobody counts those."""


def verdicts(info: MediaInfo, plan: FitPlan, target: TargetLimits) -> tuple[Verdict, ...]:
    """Everything to tell about this video at this target: what refuses it, what surprises, what is done to it."""
    named = {"target": target.name}
    found = (*_length(info, target), *_size(plan, target), *_sides(plan, target), *_short(info, plan, target))
    told = tuple(Verdict(one.code, {**named, **one.params}, one.severity) for one in found)
    return (*told, *_work(info, plan))


def _length(info: MediaInfo, target: TargetLimits) -> Iterator[Verdict]:
    lasts = info.duration_s
    if target.max_duration_s is not None and lasts > target.max_duration_s + DURATION_TOLERANCE_S:
        over = {"over_s": round(lasts - target.max_duration_s, 1), "limit_s": target.max_duration_s}
        yield Verdict("fit.too_long", over, Severity.BLOCKING)
    if target.min_duration_s is not None and lasts < target.min_duration_s - DURATION_TOLERANCE_S:
        under = {"actual_s": round(lasts, 1), "limit_s": target.min_duration_s}
        yield Verdict("fit.too_short", under, Severity.BLOCKING)


def _size(plan: FitPlan, target: TargetLimits) -> Iterator[Verdict]:
    if target.max_size is not None and plan.estimated_size > target.max_size:
        sizes = {"size": plan.estimated_size, "limit": target.max_size}
        yield Verdict("fit.too_large", sizes, Severity.BLOCKING)


def _sides(plan: FitPlan, target: TargetLimits) -> Iterator[Verdict]:
    size: dict[str, int | float | str] = {"width": plan.width, "height": plan.height}
    if target.min_side is not None and min(plan.width, plan.height) < target.min_side:
        yield Verdict("fit.too_few_pixels", {**size, "limit": target.min_side}, Severity.BLOCKING)
    if target.max_side is not None and max(plan.width, plan.height) > target.max_side:
        yield Verdict("fit.too_many_pixels", {**size, "limit": target.max_side}, Severity.BLOCKING)


def _short(info: MediaInfo, plan: FitPlan, target: TargetLimits) -> Iterator[Verdict]:
    is_lying = plan.width > plan.height
    if target.is_upright and is_lying:
        yield Verdict("fit.lying", severity=Severity.WARNING)
    if target.short_max_s is None:
        return
    over_s = info.duration_s - target.short_max_s
    if over_s <= DURATION_TOLERANCE_S:
        yield _of_short_length(info, target, is_lying=is_lying)
    elif not is_lying:  # a long lying one is a film, and nobody expects it among the short ones
        over = {"over_s": round(over_s, 1), "limit_s": target.short_max_s}
        yield Verdict("fit.no_short_long", over, Severity.WARNING)


def _of_short_length(info: MediaInfo, target: TargetLimits, *, is_lying: bool) -> Verdict:
    if is_lying:
        return Verdict("fit.no_short_lying", severity=Severity.WARNING)
    if target.short_claims_s is not None and info.duration_s > target.short_claims_s + DURATION_TOLERANCE_S:
        return Verdict("fit.will_be_short_unclaimed", {"limit_s": target.short_claims_s})
    return Verdict("fit.will_be_short")


def _work(info: MediaInfo, plan: FitPlan) -> Iterator[Verdict]:
    if info.audio is None:
        yield Verdict("fit.no_sound", severity=Severity.WARNING)
    if plan.action is Action.KEEP:
        yield Verdict("fit.kept", {"size": info.size})
    elif plan.action is Action.REMUX:
        yield Verdict("fit.remuxed", {"size": plan.estimated_size})
    else:
        before = {"codec": info.require_video().codec, "container": info.container}
        yield Verdict("fit.converted", {**before, "size": plan.estimated_size})
    yield from (Verdict(reason.code, reason.params) for reason in plan.reasons)
