"""Instagram accounts of each test's own in a running sandbox, and a small web server that gives videos away."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.support.sandbox import Sandbox, running_sandbox

REDIRECT = "http://127.0.0.1:9/callback"
BUSINESS = "instagram_business_"
INSTAGRAM_SCOPES = tuple(BUSINESS + name for name in ("basic", "content_publish", "manage_comments", "manage_insights"))
FACEBOOK_SCOPES = (
    "instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights",
    "instagram_manage_contents", "pages_show_list", "pages_read_engagement",
)  # fmt: skip
_NUMBERS = count(1)


@dataclass
class Person:
    """An account's owner at work with the API, through one of the two logins."""

    sandbox: Sandbox
    id: str
    login: str
    token: str

    @property
    def root(self) -> str:
        """The login's API host."""
        return "/instagram/graph/v26.0" if self.login == "instagram" else "/instagram/facebook/v26.0"

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.sandbox.http.get(f"{self.root}/{path}", params={"access_token": self.token, **query})

    def post(self, path: str, **form: Any) -> httpx.Response:
        return self.sandbox.http.post(f"{self.root}/{path}", data={"access_token": self.token, **form})

    def delete(self, path: str) -> httpx.Response:
        return self.sandbox.http.delete(f"{self.root}/{path}", params={"access_token": self.token})

    def make(self, **form: Any) -> httpx.Response:
        """A container for bytes to be uploaded."""
        return self.post(f"{self.id}/media", **{"media_type": "REELS", "upload_type": "resumable", **form})

    def put(
        self, uri: str, content: bytes, offset: int = 0, total: int | None = None, **headers: str
    ) -> httpx.Response:
        """Bytes to a container's uri."""
        size = offset + len(content) if total is None else total
        own = {"Authorization": f"OAuth {self.token}", "offset": str(offset), "file_size": str(size)}
        return self.sandbox.http.post(uri, content=content, headers={**own, **headers})

    def upload(self, content: bytes | None = None, **form: Any) -> str:
        """A container with all its bytes, processed; its id."""
        made = self.make(**form)
        assert made.status_code == 200, made.text
        sent = self.put(made.json()["uri"], random_bytes(1000) if content is None else content)
        assert sent.json() == {"success": True, "message": "Upload successful."}, sent.text
        self.sandbox.post(f"instagram/containers/{made.json()['id']}", processed=True)
        return str(made.json()["id"])

    def publish(self, container: str) -> httpx.Response:
        return self.post(f"{self.id}/media_publish", creation_id=container)

    def published(self, content: bytes | None = None, **form: Any) -> str:
        """A Reel that is out and can be read; its media id."""
        answer = self.publish(self.upload(content, **form))
        assert answer.status_code == 200, answer.text
        self.sandbox.advance(5)
        return str(answer.json()["id"])

    def fetched(self, container: str) -> None:
        """Wait for the server to have fetched the video, or to have given up; then it is processed."""
        for _ in range(500):
            [line] = self.sandbox.get("instagram/containers", account=self.id)["containers"]
            if line["file"] or line["error"]:
                break
            time.sleep(0.01)
        self.sandbox.post(f"instagram/containers/{container}", processed=True)

    def status(self, container: str) -> str:
        return str(self.get(container, fields="status_code").json()["status_code"])

    def ledger(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.sandbox.get("instagram/videos", channel=self.id, **query)["videos"])


def error(response: httpx.Response) -> tuple[int, int | None]:
    """(code, subcode), after a look at what every refusal has."""
    assert response.status_code == 400, response.text
    told = response.json()["error"]
    assert told["fbtrace_id"].startswith("A")
    assert isinstance(told["is_transient"], bool)
    return told["code"], told.get("error_subcode")


def random_bytes(size: int) -> bytes:
    """Other bytes at each call, the same in each run."""
    return Random(next(_NUMBERS)).randbytes(size)


def new_account(sandbox: Sandbox) -> str:
    """An account that nobody else uses; its Instagram user id."""
    account = f"178414{next(_NUMBERS):011d}"
    sandbox.post("instagram/accounts", {"id": account, "username": f"user{account[-6:]}"})
    return account


def authorize_url(sandbox: Sandbox, login: str, *scopes: str, **more: str) -> str:
    """The consent page's address."""
    info = sandbox.info()
    query = {"redirect_uri": REDIRECT, "response_type": "code", "scope": ",".join(scopes), "state": "S", **more}
    if login == "instagram":
        return f"{sandbox.url}/instagram/www/oauth/authorize?" + urlencode(
            {"client_id": info["instagram_client_id"], **query}
        )
    query = {"client_id": info["instagram_facebook_client_id"], **query}
    return f"{sandbox.url}/instagram/facebook-www/v26.0/dialog/oauth?{urlencode(query)}"


def code_for(sandbox: Sandbox, login: str, account: str, *scopes: str, **answer: Any) -> str:
    """The person says yes; the code."""
    body = {"url": authorize_url(sandbox, login, *scopes), "account": account, **answer}
    redirect = urlsplit(str(sandbox.post("instagram/consent", body)["redirect"]))
    return str(parse_qs(redirect.query)["code"][0])


def redeem(sandbox: Sandbox, login: str, code: str, /, **more: str) -> httpx.Response:
    """The code at the login's token endpoint."""
    info = sandbox.info()
    if login == "instagram":
        form = {"client_id": info["instagram_client_id"], "client_secret": info["instagram_client_secret"]}
        form |= {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code, **more}
        return sandbox.http.post("/instagram/api/oauth/access_token", data=form)
    query = {
        "client_id": info["instagram_facebook_client_id"],
        "client_secret": info["instagram_facebook_client_secret"],
    }
    query |= {"redirect_uri": REDIRECT, "code": code, **more}
    return sandbox.http.get("/instagram/facebook/v26.0/oauth/access_token", params=query)


def person(sandbox: Sandbox, login: str, *scopes: str, account: str | None = None) -> Person:
    """An account with a short-lived token of one of the logins (default: everything allowed)."""
    account = account or new_account(sandbox)
    wanted = scopes or (INSTAGRAM_SCOPES if login == "instagram" else FACEBOOK_SCOPES)
    answer = redeem(sandbox, login, code_for(sandbox, login, account, *wanted))
    assert answer.status_code == 200, answer.text
    return Person(sandbox, account, login, answer.json()["access_token"])


class Shelf:
    """A web server on loopback: what it shall answer by path, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.released = threading.Event()  # what answers with a header `wait` ends only then
        shelf = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shelf.asked.append((self.command, self.path))
                status, headers, body = shelf.files.get(self.path, (404, {"Content-Type": "text/html"}, b"no"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)
                if "wait" in headers:
                    shelf.released.wait(10)

            do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def put(self, path: str, body: bytes, headers: dict[str, str] | None = None, *, status: int = 200) -> str:
        """What a path gives; its address."""
        self.files[path] = (status, {"Content-Type": "video/mp4", **(headers or {})}, body)
        return self.url + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A shelf of this test's own."""
    made = Shelf()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One process for the whole file."""
    state: Path = tmp_path_factory.mktemp("instagram")
    with running_sandbox(state) as running:
        yield running


@pytest.fixture
def outside(shared: Sandbox) -> Iterator[Sandbox]:
    """The shared process, put back as it was afterwards."""
    before = shared.get("instagram/settings")
    yield shared
    shared.clear_faults()
    shared.post("clock", reset=True)
    shared.post("instagram/usage", clear=True)
    shared.post("instagram/settings", before)


@pytest.fixture
def facebook(outside: Sandbox) -> Person:
    """With Facebook Login."""
    return person(outside, "facebook")


@pytest.fixture
def instagram(outside: Sandbox) -> Person:
    """With Instagram Login."""
    return person(outside, "instagram")
