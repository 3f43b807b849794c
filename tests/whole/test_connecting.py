"""Connecting in other ways than by a browser that comes back, and the channel that was not meant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.fabric import Fabric, Person, find_button, running_fabric
from tests.support.killing import eventually
from tests.support.sandbox import Sandbox, running_sandbox

MORNING, NIGHT, KITCHEN = "Morning Tales", "Night Stories", "Quiet Kitchen"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Fabric]]:
    folder = tmp_path_factory.mktemp("connecting")
    with running_sandbox(folder / "world") as sandbox:
        sandbox.post("google/settings", device_interval_s=1)
        with running_fabric(sandbox, folder / "home") as fabric:
            yield sandbox, fabric


@pytest.fixture
def person(world: tuple[Sandbox, Fabric]) -> Person:
    return Person(world[0])


def channel(person: Person, title: str) -> str:
    return str({each["title"]: each["id"] for each in person.sandbox.info()["channels"]}[title])


def ask_code(person: Person) -> tuple[dict[str, Any], str]:
    """The message with a code, and the code."""
    asked = person.say("/accounts")
    person.press(person.wait_button("With a code", after=asked), "With a code")
    shown = person.wait_button("Enter the code", after=asked)
    return shown, shown["text"].split("\n\n")[1].strip()


def is_noted(fabric: Fabric, shown: dict[str, Any]) -> bool:
    path = fabric.home / "sandbox" / "fabric.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        return (shown["message_id"],) in database.execute("SELECT message_id FROM code_consents").fetchall()


def test_a_code_typed_elsewhere_connects_and_says_what_it_cannot_do(
    world: tuple[Sandbox, Fabric], person: Person
) -> None:
    shown, code = ask_code(person)
    eventually(lambda: is_noted(world[1], shown), "the message with the code is written down")
    world[1].kill9()
    world[1].start()
    person.sandbox.post("google/device", user_code=code, channel=channel(person, KITCHEN))
    told = person.connected(KITCHEN, after=shown["message_id"])
    assert "cannot do: comments" in told["text"]
    over = person.wait_for(lambda m: m["message_id"] == shown["message_id"] and not m["keyboard"])
    assert code not in over["text"]


def test_a_code_that_is_refused_is_told(person: Person) -> None:
    shown, code = ask_code(person)
    person.sandbox.post("google/device", user_code=code, decision="deny", channel=channel(person, NIGHT))
    told = person.wait_text("YouTube was not connected.", "refused", after=shown["message_id"])
    assert find_button(told, "Try again") is not None


def test_a_code_that_ran_out_is_told(person: Person) -> None:
    shown, _ = ask_code(person)
    person.sandbox.advance(3600)
    told = person.wait_text("YouTube was not connected.", "code", after=shown["message_id"])
    assert "Connect again to get a new one." in told["text"]


def begin(person: Person, label: str, where: dict[str, Any] | None = None) -> str:
    """Begin to connect; the address of the consent page."""
    asked = person.say("/accounts")
    shown = where or person.wait_button(label, after=asked)
    person.press(shown, label)
    button = find_button(person.wait_button("Continue", after=asked), "Continue")
    assert button is not None
    return str(button["url"])


def test_the_wrong_channel_is_given_back_and_another_can_be_chosen(person: Person) -> None:
    said = person.say(person.sandbox.consent(begin(person, "Connect YouTube"), channel=channel(person, NIGHT)))
    asked = person.wait_text(f"You connected {NIGHT}", "Use it?", after=said)
    live = {each["id"]: each["refresh_tokens"] for each in person.sandbox.get("google/channels")["channels"]}
    assert live[channel(person, NIGHT)]
    person.press(asked, "Another channel")
    again = person.wait_button("Continue", after=asked["message_id"])
    live = {each["id"]: each["refresh_tokens"] for each in person.sandbox.get("google/channels")["channels"]}
    assert not live[channel(person, NIGHT)]
    button = find_button(again, "Continue")
    assert button is not None
    said = person.say(person.sandbox.consent(button["url"], channel=channel(person, MORNING)))
    assert "Connected" in person.connected(MORNING, after=said)["text"]


def test_another_channel_than_the_one_to_renew_is_said_so(person: Person) -> None:
    asked = person.say("/accounts")
    listed = person.wait_button(MORNING, after=asked)
    person.press(listed, MORNING)
    shown = person.wait_button("Connect again", after=asked)
    sent_to = person.sandbox.consent(begin(person, "Connect again", shown), channel=channel(person, NIGHT))
    told = person.wait_text(f"You connected {NIGHT}", after=person.say(sent_to))
    assert f"This is {NIGHT}, not {MORNING}" in told["text"]


@pytest.mark.parametrize("scopes", [[], ["https://www.googleapis.com/auth/youtube.readonly"]])
def test_an_unticked_permission_says_what_will_not_work(person: Person, scopes: list[str]) -> None:
    sent_to = person.sandbox.consent(begin(person, "Connect YouTube"), channel=channel(person, NIGHT), scopes=scopes)
    told = person.wait_text("YouTube was not connected.", after=person.say(sent_to))
    assert find_button(told, "Try again") is not None


def test_a_wrong_client_secret_names_the_setting(person: Person) -> None:
    sent_to = person.sandbox.consent(begin(person, "Connect YouTube"), channel=channel(person, NIGHT))
    known = person.sandbox.info()
    person.sandbox.post("google/clients", id=known["oauth_client_id"], secret="changed at the console")
    told = person.wait_text("YouTube was not connected.", after=person.say(sent_to))
    assert "FABRIC_YOUTUBE_CLIENT_SECRET" in told["text"]
    person.sandbox.post("google/clients", id=known["oauth_client_id"], secret=known["oauth_client_secret"])
