"""The numbers of a task's life, with the reasons for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from voice.pipeline.settings import Chunking


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, how long, how many.

    A worker is taken for dead after `lease`; it says that it lives every `heartbeat`. The request that may publish is
    begun only with `commit_margin` of the lease left. "It is not there" is believed `settle` after the last such
    request, and when said twice with `absent_gap` between. A task later than `late_policy` is asked about.
    More tasks are prepared at once than voices converted: the job runner has its own number of workers, and a clip
    that keeps its voice must not wait behind one that does not.

    With `staging` uploads begin before their minute, `stage_ahead` or else as early as is usual for the site. A site is
    given the minute to keep by itself when it is at least `timed_margin` away, and `release_grace` to do it. What waits
    for its minute is looked at `verify_ahead` before it.
    What is done after a publication has `interaction_limit` for one call, and a lease that outlives it. A video in the
    creator's inbox is looked for at growing gaps of at most `inbox_longest`, `inbox_remind` after its delivery the
    operator is reminded once, and after `inbox_give_up` nobody looks any more.
    Every `figures_check` the videos are found whose figures are due.
    """

    lease: timedelta = timedelta(seconds=60)
    heartbeat: timedelta = timedelta(seconds=15)
    commit_margin: timedelta = timedelta(seconds=45)
    upload_concurrency: int = 2
    prepare_concurrency: int = 4
    confirm_concurrency: int = 8
    late_policy: timedelta = timedelta(hours=6)
    staging: bool = True
    stage_ahead: timedelta | None = None
    timed_margin: timedelta = timedelta(minutes=15)
    release_grace: timedelta = timedelta(seconds=30)
    verify_ahead: timedelta = timedelta(minutes=5)
    confirm_first: timedelta = timedelta(seconds=5)
    confirm_longest: timedelta = timedelta(seconds=60)
    confirm_patience: timedelta = timedelta(hours=24)
    missing_patience: timedelta = timedelta(minutes=15)
    settle: timedelta = timedelta(seconds=60)
    absent_gap: timedelta = timedelta(seconds=30)
    interaction_concurrency: int = 2
    interaction_lease: timedelta = timedelta(minutes=10)
    interaction_limit: timedelta = timedelta(minutes=5)
    inbox_first: timedelta = timedelta(seconds=10)
    inbox_longest: timedelta = timedelta(minutes=30)
    inbox_remind: timedelta = timedelta(hours=6)
    inbox_link_patience: timedelta = timedelta(minutes=15)
    inbox_give_up: timedelta = timedelta(days=7)
    figures_check: timedelta = timedelta(minutes=10)
    sweep: timedelta = timedelta(seconds=15)
    token_margin: timedelta = timedelta(minutes=5)
    token_check: timedelta = timedelta(minutes=4)
    token_ahead: timedelta = timedelta(minutes=10)
    refresh_lease: timedelta = timedelta(seconds=60)
    cleanup: timedelta = timedelta(hours=1)
    keep_renders: timedelta = timedelta(days=2)
    keep_clips: timedelta = timedelta(days=30)
    keep_ledger: timedelta = timedelta(days=3)
    keep_consents: timedelta = timedelta(days=7)
    progress_gap_s: float = 1.0
    progress_step: float = 0.05
    voice: Chunking = field(default_factory=Chunking)

    def __post_init__(self) -> None:
        if self.heartbeat * 2 > self.lease:
            raise ValueError("a lease must outlive two heartbeats")
        if self.interaction_limit >= self.interaction_lease:
            raise ValueError("the lease of an interaction must outlive its longest call")
        if self.commit_margin >= self.lease:
            raise ValueError("the margin before a commit must be shorter than the lease")
        if min(self.upload_concurrency, self.prepare_concurrency, self.confirm_concurrency) < 1:
            raise ValueError("each kind of work needs at least one worker")
