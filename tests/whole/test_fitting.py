"""What operators send is what phones and cameras make: it arrives at every site as a file that the site takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from media.fit import EVERYWHERE, Action, FitChoices, plan_fit
from media.probe import probe
from tests.support.fabric import Fabric, Person
from tests.support.odd_clips import FRAME_S, clicks, flashes, flashing
from tests.support.sandbox import Sandbox
from tests.support.story import connect, refreshed, send_clip, shows, step
from tests.whole.test_platforms import TIKTOK, approve_in, connect_instagram, connect_tiktok, ledger

X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-tag:v", "hvc1")


@pytest.mark.timeout(180)
async def test_a_lying_phone_clip_is_judged_padded_and_taken_by_all_three_sites(
    sandbox: Sandbox, fabric: Fabric, person: Person, tmp_path: Path
) -> None:
    sandbox.post("instagram/settings", processing_s=0.0)
    source = flashing(tmp_path / "phone.mov", *X265, size="640x360", seconds=4)
    connect(person)
    connect_tiktok(person)
    connect_instagram(person)
    card = send_clip(person, source, "From the phone", how="document")
    step(person, card, "Channels")
    for name in ("Morning Tales", TIKTOK, "Slow Trains"):
        if f"✅ {name}" not in str(refreshed(person, card)["keyboard"]):
            step(person, card, f"⬜ {name}")
            person.wait_for(shows(card["message_id"], f"✅ {name}"))
    step(person, card, "Done")
    judged = person.wait_for(
        lambda m: m["message_id"] == card["message_id"] and "landscape, so not a Short" in m["text"]
    )
    assert "HEVC becomes H.264" in judged["text"]

    step(person, card, "Frame", "9:16, blurred edges")
    person.wait_for(shows(card["message_id"], "✅ 9:16, blurred edges"))
    step(person, card, "Back")
    person.wait_for(lambda m: m["message_id"] == card["message_id"] and "padded to 640×1138" in m["text"])
    approve_in(person, card)
    for words in ("Published on YouTube", "Published on Instagram", "in your TikTok inbox"):
        person.wait_text("From the phone", words, after=card["message_id"])

    (sent,) = {ledger(sandbox, site)[0]["sha256"] for site in ("youtube", "tiktok", "instagram")}
    (video,) = sandbox.videos()
    arrived = tmp_path / "arrived.mp4"
    arrived.write_bytes(sandbox.http.get(f"/control/youtube/videos/{video['id']}/file").content)
    assert ledger(sandbox, "youtube")[0]["sha256"] == sent
    info = await probe(arrived)
    assert (info.require_video().width, info.require_video().height) == (640, 1138)
    assert plan_fit(info, EVERYWHERE, FitChoices()).action is Action.KEEP
    assert info.duration_s == pytest.approx(4, abs=0.1)
    assert flashes(arrived)[0] == pytest.approx(clicks(arrived)[0], abs=FRAME_S + 0.005)
