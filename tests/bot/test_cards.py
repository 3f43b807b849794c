"""Each state of a card, in both languages: what it says and which buttons it offers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.card import Card, TaskLine, Voice
from bot.draft_panels import PANELS
from bot.progress import Step
from bot.renderer import render_card
from bot.screen import Screen, plain
from scheduler.handle import Handle
from storage.values import (
    Account,
    AccountStatus,
    Clip,
    ClipState,
    Draft,
    DraftState,
    Fault,
    Stage,
    Task,
    TaskStatus,
    Upload,
)
from tests.bot.chat import FACTS, NOON, TEXTS

LANGUAGES = ("en", "ru")
RAW_KEY = re.compile(r"\b[a-z_]+\.[a-z_]+(\.[a-z_]+)*\b(?!/)")

ACCOUNT = Account(1, "youtube", "UC1", "Tom & <Jerry>", "@tj", AccountStatus.ACTIVE, frozenset(), 1, NOON)
CLIP = Clip(1, 1, 7, 10, "f", "u", "a.mp4", "video/mp4", 1, ClipState.READY, "/x", FACTS, None, NOON)
DRAFT = Draft(
    id=1,
    operator_id=1,
    clip_id=1,
    chat_id=7,
    card_message_id=500,
    state=DraftState.OPEN,
    version=3,
    account_ids=(1,),
    title="A <fine> title & more",
    description="About it",
    keywords=(),
    voice_preset="deeper",
    scheduled_time=NOON + timedelta(hours=1),
    publish_now=False,
    options={"privacy_status": "unlisted", "made_for_kids": False},
    post_id=None,
    created_at=NOON,
    updated_at=NOON,
)
CARD = Card(
    draft=DRAFT,
    clip=CLIP,
    accounts=(ACCOUNT,),
    platforms=(("youtube", "YouTube"),),
    voices=(Voice("deeper", "Deeper"), Voice("my own", "My own <voice>")),
    problems=(),
    tasks=(),
    panel=None,
    timezone="Europe/Berlin",
    now=NOON,
)
TASK = Task(
    id=5,
    post_id=1,
    account_id=1,
    clip_id=1,
    platform="youtube",
    title="T",
    description="",
    keywords=(),
    voice_preset="deeper",
    options={},
    scheduled_time=NOON + timedelta(hours=1),
    status=TaskStatus.PENDING,
    stage=Stage.PREPARE,
    priority=0,
    retry_count=0,
    next_attempt_at=NOON,
    fence=1,
    lease_owner=None,
    lease_until=None,
    render_id=None,
    session=None,
    opened_at=None,
    bytes_confirmed=0,
    bytes_total=0,
    commit_started_at=None,
    video_id=None,
    fault=None,
    created_at=NOON,
    updated_at=NOON,
)
UPLOAD = Upload(1, 5, 1, "youtube", "v1", None, "https://youtu.be/v1?a=1&b=2", NOON)
UNKNOWN = Fault("task.outcome_unknown", {"why": "platform.transient"})


def approved(*, step: Step | None = None, upload: Upload | None = None, **changes: Any) -> Card:
    line = TaskLine(replace(TASK, **changes), ACCOUNT, upload, step)
    return replace(CARD, draft=replace(DRAFT, state=DraftState.APPROVED, post_id=1), tasks=(line,))


def labels(screen: Screen) -> list[str]:
    return [button.label for row in screen.rows for button in row]


TIMED = {
    "status": TaskStatus.PROCESSING,
    "stage": Stage.CONFIRM,
    "commit_started_at": NOON,
    "next_attempt_at": NOON + timedelta(hours=1),
    "session": Handle(data={}, release_at=NOON + timedelta(hours=1)).to_json(),
}
"""A video that the site makes public by itself in an hour."""

STATES = {
    "complete": CARD,
    "nothing chosen": replace(
        CARD,
        draft=replace(DRAFT, account_ids=(), title="", description="", voice_preset=None, scheduled_time=None),
        problems=(Fault("draft.no_account"), Fault("draft.no_title"), Fault("draft.no_voice"), Fault("draft.no_time")),
    ),
    "receiving": replace(CARD, clip=replace(CLIP, state=ClipState.RECEIVING, facts=None)),
    "failed": replace(CARD, clip=replace(CLIP, state=ClipState.FAILED, facts=None, fault=Fault("media.truncated"))),
    "discarded": replace(CARD, draft=replace(DRAFT, state=DraftState.DISCARDED)),
    "waiting": approved(),
    "preparing long": approved(lease_owner="w", step=Step("prepare", 0.4, 720.0)),
    "preparing": approved(lease_owner="w", step=Step("prepare", 0.4)),
    "uploading": approved(
        status=TaskStatus.PROCESSING,
        stage=Stage.TRANSFER,
        bytes_confirmed=1,
        bytes_total=2,
        scheduled_time=NOON - timedelta(minutes=1),
    ),
    "uploading ahead": approved(status=TaskStatus.PROCESSING, stage=Stage.TRANSFER, bytes_confirmed=1, bytes_total=2),
    "staged": approved(status=TaskStatus.PROCESSING, stage=Stage.RELEASE),
    "staged timed": approved(**TIMED),
    "unwanted": approved(**TIMED | {"stage": Stage.UNDO}),
    "not taken back": approved(
        **TIMED
        | {"stage": Stage.UNDO, "status": TaskStatus.NEEDS_ATTENTION}
        | {"fault": Fault("task.not_taken_back", {"why": "platform.transient"})}
    ),
    "processing": approved(status=TaskStatus.PROCESSING, stage=Stage.CONFIRM, commit_started_at=NOON),
    "deferred": approved(fault=Fault("platform.quota_exhausted", {"until": "2026-11-21T08:00:00+00:00"})),
    "completed": approved(status=TaskStatus.COMPLETED, upload=UPLOAD),
    "completed_somewhere": approved(status=TaskStatus.COMPLETED, upload=replace(UPLOAD, video_url="")),
    "delivered": approved(
        status=TaskStatus.COMPLETED, upload=replace(UPLOAD, video_url=""), fault=Fault("tiktok.in_inbox")
    ),
    "cancelled": approved(status=TaskStatus.CANCELLED),
    "rejected": approved(status=TaskStatus.FAILED, stage=Stage.CONFIRM, fault=Fault("youtube.rejected_duplicate")),
    "rejected for good": approved(
        status=TaskStatus.FAILED, stage=Stage.CONFIRM, fault=Fault("youtube.rejected_duplicate", {"final": True})
    ),
    "failed task": approved(status=TaskStatus.FAILED, fault=Fault("platform.content_rejected", {"detail": "<b>no"})),
    "unknown outcome": approved(status=TaskStatus.NEEDS_ATTENTION, fault=UNKNOWN, commit_started_at=NOON),
    "too late": approved(status=TaskStatus.NEEDS_ATTENTION, fault=Fault("task.too_late")),
    "reauth": approved(status=TaskStatus.NEEDS_ATTENTION, fault=Fault("account.needs_reauth")),
    "disk full": approved(status=TaskStatus.NEEDS_ATTENTION, fault=Fault("system.disk_full")),
    **{f"panel {name}": replace(CARD, panel=name) for name in PANELS},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_every_state_reads_as_sentences_in_valid_markup(state: str, language: str) -> None:
    screen = render_card(STATES[state], TEXTS.of(language))
    shown = re.sub(r"https?://\S+", "", plain(screen.text))
    assert not RAW_KEY.search(shown), shown
    assert not any(RAW_KEY.search(label) for label in labels(screen)), labels(screen)
    assert "…” " not in shown
    assert is_balanced(screen.text)
    assert all(len((button.data or "").encode()) <= 64 for row in screen.rows for button in row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_two_languages_offer_the_same_buttons(language: str) -> None:
    for state, card in STATES.items():
        data = [[button.data for button in row] for row in render_card(card, TEXTS.of(language)).rows]
        assert data == [[b.data for b in row] for row in render_card(card, TEXTS.of("en")).rows], state


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("receiving", ["🗑 Discard"]),
        ("discarded", []),
        ("waiting", ["✏️ Edit", "Cancel"]),
        ("preparing", ["✏️ Edit", "Cancel"]),
        ("uploading", ["Cancel"]),
        ("uploading ahead", ["✏️ Edit", "Cancel"]),
        ("staged", ["✏️ Edit", "Cancel"]),
        ("staged timed", ["✏️ Edit", "Cancel"]),
        ("unwanted", []),
        ("not taken back", ["🔁 Retry", "Drop it"]),
        ("processing", []),
        ("completed", ["▶️ Open the video", "⚙️ Manage"]),
        ("completed_somewhere", ["⚙️ Manage"]),
        ("delivered", ["⚙️ Manage"]),
        ("failed task", ["🔁 Retry", "✏️ Edit"]),
        ("rejected", ["🔁 Retry"]),
        ("rejected for good", []),
        ("unknown outcome", ["It is there", "It is not: publish again", "Drop it"]),
        ("too late", ["Publish now", "Drop it"]),
        ("reauth", ["Drop it"]),
        ("disk full", ["🔁 Retry", "Drop it"]),
    ],
)
def test_a_card_offers_what_can_be_done(state: str, offered: list[str]) -> None:
    assert labels(render_card(STATES[state], TEXTS.of("en"))) == offered


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            "complete",
            "📺 Channel: Tom & <Jerry>\n🗣 Voice: Deeper\n🕒 Time: today 14:00\n👁 Privacy: Unlisted, not for kids",
        ),
        ("waiting", "Waits for its time: today 14:00"),
        ("preparing", "Changing the voice\n▰▰▰▰▰▱▱▱▱▱▱▱ 40 %"),
        ("preparing long", "40 % · about 12 min left"),
        ("uploading", "Uploading\n▰▰▰▰▰▰▱▱▱▱▱▱ 50 %"),
        ("staged", "Uploaded ahead. Goes out: today 14:00"),
        ("staged timed", "Uploaded. YouTube makes it public: today 14:00"),
        ("unwanted", "Taking the upload off the site…"),
        ("not taken back", "could not take the upload off the site. The site or the network failed for a moment."),
        ("processing", "Waiting for the site to process it…"),
        ("deferred", "refills tomorrow 09:00."),
        ("completed", "Tom & <Jerry> · YouTube\nPublished"),
        ("completed_somewhere", "Tom & <Jerry> · YouTube\nPublished."),
        ("delivered", "📥 Tom & <Jerry> · YouTube\nThe video is in your TikTok inbox: open TikTok and tap Post."),
        ("failed task", "does not accept this video or its text. <b>no"),
        ("panel time", "It is now 13:00 (Europe/Berlin, UTC+01:00). Change the zone in /settings"),
        ("panel time", "\n18:30\ntomorrow 9:00\n25.12 18:30\n+2h\n"),
        ("panel voice", "Which voice should it have?\n\nOriginal voice"),
        ("panel voice", "My own <voice>"),
    ],
)
def test_a_card_says_how_things_stand(state: str, said: str) -> None:
    assert said in plain(render_card(STATES[state], TEXTS.of("en")).text)


def test_the_link_of_a_result_is_on_its_word_and_on_its_button() -> None:
    screen = render_card(STATES["completed"], TEXTS.of("en"))
    assert '<a href="https://youtu.be/v1?a=1&amp;b=2">Published</a>' in screen.text
    assert "youtu.be" not in plain(screen.text)


def test_sound_is_spoken_of_only_where_there_is_none() -> None:
    silent = replace(CARD, clip=replace(CLIP, facts=replace(FACTS, audio_codec=None)))
    said = [plain(render_card(card, TEXTS.of("en")).text) for card in (CARD, silent)]
    assert ["sound" in text for text in said] == [False, True]


def test_a_clock_that_nobody_chose_is_said_to_be_one() -> None:
    panel = replace(CARD, panel="time")
    said = [
        render_card(replace(panel, has_chosen_timezone=is_chosen), TEXTS.of("en")).text for is_chosen in (True, False)
    ]
    assert ["not chosen your time zone" in text for text in said] == [False, True]


def test_an_evening_that_is_over_is_offered_for_tomorrow() -> None:
    offered = [
        labels(render_card(replace(CARD, panel="time", now=NOON + timedelta(hours=hours)), TEXTS.of("en")))
        for hours in (5, 6)
    ]
    assert ["At 19:00" in each for each in offered] == [True, False]
    assert "Tomorrow 19:00" in offered[1]


def test_the_approve_button_is_green_only_when_nothing_is_missing() -> None:
    styles = [
        {b.label: b.style for row in render_card(STATES[s], TEXTS.of("en")).rows for b in row}["✅ Approve"]
        for s in ("complete", "nothing chosen")
    ]
    assert styles == ["success", None]


def test_where_a_card_has_several_tasks_their_buttons_say_whose_they_are() -> None:
    done = approved(status=TaskStatus.COMPLETED, upload=UPLOAD).tasks[0]
    failed = approved(status=TaskStatus.FAILED, platform="tiktok", fault=UNKNOWN).tasks[0]
    twin = replace(failed, account=replace(ACCOUNT, id=2, title="Evening Tales"))
    card = replace(approved(), tasks=(done, failed), platforms=(*CARD.platforms, ("tiktok", "TikTok")))
    assert labels(render_card(card, TEXTS.of("en")))[:3] == ["▶️ YouTube", "⚙️ Manage", "🔁 Retry · TikTok"]
    card = replace(card, tasks=(done, failed, twin))
    assert labels(render_card(card, TEXTS.of("en")))[3] == "🔁 Retry · Evening Tales"


def test_a_very_long_description_does_not_flood_the_card() -> None:
    card = replace(CARD, draft=replace(DRAFT, description="<&>" * 3000))
    assert len(plain(render_card(card, TEXTS.of("en")).text)) < 700


def is_balanced(text: str) -> bool:
    """Whether Telegram's HTML would parse: known tags, closed in order, no stray < or &."""
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)(b|i|a|code|blockquote)\b[^>]*>", text):
        if not closing:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    rest = re.sub(r"</?(b|i|a|code|blockquote)\b[^>]*>", "", text)
    return not open_tags and "<" not in rest and not re.search(r"&(?!(lt|gt|amp|quot);)", rest)
