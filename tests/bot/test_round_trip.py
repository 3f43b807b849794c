"""The bot as a program against the sandbox's Telegram: nothing that a person said is lost or answered twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.fabric import Person
from tests.support.sandbox import ROOT, Sandbox, sandbox

__all__ = ["sandbox"]


@contextmanager
def running_bot(server: Sandbox, folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [str(folder), f"{server.url}/telegram", str(server.info()["bot_token"]), *options]
    with (folder / "bot.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bot.bot_program", *arguments], cwd=ROOT, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(20)


def cards(person: Person) -> list[str]:
    return [message["text"] for message in person.from_bot()]


def test_three_videos_and_a_kill_between_inbox_and_handler_give_three_cards(sandbox: Sandbox, tmp_path: Path) -> None:
    person = Person(sandbox)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"not looked into here")
    for number in (1, 2, 3):
        person.send_file(clip, f"Video {number}")
    with running_bot(sandbox, tmp_path, "die") as first:
        assert first.wait(30) == -signal.SIGKILL
    assert cards(person) == []
    with running_bot(sandbox, tmp_path) as second:
        person.until(lambda: len([text for text in cards(person) if "0:20 · " in text]) == 3)
    assert second.returncode == 0
    assert sorted(text.split("\n")[0] for text in cards(person)) == ["Video 1", "Video 2", "Video 3"]
    log = (tmp_path / "bot.log").read_text()
    assert sandbox.info()["bot_token"] not in log
    assert "Traceback" not in log


def test_a_press_a_typed_answer_and_the_menu_go_through_the_real_api(sandbox: Sandbox, tmp_path: Path) -> None:
    person = Person(sandbox)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"not looked into here")
    person.send_file(clip, "T", how="document")
    with running_bot(sandbox, tmp_path):
        card = person.wait_button("Approve")
        toast = person.press(card, "Approve")
        assert toast is not None
        assert toast["show_alert"] is True
        person.press(card, "Texts")
        person.press(person.wait_button("Change title"), "Change title")
        person.wait_text("Send me the title")
        person.say("A new title & more")
        person.wait_text("A new title & more", "0:20", after=card["message_id"])
