"""What a site lets people choose: asked in the chat, and what was chosen is what the site got."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import Fabric, Person, running_fabric
from tests.support.killing import eventually
from tests.support.office import draft_button
from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.story import connect, refreshed, send_clip, shows, step
from tests.whole.test_platforms import connect_site, ledger

MORNING, NIGHT, KITCHEN = "Morning Tales", "Night Stories", "Quiet Kitchen"


class Desk:
    """A product that posts to TikTok directly, and one person at it."""

    def __init__(self, sandbox: Sandbox, fabric: Fabric, clips: Path) -> None:
        self.sandbox, self.fabric, self.person, self._clips = sandbox, fabric, Person(sandbox), clips
        self.creators = {each["nickname"]: each["id"] for each in sandbox.info()["tiktok_creators"]}

    def card(self, title: str, *accounts: str) -> dict[str, Any]:
        """A draft for these accounts, with the original voice and no time to wait for."""
        card = send_clip(self.person, spoken_clip(self._clips, 4, size=VERTICAL), title)
        step(self.person, card, "Channels")
        for label in (f"⬜ {account}" for account in accounts):
            step(self.person, card, label)
            self.person.wait_for(shows(card["message_id"], label.replace("⬜", "✅")))
        return step(self.person, card, "Done", "Voice", "Original", "Time", "Right after approval")

    def becomes(self, card: dict[str, Any], *words: str) -> dict[str, Any]:
        return self.person.wait_for(
            lambda m: bool(m["message_id"] == card["message_id"]) and all(word in m["text"] for word in words)
        )

    def tap(self, card: dict[str, Any], *labels: str) -> str:
        """Tap one after the other; the words of the last toast."""
        said: Any = {}
        for label in labels:
            self.person.until(lambda: self._is_newest(card))
            said = self.person.press(self.person.wait_for(shows(card["message_id"], label)), label)
        return str((said or {}).get("text") or "")

    def _is_newest(self, card: dict[str, Any]) -> bool:
        """Whether the card shows the draft as it is: a tap before that would be a stale one."""
        button = draft_button(refreshed(self.person, card))
        with closing(
            sqlite3.connect(f"file:{self.fabric.home / 'sandbox' / 'fabric.db'}?mode=ro", uri=True)
        ) as database:
            ((version,),) = database.execute("SELECT version FROM drafts WHERE id = ?", (button.draft,)).fetchall()
        return bool(button.version == version)

    def labels(self, card: dict[str, Any]) -> list[str]:
        return [button["text"] for row in refreshed(self.person, card)["keyboard"] for button in row]

    def post(self, site: str, title: str) -> dict[str, Any]:
        """What the site has under this title."""

        def found() -> list[dict[str, Any]]:
            return [each for each in ledger(self.sandbox, site) if each["title"].startswith(title)]

        eventually(lambda: bool(found()), f"{title!r} is at {site}")
        (post,) = found()
        return post


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("options")
    with running_sandbox(folder / "world") as sandbox:
        sandbox.post("telegram/settings", flood=False)
        sandbox.post("youtube/settings", processing_s=0.0)
        sandbox.post("instagram/settings", processing_s=0.0)
        with running_fabric(sandbox, folder / "home", FABRIC_TIKTOK_MODE="direct") as fabric:
            desk = Desk(sandbox, fabric, clips)
            for nickname in (MORNING, NIGHT, KITCHEN):
                connect_site(desk.person, "TikTok", creator=desk.creators[nickname])
            connect_site(desk.person, "Instagram", accounts=[sandbox.info()["instagram_accounts"][0]["id"]])
            connect(desk.person, "Night Stories")
            yield desk


def test_a_direct_post_goes_out_with_what_was_chosen_and_with_nothing_before(desk: Desk) -> None:
    card = desk.card("Chosen", f"{MORNING} · TikTok")
    desk.becomes(card, "Choose who may see the video on TikTok", "Music Usage Confirmation")
    assert "Choose who may see" in desk.tap(card, "Approve")
    desk.tap(card, "Next: settings for TikTok")
    desk.becomes(card, MORNING, "@morningtales", "videos up to 10:00")
    assert desk.labels(card)[:5] == [
        "Who can watch: not chosen",
        "⬜ Comments",
        "⬜ Duets",
        "⬜ Stitches",
        "⬜ Promotional content",
    ]
    desk.tap(card, "Who can watch")
    desk.person.wait_for(shows(card["message_id"], "Friends"))
    assert not any(label.startswith("✅") for label in desk.labels(card))
    desk.tap(card, "Friends", "⬜ Comments", "✅ Comments", "⬜ Duets", "Done")
    desk.becomes(card, "TikTok: Friends")
    assert desk.tap(card, "Approve") == "Approved"
    post = desk.post("tiktok", "Chosen")
    said = post["post_info"]
    assert said["privacy_level"] == "MUTUAL_FOLLOW_FRIENDS"
    assert (said["disable_comment"], said["disable_duet"], said["disable_stitch"]) == (True, False, True)
