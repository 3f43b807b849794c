"""A creator of each test's own in the sandbox's TikTok, with the calls that a client makes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.sandbox.outside import random_bytes
from tests.support.sandbox import Sandbox, running_sandbox

MIB5 = 5_242_880
PUBLIC, PRIVATE = "PUBLIC_TO_EVERYONE", "SELF_ONLY"
REDIRECT = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 43
SCOPES = "user.info.basic,video.publish,video.upload,video.list"
_NUMBERS = count(1)


@dataclass
class Creator:
    """One creator whose permission a client has."""

    sandbox: Sandbox
    id: str
    tokens: dict[str, Any]

    def call(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """POST below /v2/ with the access token."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}", **options.pop("headers", {})}
        body = {} if body is None else body
        return self.sandbox.http.post(f"/tiktok/api/v2/{path}", json=body, headers=headers, **options)

    def init(self, size: int = 1000, chunk: int | None = None, number: int = 1, **info: Any) -> httpx.Response:
        """A direct post."""
        post_info = {"title": "A story", "privacy_level": PUBLIC, **info}
        return self.call(
            "post/publish/video/init/", {"post_info": post_info, "source_info": source(size, chunk, number)}
        )

    def inbox(self, size: int = 1000, chunk: int | None = None, number: int = 1) -> httpx.Response:
        """A draft."""
        return self.call("post/publish/inbox/video/init/", {"source_info": source(size, chunk, number)})

    def put(self, url: str, content: bytes, first: int = 0, total: int | None = None, **headers: str) -> httpx.Response:
        """One chunk."""
        size = len(content) if total is None else total
        headers = {
            "Content-Type": "video/mp4",
            "Content-Range": f"bytes {first}-{first + len(content) - 1}/{size}",
            **headers,
        }
        return self.sandbox.http.put(url, content=content, headers=headers)

    def publish(self, content: bytes | None = None, *, inbox: bool = False, **info: Any) -> str:
        """A whole small post; its publish_id."""
        content = random_bytes(1000) if content is None else content
        begun = data(self.inbox(len(content)) if inbox else self.init(len(content), **info))
        assert self.put(begun["upload_url"], content).status_code == 201
        return str(begun["publish_id"])

    def status(self, publish_id: str) -> dict[str, Any]:
        """status/fetch."""
        return data(self.call("post/publish/status/fetch/", {"publish_id": publish_id}))

    def ledger(self, **query: Any) -> list[dict[str, Any]]:
        """What the creator has posted."""
        return list(self.sandbox.get("tiktok/videos", creator=self.id, **query)["videos"])

    def change(self, **fields: Any) -> None:
        """Another kind of account."""
        self.sandbox.post("tiktok/creators", {"id": self.id, **fields})


def source(size: int, chunk: int | None = None, number: int = 1) -> dict[str, Any]:
    """source_info of an upload; one chunk unless said otherwise."""
    return {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": size if chunk is None else chunk,
        "total_chunk_count": number,
    }


def data(answer: httpx.Response) -> dict[str, Any]:
    """The data of an answer that is a success."""
    body = answer.json()
    assert (answer.status_code, body["error"]["code"]) == (200, "ok"), answer.text
    assert body["error"]["log_id"]
    return dict(body["data"])


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """(HTTP status, error.code); every refusal has a log_id and no data."""
    body = answer.json()
    assert body["data"] == {}
    assert body["error"]["log_id"]
    return answer.status_code, body["error"]["code"]


def authorize_url(sandbox: Sandbox, **changes: str | None) -> str:
    """A desktop client's authorize address; None leaves a parameter out."""
    info = sandbox.info()
    query = {
        "client_key": info["tiktok_client_key"],
        "response_type": "code",
        "scope": SCOPES,
        "redirect_uri": REDIRECT,
        "state": "a state",
        "code_challenge": hashlib.sha256(VERIFIER.encode()).hexdigest(),
        "code_challenge_method": "S256",
        **changes,
    }
    given = {name: value for name, value in query.items() if value is not None}
    return f"{info['tiktok_auth_url']}/v2/auth/authorize/?{urlencode(given)}"


def consented(sandbox: Sandbox, url: str, **answer: Any) -> dict[str, str]:
    """What the callback is told."""
    redirect = sandbox.post("tiktok/consent", {"url": url, **answer})["redirect"]
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}


def token_form(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    """A form for /v2/oauth/token/."""
    info = sandbox.info()
    return {
        "client_key": info["tiktok_client_key"],
        "client_secret": info["tiktok_client_secret"],
        "grant_type": "authorization_code",
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        **changes,
    }


def ask_tokens(sandbox: Sandbox, form: dict[str, str]) -> httpx.Response:
    """POST /v2/oauth/token/."""
    return sandbox.http.post("/tiktok/api/v2/oauth/token/", data=form)


def new_creator(sandbox: Sandbox, *, client: str = "tiktok_client", scopes: str = SCOPES, **fields: Any) -> Creator:
    """A creator that nobody else uses. `client`: tiktok_client, or tiktok_unaudited_client."""
    name = f"creator{next(_NUMBERS):04d}"
    sandbox.post("tiktok/creators", {"id": name, "username": name, "nickname": f"Creator {name[-2:]}", **fields})
    info = sandbox.info()
    key, secret = info[f"{client}_key"], info[f"{client}_secret"]
    code = consented(sandbox, authorize_url(sandbox, client_key=key, scope=scopes), creator=name)["code"]
    answer = ask_tokens(sandbox, token_form(sandbox, client_key=key, client_secret=secret, code=code))
    return Creator(sandbox, name, answer.raise_for_status().json())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One process for the whole file."""
    state: Path = tmp_path_factory.mktemp("tiktok")
    with running_sandbox(state) as running:
        yield running


@pytest.fixture
def outside(shared: Sandbox) -> Iterator[Sandbox]:
    """The shared process, put back as it was afterwards."""
    before = shared.get("tiktok/settings")
    yield shared
    shared.clear_faults()
    shared.post("clock", reset=True)
    shared.post("tiktok/windows/clear")
    shared.post("tiktok/settings", before)


@pytest.fixture
def creator(outside: Sandbox) -> Creator:
    """A creator of this test's own."""
    return new_creator(outside)
