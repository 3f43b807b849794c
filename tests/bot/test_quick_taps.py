"""Somebody taps several switches before the card is drawn anew: each tap does what its button said."""

from __future__ import annotations

from bot.callbacks import DraftAct, DraftButton
from platforms.options import PostOptions, Toggle
from storage.values import DraftState
from tests.bot.chat import Chat


def data_of(chat: Chat, *labels: str) -> tuple[int, list[str]]:
    """What several buttons of one card would send, as the card is now."""
    found = [chat.find_button(label) for label in labels]
    return found[0][0], [button.data or "" for _, button in found]


async def test_switches_of_a_site_do_what_they_said_on_a_card_of_before(chat: Chat) -> None:
    chat.platforms["fake"].post_options = PostOptions((Toggle("first"), Toggle("second")))
    account = await chat.connect_account()
    await chat.send_video("T")
    assert (await chat.draft()).account_ids == (account.id,)
    draft = await chat.draft()
    opened = DraftButton(draft=draft.id, version=draft.version, act=DraftAct.PANEL, arg="option.fake").pack()
    await chat.press_data(opened, draft.card_message_id or 0)
    message_id, taps = data_of(chat, "first", "second")
    for data in (*taps, taps[0]):
        await chat.press_data(data, message_id)
    assert (await chat.draft()).options["fake"] == {"first": True, "second": True}
    assert not any("This card has changed" in toast for toast, _ in chat.telegram.toasts)


async def test_several_channels_are_chosen_by_quick_taps_and_a_repeated_tap_changes_nothing(chat: Chat) -> None:
    first = await chat.connect_account()
    second = await chat.connect_account("Evening Tales", "UC2")
    await chat.send_video("T")
    await chat.press("Channels")
    message_id, taps = data_of(chat, "Morning Tales", "Evening Tales")
    for data in (*taps, *taps):
        await chat.press_data(data, message_id)
    assert set((await chat.draft()).account_ids) == {first.id, second.id}


async def test_an_audience_that_is_tapped_on_a_card_of_before_is_taken_while_the_draft_is_open(chat: Chat) -> None:
    await chat.send_video("T")
    await chat.press("Privacy")
    message_id, (private, unlisted) = data_of(chat, "Private", "Unlisted")
    await chat.press_data(private, message_id)
    await chat.press_data(unlisted, message_id)
    assert (await chat.draft()).options["privacy_status"] == "unlisted"
    await chat.press("Done")
    await chat.press("Discard")
    await chat.press("Yes")
    await chat.press_data(private, message_id)
    assert chat.telegram.toasts[-1][0].startswith("This card has changed")
    async with chat.db.read() as uow:
        assert (await uow.drafts.get(1)).state is DraftState.DISCARDED
