"""A person's phone: the sandbox's page in a real browser, driven by what can be seen on it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
DESK = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
PATIENCE_S = 30.0
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
)  # fmt: skip

needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver (Debian: apt-get install chromium-driver)"
)


@contextlib.contextmanager
def phone_browser(profile: Path) -> Iterator[webdriver.Chrome]:
    """Chromium at a phone's width with a profile of its own, without motion, so that a picture shows what will stay."""
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.binary_location = CHROMIUM or ""
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        as_phone(browser)
        yield browser
    finally:
        browser.quit()


def as_phone(browser: webdriver.Chrome) -> None:
    """A tab of its own is no phone until it is told."""
    as_screen(browser, PHONE)


def as_screen(browser: webdriver.Chrome, metrics: dict[str, Any], scheme: str = "light") -> None:
    """The tab in view gets such a screen; nothing on it moves by itself."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    wishes = {"prefers-reduced-motion": "reduce", "prefers-color-scheme": scheme}
    features = [{"name": name, "value": value} for name, value in wishes.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


class ChatPage:
    """The page, as someone uses it who reads, taps, types and waits."""

    def __init__(self, browser: webdriver.Chrome, url: str, screens: Path) -> None:
        self.browser, self.url, self.screens = browser, url, screens

    def open(self, query: str = "") -> None:
        self.browser.get(f"{self.url}/{query}")
        self.until(lambda: self.browser.find_element(By.TAG_NAME, "body").get_attribute("data-ready"), "the page")

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """The first true value of `look`."""
        wait = WebDriverWait(self.browser, PATIENCE_S, 0.05, ignored_exceptions=[StaleElementReferenceException])
        try:
            return wait.until(lambda _: look())
        except TimeoutException:
            shown = self.browser.find_element(By.TAG_NAME, "body").text
            log = "\n".join(line["message"] for line in self.browser.get_log("browser"))
            raise AssertionError(
                f"{what} did not come within {PATIENCE_S} s; the page shows:\n{shown}\n\nits console:\n{log}"
            ) from None

    def picture(self, name: str) -> None:
        """What the person sees now, with every picture in view loaded."""
        self.until(self._is_still, "a page at rest")
        self.screens.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(self.screens / f"{name}.png"))

    def _is_still(self) -> bool:
        return bool(
            self.browser.execute_script(
                """const seen = (node) => node.getClientRects().length > 0;
                return document.readyState === "complete"
                  && document.getAnimations().every((each) => each.effect.getTiming().iterations === Infinity)
                  && [...document.images].filter(seen).every((image) => image.complete)
                  && [...document.querySelectorAll("video")].filter(seen)
                    .every((video) => video.readyState >= 2 || video.error)"""
            )
        )

    # What can be seen.

    def visible(self, testid: str) -> list[WebElement]:
        found = self.browser.find_elements(By.CSS_SELECTOR, f'[data-testid="{testid}"]')
        return [node for node in found if node.is_displayed()]

    def one(self, testid: str) -> WebElement:
        """The last such thing in view."""
        found: WebElement = self.until(lambda: self.visible(testid), testid)[-1]
        return found

    def newest(self) -> int:
        """The number of the chat's last message; 0 in an empty chat."""
        script = """return Math.max(0, ...[...document.querySelectorAll("[data-message-id]")]
          .map((node) => Number(node.dataset.messageId)))"""
        return int(self.browser.execute_script(script))

    def message(self, number: int) -> WebElement:
        selector = f'[data-message-id="{number}"]'
        found: WebElement = self.until(lambda: self.browser.find_elements(By.CSS_SELECTOR, selector), selector)[0]
        return found

    def answer(self, *words: str, after: int = 0) -> int:
        """The newest message of the bot's past `after` that shows all the words, buttons included; its number."""

        def look() -> int | None:
            for node in reversed(self.visible("message-in")):
                number = int(node.get_attribute("data-message-id") or 0)
                if number > after and all(word in node.text for word in words):
                    return number
            return None

        return int(self.until(look, f"an answer with {words}"))

    def shows(self, number: int, *words: str) -> None:
        """Wait until that message shows all the words."""
        self.until(lambda: all(word in self.message(number).text for word in words), f"{words} on message {number}")

    # What can be done.

    def tap(self, testid: str) -> None:
        self.one(testid).click()

    def say(self, text: str) -> int:
        """Type and send; the number of the last message before it."""
        before = self.newest()
        self.one("composer-input").send_keys(text)
        self.tap("send-button")
        self.until(lambda: self.newest() > before, "the own message")
        return before

    def press(self, number: int, label: str) -> WebElement:
        """Tap a button of that message, by a part of its label."""

        def look() -> WebElement | None:
            buttons = self.message(number).find_elements(By.CSS_SELECTOR, '[data-testid="inline-button"]')
            return next((each for each in buttons if label in each.text and each.is_enabled()), None)

        def pressed() -> WebElement | None:
            button = look()
            if button is not None:
                button.click()
            return button

        found: WebElement = self.until(pressed, f"a button {label!r}")
        return found

    def choose_file(self, path: Path, caption: str = "") -> None:
        """Pick a file of this device, as the attach button's sheet does, and write a caption."""
        before = self.browser.find_element(By.CSS_SELECTOR, '[data-testid="attach-input"]')
        before.send_keys(str(path))
        if caption:
            self.one("caption-input").send_keys(caption)
        else:
            self.one("caption-input")

    def watch(self, number: int) -> None:
        """Write down every change of that message from now on, for `seen`."""
        self.browser.execute_script(
            """const log = document.querySelector('[data-testid="message-list"]');
            window.seenTexts = [];
            new MutationObserver(() => {
              const text = log.querySelector(`[data-message-id="${arguments[0]}"]`)?.innerText;
              if (text && text !== window.seenTexts.at(-1)) window.seenTexts.push(text);
            }).observe(log, { childList: true, subtree: true });""",
            number,
        )

    def seen(self) -> list[str]:
        """What the watched message has shown, in order."""
        return list(self.browser.execute_script("return window.seenTexts"))
