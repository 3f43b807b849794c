"""A permission that is taken back at TikTok or Instagram holds the post until the account is connected again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.fabric import Fabric, Person, find_button
from tests.support.killing import eventually
from tests.support.sandbox import Sandbox
from tests.support.story import refreshed, send_clip, step
from tests.whole.test_platforms import INSTAGRAM, TIKTOK, clip, connect_instagram, connect_tiktok, ledger


def people(sandbox: Sandbox, site: str) -> dict[str, Any]:
    """Whom the site's consent is given for, and whose permission is taken back."""
    if site == "tiktok":
        (found,) = [each["id"] for each in sandbox.info()["tiktok_creators"] if each["nickname"] == TIKTOK]
        return {"agree": {"creator": found}, "revoke": {"creator": found}}
    (found,) = [each["id"] for each in sandbox.info()["instagram_accounts"] if each["name"] == INSTAGRAM]
    return {"agree": {"accounts": [found]}, "revoke": {"account": found}}


@pytest.mark.parametrize(("site", "title"), [("tiktok", "TikTok"), ("instagram", "Instagram")])
def test_a_revoked_permission_holds_the_post_until_the_account_is_connected_again(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path, site: str, title: str
) -> None:
    sandbox.post("instagram/settings", processing_s=0.0)
    (connect_tiktok if site == "tiktok" else connect_instagram)(person)
    who = people(sandbox, site)
    card = send_clip(person, clip(clips), "Patience")
    step(person, card, "Voice", "Original")
    sandbox.post(f"{site}/revoke", **who["revoke"])
    step(person, card, "Time", "Right after approval", "Approve")
    told = person.wait_text(f"({title}) no longer lets me in. Its posts wait", after=card["message_id"])
    held = "Connect this channel again in /accounts; the post goes on by itself."
    person.until(lambda: held in refreshed(person, card)["text"])
    assert ledger(sandbox, site) == []

    person.press(told, "Connect again")
    link = find_button(person.wait_button("Continue", after=told["message_id"]), "Continue") or {}
    sent_to = sandbox.post(f"{site}/consent", {"url": link["url"], **who["agree"]})["redirect"]
    assert httpx.get(sent_to, timeout=30).status_code == 200
    person.wait_text("Connected", title, "1 post that waited for it goes on.", after=told["message_id"])
    eventually(lambda: len(ledger(sandbox, site)) == 1, f"the post is at {title}")
    assert len([m for m in person.from_bot() if "no longer lets me in. Its posts wait" in m["text"]]) == 1
