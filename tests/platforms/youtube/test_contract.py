"""YouTube keeps the contract of every platform, against the sandbox's server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from platforms.base import CannotTell, Found
from platforms.errors import (
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    QuotaExhaustedError,
    RateLimitedError,
)
from platforms.registry import load_platforms
from tests.platforms.contract import REDIRECT_URI, PlatformContract, Press, Seen, Stand, connect
from tests.platforms.sandbox_process import running_sandbox
from tests.platforms.stage import UNIT

DEFAULTS: dict[str, Any] = {
    "processing_s": 600.0,
    "channel_uploads_per_day": None,
    "per_minute": None,
    "next_outcomes": [],
    "list_lag_s": 0.0,
    "inserts_per_day": 100,
}


class SandboxStand:
    """YouTube's adapter and the sandbox's levers."""

    chunk_size = UNIT

    def __init__(self, base_url: str, info: dict[str, Any]) -> None:
        self._control = httpx.AsyncClient(base_url=f"{base_url}/control", trust_env=False)
        settings = {
            "client_id": info["oauth_client_id"],
            "client_secret": info["oauth_client_secret"],
            "api_url": info["youtube_api_url"],
            "oauth_url": info["google_oauth_url"],
            "accounts_url": info["google_accounts_url"],
            "analytics_url": info["youtube_analytics_url"],
            "analytics": "true",
            "device_client_id": "sandbox-tv.apps.example",
            "device_client_secret": "sandbox-tv-secret",
            "chunk_size": str(UNIT),
        }
        self.platform = load_platforms({"youtube": settings})["youtube"]

    async def close(self) -> None:
        await self.platform.close()
        await self._control.aclose()

    async def reset(self) -> None:
        await self.call("DELETE", "/faults")
        await self.call("POST", "/clock", reset=True)
        await self.call("POST", "/youtube/settings", **DEFAULTS)
        await self.call("POST", "/youtube/quota", clear=True)

    async def call(self, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        response = await self._control.request(method, path, json=body or None)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def fault(self, **rule: Any) -> None:
        await self.call("POST", "/faults", service="youtube", **rule)

    async def consent(self, url: str, *, scopes: frozenset[str] | None = None) -> str:
        ticked = {} if scopes is None else {"scopes": sorted(scopes)}
        return str((await self.call("POST", "/google/consent", url=url, **ticked))["redirect"])

    async def ledger(self) -> list[Seen]:
        videos = (await self.call("GET", "/youtube/videos"))["videos"]
        return [Seen(video["id"], video["sha256"], video["size"], video["title"]) for video in videos]

    async def expire_access_tokens(self) -> None:
        await self.call("POST", "/google/expire")

    async def take_grants_back(self) -> None:
        await self.call("POST", "/google/revoke")

    async def cut_every_chunk(self, after_bytes: int, times: int) -> None:
        # Every second PUT carries bytes: the other one asks where the session stands.
        await self.fault(method="PUT", fault="cut", bytes=after_bytes, every=2, times=times)

    async def lose_the_answer_to_the_last_byte(self, chunks: int) -> None:
        await self.fault(method="PUT", fault="drop_after", nth=1 + chunks)

    async def answer_next_call(self, status: int) -> None:
        await self.fault(fault="status", status=status, times=1)

    async def limit_the_rate(self) -> None:
        await self.call("POST", "/youtube/settings", per_minute=1)
        token = (await connect(self)).access_token
        with suppress(RateLimitedError):
            await self.platform.oauth.identify(token)

    async def kill_sessions(self) -> None:
        await self.call("POST", "/youtube/sessions/kill", status=404)

    async def use_up(self, bucket: str) -> None:
        if bucket == "channel_uploads":
            await self.call("POST", "/youtube/settings", channel_uploads_per_day=0)
        else:
            ours = {
                "video_inserts": {"inserts": 100},
                "units": {"units": 10_000},
                "searches": {"searches": 100},
                "batch_stats": {"stats": 10_000},
            }
            await self.call("POST", "/youtube/quota", used=ours[bucket])

    async def let_processing_end(self) -> None:
        await self.call("POST", "/clock", advance_s=601)

    async def let_processing_fail(self) -> str:
        outcome = {"uploadStatus": "rejected", "reason": "copyright"}
        await self.call("POST", "/youtube/settings", next_outcomes=[outcome])
        return outcome["reason"]


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the sandbox as the program that it is."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield url


@pytest.fixture
async def stand(sandbox_url: str) -> AsyncIterator[SandboxStand]:
    async with httpx.AsyncClient(trust_env=False) as client:
        info = (await client.get(f"{sandbox_url}/control/info")).json()
    stand = SandboxStand(sandbox_url, info)
    await stand.reset()
    yield stand
    await stand.close()


class TestYouTube(PlatformContract):
    """And what YouTube alone has."""

    async def test_the_metadata_arrives_as_it_was_meant(self, stand: SandboxStand, token: str, press: Press) -> None:
        publication, _ = await self.publish(stand, token, press)
        videos = (await stand.call("GET", "/youtube/videos"))["videos"]
        (video,) = [video for video in videos if video["id"] == publication.video_id]
        assert video["privacy"] == "unlisted"
        assert video["status"]["selfDeclaredMadeForKids"] is False
        assert video["status"]["containsSyntheticMedia"] is True
        assert (video["description"], video["tags"]) == ("Утро 🌅", ["old town"])
        assert video["file_name"] == f"{press.marker}.mp4"

    @pytest.mark.parametrize(("bucket", "status"), [("video_inserts", 429), ("channel_uploads", 400)])
    async def test_each_full_bucket_of_an_upload_has_its_own_shape(
        self, stand: SandboxStand, token: str, press: Press, bucket: str, status: int
    ) -> None:
        await stand.use_up(bucket)
        with pytest.raises(QuotaExhaustedError) as caught:
            await stand.platform.open_upload(token, press.file(100), press.meta())
        assert (caught.value.bucket, caught.value.http_status) == (bucket, status)

    async def test_the_empty_pool_stops_the_questions(self, stand: SandboxStand, token: str) -> None:
        await stand.use_up("units")
        with pytest.raises(QuotaExhaustedError) as caught:
            await stand.platform.check(token, "video")
        assert (caught.value.bucket, caught.value.http_status) == ("units", 403)

    async def test_the_pool_refills_when_the_site_says(self, stand: SandboxStand, token: str, press: Press) -> None:
        await stand.use_up("video_inserts")
        with pytest.raises(QuotaExhaustedError) as caught:
            await stand.platform.open_upload(token, press.file(100), press.meta())
        resets_at = (await stand.call("GET", "/youtube/quota"))["resets_at"]
        assert caught.value.until == datetime.fromisoformat(resets_at)

    async def test_an_account_without_a_channel_cannot_be_connected(self, stand: SandboxStand) -> None:
        channel = "UCwithoutChannel"
        await stand.call("POST", "/google/channels", id=channel, title="None", handle="@none", has_channel=False)
        question = stand.platform.oauth.authorize(state="s", redirect_uri=REDIRECT_URI)
        answer = await stand.call("POST", "/google/consent", url=question.url, channel=channel)
        code = httpx.URL(answer["redirect"]).params["code"]
        grant = await stand.platform.oauth.exchange(
            code=code, code_verifier=question.code_verifier, redirect_uri=REDIRECT_URI
        )
        with pytest.raises(NeedsOperatorError) as caught:
            await stand.platform.oauth.identify(grant.access_token)
        assert caught.value.reason == "youtubeSignupRequired"

    async def test_a_video_whose_session_died_after_the_last_byte_is_found(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        session, file = await self.open(stand, token, press, 0.5)
        await stand.lose_the_answer_to_the_last_byte(chunks=1)
        with pytest.raises(OutcomeUnknownError):
            await self.send(stand, token, session, file)
        found = await stand.platform.find_published(token, self.evidence(press, file))
        assert isinstance(found, Found)
        assert found.publication.video_id in {seen.video_id for seen in await stand.ledger()}

    async def test_the_same_title_twice_is_not_mistaken(self, stand: SandboxStand, token: str, press: Press) -> None:
        _, file = await self.publish(stand, token, press)
        second = Press(file.path.parent)
        evidence = self.evidence(press, file)
        answer = await stand.platform.find_published(
            token, type(evidence)(second.marker, evidence.title, file.size, 0.0, evidence.since)
        )
        assert answer == CannotTell("looks_alike")

    async def test_a_post_for_later_waits_on_the_site(self, stand: SandboxStand, token: str, press: Press) -> None:
        at = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
        meta = press.meta(privacy_status="public", options={"publish_at": at.isoformat()})
        file = press.file(1000)
        session = await stand.platform.open_upload(token, file, meta)
        await self.send(stand, token, session, file)
        (video,) = [v for v in (await stand.call("GET", "/youtube/videos"))["videos"] if v["sha256"] == file.sha256]
        assert video["privacy"] == "private"
        assert datetime.fromisoformat(video["publish_at"]) == at


def test_the_stand_is_one(stand: SandboxStand) -> None:
    checked: Stand = stand
    assert checked.platform.name == "youtube"


async def test_an_unticked_scope_is_noticed(stand: SandboxStand) -> None:
    await stand.take_grants_back()  # Google adds what was granted before
    question = stand.platform.oauth.authorize(state="s", redirect_uri=REDIRECT_URI)
    asked = httpx.URL(question.url)
    wider = asked.copy_merge_params({"scope": asked.params["scope"] + " openid"})
    redirect = httpx.URL(await stand.consent(str(wider), scopes=frozenset({"openid"})))
    with pytest.raises(NeedsReauthError):
        await stand.platform.oauth.exchange(
            code=redirect.params["code"], code_verifier=question.code_verifier, redirect_uri=REDIRECT_URI
        )
