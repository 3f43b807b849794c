"""Each planned fault does to a request what it says, to the chosen requests only, and survives a restart."""

import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.faultplan import BadRuleError, FaultPlan, rule_from_json
from sandbox.store import Store
from tests.sandbox.outside import CHUNK, Channel, channel, outside, random_bytes, reason, shared
from tests.support.sandbox import Sandbox

__all__ = ["channel", "outside", "shared"]
UPLOAD = {"service": "youtube", "method": "PUT", "path": "/upload/"}


def struck(rule: dict[str, Any], calls: int) -> list[int]:
    """Which of so many matching calls the rule fails."""
    counted, hits = rule_from_json("r", {"fault": "status", **rule}), []
    for call in range(1, calls + 1):
        counted.seen += 1
        if counted.strikes():
            counted.fired += 1
            hits.append(call)
    return hits


def test_a_rule_without_numbers_strikes_every_call() -> None:
    assert struck({}, 4) == [1, 2, 3, 4]


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 8), calls=st.integers(0, 10))
def test_nth_strikes_one_call(n: int, calls: int) -> None:
    assert struck({"nth": n}, calls) == [call for call in range(1, calls + 1) if call == n]


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 4), times=st.integers(1, 4), calls=st.integers(0, 10))
def test_times_strikes_so_many_from_the_nth_on(n: int, times: int, calls: int) -> None:
    assert struck({"nth": n, "times": times}, calls) == [c for c in range(1, calls + 1) if n <= c < n + times]


@settings(max_examples=50, deadline=None)
@given(every=st.integers(1, 5), calls=st.integers(0, 12))
def test_every_strikes_each_kth_call(every: int, calls: int) -> None:
    assert struck({"every": every}, calls) == [call for call in range(1, calls + 1) if call % every == 0]


@pytest.mark.parametrize(
    "rule",
    [
        [], {}, {"fault": "explode"}, {"fault": "cut", "service": "myspace"}, {"fault": "cut", "nth": 0},
        {"fault": "cut", "path": "("}, {"fault": "cut", "colour": "red"}, {"fault": "slow", "bytes_per_s": 0},
        {"fault": "slow", "shared": True}, {"fault": "slow", "bytes_per_s": 1, "shared": 1},
        {"fault": "cut", "bytes_per_s": 1, "shared": True},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(rule: Any) -> None:
    with pytest.raises(BadRuleError):
        rule_from_json("r", rule)


def test_rules_and_their_counts_survive_a_restart(tmp_path: Path) -> None:
    plan = FaultPlan(Store(tmp_path / "a.db"))
    plan.add({"fault": "status", "nth": 2, "service": "youtube"})
    assert plan.strike("youtube", "GET", "/youtube/x") is None
    again = FaultPlan(Store(tmp_path / "a.db"))
    assert again.strike("google", "GET", "/google/x") is None
    hit = again.strike("youtube", "GET", "/youtube/x")
    assert hit is not None
    assert hit.fired == 1


def test_status_answers_in_the_services_own_shape(outside: Sandbox, channel: Channel) -> None:
    outside.fault(service="youtube", fault="status", status=503, times=1)
    assert reason(channel.call("GET", "videos")) == (503, "backendError")
    assert channel.call("GET", "videos", params={"part": "id", "id": "x"}).status_code == 200


def test_status_can_have_a_body_of_its_own(outside: Sandbox) -> None:
    outside.fault(service="google", fault="status", status=400, body={"error": "invalid_grant"}, times=1)
    answer = outside.http.post("/google/oauth/token")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_rate_limit_says_when_to_come_back(outside: Sandbox) -> None:
    outside.fault(service="telegram", fault="rate_limit", retry_after=7)
    answer = outside.http.post("/telegram/bot1:x/getMe")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["parameters"] == {"retry_after": 7}


def test_html_answers_like_a_broken_proxy(outside: Sandbox, channel: Channel) -> None:
    outside.fault(service="youtube", fault="html")
    answer = channel.call("GET", "videos")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (502, "text/html")


def test_malformed_does_the_deed_and_tears_the_answer(outside: Sandbox, channel: Channel) -> None:
    outside.fault(**UPLOAD, fault="malformed")
    answer = channel.put(channel.session(4), b"abcd")
    with pytest.raises(ValueError):
        answer.json()
    assert len(channel.ledger()) == 1


def test_drop_before_closes_without_answer_and_without_effect(outside: Sandbox, channel: Channel) -> None:
    outside.fault(**UPLOAD, fault="drop_before")
    location = channel.session(4)
    with pytest.raises(httpx.TransportError):
        channel.put(location, b"abcd")
    assert channel.ledger() == []


def test_drop_after_closes_without_answer_and_the_effect_stays(outside: Sandbox, channel: Channel) -> None:
    outside.fault(**UPLOAD, fault="drop_after", times=1)
    location = channel.session(4)
    with pytest.raises(httpx.TransportError):
        channel.put(location, b"abcd")
    assert len(channel.ledger()) == 1
    assert channel.put(location, b"", "bytes */4").status_code == 201


def test_status_after_answers_an_error_and_the_effect_stays(outside: Sandbox, channel: Channel) -> None:
    outside.fault(**UPLOAD, fault="status_after", status=503, times=1)
    location = channel.session(4)
    assert channel.put(location, b"abcd").status_code == 503
    assert len(channel.ledger()) == 1


@pytest.mark.parametrize("kept", [1, 100_000, CHUNK, CHUNK + 1])
def test_cut_keeps_exactly_the_bytes_before_it(outside: Sandbox, channel: Channel, kept: int) -> None:
    content = random_bytes(2 * CHUNK)
    outside.fault(**UPLOAD, fault="cut", bytes=kept, times=1)
    location = channel.session(len(content))
    with pytest.raises(httpx.TransportError):
        channel.put(location, content)
    where = channel.put(location, b"", f"bytes */{len(content)}")
    assert (where.status_code, where.headers["Range"]) == (308, f"bytes=0-{kept - 1}")
    rest = channel.put(location, content[kept:], f"bytes {kept}-{len(content) - 1}/{len(content)}")
    assert rest.status_code == 201


def test_cut_of_a_message_that_needs_all_of_its_body_has_no_effect(outside: Sandbox) -> None:
    outside.fault(service="google", fault="cut", bytes=3)
    with pytest.raises(httpx.TransportError):
        outside.http.post("/google/oauth/token", data={"grant_type": "refresh_token"})


def test_slow_lets_the_bytes_through_at_the_given_rate(outside: Sandbox, channel: Channel) -> None:
    outside.fault(**UPLOAD, fault="slow", bytes_per_s=2_000_000)
    begun = time.monotonic()
    assert channel.put(channel.session(600_000), random_bytes(600_000)).status_code == 201
    assert time.monotonic() - begun >= 0.3


def test_requests_share_a_line_where_the_rule_says_so(outside: Sandbox, channel: Channel) -> None:
    outside.fault(service="youtube", fault="slow", bytes_per_s=2_000_000, shared=True)
    locations = [channel.session(600_000), channel.session(600_000)]
    content, answers = random_bytes(600_000), list[int]()
    threads = [
        threading.Thread(target=lambda at=at: answers.append(httpx.put(at, content=content, timeout=20).status_code))
        for at in locations
    ]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [201, 201]
    assert time.monotonic() - begun >= 0.5


def test_slow_can_wait_before_it_begins(outside: Sandbox, channel: Channel) -> None:
    outside.fault(service="youtube", method="GET", fault="slow", delay_s=0.2)
    begun = time.monotonic()
    assert channel.show("x") == {}
    assert time.monotonic() - begun >= 0.2


class Held:
    """A PUT in a thread of its own, until the rule holds it."""

    def __init__(self, channel: Channel, content: bytes, **rule: Any) -> None:
        self.sandbox, self.content, self.answers = channel.sandbox, content, list[int]()
        self.fault, self.location = self.sandbox.fault(**UPLOAD, **rule), channel.session(len(content))
        self.asking = threading.Thread(target=self._ask)
        self.asking.start()
        deadline = time.monotonic() + 10
        while not self.sandbox.holding(self.fault) and time.monotonic() < deadline:
            time.sleep(0.01)

    def _ask(self) -> None:
        try:
            self.answers.append(httpx.put(self.location, content=self.content, timeout=20).status_code)
        except httpx.TransportError:
            self.answers.append(0)

    def release(self) -> list[int]:
        """Let it go; its answer, 0 for a closed connection."""
        self.sandbox.release(self.fault)
        self.asking.join(10)
        return self.answers


def test_hold_does_nothing_until_it_is_released(channel: Channel) -> None:
    held = Held(channel, b"abcd", fault="hold")
    assert channel.ledger() == []
    assert (held.release(), len(channel.ledger())) == ([201], 1)


def test_hold_after_has_done_it_and_keeps_the_answer(channel: Channel) -> None:
    held = Held(channel, b"abcd", fault="hold_after")
    assert (held.answers, len(channel.ledger())) == ([], 1)
    assert held.release() == [201]


def test_hold_can_stand_in_the_middle_of_a_body(outside: Sandbox, channel: Channel) -> None:
    held = Held(channel, random_bytes(CHUNK), fault="hold", bytes=1000)
    stored = [line["stored"] for line in outside.get("youtube/sessions")["sessions"] if line["channel"] == channel.id]
    assert stored == [1000]
    assert held.release() == [201]


def test_a_second_connection_ends_the_first_that_still_hangs(channel: Channel) -> None:
    content = random_bytes(2 * CHUNK)
    held = Held(channel, content, fault="hold", bytes=1000, times=1)
    where = channel.put(held.location, b"", f"bytes */{len(content)}")
    assert where.headers["Range"] == "bytes=0-999"
    rest = channel.put(held.location, content[1000:], f"bytes 1000-{len(content) - 1}/{len(content)}")
    assert rest.status_code == 201
    assert held.release() == [0]
    assert [video["size"] for video in channel.ledger()] == [len(content)]


def test_the_control_routes_are_never_hit(outside: Sandbox) -> None:
    outside.fault(fault="drop_before")
    assert outside.get("health") == {"ok": True}


def test_removing_a_rule_ends_it(outside: Sandbox, channel: Channel) -> None:
    fault = outside.fault(service="youtube", fault="status", status=500)
    outside.http.delete(f"/control/faults/{fault}").raise_for_status()
    assert channel.call("GET", "videos", params={"part": "id", "id": "x"}).status_code == 200


def test_the_record_says_which_fault_a_request_met(outside: Sandbox, channel: Channel) -> None:
    outside.fault(**UPLOAD, fault="drop_after")
    before = outside.requests("youtube")[-1:]
    with pytest.raises(httpx.TransportError):
        channel.put(channel.session(4), b"abcd")
    last = outside.requests("youtube", after=before[0]["number"] if before else 0)[-1]
    assert (last["fault"], last["status"], last["body_bytes"]) == ("drop_after", None, 4)
