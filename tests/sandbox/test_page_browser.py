"""The page in a real browser at a phone's width: a person writes, taps, watches; the bot is played by hand."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from sandbox.telegram.settings import BOT_TOKEN
from sandbox.tiktok.directory import Directory
from sandbox.tiktok.posts import INBOX, Posts
from sandbox.world import World
from sandbox.youtube.library import Library

SAMPLE = Path(__file__).parents[2] / "sandbox" / "page" / "static" / "sample.mp4"
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio",
)  # fmt: skip

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver")


@dataclass
class Page:
    browser: webdriver.Chrome
    url: str

    def bot(self, method: str, **parameters: Any) -> Any:
        body = json.dumps(parameters).encode()
        request = urllib.request.Request(
            f"{self.url}/telegram/bot{BOT_TOKEN}/{method}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["result"]

    def update(self, kind: str) -> dict[str, Any]:
        """The newest update of that kind, once it is there."""

        def look() -> Any:
            return [update[kind] for update in self.bot("getUpdates") if kind in update]

        found: dict[str, Any] = until(look)[-1]
        return found

    def all(self, testid: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, f'[data-testid="{testid}"]')

    def one(self, testid: str) -> WebElement:
        """The last one that can be seen."""
        found: WebElement = until(lambda: [node for node in self.all(testid) if node.is_displayed()])[-1]
        return found

    def message(self, message_id: int) -> WebElement:
        selector = f'[data-message-id="{message_id}"]'
        found: WebElement = until(lambda: self.browser.find_elements(By.CSS_SELECTOR, selector))[0]
        return found

    def button(self, label: str) -> WebElement:
        found: WebElement = until(lambda: [node for node in self.all("inline-button") if node.text == label])[-1]
        return found


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(StaleElementReferenceException):  # the page redrew what was just found
            if found := look():
                return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def hang_on_the_wall(state: Path) -> str:
    world = World(state, "http://127.0.0.1")
    library = Library(world)
    video_id, data = library.new_id(), SAMPLE.read_bytes()
    library.path(video_id).write_bytes(data)
    library.add(
        video_id,
        channel="UCsandboxMorningTales001",
        client_id="test",
        parts={"snippet": {"title": "On the wall", "description": ""}, "status": {"privacyStatus": "public"}},
        file={"name": "a.mp4", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "type": "video/mp4"},
    )
    world.close()
    return video_id


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
def video_id(state: Path) -> str:
    return hang_on_the_wall(state)


@pytest.fixture(scope="module")
def draft_id(state: Path, video_id: str) -> str:
    """A newer one: a draft in a creator's TikTok inbox."""
    world = World(state, "http://127.0.0.1")
    posts, size = Posts(world, Directory(world)), SAMPLE.stat().st_size
    plan = {"video_size": size, "chunk_size": size, "total_chunk_count": 1}
    draft = posts.begin(INBOX, "-000sandboxMorningTales0001", "test", None, plan)
    shutil.copyfile(SAMPLE, posts.path(draft))
    posts.arrive(draft, hashlib.sha256(SAMPLE.read_bytes()).hexdigest(), "video/mp4")
    world.close()
    return str(draft["id"])


@pytest.fixture(scope="module")
def address(state: Path, video_id: str, draft_id: str) -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.wait()
    process.stdout.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.binary_location = CHROMIUM or ""
    made = webdriver.Chrome(options=options, service=Service(DRIVER))
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    made.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    yield made
    made.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, address: str) -> Page:
    """The operator's chat, begun."""
    opened = Page(browser, address)
    browser.get(address + "/")
    until(lambda: browser.find_element(By.TAG_NAME, "body").get_attribute("data-ready"))
    if starts := [node for node in opened.all("start-button") if node.is_displayed()]:
        assert "sample clip" in opened.one("welcome").text
        starts[0].click()
        assert opened.one("message-out").text.startswith("/start")
    return opened


def keyboard(**labels: str) -> dict[str, Any]:
    rows = [[{"text": label, "callback_data": data}] for data, label in labels.items()]
    return {"inline_keyboard": rows}


def test_a_typed_message_reaches_the_bot(page: Page) -> None:
    page.one("composer-input").send_keys("Hello there")
    page.one("send-button").click()
    assert until(lambda: page.update("message")["text"] == "Hello there")
    assert until(lambda: page.one("message-out").text.startswith("Hello there"))


def test_formatting_is_shown_and_foreign_markup_is_not_obeyed(page: Page) -> None:
    words = "<b>bold</b> &lt;img src=x&gt; <a href='https://a.example/'>link</a>"
    sent = page.bot("sendMessage", chat_id=1001, text=words, parse_mode="HTML")
    bubble = page.message(sent["message_id"])
    assert bubble.find_element(By.TAG_NAME, "b").text == "bold"
    assert not bubble.find_elements(By.TAG_NAME, "img")
    assert bubble.find_element(By.TAG_NAME, "a").get_attribute("target") == "_blank"


def test_a_press_waits_visibly_and_shows_the_answer_as_a_toast(page: Page) -> None:
    page.bot("sendMessage", chat_id=1001, text="Choose", reply_markup=keyboard(press="Press me"))
    page.button("Press me").click()
    query = page.update("callback_query")
    assert page.button("Press me").get_attribute("aria-busy") == "true"
    page.bot("answerCallbackQuery", callback_query_id=query["id"], text="Saved it")
    assert page.one("toast").text == "Saved it"
    assert until(lambda: page.button("Press me").get_attribute("aria-busy") is None)


def test_an_alert_waits_for_ok(page: Page) -> None:
    page.bot("sendMessage", chat_id=1001, text="Choose", reply_markup=keyboard(alert="Alert me"))
    page.button("Alert me").click()
    query = page.update("callback_query")
    page.bot("answerCallbackQuery", callback_query_id=query["id"], text="Careful!", show_alert=True)
    assert until(lambda: page.one("alert-text").text) == "Careful!"
    page.one("alert-ok").click()
    assert until(lambda: not page.all("alert-text")[0].is_displayed())


def test_an_edit_appears_by_itself(page: Page) -> None:
    sent = page.bot("sendMessage", chat_id=1001, text="Uploading 10 %")
    page.message(sent["message_id"])
    page.bot("editMessageText", chat_id=1001, message_id=sent["message_id"], text="Uploading 90 %")
    assert until(lambda: "90 %" in page.message(sent["message_id"]).text)
    assert page.message(sent["message_id"]).get_attribute("data-edited") == "true"


def test_typing_is_seen(page: Page) -> None:
    page.bot("sendChatAction", chat_id=1001, action="typing")
    assert until(lambda: page.one("bot-status").text.startswith("typing"))


def test_the_sample_clip_is_sent_as_a_video(page: Page) -> None:
    page.one("attach-button").click()
    page.one("attach-sample").click()
    sent = until(lambda: page.update("message").get("video"))
    assert (sent["width"], sent["height"], sent["duration"]) == (360, 640, 8)
    shown = page.one("media-video")
    assert until(lambda: page.browser.execute_script("return arguments[0].readyState", shown) >= 1)


def test_a_chosen_file_goes_as_a_file_with_its_caption(page: Page) -> None:
    page.all("attach-input")[0].send_keys(str(SAMPLE))
    page.one("caption-input").send_keys("A caption")
    page.one("send-as-file").click()
    sent = until(lambda: page.update("message") if "document" in page.update("message") else None)
    assert sent["document"]["file_size"] == SAMPLE.stat().st_size
    assert sent["caption"] == "A caption"


def test_the_command_menu_sends_a_command(page: Page) -> None:
    page.bot("setMyCommands", commands=[{"command": "queue", "description": "What is due"}])
    page.one("command-menu-button").click()
    page.one("command").click()
    assert until(lambda: page.update("message").get("text") == "/queue")


def test_a_stranger_has_a_chat_of_their_own(page: Page) -> None:
    page.one("user-menu-button").click()
    until(lambda: page.browser.find_elements(By.CSS_SELECTOR, '[data-testid="user-choice"][data-user="1002"]'))[
        0
    ].click()
    assert "stranger" in page.one("persona-banner").text
    assert not page.all("message-in")


def test_the_wall_shows_what_was_published_ready_to_play(page: Page, video_id: str) -> None:
    page.one("tab-wall").click()
    card = page.one("wall-card")
    assert card.get_attribute("data-video-id") == video_id
    assert page.one("wall-title").text == "On the wall"
    assert page.one("wall-privacy").text == "public"
    video = page.one("wall-video")
    assert until(lambda: page.browser.execute_script("return arguments[0].readyState", video) >= 1)


def test_a_draft_in_the_tiktok_inbox_is_finished_on_the_wall(page: Page, draft_id: str) -> None:
    page.one("tab-wall").click()
    page.one("wall-finish").click()
    assert until(lambda: not page.all("wall-finish"))
    card = page.all("wall-card")[0]
    assert (card.get_attribute("data-video-id"), page.all("wall-platform")[0].text) == (draft_id, "TikTok")
    assert until(lambda: page.all("wall-privacy")[0].text) == "public"


def test_a_link_to_a_published_video_leads_to_the_wall(page: Page, video_id: str) -> None:
    until(lambda: page.all("wall-card"))
    words = f'<a href="https://www.youtube.com/watch?v={video_id}">Watch</a>'
    sent = page.bot("sendMessage", chat_id=1001, text=words, parse_mode="HTML")
    page.message(sent["message_id"]).find_element(By.TAG_NAME, "a").click()
    assert until(lambda: page.one("wall-card").is_displayed())


def test_a_page_that_is_opened_again_and_again_leaves_no_stream_behind(page: Page) -> None:
    # A browser talks to one server over six connections; pages that one left must not keep them.
    for user in (1002, 1001) * 4:
        page.browser.get(f"{page.url}/?user={user}")
        until(lambda: page.browser.find_element(By.TAG_NAME, "body").get_attribute("data-ready"))


def test_the_browser_has_nothing_to_complain_of(page: Page) -> None:
    assert [line["message"] for line in page.browser.get_log("browser") if line["level"] == "SEVERE"] == []
