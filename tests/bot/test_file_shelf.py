"""Our own server gives out exactly the file of a signed link, whole or in part, and the consent page beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx
import pytest

from bot.callback_server import CallbackServer
from bot.file_shelf import FileShelf
from scheduler.file_links import LIFE, FileLinks
from tests.bot.chat import TEXTS, Chat
from tests.bot.conftest import KEYRING

DATA = Random(5).randbytes(100_000)


@dataclass
class House:
    """A server with one render, reached through a proxy that leaves its path on or takes it off."""

    chat: Chat
    http: httpx.AsyncClient
    links: FileLinks
    render_id: int
    path: Path

    def link(self, mime_type: str = "video/mp4") -> str:
        return self.links.url(self.render_id, mime_type)


@pytest.fixture
async def house(chat: Chat, tmp_path: Path) -> AsyncIterator[House]:
    renders = tmp_path / "renders"
    renders.mkdir()
    path = renders / "one.mp4"
    path.write_bytes(DATA)
    links = FileLinks(KEYRING, "https://fabric.example/house", chat.clock)
    server = CallbackServer(
        accounts=chat.services.accounts,
        db=chat.db,
        texts=TEXTS,
        clock=chat.clock,
        port=0,
        prefix="/house",
        shelf=FileShelf(db=chat.db, links=links, folders=(renders,)),
    )
    await server.open_until(chat.clock())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        yield House(chat, http, links, await add_render(chat, path), path)
    await server.close()


async def add_render(chat: Chat, path: Path, sha256: str = "aa") -> int:
    async with chat.db.begin() as uow:
        render = await uow.renders.add(
            clip_sha256=sha256 * 32,
            preset_digest="p",
            profile="unfitted",
            path=str(path),
            sha256="bb" * 32,
            size=path.stat().st_size,
            duration_s=1.0,
        )
        await uow.commit()
    return render.id


def local(link: str, *, keeps_prefix: bool = True) -> str:
    path = link.removeprefix("https://fabric.example")
    return path if keeps_prefix else path.removeprefix("/house")


@pytest.mark.parametrize("keeps_prefix", [True, False])
async def test_the_whole_file_comes_with_its_type_and_length(house: House, keeps_prefix: bool) -> None:
    answer = await house.http.get(local(house.link("video/quicktime"), keeps_prefix=keeps_prefix))
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["content-type"] == "video/quicktime"
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["accept-ranges"] == "bytes"
    assert "no-store" in answer.headers["cache-control"]


async def test_a_head_tells_the_length_and_sends_nothing(house: House) -> None:
    answer = await house.http.head(local(house.link()))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(DATA))


async def test_a_part_can_be_asked_for(house: House) -> None:
    answer = await house.http.get(local(house.link()), headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, DATA[10:20])
    assert answer.headers["content-range"] == f"bytes 10-19/{len(DATA)}"
    beyond = await house.http.get(local(house.link()), headers={"Range": f"bytes={len(DATA)}-"})
    assert beyond.status_code == 416


async def test_a_link_that_ended_is_gone(house: House) -> None:
    link = local(house.link())
    house.chat.clock.now += LIFE
    assert (await house.http.get(link)).status_code == 410


async def test_nothing_else_is_to_be_had(house: House, tmp_path: Path) -> None:
    good = local(house.link())
    for path in ("/", "/files", "/files/", "/files/one.mp4", "/house/files/", good + "x", good.replace(".mp4", ".mov")):
        assert (await house.http.get(path)).status_code == 404, path
    assert (await house.http.post(good)).status_code == 405
    outside = tmp_path / "fabric.db"
    stolen = house.links.url(await add_render(house.chat, outside, "cc"), "video/mp4")
    assert (await house.http.get(local(stolen))).status_code == 404
    assert (await house.http.get(local(house.links.url(999, "video/mp4")))).status_code == 404


async def test_a_render_that_is_not_as_it_was_made_is_not_given_out(house: House) -> None:
    house.path.write_bytes(DATA[:-1])
    assert (await house.http.get(local(house.link()))).status_code == 404


async def test_the_link_is_in_no_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    link = house.link()
    await house.http.get(local(link))
    await house.http.get(local(link) + "x")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert ours
    assert not [line for line in ours if link.split(".")[-2] in line]


@pytest.mark.parametrize("prefix", ["", "/house"])
async def test_the_consent_page_answers_beside_it(house: House, prefix: str) -> None:
    answer = await house.http.get(f"{prefix}/oauth/callback", params={"state": "nobodys", "code": "c"})
    assert answer.status_code == 400
    assert "does not belong to a request of yours" in answer.text
