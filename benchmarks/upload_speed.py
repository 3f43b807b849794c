"""Upload throughput of our YouTube adapter beside Google's own client: the same file, the same server, one run.

    python -m benchmarks.upload_speed [--mb 300] [--rounds 5] [--server sandbox|sink] [--folder DIR]

The server is the sandbox's YouTube, or one that keeps nothing (`benchmarks.sink`) and so shows the clients' own cost;
both are on the same machine. The clients take turns. Ours is as the scheduler calls it: a file that was compared with
its SHA-256 when it was prepared, in the same process, is not compared again; one that was not (the process began since)
is compared while it is sent. Google's has three rows, by the size of a chunk: its default, 100 MB; -1, which its
documentation recommends for speed: everything in one request; and ours, for the same number of requests. CPU is this
process's alone, not the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from statistics import median
from typing import Any

from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.http import DEFAULT_CHUNK_SIZE, MediaFileUpload

from benchmarks.product import MB, machine, workplace
from platforms.base import Platform, VideoFile, VideoMeta
from platforms.known_files import stamp_of
from platforms.registry import load_platforms
from platforms.youtube.settings import YouTubeSettings
from tests.support.sandbox import running_sandbox

SCOPES = ("youtube.force-ssl", "youtube.upload")
WARM_UP = 8 * MB


@dataclass(frozen=True, slots=True)
class Run:
    """One upload: seconds by the clock, and of CPU."""

    wall_s: float
    cpu_s: float


def write_file(path: Path, size: int) -> VideoFile:
    """Random bytes; the server takes any."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for offset in range(0, size, 4 * MB):
            block = os.urandom(min(4 * MB, size - offset))
            digest.update(block)
            file.write(block)
    return VideoFile(path=path, size=size, sha256=digest.hexdigest(), duration_s=1, width=1080, height=1920)


class Ours:
    """Our adapter, as the scheduler calls it."""

    def __init__(self, api_url: str, token: str) -> None:
        settings = {"client_id": "benchmark", "client_secret": "benchmark", "api_url": api_url}
        self._youtube: Platform = load_platforms({"youtube": settings})["youtube"]
        self._token, self._count = token, 0

    async def upload(self, file: VideoFile) -> Run:
        self._count += 1
        meta = VideoMeta("Ours", "", (), "public", False, False, f"bench-{self._count}")

        async def on_progress(_: int) -> None:
            pass

        async def before_commit() -> None:
            pass

        began, cpu = time.monotonic(), time.process_time()
        session = await self._youtube.open_upload(self._token, file, meta)
        done = await self._youtube.transfer(
            self._token, session, file, on_progress=on_progress, before_commit=before_commit
        )
        run = Run(time.monotonic() - began, time.process_time() - cpu)
        await self._youtube.delete_video(self._token, done.video_id if done else "")
        return run

    async def close(self) -> None:
        await self._youtube.close()


class Googles:
    """google-api-python-client with its own discovery document; only the endpoint is another."""

    def __init__(self, api_url: str, token: str) -> None:
        stored = resources.files("googleapiclient") / "discovery_cache" / "documents" / "youtube.v3.json"
        document = json.loads(stored.read_text())
        document["rootUrl"] = document["baseUrl"] = f"{api_url}/"
        document.pop("mtlsRootUrl", None)
        self._youtube: Any = build_from_document(document, credentials=Credentials(token=token))

    def upload(self, file: VideoFile, chunk_size: int) -> Run:
        """Send the file in chunks of so many bytes; -1: all in one."""
        body = {"snippet": {"title": "Google's"}, "status": {"privacyStatus": "public"}}
        began, cpu = time.monotonic(), time.process_time()
        media = MediaFileUpload(str(file.path), mimetype="video/mp4", chunksize=chunk_size, resumable=True)
        request = self._youtube.videos().insert(part="snippet,status", body=body, media_body=media)
        answer = None
        while answer is None:
            _, answer = request.next_chunk()
        run = Run(time.monotonic() - began, time.process_time() - cpu)
        self._youtube.videos().delete(id=answer["id"]).execute()
        return run


Findings = dict[str, list[Run]]
"""The runs of each way, by what it is called in the table."""

PREPARED, UNSEEN = "ours, a prepared file", "ours, a file not seen yet"


async def measure(api_url: str, token: str, folder: Path, size: int, rounds: int) -> Findings:
    """Turn about, after one small upload each; every video is deleted again."""
    ours, googles = Ours(api_url, token), Googles(api_url, token)
    small, file = write_file(folder / "small.mp4", WARM_UP), write_file(folder / "big.mp4", size)
    chunks = {
        "Google's, 100 MB chunks": DEFAULT_CHUNK_SIZE,
        "Google's, one request": -1,
        "Google's, our chunks": YouTubeSettings("", "").chunk_size_for(size),
    }
    found: Findings = {name: [] for name in (PREPARED, UNSEEN, *chunks)}
    try:
        await ours.upload(small)
        googles.upload(small, DEFAULT_CHUNK_SIZE)
        for _ in range(rounds):
            file.path.touch()  # so nobody remembers it
            found[UNSEEN].append(await ours.upload(file))
            found[PREPARED].append(await ours.upload(replace(file, checked=stamp_of(file.path.stat()))))
            for name, chunk_size in chunks.items():
                found[name].append(googles.upload(file, chunk_size))
    finally:
        await ours.close()
    return found


def report(size: int, found: Findings) -> None:
    """The table, and our ratios to each of Google's rows: medians of MB/s."""
    speeds = {what: [size / MB / run.wall_s for run in runs] for what, runs in found.items()}
    print(f"{'':26s}  {'MB/s':>8s}   {'CPU s':>6s}   each run, MB/s")
    for what, runs in found.items():
        each = "  ".join(f"{speed:6.0f}" for speed in speeds[what])
        print(f"{what:26s}  {median(speeds[what]):8.0f}   {median(run.cpu_s for run in runs):6.2f}   {each}")
    for what in found:
        if what not in (PREPARED, UNSEEN):
            ratios = [median(speeds[ours]) / median(speeds[what]) for ours in (PREPARED, UNSEEN)]
            print(f"ours / {what:24s}  {ratios[0]:.2f} prepared, {ratios[1]:.2f} not seen yet")


@contextmanager
def running_sink() -> Iterator[str]:
    """The address of a server that keeps nothing."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


@contextmanager
def running_server(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Its API's address and an access token."""
    if name == "sink":
        with running_sink() as url:
            yield url, "nobody looks"
    else:
        with running_sandbox(folder / "world") as sandbox:
            yield f"{sandbox.url}/youtube", str(sandbox.tokens(*SCOPES)["access_token"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=300, help="size of the file in MB (a million bytes)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--server", choices=("sandbox", "sink"), default="sandbox")
    parser.add_argument("--folder", type=Path, help="where there is room (default: the folder for temporary files)")
    chosen = parser.parse_args()
    size = chosen.mb * 1_000_000
    print(machine())
    with (
        workplace(chosen.folder, 2 * size + 100 * MB) as folder,
        running_server(chosen.server, folder) as (api_url, token),
    ):
        report(size, asyncio.run(measure(api_url, token, folder, size, chosen.rounds)))


if __name__ == "__main__":
    main()
