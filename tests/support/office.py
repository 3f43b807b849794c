"""An office: one product that many people run, each in a chat of their own, so that no test waits for another's pace.

It runs as in earnest, with a bot token and a list of its owners; only the addresses are the sandbox's.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from bot.callbacks import DraftAct, DraftButton, voice_key
from tests.support.clips import spoken_clip
from tests.support.fabric import Fabric, Person, describe, find_button, running_fabric
from tests.support.killing import eventually
from tests.support.sandbox import Sandbox, running_sandbox

FIRST_OWNER = 3001
OWNERS = 100


class Owner(Person):
    """One of the people whom the product obeys, with an empty chat at first."""

    def __init__(self, office: Office, user: int) -> None:
        super().__init__(office.sandbox, user)
        self.office = office

    def forge(self, message: dict[str, Any], data: str) -> str:
        """Press a button that the message need not have; the words of the toast."""
        asked = {"message_id": message["message_id"], "callback_data": data, "forge": True, "wait_s": 15}
        answer = self.sandbox.post("telegram/press", user=self.user, **asked)["answer"]
        if answer is None:
            raise AssertionError(f"the press of {data!r} was not answered")
        return str(answer.get("text") or "")

    def tap(self, message: dict[str, Any], label: str) -> str:
        """Tap a button as soon as the message shows it; the words of the toast."""
        shown = self.wait_for(lambda m: _is_same(m, message) and find_button(m, label) is not None)
        return str((self.press(shown, label) or {}).get("text") or "")

    def becomes(self, message: dict[str, Any], *words: str) -> dict[str, Any]:
        """The message, once its text holds all the words."""
        return self.wait_for(lambda m: _is_same(m, message) and all(word in m["text"] for word in words))

    def hears(self, *words: str, after: dict[str, Any]) -> dict[str, Any]:
        """A message of its own that comes after another one."""
        return self.wait_text(*words, after=after["message_id"])

    def clip(self, path: Path, caption: str = "A tale", how: str = "video") -> dict[str, Any]:
        """Send a file; its card when it is no longer being received."""
        sent = self.send_file(path, caption, how)
        return self.wait_for(lambda m: bool(m["keyboard"]) and "Receiving" not in m["text"], after=sent)

    def choose(self, card: dict[str, Any], act: DraftAct, arg: str = "") -> str:
        """Tap a button of a draft's card as if the card were up to date already; the words of the toast."""
        ((draft, version),) = self.office.ask("SELECT id, version FROM drafts WHERE id = ?", draft_button(card).draft)
        return self.forge(card, DraftButton(draft=draft, version=version, act=act, arg=arg).pack())

    def fill(self, card: dict[str, Any], channel: str, *, voice: str = "", when: str = "") -> None:
        """Choose everything on a fresh card. `when` is a named time such as `in_1h`, or right after approval."""
        moment = (DraftAct.AT, when) if when else (DraftAct.NOW, "")
        account = self.office.account(channel)
        ((chosen,),) = self.office.ask("SELECT account_ids FROM drafts WHERE id = ?", draft_button(card).draft)
        # An only channel is chosen already.
        toggle = () if account in json.loads(chosen) else ((DraftAct.TOGGLE_ACCOUNT, str(account)),)
        for act, arg in (*toggle, (DraftAct.VOICE, voice_key(voice)), moment):
            if words := self.choose(card, act, arg):
                raise AssertionError(f"{act.name} was answered with: {words}")

    def ready(self, path: Path, title: str, channel: str, *, voice: str = "", when: str = "") -> dict[str, Any]:
        """A card on which everything is chosen: only the tap on Approve is missing."""
        card = self.clip(path, title)
        self.fill(card, channel, voice=voice, when=when)
        return card

    def approve(self, card: dict[str, Any]) -> str:
        """Tap Approve; the words of the toast."""
        return self.choose(card, DraftAct.APPROVE)

    def ask_for(self, card: dict[str, Any], question: str) -> None:
        """Open a part of the card: `title`, `description`, `time`."""
        self.choose(card, DraftAct.PANEL, question)

    def published(self, card: dict[str, Any]) -> dict[str, Any]:
        """The message of the result."""
        return self.hears("Published on", after=card)

    def answer(self, text: str) -> dict[str, Any]:
        """Type a message; what the bot says next."""
        said = self.say(text)
        return self.wait_for(lambda _: True, after=said)

    def consent_link(self) -> str:
        """Begin to connect a channel; the address of the site's consent page."""
        begun = self.say("/accounts")
        self.tap(self.wait_button("Connect YouTube", after=begun), "Connect YouTube")
        button = find_button(self.wait_button("Continue", after=begun), "Continue")
        return str(button["url"] if button else "")

    def connect(self, channel: str) -> dict[str, Any]:
        """Connect a channel as a person with a browser does it; the message that says so."""
        return self.agree(self.consent_link(), channel)

    def agree(self, link: str, channel: str, after: dict[str, Any] | None = None) -> dict[str, Any]:
        """Say yes on the site's consent page, and follow the browser back."""
        page = httpx.get(self.sandbox.consent(link, channel=self.office.channels[channel]), timeout=30)
        if page.status_code != 200:
            raise AssertionError(f"the callback page answered {page.status_code}")
        return self.connected(channel, after=after["message_id"] if after else 0)


class Office:
    """The sandbox, the product, and its many owners."""

    def __init__(self, sandbox: Sandbox, fabric: Fabric, folder: Path) -> None:
        self.sandbox, self.fabric, self._folder = sandbox, fabric, folder
        self._numbers, self._clips = itertools.count(FIRST_OWNER), itertools.count(1)
        self.channels = {each["title"]: each["id"] for each in sandbox.info()["channels"]}

    def newcomer(self) -> Owner:
        """Somebody who has never written to the bot, and whom it will obey."""
        number = next(self._numbers)
        self.sandbox.post("telegram/users", user=number, first_name=f"Owner {number}", language_code="en")
        return Owner(self, number)

    def clip(self, size: int = 0) -> Path:
        """A clip of a second, unlike every other one; a box that players pass over makes it `size` bytes long."""
        number = next(self._clips)
        body = spoken_clip(self._folder, 1).read_bytes()
        filler = f"clip {number} ".encode().ljust(max(size - len(body) - 8, 64), b".")
        path = self._folder / f"clip-{number:03}.mp4"
        path.write_bytes(body + struct.pack(">I4s", len(filler) + 8, b"free") + filler)
        return path

    def channel(self, title: str) -> str:
        """Found a channel at the site; its title."""
        self.channels[title] = "UC" + title.replace(" ", "")
        self.sandbox.post("google/channels", id=self.channels[title], title=title, email="someone@example.org")
        return title

    def connected(self, title: str) -> str:
        """Found a channel at the site and connect it; its title."""
        self.newcomer().connect(self.channel(title))
        return title

    def account(self, channel: str) -> int:
        """The number that the product gave a connected channel."""
        ((number,),) = self.ask("SELECT id FROM accounts WHERE title = ?", channel)
        return int(number)

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with closing(
            sqlite3.connect(f"file:{self.fabric.home / 'fabric.db'}?mode=ro", uri=True, timeout=10)
        ) as database:
            return database.execute(query, values).fetchall()

    def task(self, title: str) -> dict[str, Any]:
        """The row of the one task with this title."""
        columns = ("status", "stage", "fault", "scheduled_time", "next_attempt_at", "lease_owner")
        (row,) = self.ask(f"SELECT {', '.join(columns)} FROM tasks WHERE title = ?", title)
        return dict(zip(columns, row, strict=True))

    def published(self, title: str) -> dict[str, Any]:
        """The one video with this title, once its task is completed."""
        completed = "SELECT id FROM tasks WHERE title = ? AND status = 'completed'"
        eventually(lambda: self.ask(completed, title), f"{title!r} is published")
        (video,) = self.videos(title)
        return video

    def videos(self, title: str) -> list[dict[str, Any]]:
        """What the site has under a title."""
        return [video for video in self.sandbox.videos() if video["title"] == title]


def draft_button(card: dict[str, Any]) -> DraftButton:
    """The meaning of the first of the card's buttons that changes its draft."""
    for button in (button for row in card["keyboard"] for button in row):
        if str(button.get("callback_data", "")).startswith("d:"):
            return DraftButton.unpack(button["callback_data"])
    raise AssertionError(f"this is not the card of an open draft: {describe(card)}")


def _is_same(message: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(message["message_id"] == other["message_id"])


@contextlib.contextmanager
def running_office(folder: Path, **environment: str) -> Iterator[Office]:
    """For a fixture: the sandbox, and the product with a hundred owners."""
    with running_sandbox(folder / "world") as sandbox:
        sandbox.post("youtube/settings", processing_s=0.0)
        with running_fabric(sandbox, folder / "home", **_in_earnest(sandbox), **environment) as fabric:
            yield Office(sandbox, fabric, folder)


def _in_earnest(sandbox: Sandbox) -> dict[str, str]:
    """The settings of a product with a token of its own, which goes where they point."""
    info = sandbox.info()
    return {
        "FABRIC_BOT_TOKEN": info["bot_token"],
        "FABRIC_ADMINS": ",".join(str(FIRST_OWNER + number) for number in range(OWNERS)),
        "FABRIC_TELEGRAM_API_URL": f"{sandbox.url}/telegram",
        "FABRIC_YOUTUBE_CLIENT_ID": info["oauth_client_id"],
        "FABRIC_YOUTUBE_CLIENT_SECRET": info["oauth_client_secret"],
        "FABRIC_YOUTUBE_API_URL": f"{sandbox.url}/youtube",
        "FABRIC_YOUTUBE_WATCH_URL": f"{sandbox.url}/watch?v=",
        "FABRIC_GOOGLE_OAUTH_URL": f"{sandbox.url}/google/oauth",
        "FABRIC_GOOGLE_ACCOUNTS_URL": f"{sandbox.url}/google/accounts",
    }
