"""The page's files and its live stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.telegram_server import Telegram, telegram_server

STATIC = Path(__file__).parents[2] / "sandbox" / "page" / "static"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Telegram]:
    async with telegram_server(tmp_path) as running:
        yield running


async def test_the_page_is_one_file_away_and_asks_nobody_else(sandbox: Telegram) -> None:
    async with sandbox.http.get(sandbox.url + "/") as response:
        page = await response.text()
        assert response.status == 200
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert 'data-testid="composer-input"' in page


@pytest.mark.parametrize("place", sorted(STATIC.iterdir()), ids=lambda place: place.name)
async def test_every_file_of_the_page_is_served_and_free_of_foreign_addresses(sandbox: Telegram, place: Path) -> None:
    async with sandbox.http.get(f"{sandbox.url}/static/{place.name}") as response:
        assert response.status == 200
        body = await response.read()
    if place.suffix in {".html", ".css", ".js"}:
        words = body.decode().replace("http://www.w3.org/2000/svg", "")
        assert 'src="http' not in words
        assert "@import" not in words
        assert "url(http" not in words


async def test_nothing_outside_the_folder_is_served(sandbox: Telegram) -> None:
    async with sandbox.http.get(f"{sandbox.url}/static/..%2Fservice.py") as response:
        assert response.status == 404


@pytest.mark.parametrize("video", ["VrWEbiv6qyX", "", "a&user=1002"])
async def test_the_address_of_a_published_video_leads_to_the_wall(sandbox: Telegram, video: str) -> None:
    asked = sandbox.http.get(f"{sandbox.url}/watch", params={"v": video}, allow_redirects=False)
    async with asked as response:
        assert response.status == 302
        led = urlsplit(response.headers["Location"])
    assert parse_qs(led.query, keep_blank_values=True) == {"view": ["wall"], "video": [video]}


async def test_the_stream_tells_a_person_their_own_news_only(sandbox: Telegram) -> None:
    async with sandbox.http.get(f"{sandbox.url}/chat/events?user=1001") as stream:
        assert stream.content_type == "text/event-stream"
        await sandbox.say("theirs", user=1002)
        await sandbox.say("mine", user=1001)
        seen = b""
        while b"mine" not in seen:
            seen += await asyncio.wait_for(stream.content.readany(), 5)
    heard = [
        json.loads(line.removeprefix("data: ")) for line in seen.decode().splitlines() if line.startswith("data: ")
    ]
    assert [(news["topic"], news["data"]["text"]) for news in heard] == [("telegram.message", "mine")]


def test_the_sample_clip_is_small() -> None:
    assert (STATIC / "sample.mp4").stat().st_size < 600_000
