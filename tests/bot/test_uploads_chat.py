"""A published video in the chat: its card, and every button of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.callbacks import UploadAct, UploadButton
from scheduler.notices import UploadTended
from storage.repositories.interactions import Interaction
from storage.values import AccountStatus, TaskStatus, Upload
from tests.bot.chat import STRANGER, Chat
from tests.bot.test_news import approved, hear
from tests.support.able_platform import AblePlatform


@pytest.fixture
async def able(chat: Chat) -> Chat:
    chat.platforms["fake"] = AblePlatform(chat.site)
    return chat


async def published(chat: Chat, video_id: str = "v1") -> Upload:
    """An approved post whose video is out."""
    _, task_id = await approved(chat)
    async with chat.db.begin() as uow:
        task = await uow.tasks.get(task_id)
        upload = await uow.uploads.add(
            task_id=task_id,
            account_id=task.account_id,
            platform="fake",
            video_id=video_id,
            upload_id=None,
            video_url=f"https://fake.example/{video_id}",
            upload_time=chat.clock(),
        )
        await uow.tasks.request(task_id, expected_statuses=set(TaskStatus), status=TaskStatus.COMPLETED)
        await uow.commit()
    return upload


async def rows(chat: Chat) -> list[tuple[str, str]]:
    async with chat.db.read() as uow:
        return [(row.interaction_type, row.content) for row in await uow.interactions.of_upload(1)]


async def count(chat: Chat, **values: int) -> None:
    async with chat.db.begin() as uow:
        await uow.statistics.add(1, chat.clock(), values)
        await uow.commit()


async def card(chat: Chat) -> None:
    """Open the card from the list."""
    await chat.say("/posts")
    await chat.press("⚙️ 1")


async def test_the_list_leads_to_the_card_and_back_in_one_message(able: Chat) -> None:
    await published(able)
    await able.say("/posts")
    assert "1. A fine title\nFake, Morning Tales · today 13:00" in able.last
    sent = able.telegram.sent
    await able.press("⚙️ 1")
    assert able.last.startswith("🎬 A fine title\nFake, Morning Tales")
    assert able.labels() == [
        *("▶️ Open the video", "📊 Update figures", "✏️ Title", "📝 Description", "💬 Comment", "👍 Like"),
        *("🏞 Cover", "🎞 Add to playlist", "🗑 Delete", "🔄 Refresh", "‹ All posts"),
    ]
    await able.press("All posts")
    assert able.last.startswith("Published")
    assert able.telegram.sent == sent


async def test_the_post_s_card_opens_it_as_a_message_of_its_own(able: Chat) -> None:
    await published(able)
    async with able.db.read() as uow:
        draft = await uow.drafts.get(1)
    await able.press_data(f"p:{draft.id}:{draft.version}:s", 1)
    await able.press("⚙️ Manage")
    assert able.last.startswith("🎬 A fine title")


async def test_what_the_site_offers_to_nobody_is_one_honest_line(chat: Chat) -> None:
    site = chat.platforms["fake"]
    site.capabilities = replace(site.capabilities, delete=False, like=False)
    await published(chat)
    await card(chat)
    assert "lets no app do this with a published video: change its texts, set another cover, delete it." in chat.last
    assert chat.labels() == ["▶️ Open the video", "📊 Update figures", "💬 Comment", "🔄 Refresh", "‹ All posts"]


async def test_figures_with_their_change_over_a_day(able: Chat) -> None:
    await published(able)
    await count(able, views=1_000, likes=3)
    able.clock.advance(hours=12)
    await count(able, views=1_900, likes=4)
    able.clock.advance(hours=12)
    await count(able, views=2_204, likes=3, average_watch_ms=7_400)
    await card(able)
    assert "👁 Views: 2,204 (+1,204)\n👍 Likes: 3\n⏱ Watched on average: 0:07\nAs of today 13:00" in able.last


async def test_deleting_is_asked_about_first(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("🗑 Delete")
    assert "cannot be undone" in able.last
    assert await rows(able) == []
    await able.press(able.labels()[1])
    assert able.last.startswith("🎬")
    assert await rows(able) == []
    await able.press("🗑 Delete")
    assert await able.press("Delete for good") == ("Deleting it", False)
    assert await rows(able) == [("delete", "")]
    assert "deletion: to come" in able.last
    assert able.labels() == ["▶️ Open the video", "🔄 Refresh", "‹ All posts"]


async def deletion(chat: Chat) -> Interaction:
    """Have the deletion that was asked for done, as the scheduler does it."""
    now = chat.clock()
    async with chat.db.begin() as uow:
        (row,) = await uow.interactions.claim_due(now, owner="w", lease_until=now + timedelta(minutes=1), limit=1)
        done = await uow.interactions.record(row.id, fence=row.fence, release=True, state="done", next_attempt_at=None)
        await uow.commit()
    return done


async def test_a_stale_tap_after_the_deletion_is_answered(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("🗑 Delete")
    old = able.find_button("Delete for good")
    await able.press("Delete for good")
    await deletion(able)
    await able.press_data(old[1].data or "", old[0])
    assert able.telegram.toasts[-1] == ("This video was deleted already.", True)
    await able.press_data("p:1:1:s", 1)
    assert able.labels() == ["⚙️ Manage"], "the post's card leads to no video any more"
    await able.say("/posts")
    assert "1. 🗑 A fine title" in able.last
    await able.press("⚙️ 1")
    assert able.labels() == ["🔄 Refresh", "‹ All posts"]


async def test_a_new_title_is_typed_and_kept_for_the_next_question(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("✏️ Title")
    assert "Now it is:\nA fine title" in able.last
    await able.say("A  finer\ntitle")
    assert await rows(able) == [("edit", '{"title": "A finer title", "description": "And a description"}')]
    assert able.last.startswith("🎬 A finer title")
    assert "new texts: to come" in able.last
    await able.press("📝 Description")
    assert "And a description" in able.last
    await able.say("-")
    assert (await rows(able))[-1] == ("edit", '{"title": "A finer title", "description": ""}')


async def test_a_title_that_the_site_refuses_is_asked_for_again(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("✏️ Title")
    await able.say("x" * 101)
    assert await rows(able) == []
    await able.say("Short")
    assert len(await rows(able)) == 1


async def test_typing_can_be_stopped(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("💬 Comment")
    await able.say("/cancel")
    assert able.last == "All right, no comment."
    await able.say("Hello")
    assert await rows(able) == []


async def test_a_comment_is_filled_and_asked_for(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("💬 Comment")
    await able.say("See {links}")
    assert "I don't know {links}" in able.last
    await able.say("See {link}")
    assert await rows(able) == [("comment", "See https://fake.example/v1")]


async def test_a_cover_is_chosen_among_moments(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("🏞 Cover")
    assert able.labels()[:6] == ["0:01", "0:05", "0:08", "0:12", "0:15", "0:19"]
    await able.press("0:08")
    assert await rows(able) == [("thumbnail", "8000")]
    await able.press_data(UploadButton(upload=1, act=UploadAct.COVER, arg="99000").pack(), 1)
    assert able.telegram.toasts[-1][0] == "This button no longer works."


async def test_the_channel_s_playlists_are_asked_for(able: Chat) -> None:
    await published(able)
    await card(able)
    await able.press("🎞 Add to playlist")
    assert able.labels() == ["Tales & more", "Mills", "‹ Back"]
    await able.press("Mills")
    assert await rows(able) == [("playlist", "PL2")]


async def test_a_site_that_does_not_tell_gets_its_sentence(able: Chat) -> None:
    able.site.faults["list_playlists", 1] = "operator"
    await published(able)
    await card(able)
    await able.press("🎞 Add to playlist")
    assert able.labels() == ["‹ Back"]
    await able.press("Back")
    assert able.last.startswith("🎬")


async def test_new_figures_come_as_the_card(able: Chat) -> None:
    upload = await published(able)
    await card(able)
    await able.press("📊 Update figures")
    assert await rows(able) == [("count", "")]
    await count(able, views=7)
    await hear(able, UploadTended(1, upload.task_id, "count", None, is_asked=True))
    assert "👁 Views: 7" in able.last


async def test_an_account_that_is_gone_is_told(able: Chat) -> None:
    upload = await published(able)
    await card(able)
    like = able.find_button("👍 Like")
    async with able.db.begin() as uow:
        await uow.accounts.set_status(upload.account_id, AccountStatus.DISCONNECTED)
        await uow.commit()
    await able.press_data(like[1].data or "", like[0])
    said, is_alert = able.telegram.toasts[-1]
    assert ("not connected any more" in said, is_alert) == (True, True)
    await able.press("🔄 Refresh")
    assert "Morning Tales is not connected any more" in able.last
    assert "🗑 Delete" not in able.labels()


async def test_another_operator_s_video_is_none_of_ones_business(able: Chat) -> None:
    await published(able)
    able.admit(STRANGER)
    await able.say("/posts", user=STRANGER)
    assert "Nothing was published yet" in able.seen(STRANGER)[-1]
    await able.press_data(UploadButton(upload=1, act=UploadAct.DELETE).pack(), 1, user=STRANGER)
    assert able.telegram.toasts[-1][0] == "This button no longer works."
    assert await rows(able) == []


async def test_a_forged_button_of_no_video_is_answered(able: Chat) -> None:
    await able.say("/start")
    await able.press_data("u:77:s:", 1)
    await able.press_data("vp:accounts:1", 1)
    assert [said for said, _ in able.telegram.toasts] == ["This button no longer works."] * 2


async def test_many_posts_have_pages(able: Chat) -> None:
    upload = await published(able)
    async with able.db.begin() as uow:
        for number in range(2, 11):
            task = await uow.tasks.get(upload.task_id)
            made = await uow.tasks.add(
                post_id=task.post_id,
                account_id=task.account_id,
                clip_id=task.clip_id,
                platform="fake",
                title=f"Title {number}",
                description="",
                keywords=(),
                voice_preset="",
                options={},
                scheduled_time=able.clock(),
                next_attempt_at=None,
            )
            await uow.uploads.add(
                task_id=made.id,
                account_id=task.account_id,
                platform="fake",
                video_id=f"v{number}",
                upload_id=None,
                video_url="",
                upload_time=able.clock() + timedelta(minutes=number),
            )
        await uow.commit()
    await able.say("/posts")
    assert able.last.startswith("Published\n\n1. Title 10\n")
    await able.press("Older")
    assert "9. Title 2\n" in able.last
    assert "10. A fine title" in able.last
    await able.press("Newer")
    assert "1. Title 10\n" in able.last


async def test_the_last_seven_days(able: Chat) -> None:
    await able.say("/stats")
    assert "no figures yet" in able.last
    await published(able)
    await count(able, views=100, likes=5)
    able.clock.advance(days=2)
    await count(able, views=600, likes=5)
    able.clock.advance(days=8)
    await count(able, views=1_600, likes=4)
    await able.say("/stats")
    assert "Published: 0\n👁 Views: +1,000\n👍 Likes: +0\n\nMost viewed\n1. A fine title" in able.last
    await able.press("⚙️ 1")
    assert able.last.startswith("🎬 A fine title")


async def test_the_help_names_both_commands(chat: Chat) -> None:
    await chat.say("/help")
    assert "/posts" in chat.last
    assert "/stats" in chat.last
