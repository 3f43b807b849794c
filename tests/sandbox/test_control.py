"""The sandbox as a program: one line, one port, this machine only, and controls that refuse nonsense."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.outside import Channel, channel, outside, random_bytes, shared
from tests.support.sandbox import ROOT, Sandbox, running_sandbox

__all__ = ["channel", "outside", "shared"]


def test_it_says_where_it_is_in_one_line_and_stops_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        rest = process.communicate(timeout=10)[0]
    assert line.startswith("The sandbox is at http://127.0.0.1:")
    assert (rest, process.returncode) == ("", 0)


def test_two_sandboxes_do_not_share_a_folder(outside: Sandbox) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(outside.state)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    assert "Another sandbox" in second.stderr


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "sandbox", "--port", port, "--state", str(tmp_path)]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    assert f"Cannot listen at 127.0.0.1:{port}" in second.stderr


def test_it_stops_at_once_though_a_request_is_held(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as running:
        running.fault(service="youtube", fault="hold")
        with socket.create_connection(("127.0.0.1", running.port)) as waiting:
            waiting.sendall(b"GET /youtube/x HTTP/1.1\r\nHost: x\r\n\r\n")
            assert running.stop() == 0


def test_everything_survives_kill_nine(outside: Sandbox, channel: Channel) -> None:
    outside.advance(600)
    outside.post("youtube/settings", processing_s=3600.0)  # however long the start takes, it is not over by then
    fault = outside.fault(service="telegram", fault="status", status=500)
    channel.upload()
    before = (channel.ledger(), outside.get("clock")["offset_s"], outside.get("google/channels"))
    outside.kill9()
    outside.start()
    assert (channel.ledger(), outside.get("clock")["offset_s"], outside.get("google/channels")) == before
    assert [rule["id"] for rule in outside.get("faults")["faults"]] == [fault]


def test_info_says_what_a_client_needs(outside: Sandbox) -> None:
    info = outside.info()
    assert info["youtube_api_url"] == f"{outside.url}/youtube"
    assert info["google_oauth_url"] == f"{outside.url}/google/oauth"
    assert info["oauth_client_id"] == "sandbox-client.apps.example"


def test_secrets_are_not_in_the_record(outside: Sandbox, channel: Channel) -> None:
    location = channel.session(3)
    channel.put(location, b"abc")
    outside.http.put(location, headers=channel.headers)
    record = str(outside.requests("youtube"))
    assert channel.access_token not in record
    assert location.rpartition("upload_id=")[2] not in record
    assert "PUT" in record


def test_the_record_has_the_size_of_a_streamed_body(outside: Sandbox, channel: Channel) -> None:
    content = random_bytes(300_000)
    channel.upload(content)
    last = outside.requests("youtube")[-1]
    assert (last["method"], last["body_bytes"], last["status"]) == ("PUT", 300_000, 201)
    assert last["body_bytes"] == channel.ledger()[0]["size"]


def test_the_record_can_be_cleared(outside: Sandbox, channel: Channel) -> None:
    channel.show("x")
    outside.http.delete("/control/requests")
    assert outside.requests("youtube") == []


def test_the_file_can_be_read_in_ranges(outside: Sandbox, channel: Channel) -> None:
    content = random_bytes(1000)
    channel.upload(content)
    answer = outside.http.get(channel.ledger()[0]["file_url"], headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (206, content[10:20], "video/mp4")


def test_the_numbers_of_a_video_can_be_set(outside: Sandbox, channel: Channel) -> None:
    video_id = channel.upload()["id"]
    outside.post(f"youtube/videos/{video_id}", statistics={"viewCount": 12345})
    assert channel.show(video_id, "statistics")["statistics"]["viewCount"] == "12345"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {}), ("clock", {"advance_s": "soon"}), ("clock", {"set": "2026-01-01T00:00:00"}), ("clock", []),
        ("faults", {"fault": "explode"}), ("youtube/settings", {"colour": 1}),
        ("youtube/settings", {"final_status": 202}),
        ("youtube/settings", {"next_outcomes": [{"uploadStatus": "lost"}]}), ("google/settings", {"publishing": "yes"}),
        ("youtube/quota", {"used": {"coffee": 1}}), ("youtube/sessions/kill", {"status": 200}), ("google/channels", {}),
        ("google/consent", {"url": "nonsense"}),
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_a_sentence(outside: Sandbox, path: str, body: Any) -> None:
    answer = outside.http.post(f"/control/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["youtube/videos/nothere", "youtube/videos/nothere/file"])
def test_what_is_not_there_is_404(outside: Sandbox, path: str) -> None:
    assert outside.http.get(f"/control/{path}").status_code == 404
