"""Whatever a person sends, types or taps: they are told in a sentence, and nothing is lost, doubled or left hanging."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.callbacks import DraftAct, DraftButton, voice_key
from tests.support.clips import cut_short, mute_clip, sound_only, spoken_clip
from tests.support.fabric import find_button
from tests.support.office import Office, Owner, draft_button, running_office
from voice.presets import BUILT_IN

CHANNEL = "Morning Tales"
FILLED = 3
"""The version of a draft whose voice and time were chosen; its only channel was chosen from the beginning."""
HELP_WITH_TIMES = "Write it like 18:30, tomorrow 9:00, 25.12 18:30, or +2h."


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        running.newcomer().connect(CHANNEL)
        yield running


@pytest.fixture
def owner(office: Office) -> Owner:
    return office.newcomer()


# Files.


def text_in_disguise(folder: Path) -> Path:
    path = folder / "film.mp4"
    path.write_text("This is no film.\n" * 100)
    return path


def nothing_at_all(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def half_a_clip(folder: Path) -> Path:
    return cut_short(spoken_clip(folder, 1))


@pytest.mark.parametrize("how", ["video", "document"])
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (text_in_disguise, "This file is not a video, whatever its name says. Send another one."),
        (nothing_at_all, "This file is empty: it has zero bytes. Send the video again."),
        (half_a_clip, "This video is cut short: a part of the file is missing. Send it again."),
        (sound_only, "This file has sound but no picture."),
    ],
)
def test_a_file_that_is_no_whole_video_gets_a_sentence(
    office: Office, owner: Owner, clips: Path, make: Callable[[Path], Path], sentence: str, how: str
) -> None:
    card = owner.clip(make(clips), "A fine title", how)
    assert "A fine title" in card["text"]
    assert sentence in card["text"]
    assert [button["text"] for row in card["keyboard"] for button in row] == ["🗑 Discard"]
    ((number,),) = office.ask("SELECT max(id) FROM clips")
    assert list((office.fabric.home / "media").glob(f"clip-{number}.*")) == []


def test_a_draft_whose_file_is_no_video_can_be_discarded(owner: Owner, clips: Path) -> None:
    card = owner.clip(text_in_disguise(clips), "Nothing")
    owner.tap(card, "Discard")
    assert owner.tap(card, "Yes, discard") == "Discarded"
    owner.becomes(card, "Discarded: Nothing")


def test_a_mute_clip_cannot_get_another_voice_and_goes_out_as_it_is(office: Office, owner: Owner, clips: Path) -> None:
    card = owner.ready(mute_clip(clips), "Silence", CHANNEL, voice="deeper")
    sentence = "This video has no sound, so there is no voice to change. Choose the original voice."
    owner.becomes(card, sentence)
    assert owner.approve(card) == f"Not yet:\n• {sentence}"
    owner.choose(card, DraftAct.VOICE, voice_key(""))
    assert owner.approve(card) == "Approved"
    office.published("Silence")


@pytest.mark.parametrize("how", ["photo", "document", "audio", "voice"])
def test_what_is_no_video_at_all_is_told_what_to_send(owner: Owner, clips: Path, how: str) -> None:
    (clips / "notes.txt").write_text("notes")
    with (clips / "notes.txt").open("rb") as file:
        owner.sandbox.http.post(
            "/control/telegram/message",
            data={"user": str(owner.user), "as": how},
            files={"file": ("notes.txt", file, "text/plain")},
        ).raise_for_status()
    owner.wait_text("I can only publish videos. Send one as a video or as a file")


# Voices of the owner's own.


@pytest.fixture
def own_voice(office: Office) -> Path:
    """A voice called `mine` that the owner of the server has made."""
    path = office.fabric.home / "voices" / "mine.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text((BUILT_IN / "deeper.toml").read_text())
    return path


def test_a_voice_that_is_gone_when_approving_is_named_and_another_one_can_be_chosen(
    office: Office, owner: Owner, own_voice: Path
) -> None:
    card = owner.ready(office.clip(), "Lost voice", CHANNEL, voice="mine")
    own_voice.unlink()
    sentence = "There is no voice called “mine”. Choose another one."
    assert owner.approve(card) == f"Not yet:\n• {sentence}"
    owner.becomes(card, sentence)
    owner.choose(card, DraftAct.VOICE, voice_key(""))
    assert owner.approve(card) == "Approved"
    office.published("Lost voice")


def test_a_voice_whose_file_is_broken_when_approving_is_named(office: Office, owner: Owner, own_voice: Path) -> None:
    card = owner.ready(office.clip(), "Broken voice", CHANNEL, voice="mine")
    own_voice.write_text("this is = = no preset")
    sentence = "The voice “mine” is set up wrongly. Choose another one, or mend its file."
    assert owner.approve(card) == f"Not yet:\n• {sentence}"
    owner.becomes(card, sentence)
    assert office.ask("SELECT id FROM tasks WHERE title = 'Broken voice'") == []


def test_a_voice_that_is_gone_after_approval_stops_the_post_which_can_be_edited(
    office: Office, owner: Owner, own_voice: Path
) -> None:
    card = owner.ready(office.clip(), "Late loss", CHANNEL, voice="mine")
    ((stored,),) = office.ask("SELECT path FROM clips JOIN drafts ON drafts.clip = clips.id WHERE title = 'Late loss'")
    # Without its clip the post cannot be prepared: that holds it while the voice goes.
    away = shutil.move(stored, stored + ".away")
    owner.approve(card)
    owner.becomes(card, "The video is gone from the disk of the server. Send it again.")
    shutil.move(away, stored)
    own_voice.unlink()
    owner.tap(card, "Retry")
    owner.becomes(card, "There is no voice called “mine”. Choose another one.")
    failed = owner.hears("Not published on YouTube", "There is no voice called “mine”.", after=card)
    assert find_button(failed, "Retry") is not None
    assert owner.tap(card, "Edit") == "Taken back: you can change it"
    owner.choose(card, DraftAct.VOICE, voice_key(""))
    assert owner.approve(card) == "Approved"
    owner.published(card)
    assert len(office.videos("Late loss")) == 1


# Times and zones.


WRONG_FORMS = (
    "whenever", "25:00", "6pm", "2026-13-40 10:00", "2027-02-29 10:00", "31.04 10:00", "+99999999h", "<b>18:30</b> &",
)  # fmt: skip


def asked_for_a_time(office: Office) -> Owner:
    owner = office.newcomer()
    owner.ask_for(owner.clip(office.clip()), "time")
    return owner


def test_a_time_in_a_wrong_form_gets_an_example_and_is_asked_for_again(office: Office) -> None:
    typed = {form: asked_for_a_time(office) for form in WRONG_FORMS}
    said = {form: owner.say(form) for form, owner in typed.items()}
    for form, owner in typed.items():
        owner.wait_text(f"I don't understand the time “{form}”. {HELP_WITH_TIMES}", after=said[form])
    owner.wait_text("tomorrow 09:00", after=owner.say("tomorrow 9:00"))


def test_a_very_long_time_is_cut_in_the_sentence_and_not_the_advice(office: Office) -> None:
    said = asked_for_a_time(office).answer("later " * 680)["text"]
    assert said.endswith(HELP_WITH_TIMES)
    assert len(said) < 200


@pytest.mark.parametrize("typed", ["2020-01-01 10:00", "+0m"])
def test_a_time_in_the_past_is_refused(office: Office, typed: str) -> None:
    said = asked_for_a_time(office).answer(typed)["text"]
    assert said == f"This time has passed already ({typed}). Choose a later one."


def test_a_time_that_the_clocks_skip_in_the_owners_zone_is_refused(office: Office, owner: Owner) -> None:
    assert "Time zone: Europe/Berlin" in owner.answer("/timezone Europe/Berlin")["text"]
    owner.ask_for(owner.clip(office.clip()), "time")
    skipped = "On that day the clocks skip 2027-03-28 02:30, so it does not exist. Choose another time."
    assert owner.answer("2027-03-28 02:30")["text"] == skipped
    owner.wait_text("28 Mar 2027, 03:30", after=owner.say("2027-03-28 03:30"))


@pytest.mark.parametrize("typed", ["Mars/Phobos", "../../etc/passwd", "<Berlin>"])
def test_a_zone_that_does_not_exist_is_said_and_changes_nothing(office: Office, owner: Owner, typed: str) -> None:
    said = f"I don't know the time zone “{typed}”. Try a big city nearby, in English: Berlin, New York, Moscow."
    assert owner.answer(f"/timezone {typed}")["text"] == said
    assert office.ask("SELECT timezone FROM operators WHERE telegram_id = ?", owner.user) == [("UTC",)]


# Texts.


def test_a_title_with_angle_brackets_is_shown_as_typed_and_refused_before_anything_is_sent(
    office: Office, owner: Owner
) -> None:
    title = 'A <b>bold</b> & "quoted" <tale>'
    card = owner.ready(office.clip(), title, CHANNEL)
    owner.becomes(card, title, "The title holds <>, which YouTube does not allow.")
    assert owner.approve(card) == "Not yet:\n• The title holds <>, which YouTube does not allow."
    assert office.ask("SELECT id FROM tasks WHERE title = ?", title) == []


def test_an_ampersand_in_a_title_is_published_as_it_is(office: Office, owner: Owner) -> None:
    owner.approve(owner.ready(office.clip(), "Tom & Jerry &amp; friends", CHANNEL))
    office.published("Tom & Jerry &amp; friends")


def test_a_typed_title_of_101_characters_is_refused_and_the_old_one_stays(office: Office, owner: Owner) -> None:
    card = owner.clip(office.clip(), "The old title")
    owner.ask_for(card, "title")
    said = "This title has 101 characters, and at most 100 are allowed. Send a shorter one."
    assert owner.answer("x" * 101)["text"] == said
    assert office.ask("SELECT title FROM drafts WHERE card_message_id = ?", card["message_id"]) == [("The old title",)]
    assert "y" * 100 in owner.wait_text("y" * 100, after=owner.say("y" * 100))["text"]


def test_a_caption_too_long_for_a_title_is_kept_as_the_description(office: Office, owner: Owner) -> None:
    card = owner.clip(office.clip(), "word " * 30 + "end")
    ((title, description),) = office.ask(
        "SELECT title, description FROM drafts WHERE card_message_id = ?", card["message_id"]
    )
    assert len(title) <= 100
    assert title.endswith("…")
    assert description == "word " * 30 + "end"


def test_a_description_over_5000_bytes_is_counted_in_bytes(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Long story", CHANNEL)
    owner.ask_for(card, "description")
    moved = owner.wait_text("Before approval", after=owner.say("я" * 2501))
    assert "The description has 5002 bytes; YouTube allows 5000." in moved["text"]
    assert owner.approve(moved) == "Not yet:\n• The description has 5002 bytes; YouTube allows 5000."


def test_a_video_without_any_name_asks_for_a_title(office: Office, owner: Owner) -> None:
    card = owner.clip(office.clip(), "", "video_note")
    assert card["text"].startswith("Untitled video")
    owner.fill(card, CHANNEL)
    assert "• write a title" in owner.approve(card)
    owner.ask_for(card, "title")
    named = owner.wait_text("A name at last", after=owner.say("A name at last"))
    assert owner.approve(named) == "Approved"
    office.published("A name at last")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hello", "Send me a video and I'll make a draft of it. What else I can do is in /help."),
        ("/publish now", "I don't know this command. /help shows what I can do."),
        ("/cancel", "There is nothing to cancel. Posts that wait are in /queue."),
        ("x" * 4096, "Send me a video and I'll make a draft of it. What else I can do is in /help."),
    ],
)
def test_what_means_nothing_here_is_told_what_does(owner: Owner, typed: str, said: str) -> None:
    assert owner.answer(typed)["text"] == said


# Strangers.


def test_a_stranger_gets_one_sentence_and_can_press_nothing(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Not yours", CHANNEL)
    approve = draft_button(card).model_copy(update={"version": FILLED, "act": DraftAct.APPROVE}).pack()
    assert office.ask("SELECT version FROM drafts WHERE title = 'Not yours'") == [(FILLED,)]
    stranger = Owner(office, 1002)
    sentence = (
        "This is a private bot, so I can't help you here. "
        "If its owner is expecting you, give them your number: 1002"
    )  # fmt: skip
    told = stranger.answer("hello")
    assert told["text"] == sentence
    stranger.say("/accounts")
    stranger.send_file(office.clip(), "Mine now")
    assert stranger.forge(told, approve) == ""
    assert [message["text"] for message in stranger.from_bot()] == [sentence]
    assert office.ask("SELECT id FROM drafts WHERE title = 'Mine now'") == []
    assert office.ask("SELECT state FROM drafts WHERE title = 'Not yours'") == [("open",)]
    assert office.ask("SELECT id FROM operators WHERE telegram_id = 1002") == []


def test_an_owner_cannot_press_another_owners_buttons(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Hers alone", CHANNEL)
    other = office.newcomer()
    place = other.answer("/queue")
    for act in (DraftAct.APPROVE, DraftAct.DISCARD, DraftAct.NOW):
        data = draft_button(card).model_copy(update={"version": FILLED, "act": act}).pack()
        assert other.forge(place, data) == "This button no longer works."
    assert office.ask("SELECT state FROM drafts WHERE title = 'Hers alone'") == [("open",)]


# Buttons.

FORGED = (
    "nonsense", "d:1", "d:0:1:ok:", "d:999999:1:ok:", "d:1:x:ok:", f"d:{2**64}:1:ok:", "p:999999:1:c", "t:999999:r",
    f"t:{2**64}:d", "a:999999:d", f"a:{2**64}:x", "c:nowhere", "v:nothing", "s:z:Mars/Phobos",
)  # fmt: skip


def test_unknown_and_forged_buttons_are_answered_and_change_nothing(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Untouched", CHANNEL)
    tables = ("drafts", "tasks", "posts", "accounts", "operators")
    before = [office.ask(f"SELECT * FROM {table}") for table in tables]
    assert {data: owner.forge(card, data) for data in FORGED} == dict.fromkeys(FORGED, "This button no longer works.")
    assert [office.ask(f"SELECT * FROM {table}") for table in tables] == before
    assert [message["message_id"] for message in owner.from_bot()] == [card["message_id"]]


def test_a_stale_button_is_answered_and_its_card_stays(office: Office, owner: Owner) -> None:
    card = owner.clip(office.clip())
    stale = find_button(card, "Approve") or {}
    owner.fill(card, CHANNEL)
    assert owner.forge(card, stale["callback_data"]) == "This card has changed. Here is how it stands now."
    assert owner.approve(card) == "Approved"


def test_a_double_tap_on_approve_makes_one_post(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Only once", CHANNEL)
    approve = DraftButton(draft=draft_button(card).draft, version=FILLED, act=DraftAct.APPROVE).pack()
    for _ in range(3):
        owner.sandbox.post(
            "telegram/press", user=owner.user, message_id=card["message_id"], callback_data=approve, forge=True
        )
    assert owner.forge(card, approve) == "This card has changed. Here is how it stands now."
    office.published("Only once")
    assert office.ask("SELECT count(*) FROM posts WHERE title = 'Only once'") == [(1,)]


def test_approving_with_things_missing_lists_them(office: Office, owner: Owner) -> None:
    card = owner.clip(office.clip())
    assert owner.tap(card, "Approve") == "Not yet:\n• choose a voice\n• choose a time"


def test_the_buttons_of_a_discarded_draft_do_nothing(office: Office, owner: Owner) -> None:
    card = owner.ready(office.clip(), "Thrown away", CHANNEL)
    owner.choose(card, DraftAct.DISCARD)
    assert owner.approve(card) == "This card has changed. Here is how it stands now."
    owner.becomes(card, "Discarded: Thrown away")
    assert office.ask("SELECT id FROM tasks WHERE title = 'Thrown away'") == []


def test_the_cancel_command_closes_the_question_first_and_then_asks_about_the_draft(
    office: Office, owner: Owner
) -> None:
    card = owner.clip(office.clip(), "Second thoughts")
    owner.ask_for(card, "title")
    owner.wait_text("All right, the title stays as it is.", after=owner.say("/cancel"))
    moved = owner.wait_text("Discard this draft?", after=owner.say("/cancel"))
    assert office.ask("SELECT state FROM drafts WHERE title = 'Second thoughts'") == [("open",)]
    assert owner.tap(moved, "Yes, discard") == "Discarded"
    owner.becomes(moved, "Discarded: Second thoughts")
    owner.until(lambda: [m["message_id"] for m in owner.from_bot()].count(card["message_id"]) == 0)


def test_a_cancelled_post_is_not_published_at_its_time(office: Office) -> None:
    planned = {title: (office.newcomer(), when) for title, when in (("Cancelled", "+5s"), ("Not cancelled", "+6s"))}
    cards = {title: owner.ready(office.clip(), title, CHANNEL) for title, (owner, _) in planned.items()}
    for title, (owner, when) in planned.items():
        owner.ask_for(cards[title], "time")
        cards[title] = owner.wait_button("Approve", after=owner.say(when))
        assert owner.approve(cards[title]) == "Approved"
    owner, _ = planned["Cancelled"]
    assert owner.tap(cards["Cancelled"], "Cancel") == "Cancelled"
    office.published("Not cancelled")
    assert office.videos("Cancelled") == []
    owner.becomes(cards["Cancelled"], "Cancelled. Nothing was published.")


# The last one: the product is started anew for it.


def test_a_video_over_20_mb_waits_until_the_owner_runs_a_local_bot_api_server(office: Office, owner: Owner) -> None:
    card = owner.clip(office.clip(21 * 2**20), "A long film")
    assert (
        "This video has 21 MB, and Telegram gives bots at most 20 MB. Send a smaller one, or have the owner run a "
        "local Bot API server (FABRIC_TELEGRAM_API_URL and FABRIC_TELEGRAM_LOCAL): then there is no limit."
    ) in card["text"]
    office.fabric.stop()
    office.sandbox.post("telegram/settings", local=True)
    office.fabric.environment["FABRIC_TELEGRAM_LOCAL"] = "true"
    office.fabric.start()
    owner.tap(card, "Try again")
    owner.becomes(card, "22 MB")
    owner.fill(card, CHANNEL)
    assert owner.approve(card) == "Approved"
    video = office.published("A long film")
    assert video["size"] >= 21 * 2**20
