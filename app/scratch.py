"""Where conversions work."""

from __future__ import annotations

from pathlib import Path

from storage.home import Home


def scratch_folder(home: Home) -> Path:
    """On the disk of the renders, so that a result is moved and not copied."""
    return home.path / "scratch"
