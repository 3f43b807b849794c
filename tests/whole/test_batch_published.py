"""A batch that was taken while the fabric was down goes out when it runs, with a card in the operator's chat."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import OPERATOR, Fabric, Person
from tests.support.sandbox import ROOT, Sandbox
from tests.support.story import CHANNEL, connect


@pytest.fixture
def fabric(sandbox: Sandbox, tmp_path: Path) -> Iterator[Fabric]:
    """An installation with a bot token, whose outside world is the sandbox."""
    info = sandbox.info()
    running = Fabric(
        sandbox,
        tmp_path / "home",
        FABRIC_BOT_TOKEN=info["bot_token"],
        FABRIC_ADMINS=str(OPERATOR),
        FABRIC_TELEGRAM_API_URL=info["telegram_api_url"],
        FABRIC_YOUTUBE_CLIENT_ID=info["oauth_client_id"],
        FABRIC_YOUTUBE_CLIENT_SECRET=info["oauth_client_secret"],
        FABRIC_YOUTUBE_API_URL=f"{sandbox.url}/youtube",
        FABRIC_GOOGLE_OAUTH_URL=info["google_oauth_url"],
        FABRIC_GOOGLE_ACCOUNTS_URL=info["google_accounts_url"],
    )
    running.start()
    yield running
    running.stop()


def take(fabric: Fabric, batch: Path) -> str:
    """Run the command as a shell would; what it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FABRIC_")}
    done = subprocess.run(
        [sys.executable, "-m", "app", "batch", str(batch)],
        cwd=ROOT,
        env=inherited | {"FABRIC_HOME": str(fabric.home), **fabric.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.long
def test_a_batch_goes_out_when_the_fabric_runs(sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path) -> None:
    sandbox.post("youtube/settings", processing_s=0.0)
    connect(person)
    batch = clips / "clips_metadata.json"
    file = spoken_clip(clips, 4, size=VERTICAL)
    batch.write_text(json.dumps([{"file": file.name, "title": "From a list", "accounts": [CHANNEL]}]))
    assert "Content Fabric is running" in take(fabric, batch)
    fabric.stop()
    assert "1. " + file.name + ": taken\n" in take(fabric, batch)
    assert "taken before" in take(fabric, batch)
    fabric.start()
    person.wait_text("From a list", "ublished")
    assert [video["title"] for video in sandbox.videos()] == ["From a list"]
