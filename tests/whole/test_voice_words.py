"""A voice that says the words anew, in the chat: it asks for the subtitles, and tells what did not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.clips import SMALL, SPEECH_RU, spoken_clip
from tests.support.fabric import Fabric, Person
from tests.support.sandbox import ROOT, Sandbox
from tests.support.silero_package import save_package
from tests.support.story import approve_now, choose, connect, published, refreshed, send_clip

PRESET = 'title = "Hum"\nmethod = "silero"\n[settings]\nmodel = "hum.pt"\nstress = false\n[mix]\nmusic = "keep"\n'
TALE = """1
00:00:00,200 --> 00:00:00,900
Доброе утро

2
00:00:01,200 --> 00:00:01,700
Дорогие мои друзья и подруги, сегодня расскажу вам очень длинную историю
"""


def install_voice(home: Path, folder: Path) -> None:
    """As the manual says: the package by `voice models import --trust`, the preset as a file."""
    save_package(folder / "hum.pt")
    words = [sys.executable, "-m", "app", "voice", "models", "import", "--trust", str(folder / "hum.pt")]
    subprocess.run(words, cwd=ROOT, env={**os.environ, "FABRIC_HOME": str(home)}, check=True, capture_output=True)
    (home / "voices" / "hum.toml").write_text(PRESET, encoding="utf-8")


@pytest.mark.timeout(180)
def test_the_words_come_from_subtitles_in_the_chat_and_what_did_not_fit_is_told(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path, tmp_path: Path
) -> None:
    connect(person)
    install_voice(fabric.home, tmp_path)
    card = send_clip(person, spoken_clip(clips, 4, size=SMALL, speech=SPEECH_RU), "A tale")
    card = choose(person, card, voice="Hum")
    assert "says the words anew and has to know them" in person.wait_text("Voice: Hum")["text"]

    tale = tmp_path / "tale.srt"
    tale.write_text("nothing of the kind", encoding="utf-8")
    sent = person.send_file(tale, how="document")
    person.wait_text("“tale.srt” has no subtitles", after=sent)
    tale.write_text(TALE, encoding="utf-8")
    sent = person.send_file(tale, how="document")
    card = person.wait_text("📝 Subtitles: tale.srt (2 phrases)", after=sent)
    assert "has to know them" not in card["text"]

    approve_now(person, card)
    told = published(person, card)["text"]
    (video,) = sandbox.videos()
    assert video["title"] == "A tale"
    for text in (told, refreshed(person, card)["text"]):
        assert "Phrase 2 at 0:01 is" in text
        assert "“дорогие мои друзья" in text
        assert "told apart roughly" in text
