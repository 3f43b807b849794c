"""A file comes over a bad line whole, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.file_server import FileServer, serving
from voice.errors import DownloadFailedError
from voice.models.download import FOLDER, Download
from voice.models.downloadable import OUR_LIST, Downloadable, downloadables

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def download(tmp_path: Path) -> Iterator[Download]:
    with httpx.Client(trust_env=False) as client:
        yield Download(client, tmp_path)


def wanted(server: FileServer, content: bytes = CONTENT) -> Downloadable:
    return Downloadable("voice", "voice.pth", server.url, len(content), hashlib.sha256(content).hexdigest())


def test_a_file_comes_and_progress_is_told(download: Download) -> None:
    heard: list[int] = []
    with serving(FileServer(CONTENT)) as server:
        fetched = download.fetch(wanted(server), heard.append)
    assert fetched.read_bytes() == CONTENT
    assert heard[-1] == len(CONTENT)


def test_a_line_that_breaks_is_taken_up_where_it_broke(download: Download) -> None:
    with serving(FileServer(CONTENT, cut_after=4000)) as server:
        assert download.fetch(wanted(server)).read_bytes() == CONTENT
    assert server.asked == ["", "bytes=4000-", "bytes=8000-"]


def test_a_line_that_breaks_too_often_is_told_and_the_next_command_goes_on(download: Download) -> None:
    with serving(FileServer(CONTENT, cut_after=1000)) as server:
        with pytest.raises(DownloadFailedError, match="the same command goes on"):
            download.fetch(wanted(server))
        server.cut_after = None
        assert download.fetch(wanted(server)).read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=5000-"


def test_a_server_without_ranges_is_asked_for_all_again(download: Download, tmp_path: Path) -> None:
    with serving(FileServer(CONTENT, ranges=False)) as server:
        part = tmp_path / FOLDER / f"{wanted(server).sha256[:16]}-voice.pth"
        part.parent.mkdir()
        part.write_bytes(CONTENT[:300])
        assert download.fetch(wanted(server)).read_bytes() == CONTENT
    assert server.asked == ["bytes=300-"]


def test_another_part_than_was_asked_for_is_not_taken(download: Download, tmp_path: Path) -> None:
    with serving(FileServer(CONTENT, cut_after=4000, range_shift=1)) as server:
        with pytest.raises(DownloadFailedError, match="another part"):
            download.fetch(wanted(server))
        server.range_shift, server.cut_after = 0, None
        assert download.fetch(wanted(server)).read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_no_file(download: Download, tmp_path: Path) -> None:
    with (
        serving(FileServer(CONTENT[::-1])) as server,
        pytest.raises(DownloadFailedError, match="not what was published"),
    ):
        download.fetch(wanted(server))
    assert not list((tmp_path / FOLDER).iterdir())


def test_a_file_longer_than_announced_is_not_taken(download: Download) -> None:
    with serving(FileServer(CONTENT * 2)) as server, pytest.raises(DownloadFailedError, match="larger"):
        download.fetch(wanted(server))


def test_what_lies_there_from_another_file_is_thrown_away(download: Download, tmp_path: Path) -> None:
    with serving(FileServer(CONTENT)) as server:
        one = wanted(server)
        part = tmp_path / FOLDER / f"{one.sha256[:16]}-voice.pth"
        part.parent.mkdir()
        part.write_bytes(b"x" * (len(CONTENT) + 5))
        assert download.fetch(one).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [404, 500])
def test_a_site_that_refuses_is_told_with_its_status(download: Download, status: int) -> None:
    with serving(FileServer(CONTENT, status=status)) as server, pytest.raises(DownloadFailedError, match=str(status)):
        download.fetch(wanted(server))


def test_nobody_there_is_told(download: Download) -> None:
    with serving(FileServer(CONTENT)) as server:
        gone = wanted(server)
    with pytest.raises(DownloadFailedError, match="ConnectError"):
        download.fetch(gone)


def test_a_site_that_sends_on_to_an_open_line_is_not_followed_there(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"Location": "http://mirror.example/voice.pth"})
        return httpx.Response(200, content=CONTENT)

    digest = hashlib.sha256(CONTENT).hexdigest()
    one = Downloadable("voice", "voice.pth", "https://models.example/voice.pth", len(CONTENT), digest)
    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(DownloadFailedError, match="https"),
    ):
        Download(client, tmp_path).fetch(one)


def test_our_own_list_can_be_read_and_the_operators_takes_its_place(tmp_path: Path) -> None:
    assert {"hubert", "rmvpe"} <= downloadables(tmp_path).keys()
    mine = OUR_LIST.read_text().replace("https://huggingface.co/", "https://mirror.example/")
    (tmp_path / "downloads.toml").write_text(mine)
    assert downloadables(tmp_path)["hubert"].url.startswith("https://mirror.example/")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('url = "http://elsewhere.example/x"', "https"),
        ("size = 0", "size"),
        ('sha256 = "abc"', "sha256"),
        ('file = "../x"', "file"),
        ("colour = 1", "colour"),
    ],
)
def test_a_wrong_entry_is_told_by_its_name(tmp_path: Path, line: str, why: str) -> None:
    key = line.split(" ")[0]
    plain = {"file": '"x.pt"', "url": '"https://a.example/x"', "size": "5", "sha256": f'"{"0" * 64}"'}
    text = "\n".join(f"{name} = {value}" for name, value in plain.items() if name != key)
    (tmp_path / "downloads.toml").write_text(f"[mine]\n{text}\n{line}\n")
    with pytest.raises(DownloadFailedError, match=f"mine: .*{why}"):
        downloadables(tmp_path)
