"""A fresh outside world and a fabric of this test's own, as programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fabric import Fabric, Person, running_fabric
from tests.support.killing import Stage, Stages
from tests.support.sandbox import Sandbox, running_sandbox

PROCESSING_S = 0.3
"""How long the sites work on a video: long enough to be asked once too early."""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path / "world") as world:
        for site in ("youtube", "tiktok", "instagram"):
            world.post(f"{site}/settings", processing_s=PROCESSING_S)
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


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The world of the tests that kill, begun with the first of them."""
    these = Stages(tmp_path_factory.mktemp("stages"))
    yield these
    these.close()


@pytest.fixture
def stage(stages: Stages, request: pytest.FixtureRequest) -> Stage:
    """A product that runs, a connected channel, and nothing planned to fail."""
    return stages.next(request.session.testsfailed)
