"""Channels come, go and refuse: posts wait for them and are published once, and every refusal gets a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.support.fabric import find_button
from tests.support.office import Office, Owner, running_office

LATER = "in_1h"
"""A named time: the post is prepared and waits."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def well(office: Office) -> Iterator[Office]:
    """The office with the site in good order, before and after."""
    office.sandbox.post("youtube/quota", clear=True)
    yield office
    office.sandbox.clear_faults()
    office.sandbox.post("youtube/quota", clear=True)


@pytest.fixture
def owner(office: Office) -> Owner:
    return office.newcomer()


# A permission that is gone.


def test_a_revoked_permission_holds_the_post_until_the_channel_is_connected_again(office: Office, owner: Owner) -> None:
    owner.connect(office.channel("Taken Back"))
    card = owner.ready(office.clip(), "Patience", "Taken Back")
    office.sandbox.post("google/revoke", channel=office.channels["Taken Back"])
    assert owner.approve(card) == "Approved"
    told = owner.hears("Taken Back (YouTube) no longer lets me in. Its posts wait", after=card)
    owner.becomes(card, "Connect this channel again in /accounts; the post goes on by itself.")
    assert office.videos("Patience") == []
    owner.tap(told, "Connect again")
    link = find_button(owner.wait_button("Continue", after=told["message_id"]), "Continue") or {}
    owner.agree(link["url"], "Taken Back", after=told)
    owner.hears("Connected: Taken Back (YouTube).", "1 post that waited for it goes on.", after=told)
    office.published("Patience")
    assert len([m for m in owner.from_bot() if "no longer lets me in. Its posts wait" in m["text"]]) == 1


def test_an_access_token_that_ran_out_early_is_renewed_and_nobody_hears_of_it(office: Office, owner: Owner) -> None:
    owner.connect(office.channel("Forgetful"))
    card = owner.ready(office.clip(), "Renewed", "Forgetful")
    office.sandbox.post("google/expire", channel=office.channels["Forgetful"])
    owner.approve(card)
    office.published("Renewed")
    assert not any("no longer lets me in" in message["text"] for message in owner.from_bot())


# A channel that is paused.


def test_a_draft_for_a_paused_channel_is_not_approved(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Too early", office.connected("Asleep"))
    switch(office, "Asleep", "Pause")
    sentence = "The channel Asleep cannot be used now: see /accounts."
    assert owner.approve(card) == f"Not yet:\n• {sentence}"
    owner.becomes(card, sentence)


def test_a_post_of_a_channel_that_is_paused_waits_and_goes_on_when_it_is_resumed(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "On hold", office.connected("Resting"), when=LATER)
    owner.approve(card)
    owner.becomes(card, "YouTube makes it public")
    switch(office, "Resting", "Pause")
    owner.becomes(card, "The channel Resting is paused. Resume it in /accounts and the post goes on.")
    assert office.task("On hold")["status"] == "needs_attention"
    (held,) = office.videos("On hold")
    assert (held["privacy"], held["publish_at"]) == ("private", None), "YouTube would publish it by itself"
    switch(office, "Resting", "Resume")
    owner.becomes(card, "YouTube makes it public")
    (video,) = office.videos("On hold")
    assert video["id"] == held["id"]
    assert video["publish_at"] is not None


def test_a_channel_that_is_disconnected_leaves_nothing_that_comes_out_by_itself(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Left behind", office.connected("Leaving"), when=LATER)
    owner.approve(card)
    owner.becomes(card, "YouTube makes it public")
    other = office.newcomer()
    listed = other.wait_button("Leaving", after=other.say("/accounts"))
    other.tap(listed, "Leaving")
    other.tap(listed, "Disconnect")
    other.becomes(listed, "YouTube has videos of yours that it would make public by itself; I hold them back")
    other.tap(listed, "Yes, disconnect")
    other.hears("Disconnected: Leaving", after=listed)
    (video,) = office.videos("Left behind")
    assert (video["privacy"], video["publish_at"]) == ("private", None)
    owner.becomes(card, "Leaving")
    owner.agree(owner.consent_link(), "Leaving", after=card)
    owner.becomes(card, "YouTube makes it public")
    (again,) = office.videos("Left behind")
    assert (again["id"], again["publish_at"] is not None) == (video["id"], True)


def switch(office: Office, channel: str, label: str) -> None:
    """Pause or resume a channel, as somebody does it in a chat of their own."""
    other = office.newcomer()
    listed = other.wait_button(channel, after=other.say("/accounts"))
    other.tap(listed, channel)
    other.tap(listed, label)


# A consent that is no good.


def test_a_consent_link_that_is_followed_twice_connects_once_and_the_page_says_so(office: Office, owner: Owner) -> None:
    link = owner.consent_link()
    sent_to = office.sandbox.consent(link, channel=office.channels[office.channel("Once Only")])
    assert httpx.get(sent_to, timeout=30).status_code == 200
    again = httpx.get(sent_to, timeout=30)
    assert again.status_code == 400
    assert "This address was used already. If the channel is not in /accounts, begin again." in again.text
    said = owner.say(sent_to)
    owner.wait_text("This address was used already. If the channel is not in /accounts, begin again.", after=said)
    assert office.ask("SELECT count(*) FROM accounts WHERE title = 'Once Only'") == [(1,)]


def test_a_pasted_address_connects_also_without_its_scheme(office: Office, owner: Owner) -> None:
    sent_to = office.sandbox.consent(owner.consent_link(), channel=office.channels[office.channel("Pasted")])
    assert (
        "Connected: Pasted (YouTube)."
        in owner.connected("Pasted", after=owner.say(sent_to.removeprefix("http://")))["text"]
    )


@pytest.mark.parametrize("answer", [{"decision": "deny"}, {"scopes": []}])
def test_a_refused_permission_is_told_and_can_be_tried_again(
    office: Office, owner: Owner, answer: dict[str, object]
) -> None:
    said = owner.say(office.sandbox.consent(owner.consent_link(), **answer))
    told = owner.wait_text("YouTube was not connected.\nThe permission was refused.", after=said)
    assert find_button(told, "Try again") is not None


def test_an_account_without_a_channel_is_told_to_make_one(office: Office, owner: Owner) -> None:
    office.sandbox.post("google/channels", id="UCnobody", title="Nobody", has_channel=False)
    said = owner.say(office.sandbox.consent(owner.consent_link(), channel="UCnobody"))
    owner.wait_text("This Google account has no YouTube channel. Make one at youtube.com", after=said)


def test_a_code_that_google_does_not_know_connects_nothing(office: Office, owner: Owner) -> None:
    accounts = office.ask("SELECT count(*) FROM accounts")
    sent_to = office.sandbox.consent(owner.consent_link())
    said = owner.say(re.sub("code=[^&]+", "code=forged", sent_to))
    assert find_button(owner.wait_text("YouTube was not connected.", after=said), "Try again") is not None
    assert office.ask("SELECT count(*) FROM accounts") == accounts


def test_another_persons_address_connects_nothing_and_stays_good_for_them(office: Office, owner: Owner) -> None:
    sent_to = office.sandbox.consent(owner.consent_link(), channel=office.channels[office.channel("Hers")])
    thief = office.newcomer()
    sentence = "This address does not belong to a request of yours. Tap “Connect” and begin again."
    thief.wait_text(sentence, after=thief.say(sent_to))
    assert office.ask("SELECT id FROM accounts WHERE title = 'Hers'") == []
    assert "Connected: Hers (YouTube)." in owner.connected("Hers", after=owner.say(sent_to))["text"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8710/oauth/callback",
        "http://127.0.0.1:8710/oauth/callback?code=4/0A",
        "https://accounts.example/o/oauth2/v2/auth?client_id=x&state=y",
    ],
)
def test_half_an_address_is_told_what_a_whole_one_is(owner: Owner, address: str) -> None:
    said = owner.answer(address)["text"]
    assert said.startswith(
        "I can do nothing with this address. If you are connecting a channel, copy the whole address"
    )


# A site that is full, away or unwilling.


def test_a_site_that_fails_for_a_while_is_tried_again_by_itself(well: Office) -> None:
    channel = well.connected("Sturdy")
    faults = ({"fault": "status", "status": 503}, {"fault": "rate_limit", "retry_after": 1}, {"fault": "html"})
    cards = {}
    for number, fault in enumerate((*faults, {"fault": "drop_before"})):
        well.sandbox.fault(service="youtube", method="POST", path="/upload/", nth=number + 1, **fault)
        owner = well.newcomer()
        cards[f"Storm {number}"] = owner, owner.ready(well.clip(), f"Storm {number}", channel)
    for owner, card in cards.values():
        owner.approve(card)
    for title, (owner, card) in cards.items():
        well.published(title)
        owner.hears("Published on YouTube", title, after=card)
    assert [rule["fired"] for rule in well.sandbox.get("faults")["faults"]] == [1, 1, 1, 1]


def test_a_duplicate_is_said_to_be_one_and_offers_no_retry_that_would_end_the_same_way(
    well: Office, owner: Owner
) -> None:
    clip = well.clip()
    channel = well.connected("Twins")
    owner.approve(owner.ready(clip, "First born", channel))
    well.published("First born")
    second = well.newcomer()
    card = second.ready(clip, "Second born", channel)
    second.approve(card)
    told = second.hears(
        "Not published on YouTube", "It was rejected: the same video is on YouTube already.", after=card
    )
    assert find_button(told, "Retry") is None
    assert well.task("Second born")["status"] == "failed"


# The last one: what the site calls full stays full for the office until midnight in California.


def test_a_full_allowance_moves_the_post_to_the_time_when_it_refills_on_the_owners_clock(
    well: Office, owner: Owner
) -> None:
    owner.say("/timezone Asia/Tokyo")
    card = owner.ready(well.clip(), "No room today", well.connected("Busy"))
    well.sandbox.post("youtube/quota", used={"inserts": 100})
    owner.approve(card)
    told = owner.hears("Busy: moved to", "The site's allowance is used up; it refills", after=card)
    # The allowance refills at midnight in California.
    assert re.search(r"moved to (today|tomorrow) 1[67]:00\.", told["text"])
    task = well.task("No room today")
    assert task["scheduled_time"] == task["next_attempt_at"]
    assert re.search(r"0[78]:00:00", task["next_attempt_at"])
    assert task["lease_owner"] is None
    owner.becomes(card, "Next try:")
    assert well.videos("No room today") == []
