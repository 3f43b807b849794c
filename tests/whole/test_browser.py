"""The whole story as a newcomer lives it: the web chat at a phone's width, the real fabric behind it.

Each step leaves a picture in build/screens/: the docs show some of them, and a person should look at all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import DESK, PHONE, ChatPage, as_phone, as_screen, needs_browser, phone_browser
from tests.support.clips import spoken_clip
from tests.support.fabric import Fabric, running_fabric
from tests.support.sandbox import ROOT, Sandbox, running_sandbox
from tests.support.story import CHANNEL

SCREENS = ROOT / "build" / "screens"

pytestmark = [needs_browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="module")
def fabric(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fabric]:
    with running_fabric(sandbox, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with phone_browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture
def page(browser: webdriver.Chrome, sandbox: Sandbox, fabric: Fabric) -> ChatPage:
    opened = ChatPage(browser, sandbox.url, SCREENS)
    opened.open()
    return opened


@pytest.fixture
def connected(page: ChatPage) -> ChatPage:
    """A chat that was begun, with a channel, whichever test comes first."""
    if page.visible("start-button"):
        page.tap("start-button")
        page.answer("Welcome")
    if "No channel" in page.message(page.answer(after=page.say("/accounts"))).text:
        give_consent(page, page.answer("Connect YouTube"))
    return page


def give_consent(page: ChatPage, number: int, pictures: tuple[str, str, str] | None = None) -> None:
    """From the chat to the site's page in a tab of its own, yes, and back."""
    chat = page.browser.current_window_handle
    asked = page.newest()
    page.press(number, "Connect YouTube")
    link = page.answer("Continue", after=asked - 1)
    if pictures:
        page.picture(pictures[0])
    page.press(link, "Continue")
    page.until(lambda: len(page.browser.window_handles) > 1, "the site's tab")
    page.browser.switch_to.window(next(each for each in page.browser.window_handles if each != chat))
    as_phone(page.browser)
    channels = page.until(lambda: page.browser.find_elements(By.CSS_SELECTOR, "label:has([name=channel])"), "channels")
    next(each for each in channels if CHANNEL in each.text).click()
    if pictures:
        page.picture(pictures[1])
    page.browser.find_element(By.CSS_SELECTOR, "[value=allow]").click()
    page.until(lambda: CHANNEL in page.browser.find_element(By.TAG_NAME, "h1").text, "the page after the consent")
    if pictures:
        page.picture(pictures[2])
    page.browser.close()
    page.browser.switch_to.window(chat)


def plays(page: ChatPage) -> bool:
    """Start the wall's video: whether its picture moves."""
    video = page.one("wall-video")
    page.browser.execute_script("arguments[0].muted = true; arguments[0].play()", video)
    return bool(page.until(lambda: page.browser.execute_script("return arguments[0].currentTime > 0.2", video), "play"))


def test_a_newcomer_connects_a_channel_sends_a_clip_and_sees_it_published(page: ChatPage, sandbox: Sandbox) -> None:
    assert "Start" in page.one("welcome").text
    page.until(lambda: page.one("bot-status").text == "bot", "a bot that runs")
    page.picture("01-first-view")
    page.tap("start-button")
    welcome = page.answer("Welcome", "Connect YouTube")
    page.picture("02-started")
    give_consent(page, welcome, ("03-connect", "04-consent", "05-consent-given"))
    page.press(page.answer("You connected", CHANNEL), "Yes, use it")
    page.answer("Connected", CHANNEL, "Now send me a video")
    page.answer("The answer from YouTube has come")
    page.picture("06-connected")

    page.tap("attach-button")
    page.picture("07-attach")
    page.tap("attach-sample")
    card = page.answer("Approve", "0:08")
    page.picture("08-card")
    page.shows(card, f"Channel: {CHANNEL}")
    page.press(card, "Channels")
    page.shows(card, "Where should it go?")
    page.picture("09-channels")
    page.press(card, "Done")
    page.press(card, "Texts")
    page.press(card, "Change title")
    page.shows(card, "Send me the title")
    page.picture("10-title")
    asked = page.say("The old castle")
    card = page.answer("The old castle", after=asked)
    page.picture("11-titled")
    page.press(card, "Next: choose a voice")
    page.shows(card, "Deeper")
    page.picture("12-voices")
    page.press(card, "Deeper")
    page.press(card, "Next: choose a time")
    page.shows(card, "Right after approval")
    page.picture("13-times")
    page.press(card, "Right after approval")
    page.shows(card, "right after approval")
    page.picture("14-draft")

    held = sandbox.fault(service="youtube", method="PUT", fault="hold", nth=1)
    page.watch(card)
    page.press(card, "Approve")
    page.until(lambda: sandbox.holding(held), "the upload")
    page.shows(card, "Uploading")
    page.picture("15-uploading")
    sandbox.release(held)
    page.shows(card, "Published")
    page.answer("The old castle", "Published on", after=card)
    page.picture("16-published")
    assert any("Changing the voice" in text for text in page.seen())

    (video,) = sandbox.videos()
    assert video["title"] == "The old castle"
    page.press(card, "Open the video")
    assert page.one("wall-card").get_attribute("data-video-id") == video["id"]
    assert page.one("wall-title").text == "The old castle"
    assert plays(page)
    page.picture("17-wall")
    page.browser.get(f"{sandbox.url}/watch?v={video['id']}")
    assert page.one("wall-card").get_attribute("data-video-id") == video["id"]
    page.browser.get(f"{sandbox.url}/watch?v=nothing")
    assert "not on the wall" in page.one("alert-text").text


def test_a_file_that_is_no_video_and_words_that_are_no_time_are_answered_in_a_sentence(
    connected: ChatPage, clips: Path, tmp_path: Path
) -> None:
    page = connected
    liar = tmp_path / "holiday.mp4"
    liar.write_text("I was a text file and somebody renamed me.\n" * 100)
    asked = page.newest()
    page.choose_file(liar)
    page.picture("20-a-text-file-chosen")
    page.tap("send-as-file")
    page.answer("not a video", after=asked)
    page.picture("21-not-a-video")

    asked = page.newest()
    page.choose_file(spoken_clip(clips, 3), "A morning walk\nIn the woods")
    page.picture("22-a-video-chosen")
    page.tap("send-as-file")
    card = page.answer("A morning walk", "Approve", after=asked)
    page.picture("23-card-of-a-file")
    page.press(card, "Approve")
    assert "choose" in page.one("alert-text").text
    page.picture("24-approved-too-early")
    page.tap("alert-ok")
    page.press(card, "Time")
    page.shows(card, "send a time")
    asked = page.say("half past whenever")
    page.answer("time", after=asked)
    page.picture("25-no-time")
    page.answer("passed", after=page.say("2020-01-01 10:00"))
    page.picture("26-time-is-over")
    page.press(card, "Back")
    page.shows(card, "Time: not chosen")
    asked = page.say("/cancel")
    card = page.answer("Discard this draft?", after=asked)
    page.picture("27-cancel-asks")
    page.press(card, "No, keep")
    page.shows(card, "Approve")


def test_the_screens_of_the_commands(connected: ChatPage) -> None:
    page = connected
    page.tap("command-menu-button")
    page.one("command")
    page.picture("30-commands")
    page.browser.find_element(By.CSS_SELECTOR, '[data-testid="command"][data-name="help"]').click()
    page.answer("How it works")
    page.picture("31-help")
    page.answer(CHANNEL, after=page.say("/accounts"))
    page.picture("32-accounts")
    page.answer("uploads", after=page.say("/quota"))
    page.picture("33-quota")
    page.answer("Coming up", after=page.say("/queue"))
    page.picture("34-queue")
    page.answer("Time zone", after=page.say("/settings"))
    page.picture("35-settings")
    page.answer("know this command", after=page.say("/nonsense"))
    page.answer("Send me a video", after=page.say("hello?"))
    page.picture("36-small-talk")


def test_a_stranger_is_told_whom_to_ask(page: ChatPage) -> None:
    page.open("?user=1002")
    page.tap("start-button")
    page.answer("private bot", "1002")
    page.picture("40-stranger")


def test_on_a_wide_screen_the_wall_stands_beside_the_chat(connected: ChatPage) -> None:
    page = connected
    try:
        as_screen(page.browser, DESK)
        assert page.one("message-list").is_displayed()
        assert page.one("wall").is_displayed()
        page.picture("45-desk")
        as_screen(page.browser, PHONE, "dark")
        page.picture("46-dark")
    finally:
        as_phone(page.browser)


def test_russian_is_spoken_to_a_russian(connected: ChatPage, sandbox: Sandbox) -> None:
    page = connected
    page.tap("user-menu-button")
    page.one("language-ru")
    page.picture("50-who-is-writing")
    page.tap("language-ru")
    page.press(page.answer("Time zone", after=page.say("/settings")), "Русский")
    page.answer("Часовой пояс")
    page.picture("51-russian-settings")
    page.answer(after=page.say("/help"))
    page.picture("52-russian-help")
    page.answer(CHANNEL, after=page.say("/accounts"))
    page.picture("53-russian-accounts")
    asked = page.newest()
    page.tap("attach-button")
    page.tap("attach-sample")
    page.answer("0:08", "Опубликовать", after=asked)
    page.picture("54-russian-card")
