"""The process pool of the voice, as the settings want it."""

from __future__ import annotations

from app.scratch import scratch_folder
from app.settings import Settings
from storage.home import Home
from voice.pool import ProcessPool

GIB = 1 << 30


def open_pool(settings: Settings, home: Home, *, workers: int | None = None) -> ProcessPool:
    """`workers` instead of as many as the settings say. Close it afterwards."""
    scratch = scratch_folder(home)
    scratch.mkdir(mode=0o700, exist_ok=True)
    return ProcessPool(
        workers or settings.voice_workers,
        device=settings.voice_device,
        memory_bytes=round(settings.voice_memory_gb * GIB),
        scratch_folder=scratch,
    )
