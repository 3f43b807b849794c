"""Memory while the largest files go to TikTok (4 GB) and Instagram (300 MB), by the adapters that the scheduler calls.

    python -m benchmarks.large_files [--tiktok-mb 4000] [--instagram-mb 300] [--folder DIR]

Each site has a process of its own, which holds its adapter and nothing else. The server is the sandbox, another
process, which stores every byte and tells the SHA-256 of the whole. The file has holes instead of data: it takes no
room and is read as zeros, which costs the adapter the same. Memory is resident memory, sampled every 50 ms, beside the
kernel's own peak; idle is after the consent, before any upload. The aim: at most 40 MB over idle.
Needs as much room on the disk as the larger file has.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.processes import MemoryWatch, settled_mb
from benchmarks.product import MB, machine, workplace
from platforms.base import Platform, UploadSession, VideoFile, VideoMeta
from platforms.errors import NotReadyError
from platforms.registry import load_platforms
from tests.platforms.sandbox_process import running_sandbox
from tests.scheduler.outside import Control, settings_of, sign_in

AIM_MB = 40
PROFILE = {"tiktok": {"chunk_size": "", "largest_single": ""}, "instagram": {}}
"""The chunks are the product's own, not the tests' small ones."""
ROW = "{:10s}  {:>9s}  {:>9s}  {:>9s}  {:>9s}  {:>9s}"


def zeros(path: Path, size: int) -> VideoFile:
    """A file of `size` bytes that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    digest, block = hashlib.sha256(), bytes(4 * MB)
    for offset in range(0, size, len(block)):
        digest.update(block[: size - offset])
    return VideoFile(path, size, digest.hexdigest(), duration_s=20.0, width=1080, height=1920, fps=30.0)


async def send(site: Platform, token: str, file: VideoFile) -> UploadSession:
    """Bring one file to its end, as the stages of a task do."""
    options = {"privacy_level": "PUBLIC_TO_EVERYONE"} if site.name == "tiktok" else {}
    meta = VideoMeta(f"Large {file.size}", "", (), "public", False, False, f"large-{file.size}", options=options)

    async def on_progress(_: int) -> None:
        pass

    async def before_commit() -> None:
        pass

    session = await site.open_upload(token, file, meta)
    await site.transfer(token, session, file, on_progress=on_progress, before_commit=before_commit)
    published = not site.capabilities.separate_publish
    while not published:
        try:
            published = await site.publish(token, session, meta) is not None
        except NotReadyError:
            await asyncio.sleep(0.5)
    return session


async def measure(name: str, url: str, folder: Path, size: int) -> None:
    """One site's row of the table."""
    control = Control(url)
    control.reset()
    site = load_platforms({name: settings_of(name, control.get("/info")) | PROFILE[name]})[name]
    token = (await sign_in(site, control)).access_token
    file = zeros(folder / f"{name}.mp4", size)
    idle = settled_mb(os.getpid())
    began = time.monotonic()
    with MemoryWatch(os.getpid()) as watch:
        await send(site, token, file)
    took_s = time.monotonic() - began
    await site.close()
    (stored,) = [each for each in control.get(f"/{name}/videos")["videos"] if each["title"] == f"Large {size}"]
    if (stored["sha256"], stored["size"]) != (file.sha256, file.size):
        raise RuntimeError("what the site holds is not what was sent")
    over = watch.peaks.kernel - idle
    numbers = (
        f"{size / 1e6:.0f}",
        f"{idle:.1f}",
        f"{watch.peaks.kernel:.1f}",
        f"{over:+.1f}",
        f"{size / MB / took_s:.0f}",
    )
    print(ROW.format(name, *numbers), "" if over <= AIM_MB else "MISSED", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiktok-mb", type=int, default=4000, help="size of TikTok's file in MB (a million bytes)")
    parser.add_argument("--instagram-mb", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="where there is room (default: the folder for temporary files)")
    parser.add_argument("--site", nargs=4, help=argparse.SUPPRESS)  # name, url, folder, size: the measured process
    chosen = parser.parse_args()
    if chosen.site is not None:
        name, url, folder, size = chosen.site
        asyncio.run(measure(name, url, Path(folder), int(size)))
        return
    print(machine())
    print(ROW.format("", "MB (10^6)", "idle, MB", "peak, MB", "over idle", "MB/s"), flush=True)
    sizes = {"tiktok": chosen.tiktok_mb * 1_000_000, "instagram": chosen.instagram_mb * 1_000_000}
    with workplace(chosen.folder, sum(sizes.values()) + 100 * MB) as folder, running_sandbox(folder / "world") as url:
        for name, size in sizes.items():
            arguments = ["--site", name, url, str(folder), str(size)]
            subprocess.run([sys.executable, "-m", "benchmarks.large_files", *arguments], check=True)


if __name__ == "__main__":
    main()
