"""Connecting, pausing and disconnecting accounts; quotas; the queue; the operator's clock."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, web
from sqlalchemy import select

from platforms.base import Identity
from scheduler.errors import IntakeError
from storage.tables import inbox, outbox
from storage.values import AccountStatus, Fault, QuotaSpend
from tests.bot.chat import Chat


async def consent_state(chat: Chat) -> str:
    """Tap through to the consent page; the state in its address."""
    await chat.say("/accounts")
    await chat.press("Connect Fake")
    _, button = chat.find_button("Continue")
    return parse_qs(urlsplit(button.url or "").query)["state"][0]


async def test_a_pasted_address_connects_the_account(chat: Chat) -> None:
    state = await consent_state(chat)
    await chat.say(f"here: http://127.0.0.1:1/oauth/callback?state={state}&code=ok")
    assert "✅ Connected: Channel One (Fake)." in chat.last


async def test_the_one_time_code_of_a_pasted_address_stays_in_no_row(chat: Chat) -> None:
    state = await consent_state(chat)
    await chat.say(f"http://127.0.0.1:1/oauth/callback?state={state}&code=ok-canary")
    async with chat.db.read() as uow:
        for table in (inbox, outbox):
            rows = await uow.transaction.rows(select(table.c.payload.label("payload")))
            assert rows
            assert not [row for row in rows if "canary" in str(row["payload"]) or state in str(row["payload"])]


async def test_an_address_that_was_used_before_gets_a_sentence(chat: Chat) -> None:
    state = await consent_state(chat)
    for _ in range(2):
        await chat.say(f"http://127.0.0.1:1/oauth/callback?state={state}&code=ok")
    assert "used already" in chat.last


async def test_an_address_of_nobodys_request_gets_a_sentence(chat: Chat) -> None:
    await chat.say("http://127.0.0.1:1/oauth/callback?state=forged&code=ok")
    assert "does not belong to a request of yours" in chat.last


async def test_a_refused_consent_says_so_and_offers_another_try(chat: Chat) -> None:
    state = await consent_state(chat)
    await chat.say(f"http://127.0.0.1:1/oauth/callback?state={state}&error=access_denied")
    assert "The permission was refused." in chat.last
    assert chat.labels() == ["Try again", "‹ All channels"]


async def test_the_page_that_comes_back_connects_the_account_and_shows_no_secret(chat: Chat) -> None:
    port = await _port_of(chat)
    state = await consent_state(chat)
    async with (
        ClientSession() as browser,
        browser.get(f"http://127.0.0.1:{port}/oauth/callback", params={"state": state, "code": "ok"}) as page,
    ):
        body = await page.text()
    await chat.send_all()
    assert "Connected: Channel One" in body
    assert state not in body
    assert "✅ Connected: Channel One" in chat.last


async def test_a_connected_channel_is_followed_by_the_next_step_and_takes_its_link_back(chat: Chat) -> None:
    state = await consent_state(chat)
    await chat.say(f"http://127.0.0.1:1/oauth/callback?state={state}&code=ok")
    assert chat.last.endswith("Now send me a video.")
    assert chat.screen("The answer from Fake has come").rows == ()
    with pytest.raises(AssertionError, match="no button"):
        chat.find_button("Continue")


async def test_a_draft_that_waits_for_a_channel_is_the_next_step_after_connecting(chat: Chat) -> None:
    await chat.send_video("T")
    state = await consent_state(chat)
    await chat.say(f"http://127.0.0.1:1/oauth/callback?state={state}&code=ok")
    assert "Your draft is waiting" in chat.last
    await chat.press("Show the card")
    assert chat.last.startswith("T\n")


async def test_a_link_that_has_expired_loses_its_button_and_offers_a_new_one(chat: Chat) -> None:
    await consent_state(chat)
    await chat.consents.tidy()
    assert chat.find_button("Continue")
    chat.clock.advance(minutes=10)
    await chat.consents.tidy()
    await chat.send_all()
    assert "has expired" in chat.last
    assert chat.labels() == ["➕ Connect Fake"]


async def test_the_consent_message_says_what_to_do_when_the_page_does_not_come_back(chat: Chat) -> None:
    await consent_state(chat)
    assert "Then come back here: I notice it myself." in chat.last
    assert "copy its address and send it to me" in chat.last


async def test_a_consent_that_was_begun_before_a_restart_is_listened_for_after_it(chat: Chat) -> None:
    await consent_state(chat)
    await chat.window.close()
    chat.restart()
    await chat.consents.reopen()
    assert chat.window.is_listening


async def test_a_restart_does_not_listen_where_no_consent_is_open(chat: Chat) -> None:
    await consent_state(chat)
    await chat.window.close()
    chat.clock.advance(minutes=11)
    chat.restart()
    await chat.consents.reopen()
    assert not chat.window.is_listening


async def test_the_window_shows_a_page_for_a_forged_return_and_names_no_reason(chat: Chat) -> None:
    port = await _port_of(chat)
    await consent_state(chat)
    async with (
        ClientSession() as browser,
        browser.get(
            f"http://127.0.0.1:{port}/oauth/callback", params={"state": "<script>"}, headers={"Accept-Language": "ru"}
        ) as page,
    ):
        assert page.status == 400
        body = await page.text()
    assert "Не получилось" in body
    assert "<script>" not in body


async def test_the_window_is_closed_until_a_consent_is_open(chat: Chat) -> None:
    assert not chat.window.is_listening
    await chat.window.open_until(chat.clock() + timedelta(minutes=10))
    assert chat.window.is_listening
    await chat.window.close()
    assert not chat.window.is_listening


async def test_an_account_can_be_paused_and_resumed(chat: Chat) -> None:
    account = await chat.connect_account()
    await chat.say("/accounts")
    await chat.press("Morning Tales")
    await chat.press("Pause")
    assert "paused" in chat.last
    await chat.press("Resume")
    async with chat.db.read() as uow:
        assert (await uow.accounts.get(account.id)).status is AccountStatus.ACTIVE


async def test_disconnecting_asks_first(chat: Chat) -> None:
    account = await chat.connect_account()
    await chat.say("/accounts")
    await chat.press("Morning Tales")
    await chat.press("Disconnect")
    async with chat.db.read() as uow:
        assert (await uow.accounts.get(account.id)).status is AccountStatus.ACTIVE
    await chat.press("Yes, disconnect")
    assert "Disconnected: Morning Tales" in chat.last
    async with chat.db.read() as uow:
        assert (await uow.accounts.get(account.id)).status is AccountStatus.DISCONNECTED


async def test_a_disconnected_accounts_button_is_answered(chat: Chat) -> None:
    await chat.connect_account()
    await chat.say("/accounts")
    await chat.press("Morning Tales")
    message_id, pause = chat.find_button("Pause")
    await chat.press("Disconnect")
    await chat.press("Yes, disconnect")
    await chat.press_data(pause.data or "", message_id)
    assert chat.telegram.toasts[-1][0] == "This channel cannot be used now."


async def test_a_foreign_name_cannot_break_the_markup(chat: Chat) -> None:
    chat.site.identity = Identity("channel-1", "<b>Tom & Co", "@x")
    state = await consent_state(chat)
    await chat.say(f"http://127.0.0.1:1/oauth/callback?state={state}&code=ok")
    assert "&lt;b&gt;Tom &amp; Co" in chat.screen("Connected").text


async def test_quota_shows_what_is_left_and_when_it_refills(chat: Chat) -> None:
    await chat.connect_account()
    await chat.say("/quota")
    assert "▱ 0 of 100 used, 100 left" in chat.last.replace("\n", " ")
    async with chat.db.begin() as uow:
        await uow.quota.spend(QuotaSpend("fake", "uploads", None, 2, chat.clock()))
        await uow.commit()
    await chat.say("/quota")
    assert "2 of 100 used, 98 left · resets tomorrow 09:00" in chat.last


async def test_the_queue_shows_tasks_on_the_operators_clock_and_cancels_them(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.press("Time")
    await chat.say("18:30")
    await chat.press("Approve")
    await chat.say("/queue")
    assert "A fine title" in chat.last
    assert "today 18:30" in chat.last
    await chat.press("✖ Cancel 1")
    await chat.say("/queue")
    assert "The queue is empty" in chat.last


async def test_the_queue_opens_a_posts_card(chat: Chat) -> None:
    await chat.complete_draft()
    await chat.press("Approve")
    await chat.say("/queue")
    await chat.press("1. A fine title")
    assert "Waits for its time" in chat.last


async def test_the_queue_names_drafts_that_wait_for_approval(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.say("/queue")
    assert "1 draft waits for your approval" in chat.last


async def test_a_file_that_is_no_video_is_not_counted_as_a_draft_that_waits(chat: Chat) -> None:
    chat.intake.error = IntakeError(Fault("media.not_a_video"))
    await chat.send_video("Liar")
    await chat.say("/queue")
    assert "approval" not in chat.last
    assert "1 file has a problem" in chat.last
    assert "⚠️ Liar" in chat.labels()


async def test_the_button_that_stops_asking_for_a_zone_stops_it(chat: Chat) -> None:
    await chat.say("/timezone")
    await chat.press("Another time zone")
    await chat.press("Stop asking")
    assert "the time zone stays" in chat.last
    await chat.say("Berlin")
    assert "Send me a video" in chat.last


async def test_a_time_zone_can_be_typed_as_a_city(chat: Chat) -> None:
    await chat.say("/timezone")
    await chat.press("Another time zone")
    await chat.say("Atlantis")
    assert "don't know the time zone" in chat.last
    await chat.say("new york")
    assert "America/New_York, UTC-05:00" in chat.last


async def _port_of(chat: Chat) -> int:
    """Have the window listen on a free port."""
    await chat.window.open_until(chat.clock() + timedelta(minutes=10))
    runner = chat.window._runner
    assert isinstance(runner, web.AppRunner)
    return int(runner.addresses[0][1])
