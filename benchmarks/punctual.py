"""How late a scheduled post appears: the moment at which the site has it, minus the time that was asked for.

    python -m benchmarks.punctual [--posts 5] [--lead 30] [--small]

The whole product, as programs. Every card is filled in first; then, one after the other, a time `--lead` seconds ahead
is typed and the post approved, so the posts fall on moments of their own. The first post is the main job: 1080x1920,
20 s, in a deeper voice (`--small`: 3 s); the others are small and keep their voice. All go to one channel.
Lateness is read from both ends' own books, in microseconds: `scheduled_time` from the fabric's database,
`published_at` from the ledger of the sandbox's YouTube. The aim: within 1 s, and never early.
"""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.product import MB, Product, machine, padded_clip, running_product, workplace
from tests.support.clips import vertical_clip
from tests.support.fabric import find_button
from tests.support.story import choose, connect, send_clip, step

AIM_S = 1.0


@dataclass(frozen=True, slots=True)
class Publication:
    """When it should be, when the upload was begun at the site, and when the site had it (aware UTC)."""

    title: str
    scheduled: datetime
    opened: datetime
    published: datetime
    size: int

    @property
    def late_s(self) -> float:
        return (self.published - self.scheduled).total_seconds()

    @property
    def begun_late_s(self) -> float:
        return (self.opened - self.scheduled).total_seconds()


def fill(product: Product, path: Path, title: str, voice: str) -> dict[str, Any]:
    """A card on which only the time is missing."""
    return choose(product.person, send_clip(product.person, path, title), voice=voice)


def approve_for(product: Product, card: dict[str, Any], typed: str) -> None:
    """Type the time and approve: the card follows the answer down the chat."""
    person = product.person
    step(person, card, "Time")
    asked = person.say(typed)
    card = person.wait_for(lambda message: find_button(message, "Approve") is not None, after=asked)
    step(person, card, "Approve")


def read_books(product: Product) -> list[Publication]:
    """What both ends wrote down, in the order of the times asked for."""
    database = f"file:{product.fabric.home / 'fabric.db'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True)) as connection:
        asked = connection.execute("SELECT title, scheduled_time FROM tasks ORDER BY scheduled_time").fetchall()
    videos = {video["title"]: video for video in product.sandbox.videos()}
    opened = sorted(
        datetime.fromisoformat(request["at"])
        for request in product.sandbox.requests("youtube")
        if request["method"] == "POST" and request["path"].endswith("/videos")
    )
    return [
        Publication(
            title=title,
            scheduled=datetime.fromisoformat(scheduled).replace(tzinfo=UTC),
            opened=moment,
            published=datetime.fromisoformat(videos[title]["published_at"]),
            size=videos[title]["size"],
        )
        for (title, scheduled), moment in zip(asked, opened, strict=True)
    ]


def measure(folder: Path, posts: int, lead_s: int, *, is_small: bool) -> list[Publication]:
    """Publish them all."""
    main = vertical_clip(folder, 3 if is_small else 20)
    with running_product(folder) as product:
        connect(product.person)
        cards = [fill(product, main, "Post 1, deeper", "Deeper")]
        for number in range(2, posts + 1):
            clip = padded_clip(folder, f"clip-{number}.mp4", MB)
            cards.append(fill(product, clip, f"Post {number}, original", "Original"))
        for card in cards:
            approve_for(product, card, f"+{lead_s}s")
        product.person.until(lambda: len(product.sandbox.videos()) == posts)
        return read_books(product)


def report(publications: list[Publication]) -> None:
    print(f"{'post':20s} {'size MB':>8s}  {'scheduled (UTC)':>16s}  {'upload begun':>13s}  {'published':>11s}")
    for each in publications:
        print(
            f"{each.title:20s} {each.size / MB:8.1f}  {each.scheduled:%H:%M:%S.%f}".ljust(48)
            + f"  {each.begun_late_s:+11.3f} s  {each.late_s:+9.3f} s"
        )
    late = [each.late_s for each in publications]
    kept = min(late) >= 0 and max(late) <= AIM_S
    print(
        f"lateness: min {min(late):.3f} s, median {median(late):.3f} s, max {max(late):.3f} s "
        f"(aim: 0 to {AIM_S:g} s): {'kept' if kept else 'MISSED'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=5)
    parser.add_argument("--lead", type=int, default=30, help="seconds from typing the time to the time")
    parser.add_argument("--small", action="store_true", help="a main clip of 3 s instead of 20 s")
    chosen = parser.parse_args()
    print(machine())
    with workplace(None, 200 * MB) as folder:
        report(measure(folder, chosen.posts, chosen.lead, is_small=chosen.small))


if __name__ == "__main__":
    main()
