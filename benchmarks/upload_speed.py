"""Upload throughput of our YouTube adapter beside Google's own client: the same file, the same server, one run.

    python -m benchmarks.upload_speed [--mb 300] [--rounds 3] [--folder DIR]

The server is the sandbox's YouTube, on the same machine, so that the figures are the clients' cost and no network's.
Both send chunks of 8 MiB; they take turns. Ours also reads the file once before sending, to compare its SHA-256 with
what was approved; the row "without the check" leaves that time out. CPU is this process's alone, not the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from statistics import median
from typing import Any

from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.http import MediaFileUpload

from benchmarks.product import MB, machine, workplace
from platforms.base import Platform, VideoFile, VideoMeta
from platforms.registry import load_platforms
from platforms.youtube.settings import DEFAULT_CHUNK_SIZE
from tests.support.sandbox import Sandbox, running_sandbox

SCOPES = ("youtube.force-ssl", "youtube.upload")
WARM_UP = 8 * MB


@dataclass(frozen=True, slots=True)
class Run:
    """One upload: seconds by the clock, of them for checking the file, and of CPU."""

    wall_s: float
    check_s: float
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

    def __init__(self, sandbox: Sandbox, token: str) -> None:
        info = sandbox.info()
        settings = {
            "client_id": info["oauth_client_id"],
            "client_secret": info["oauth_client_secret"],
            "api_url": f"{sandbox.url}/youtube",
            "oauth_url": info["google_oauth_url"],
            "accounts_url": info["google_accounts_url"],
        }
        self._youtube: Platform = load_platforms({"youtube": settings})["youtube"]
        self._token, self._count = token, 0

    async def upload(self, file: VideoFile) -> Run:
        self._count += 1
        told: list[float] = []
        meta = VideoMeta("Ours", "", (), "public", False, False, f"bench-{self._count}")

        async def on_progress(_: int) -> None:
            told.append(time.monotonic())

        async def before_commit() -> None:
            pass

        began, cpu = time.monotonic(), time.process_time()
        session = await self._youtube.open_upload(self._token, file, meta)
        opened = time.monotonic()
        done = await self._youtube.transfer(
            self._token, session, file, on_progress=on_progress, before_commit=before_commit
        )
        run = Run(time.monotonic() - began, told[0] - opened, time.process_time() - cpu)
        await self._youtube.delete_video(self._token, done.video_id if done else "")
        return run

    async def close(self) -> None:
        await self._youtube.close()


class Googles:
    """google-api-python-client with its own discovery document; only the endpoint is another."""

    def __init__(self, sandbox: Sandbox, token: str) -> None:
        stored = resources.files("googleapiclient") / "discovery_cache" / "documents" / "youtube.v3.json"
        document = json.loads(stored.read_text())
        document["rootUrl"] = document["baseUrl"] = f"{sandbox.url}/youtube/"
        document.pop("mtlsRootUrl", None)
        self._youtube: Any = build_from_document(document, credentials=Credentials(token=token))

    def upload(self, file: VideoFile) -> Run:
        body = {"snippet": {"title": "Google's"}, "status": {"privacyStatus": "public"}}
        began, cpu = time.monotonic(), time.process_time()
        media = MediaFileUpload(str(file.path), mimetype="video/mp4", chunksize=DEFAULT_CHUNK_SIZE, resumable=True)
        request = self._youtube.videos().insert(part="snippet,status", body=body, media_body=media)
        answer = None
        while answer is None:
            _, answer = request.next_chunk()
        run = Run(time.monotonic() - began, 0.0, time.process_time() - cpu)
        self._youtube.videos().delete(id=answer["id"]).execute()
        return run


async def measure(sandbox: Sandbox, folder: Path, size: int, rounds: int) -> tuple[list[Run], list[Run]]:
    """Turn about, after one small upload each; every video is deleted again."""
    token = str(sandbox.tokens(*SCOPES)["access_token"])
    ours, googles = Ours(sandbox, token), Googles(sandbox, token)
    small, file = write_file(folder / "small.mp4", WARM_UP), write_file(folder / "big.mp4", size)
    found: tuple[list[Run], list[Run]] = ([], [])
    try:
        await ours.upload(small)
        googles.upload(small)
        for _ in range(rounds):
            found[0].append(await ours.upload(file))
            found[1].append(googles.upload(file))
    finally:
        await ours.close()
    return found


def report(size: int, ours: list[Run], googles: list[Run]) -> None:
    def row(what: str, runs: list[Run], seconds: Callable[[Run], float]) -> float:
        speeds = [size / MB / seconds(run) for run in runs]
        each = "  ".join(f"{speed:6.1f}" for speed in speeds)
        print(f"{what:24s}  {median(speeds):8.1f}   {median(run.cpu_s for run in runs):6.2f}   {each}")
        return median(speeds)

    print(f"{'':24s}  {'MB/s':>8s}   {'CPU s':>6s}   each run, MB/s")
    mine = row("ours", ours, lambda run: run.wall_s)
    unchecked = row("ours, without the check", ours, lambda run: run.wall_s - run.check_s)
    theirs = row("Google's client", googles, lambda run: run.wall_s)
    print(f"ours / Google's: {mine / theirs:.2f}, without the check of the file {unchecked / theirs:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=300, help="size of the file in MB (a million bytes)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where there is room (default: the folder for temporary files)")
    chosen = parser.parse_args()
    size = chosen.mb * 1_000_000
    print(machine())
    with workplace(chosen.folder, 2 * size + 100 * MB) as folder, running_sandbox(folder / "world") as sandbox:
        report(size, *asyncio.run(measure(sandbox, folder, size, chosen.rounds)))


if __name__ == "__main__":
    main()
