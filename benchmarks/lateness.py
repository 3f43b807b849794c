"""How late twenty posts for the same minute appear over a slow line, with staging and without.

    python -m benchmarks.lateness [--full | --scale 0.056] [--posts 20] [--folder DIR]

Two installations side by side, each with a sandbox and a line of 20 Mbit/s of its own: all uploads of all three sites
share it. Seven posts for YouTube, seven for TikTok (direct), six for Instagram, one account each, all approved before
and due at the same moment; uploads go two at a time, as by default. The sites process nothing: what is
measured is when they have all they need.

In full a clip has 200 MB and the posts are approved 35 minutes ahead: 1600 s of sending. A scale shortens both, and
the 15 and 5 minutes before a post at which staging decides and looks; the line stays as it is, and so does the least
that TikTok lets us hold back (a chunk of 5 to 10 MB). So the figures without staging grow with the clips, and those
with it hardly do. A post for YouTube whose turn comes less than those 15 minutes before waits with its last chunk, as
TikTok's. Lateness is the site's `published_at` minus our `scheduled_time`.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.lateness_posts import SITES, approve_all
from benchmarks.product import machine, workplace
from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import Fabric, Person
from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.story import connect
from tests.whole.test_platforms import connect_instagram, connect_tiktok

LINE_BYTES_PER_S = 2_500_000
FULL_SIZE, FULL_LEAD, FULL_SHORT_LEAD = 200_000_000, timedelta(minutes=35), timedelta(minutes=6)
SCALE = 0.056
PATIENCE_S = 120.0
SPARE = 300_000_000
CLIP_BYTES_PER_S = LINE_BYTES_PER_S
"""A clip is as long as its bytes are many: no site has anything to object to its bit rate."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`scale` shortens clips and times alike; 1 is the full size."""

    scale: float
    posts: int

    @property
    def size(self) -> int:
        return int(FULL_SIZE * self.scale)

    def lead(self, *, staging: bool) -> timedelta:
        """Without staging there is nothing to do before the minute but to look at the files."""
        return (FULL_LEAD if staging else FULL_SHORT_LEAD) * self.scale

    @property
    def sending_s(self) -> float:
        """How long the line needs for all clips."""
        return self.posts * self.size / LINE_BYTES_PER_S


class ScaledFabric(Fabric):
    """The product with the distances of staging scaled, or as it is."""

    def __init__(self, sandbox: Sandbox, home: Path, plan: Plan, *, staging: bool) -> None:
        environment = {"FABRIC_STAGING": str(staging).lower(), "FABRIC_TIKTOK_MODE": "direct"}
        if plan.scale != 1:
            self.program = ("-m", "benchmarks.scaled_app", "run")
            environment["LATENESS_SCALE"] = str(plan.scale)
        super().__init__(sandbox, home, **environment)


def clip_of(folder: Path, size: int) -> Path:
    """An mp4 of `size` bytes that takes little room: its end is a hole in a box that players pass over."""
    path = folder / "clip.mp4"
    shutil.copyfile(spoken_clip(folder, max(4, round(size / CLIP_BYTES_PER_S)), size=VERTICAL), path)
    with path.open("ab") as file:
        # A size of 1 announces the 64-bit one (ISO/IEC 14496-12, section 4.2).
        file.write(struct.pack(">I4sQ", 1, b"free", size - file.tell()))
        file.truncate(size)
    return path


def open_world(sandbox: Sandbox) -> None:
    """Sites without work of their own; YouTube would call the twentieth copy of a clip a duplicate."""
    sandbox.post("telegram/settings", flood=False)
    sandbox.post("youtube/settings", processing_s=0.0, reject_duplicates=False)
    sandbox.post("tiktok/settings", processing_s=0.0, moderation_s=0.0)
    sandbox.post("instagram/settings", processing_s=0.0, media_lag_s=0.0)


def measure(folder: Path, clip: Path, plan: Plan, *, staging: bool) -> Mapping[str, list[float]]:
    """Lateness in seconds by site."""
    with running_sandbox(folder / "world") as sandbox:
        open_world(sandbox)
        fabric = ScaledFabric(sandbox, folder / "home", plan, staging=staging)
        fabric.start()
        try:
            person = Person(sandbox)
            connect(person)
            connect_tiktok(person)
            connect_instagram(person)
            fabric.stop()
            due = datetime.now(UTC) + plan.lead(staging=staging)
            approve_all(fabric, clip, plan.posts, due)
            # By the path of uploads: small requests would be answered at once on any line.
            sandbox.fault(path="upload", fault="slow", bytes_per_s=LINE_BYTES_PER_S, shared=True)
            fabric.start()
            return lateness(wait_for_all(sandbox, fabric, plan, due), due)
        finally:
            fabric.stop()


def wait_for_all(sandbox: Sandbox, fabric: Fabric, plan: Plan, due: datetime) -> Sequence[tuple[str, datetime]]:
    """Site and moment of every post, once all are public. RuntimeError where that does not come."""
    limit_s = (due - datetime.now(UTC)).total_seconds() + plan.sending_s * 1.5 + PATIENCE_S
    deadline = time.monotonic() + limit_s
    while True:
        public = [
            (site, datetime.fromisoformat(line["published_at"]))
            for site in SITES
            for line in sandbox.get(f"{site}/videos")["videos"]
            if line["published_at"] and line["size"] == plan.size
        ]
        if len(public) == plan.posts:
            return public
        is_dead = fabric.process is None or fabric.process.poll() is not None
        if is_dead or time.monotonic() > deadline:
            raise RuntimeError(f"{len(public)} posts are public; the fabric's log ends with:\n{fabric.log[-2000:]}")
        time.sleep(0.5)


def lateness(public: Sequence[tuple[str, datetime]], due: datetime) -> Mapping[str, list[float]]:
    """Seconds by site."""
    found = defaultdict(list)
    for site, moment in public:
        found[site].append((moment - due).total_seconds())
    return found


def measure_both(folder: Path, plan: Plan) -> Mapping[bool, Mapping[str, list[float]]]:
    """With staging and without, at the same time."""
    clip, found = clip_of(folder, plan.size), {}

    def run(staging: bool) -> None:
        own = folder / f"staging-{staging}"
        own.mkdir()
        found[staging] = measure(own, clip, plan, staging=staging)

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(run, staging) for staging in (True, False)]:
            running.result()
    return found


def report(found: Mapping[bool, Mapping[str, list[float]]], plan: Plan) -> None:
    print(
        f"{plan.posts} posts of {plan.size / 1e6:.1f} MB for one moment over "
        f"{LINE_BYTES_PER_S * 8 / 1e6:g} Mbit/s ({plan.sending_s:.0f} s of sending)"
    )
    ahead = [f"{plan.lead(staging=staging).total_seconds():.0f} s" for staging in (True, False)]
    print(f"approved {ahead[0]} ahead with staging, {ahead[1]} without")
    print(f"{'lateness':14s} {'site':10s} {'posts':>5s}  {'min':>9s}  {'median':>9s}  {'max':>9s}")
    for staging, by_site in sorted(found.items(), reverse=True):
        for site in SITES:
            late = by_site[site]
            print(
                f"{'staging on' if staging else 'staging off':14s} {site:10s} {len(late):5d}"
                f"  {min(late):7.2f} s  {median(late):7.2f} s  {max(late):7.2f} s"
            )
    if plan.scale != 1:
        print(
            f"Scaled by {plan.scale:g}: with 200 MB expect {1 / plan.scale:.0f} times as much without staging, and "
            f"about the same with it, for what waits for the minute is as large."
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--scale", type=float, default=SCALE, help="of clips and times (default %(default)s)")
    size.add_argument("--full", action="store_true", help="200 MB each, 35 minutes ahead")
    parser.add_argument("--posts", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="where there is room (default: the folder for temporary files)")
    chosen = parser.parse_args()
    plan = Plan(1.0 if chosen.full else chosen.scale, chosen.posts)
    print(machine())
    with workplace(chosen.folder, 2 * plan.posts * plan.size + SPARE) as folder:
        report(measure_both(folder, plan), plan)


if __name__ == "__main__":
    main()
