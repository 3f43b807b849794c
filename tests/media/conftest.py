from __future__ import annotations

from pathlib import Path

import pytest

from media.ffmpeg import Ffmpeg


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which each test clip is made once."""
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def ffmpeg() -> Ffmpeg:
    return Ffmpeg.locate()
