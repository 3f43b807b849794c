"""One file that every site accepts: what a video needs for that (a plan), the work, and what to tell about it."""

from media.fit.plan import AS_IT_IS, Action, FitPlan, Reason, has_wanted_shape, plan_fit
from media.fit.profile import EVERYWHERE, LARGE, PROFILES, Aspect, FitChoices, FitProfile
from media.fit.verdicts import Severity, TargetLimits, Verdict, verdicts
from media.fit.work import fit

__all__ = [
    "AS_IT_IS",
    "EVERYWHERE",
    "LARGE",
    "PROFILES",
    "Action",
    "Aspect",
    "FitChoices",
    "FitPlan",
    "FitProfile",
    "Reason",
    "Severity",
    "TargetLimits",
    "Verdict",
    "fit",
    "has_wanted_shape",
    "plan_fit",
    "verdicts",
]
