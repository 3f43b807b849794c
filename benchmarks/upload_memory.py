"""Memory of the running product while a video of 2 GB goes from the chat to the site.

    python -m benchmarks.upload_memory [--mb 2000] [--folder DIR]

The whole product, as programs: the clip is sent to the sandbox's Telegram in local mode and published, in its original
voice, to the sandbox's YouTube. Memory is resident memory of the `app run` process alone, every 50 ms, beside the
kernel's own peak, and of all its children together (the probe). The aim: at most 40 MB over idle.
Needs three times the video's size on the disk of `--folder` (the source, Telegram's copy, YouTube's).
"""

from __future__ import annotations

import argparse
import hashlib
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.processes import MemoryWatch, Peaks, cpu_s, settled_mb
from benchmarks.product import MB, Product, machine, padded_clip, running_product, workplace
from tests.support.story import approve_now, choose, connect, published, send_clip

AIM_MB = 40
SPARE = 300 * MB


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish(product: Product, path: Path, title: str) -> None:
    """From the chat to the site."""
    card = choose(product.person, send_clip(product.person, path, title), voice="Original")
    approve_now(product.person, card)
    published(product.person, card)


def sending_s(product: Product, video: dict[str, Any]) -> float:
    """From the arrival of the first chunk's request at the site to the video's existence."""
    puts = [each for each in product.sandbox.requests("youtube") if each["method"] == "PUT"]
    first = [each for each in puts if each["headers"].get("Content-Range", "").startswith("bytes 0-")][-1]
    return (datetime.fromisoformat(video["uploaded_at"]) - datetime.fromisoformat(first["at"])).total_seconds()


def line(what: str, own: float, idle: float, peaks: Peaks | None = None) -> str:
    """A row of the table; peaks of the children and of the kernel's count where there are any."""
    more = f"{peaks.kernel:9.1f}  {peaks.kernel - idle:+9.1f}  {peaks.children:9.1f}" if peaks else ""
    return f"{what:34s}  {own:9.1f}  {more}"


def measure(folder: Path, size: int) -> None:
    """One upload, and its table."""
    source = padded_clip(folder, "big.mp4", size)
    digest = sha256_of(source)
    with running_product(folder, local=True) as product:
        fresh = settled_mb(product.pid)
        product.person.wait_text("Welcome", after=product.person.say("/start"))
        spoken = settled_mb(product.pid)
        connect(product.person)
        publish(product, padded_clip(folder, "small.mp4", 1 * MB), "A small clip")
        used = settled_mb(product.pid)
        with MemoryWatch(product.pid) as receiving:
            card = send_clip(product.person, source, "A big clip")
        card = choose(product.person, card, voice="Original")
        began, cpu = time.monotonic(), cpu_s(product.pid)
        with MemoryWatch(product.pid) as uploading:
            approve_now(product.person, card)
            published(product.person, card)
        took_s, cpu = time.monotonic() - began, cpu_s(product.pid) - cpu
        after = settled_mb(product.pid)
        _, video = product.sandbox.videos()
        sent_s = sending_s(product, video)
    if (video["sha256"], video["size"]) != (digest, size):
        raise RuntimeError("what the site holds is not what was sent")

    print(f"resident memory, MB{'':15s}  {'sampled':>9s}  {'peak':>9s}  {'over idle':>9s}  {'children':>9s}")
    print(line("idle, before any message", fresh, fresh))
    print(line("idle, after /start", spoken, fresh))
    print(line("idle, after a clip of 1 MB", used, fresh))
    print(line("peak while receiving the clip", receiving.peaks.own, fresh, receiving.peaks))
    print(line("peak from approval to the link", uploading.peaks.own, fresh, uploading.peaks))
    print(line("idle again", after, fresh))
    over = max(receiving.peaks.kernel, uploading.peaks.kernel) - fresh
    verdict = "kept" if over <= AIM_MB else "MISSED"
    print(f"peak over idle: {over:.1f} MB over the untouched process (aim: {AIM_MB}): {verdict}")
    print(f"                {over + fresh - used:.1f} MB over the one that has published a small clip before")
    print(
        f"bytes on the wire: {size / MB / sent_s:.0f} MB/s; approval to link: {took_s:.1f} s, {cpu:.1f} s of them CPU"
    )
    print(f"samples: {uploading.peaks.samples}; the site's SHA-256 of {size:,} bytes is the source's")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=2000, help="size of the video in MB (a million bytes)")
    parser.add_argument("--folder", type=Path, help="where there is room (default: the folder for temporary files)")
    chosen = parser.parse_args()
    size = chosen.mb * 1_000_000
    print(machine())
    with workplace(chosen.folder, 3 * size + SPARE) as folder:
        measure(folder, size)


if __name__ == "__main__":
    main()
