"""Telegram channels keep the contract of platforms without a consent page, against the sandbox's server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from platforms.errors import NeedsOperatorError
from platforms.registry import load_platforms
from platforms.telegram_channel.caption import caption_of, utf16_length
from platforms.telegram_channel.claims import chat_of
from tests.platforms.contract import Press, Seen
from tests.platforms.named_contract import NamedContract
from tests.platforms.sandbox_process import running_sandbox

CHANNEL, PRIVATE = -1001000000001, -1001000000002


class SandboxStand:
    """The adapter, and the sandbox's levers."""

    named = "@evening_reels"
    owner, stranger = "1001", "1002"

    def __init__(self, url: str, info: dict[str, Any], **settings: str) -> None:
        self._control = httpx.AsyncClient(base_url=f"{url}/control", trust_env=False)
        known = {"bot_token": info["bot_token"], "api_url": info["telegram_api_url"], **settings}
        self.platform = load_platforms({"telegram_channel": known})["telegram_channel"]

    async def close(self) -> None:
        await self.platform.close()
        await self._control.aclose()

    async def reset(self) -> None:
        await self.call("DELETE", "/faults")
        await self.call("POST", "/clock", reset=True)
        await self.call("POST", "/telegram/settings", flood=False, local=False)
        for channel in (CHANNEL, PRIVATE):
            await self.change(channel, bot="administrator", can_post_messages=True)

    async def call(self, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        response = await self._control.request(method, path, json=body or None)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def change(self, channel: int, **changes: Any) -> None:
        await self.call("POST", "/telegram/channels", id=channel, **changes)

    async def posts(self) -> list[dict[str, Any]]:
        posts: list[dict[str, Any]] = (await self.call("GET", "/telegram/videos"))["videos"]
        return posts

    async def ledger(self) -> list[Seen]:
        return [Seen(each["id"], each["sha256"], each["size"], each["title"]) for each in await self.posts()]

    async def take_rights_back(self) -> None:
        await self.change(CHANNEL, can_post_messages=False)

    async def lose_the_answer(self) -> None:
        await self.call("POST", "/faults", service="telegram", path="sendVideo", fault="drop_after", nth=1)

    async def answer_next_call(self, status: int) -> None:
        await self.call("POST", "/faults", service="telegram", fault="status", status=status, times=1)

    async def limit_the_rate(self) -> None:
        await self.call("POST", "/faults", service="telegram", fault="rate_limit", retry_after=7, times=1)


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield url


@pytest.fixture(scope="module")
def info(sandbox_url: str) -> dict[str, Any]:
    with httpx.Client(trust_env=False) as client:
        known: dict[str, Any] = client.get(f"{sandbox_url}/control/info").json()
        return known


@pytest.fixture
async def stand(sandbox_url: str, info: dict[str, Any]) -> AsyncIterator[SandboxStand]:
    stand = SandboxStand(sandbox_url, info)
    await stand.reset()
    yield stand
    await stand.close()


class TestTelegramChannel(NamedContract):
    """And what Telegram alone has."""

    @pytest.mark.parametrize("named", ["@Evening_Reels", "t.me/evening_reels", "https://t.me/evening_reels/5"])
    async def test_a_channel_is_known_by_any_of_its_names(self, stand: SandboxStand, named: str) -> None:
        grant, identity = await stand.platform.claim_account(named, asked_by=stand.owner)
        assert (grant.access_token, identity.handle) == (str(CHANNEL), "@evening_reels")

    async def test_a_private_channel_has_a_number_and_an_address_for_its_members(
        self, stand: SandboxStand, press: Press
    ) -> None:
        grant, identity = await stand.platform.claim_account(str(PRIVATE), asked_by=stand.owner)
        assert (identity.title, identity.handle) == ("Back Room", "")
        publication, _ = await self.publish(stand, grant.access_token, press)
        assert publication.url == f"https://t.me/c/1000000002/{publication.video_id}"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"bot": "left"}, "may_not_post"),
            ({"bot": "member"}, "may_not_post"),
            ({"bot": "kicked"}, "not_found"),
            ({"can_post_messages": False}, "may_not_post"),
        ],
    )
    async def test_each_lack_of_rights_has_its_sentence(
        self, stand: SandboxStand, changes: dict[str, Any], code: str
    ) -> None:
        await stand.change(CHANNEL, **changes)
        with pytest.raises(NeedsOperatorError) as caught:
            await stand.platform.claim_account(stand.named, asked_by=stand.owner)
        assert caught.value.code == f"telegram_channel.{code}"

    async def test_the_post_says_what_was_meant(self, stand: SandboxStand, token: str, press: Press) -> None:
        publication, _ = await self.publish(stand, token, press)
        (post,) = [post for post in await stand.posts() if post["url"] == publication.url]
        meta = press.meta()
        assert post["caption"] == f"{meta.title}\n\nУтро 🌅\n\n#oldtown"
        assert post["caption_entities"][0] == {"type": "bold", "offset": 0, "length": len(meta.title)}
        assert (post["width"], post["height"], post["duration"]) == (1080, 1920, 20)

    async def test_a_caption_can_be_changed_and_changed_to_the_same(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        publication, _ = await self.publish(stand, token, press)
        for _ in range(2):
            await stand.platform.update_metadata(token, publication.video_id, press.meta(title="Better"))
        (post,) = [post for post in await stand.posts() if post["url"] == publication.url]
        assert post["title"] == "Better"

    async def test_a_post_of_last_week_cannot_be_deleted(self, stand: SandboxStand, token: str, press: Press) -> None:
        publication, _ = await self.publish(stand, token, press)
        await stand.call("POST", "/clock", advance_s=49 * 3600)
        with pytest.raises(NeedsOperatorError) as caught:
            await stand.platform.delete_video(token, publication.video_id)
        assert caught.value.code == "telegram_channel.too_old_to_delete"

    async def test_a_server_of_ones_own_reads_the_file_by_itself(
        self, sandbox_url: str, info: dict[str, Any], stand: SandboxStand, press: Press
    ) -> None:
        await stand.call("POST", "/telegram/settings", local=True)
        mine = SandboxStand(sandbox_url, info, local="true")
        publication, file = await self.publish(mine, str(CHANNEL), press)
        await mine.close()
        assert mine.platform.file_limits.max_size == 2_000_000_000
        assert file.sha256 in {seen.sha256 for seen in await stand.ledger()}
        calls = (await stand.call("GET", "/telegram/log"))["calls"]
        assert calls[-1]["parameters"]["video"] == file.path.as_uri()
        assert calls[-1]["warnings"] == []
        assert publication.url


@pytest.mark.parametrize(
    ("named", "chat"),
    [
        (" @my_channel ", "@my_channel"),
        ("telegram.me/s/my_channel", "@my_channel"),
        ("https://t.me/c/1234567/9", "-1001234567"),
        ("-1001234567", "-1001234567"),
        ("https://example.org/my_channel", None),
        ("12345", None),
        ("@ab", None),
    ],
)
def test_what_people_send_for_a_channel(named: str, chat: str | None) -> None:
    assert chat_of(named) == chat


def test_a_caption_is_counted_in_utf16_units_and_its_title_is_bold(tmp_path: Any) -> None:
    meta = Press(tmp_path).meta(title="🌅 Dawn", description="", keywords=("old town", "dawn"))
    caption = caption_of(meta)
    assert caption.text == "🌅 Dawn\n\n#oldtown #dawn"
    assert json.loads(caption.fields()["caption_entities"])[0]["length"] == utf16_length("🌅 Dawn") == 7


def test_a_file_over_the_servers_limit_is_named_with_both_numbers(stand: SandboxStand, tmp_path: Any) -> None:
    press = Press(tmp_path, {"privacy_status": "public"})
    file = replace(press.file(10), size=50_000_001)
    (violation,) = stand.platform.validate(file, press.meta())
    assert (violation.code, violation.params) == (
        "telegram_channel.file_too_large",
        {"limit": 50, "actual": 51},
    )
    (private,) = stand.platform.validate(None, press.meta(privacy_status="private"))
    assert private.code == "telegram_channel.no_privacy"
