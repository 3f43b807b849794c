"""Other web sites in the same browser cannot use the sandbox."""

import pytest

from sandbox.visitors import is_foreign
from tests.sandbox.outside import outside, shared
from tests.support.sandbox import Sandbox

__all__ = ["outside", "shared"]


def test_a_page_of_another_site_cannot_speak_as_the_operator(outside: Sandbox) -> None:
    body = {"user": 1001, "text": "/start"}
    for origin in ("https://evil.example", "null"):
        answer = outside.http.post("/control/telegram/message", json=body, headers={"Origin": origin})
        assert answer.status_code == 403
    own = str(outside.http.base_url).rstrip("/")
    assert outside.http.post("/control/telegram/message", json=body, headers={"Origin": own}).is_success


def test_a_name_that_was_pointed_at_this_machine_reads_nothing(outside: Sandbox) -> None:
    assert outside.http.get("/control/info", headers={"Host": "evil.example:8700"}).status_code == 403
    assert outside.http.get("/control/info", headers={"Host": "localhost:8700"}).is_success


@pytest.mark.parametrize(
    ("origin", "host", "is_private", "foreign"),
    [
        (None, "127.0.0.1:8700", True, False),
        ("http://[::1]:8700", "[::1]:8700", True, False),
        ("http://127.0.0.1:3000", "127.0.0.1:8700", True, True),
        (None, "192.168.1.7:8700", False, False),
        ("http://192.168.1.7:8700", "192.168.1.7:8700", False, False),
        ("https://evil.example", "192.168.1.7:8700", False, True),
    ],
)
def test_only_the_sandboxs_own_origin_is_at_home(
    origin: str | None, host: str, is_private: bool, foreign: bool
) -> None:
    assert is_foreign(origin, host, is_private=is_private) is foreign
