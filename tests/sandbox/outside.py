"""A running sandbox shared by a test file, and a channel of each test's own in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.support.sandbox import Sandbox, running_sandbox

CHUNK = 262_144
_NUMBERS = count(1)


@dataclass
class Channel:
    """One channel's owner at work with the API."""

    sandbox: Sandbox
    id: str
    access_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    def call(self, verb: str, path: str, **options: Any) -> httpx.Response:
        """An API call below /youtube/v3."""
        return self.sandbox.http.request(verb, f"/youtube/youtube/v3/{path}", headers=self.headers, **options)

    def begin(
        self, size: int | None, body: Any = None, *, part: str = "snippet,status", **headers: str
    ) -> httpx.Response:
        """Start a resumable session."""
        announced = {} if size is None else {"X-Upload-Content-Length": str(size)}
        return self.sandbox.http.post(
            "/youtube/upload/youtube/v3/videos",
            params={"uploadType": "resumable", "part": part},
            headers={**self.headers, "X-Upload-Content-Type": "video/mp4", **announced, **headers},
            json=metadata() if body is None else body,
        )

    def session(self, size: int | None, **options: Any) -> str:
        """The session's URI."""
        response = self.begin(size, **options)
        assert response.status_code == 200, response.text
        return response.headers["Location"]

    def put(self, location: str, content: bytes, content_range: str | None = None) -> httpx.Response:
        """One PUT to a session."""
        headers = {"Content-Range": content_range} if content_range else {}
        return self.sandbox.http.put(location, content=content, headers=headers)

    def upload(self, content: bytes | None = None, body: Any = None, **options: Any) -> dict[str, Any]:
        """A whole video; the resource."""
        content = random_bytes(1000) if content is None else content
        response = self.put(self.session(len(content), body=body, **options), content)
        assert response.status_code == 201, response.text
        return dict(response.json())

    def show(self, video_id: str, part: str = "snippet,status") -> dict[str, Any]:
        """videos.list of one id."""
        items = self.call("GET", "videos", params={"part": part, "id": video_id}).raise_for_status().json()["items"]
        return dict(items[0]) if items else {}

    def ledger(self, **query: Any) -> list[dict[str, Any]]:
        """What the channel has published."""
        return self.sandbox.videos(channel=self.id, **query)


def metadata(title: str = "A story", **status: Any) -> dict[str, Any]:
    """A plain video body."""
    return {"snippet": {"title": title}, "status": {"privacyStatus": "private", **status}}


def random_bytes(size: int) -> bytes:
    """Other bytes at each call, the same in each run."""
    return Random(next(_NUMBERS)).randbytes(size)


def new_person(sandbox: Sandbox) -> str:
    """The id of a channel that nobody else uses, and whose owner has consented to nothing yet."""
    channel_id = f"UC{next(_NUMBERS):022d}"
    sandbox.post("google/channels", {"id": channel_id, "title": f"Channel {channel_id[-3:]}"})
    return channel_id


def new_channel(sandbox: Sandbox, *scopes: str) -> Channel:
    """A channel that nobody else uses, with tokens for the scopes (default youtube.force-ssl)."""
    channel_id = new_person(sandbox)
    return Channel(sandbox, channel_id, sandbox.tokens(*scopes, channel=channel_id)["access_token"])


def reason(response: httpx.Response) -> tuple[int, str]:
    """(HTTP status, errors[0].reason)."""
    return response.status_code, response.json()["error"]["errors"][0]["reason"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One process for the whole file."""
    state: Path = tmp_path_factory.mktemp("outside")
    with running_sandbox(state) as running:
        yield running


@pytest.fixture
def outside(shared: Sandbox) -> Iterator[Sandbox]:
    """The shared process, put back as it was afterwards."""
    before = {name: shared.get(f"{name}/settings") for name in ("youtube", "google")}
    yield shared
    shared.clear_faults()
    shared.post("clock", reset=True)
    shared.post("youtube/quota", clear=True)
    for name, settings in before.items():
        shared.post(f"{name}/settings", settings)


@pytest.fixture
def channel(outside: Sandbox) -> Channel:
    """A channel of this test's own."""
    return new_channel(outside)
