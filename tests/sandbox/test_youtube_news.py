"""Whoever watches hears of a video as it comes and as time changes it."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.world import World
from sandbox.youtube.library import Library
from sandbox.youtube.metadata import default_status


async def test_upload_processing_publication_and_deletion_are_told_once_each(tmp_path: Path) -> None:
    world = World(tmp_path, "http://127.0.0.1:8700")
    library, video_id = Library(world), "abcdefghijk"
    due = (world.clock.now() + timedelta(seconds=60)).isoformat()
    status = {**default_status(), "privacyStatus": "private", "publishAt": due}
    parts: dict[str, Any] = {"snippet": {"title": "x", "description": ""}, "status": status}
    library.path(video_id).write_bytes(b"abc")
    with world.events.subscribe() as news:
        library.add(
            video_id,
            channel="UC",
            client_id="c",
            parts=parts,
            file={"name": "x", "size": 3, "sha256": "0", "type": "video/mp4"},
        )
        for seconds in (0, 0, 3, 0, 60):
            world.clock.advance(timedelta(seconds=seconds))
            library.announce()
        video = library.get(video_id)
        assert video is not None
        library.delete(video)
        library.announce()
        told = [await asyncio.wait_for(anext(news), 1) for _ in range(4)]
    assert [(event.data["upload_status"], event.data["privacy"]) for event in told] == [
        ("uploaded", "private"),
        ("processed", "private"),
        ("processed", "public"),
        ("deleted", "public"),
    ]
