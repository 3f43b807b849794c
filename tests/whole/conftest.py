"""A fresh outside world and a fabric of this test's own, as programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fabric import Fabric, Person, running_fabric
from tests.support.sandbox import Sandbox, running_sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path / "world") as world:
        yield world


@pytest.fixture
def fabric(sandbox: Sandbox, tmp_path: Path) -> Iterator[Fabric]:
    with running_fabric(sandbox, tmp_path / "home") as running:
        yield running


@pytest.fixture
def person(sandbox: Sandbox, fabric: Fabric) -> Person:
    return Person(sandbox)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's test videos are made, each once."""
    return tmp_path_factory.mktemp("clips")
