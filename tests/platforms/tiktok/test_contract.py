"""TikTok keeps the contract of every platform, against the sandbox's server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from platforms.base import IN_INBOX, CannotTell, CheckState, Found, VideoMeta
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    QuotaExhaustedError,
    SessionGoneError,
)
from platforms.registry import load_platforms
from platforms.tiktok.caption import caption
from tests.platforms.contract import REDIRECT_URI, PlatformContract, Press, Progress, Seen, Stand, connect
from tests.platforms.sandbox_process import running_sandbox

DEFAULTS: dict[str, Any] = {
    "processing_s": 2.0,
    "moderation_s": 3.0,
    "inits_per_minute": 6,
    "posts_per_day": 1000,
    "pending_inbox": 1000,
    "next_outcomes": [],
    "refresh_rotation": "old_invalid",
    "oauth_error_status": 400,
    "keep_partial_chunks": False,
    "range_end": "uploaded",
    "upload_life_s": 3600.0,
}


class SandboxStand:
    """TikTok's adapter and the sandbox's levers."""

    chunk_size = 5 * 1024 * 1024

    def __init__(self, base_url: str, info: dict[str, Any], **settings: str) -> None:
        self._control = httpx.AsyncClient(base_url=f"{base_url}/control", trust_env=False)
        known = {
            "client_key": info["tiktok_client_key"],
            "client_secret": info["tiktok_client_secret"],
            "api_url": info["tiktok_api_url"],
            "auth_url": info["tiktok_auth_url"],
            "mode": "direct",
            "chunk_size": str(self.chunk_size),
            "largest_single": "0",
        }
        self.platform = load_platforms({"tiktok": known | settings})["tiktok"]

    async def close(self) -> None:
        await self.platform.close()
        await self._control.aclose()

    async def reset(self) -> None:
        await self.call("DELETE", "/faults")
        await self.call("POST", "/clock", reset=True)
        await self.call("POST", "/tiktok/settings", **DEFAULTS)
        await self.call("POST", "/tiktok/windows/clear", all=True)

    async def call(self, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        response = await self._control.request(method, path, json=body or None)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def fault(self, **rule: Any) -> None:
        await self.call("POST", "/faults", service="tiktok", **rule)

    async def consent(self, url: str, *, scopes: frozenset[str] | None = None, **choices: Any) -> str:
        ticked = {} if scopes is None else {"scopes": sorted(scopes)}
        return str((await self.call("POST", "/tiktok/consent", url=url, **ticked, **choices))["redirect"])

    async def videos(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.call("GET", "/tiktok/videos"))["videos"]
        return listed

    async def ledger(self) -> list[Seen]:
        return [Seen(each["publish_id"], each["sha256"], each["size"], each["title"]) for each in await self.videos()]

    async def expire_access_tokens(self) -> None:
        await self.call("POST", "/tiktok/expire")

    async def take_grants_back(self) -> None:
        await self.call("POST", "/tiktok/revoke")

    async def cut_every_chunk(self, after_bytes: int, times: int) -> None:
        # Each chunk is cut the first time; where there are more cuts than chunks, the last chunk's second try too.
        for nth in [*range(1, 2 * times - 1, 2), 2 * times - 2]:
            await self.fault(method="PUT", fault="cut", bytes=after_bytes, nth=nth)

    async def lose_the_answer_to_the_last_byte(self, chunks: int) -> None:
        await self.fault(method="PUT", fault="drop_after", nth=chunks)

    async def answer_next_call(self, status: int) -> None:
        await self.fault(fault="status", status=status, times=1)

    async def limit_the_rate(self) -> None:
        await self.call("POST", "/tiktok/settings", inits_per_minute=0)

    async def kill_sessions(self) -> None:
        await self.call("POST", "/tiktok/uploads/kill", status=404)

    async def use_up(self, bucket: str) -> None:
        await self.call("POST", "/tiktok/settings", **{{"posts": "posts_per_day"}.get(bucket, bucket): 0})

    async def let_processing_end(self) -> None:
        await self.call("POST", "/clock", advance_s=6)

    async def let_processing_fail(self) -> str:
        await self.call("POST", "/tiktok/settings", next_outcomes=[{"fail_reason": "frame_rate_check_failed"}])
        return "frame_rate_check_failed"


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield url


@pytest.fixture(scope="module")
def info(sandbox_url: str) -> dict[str, Any]:
    with httpx.Client(trust_env=False) as client:
        known: dict[str, Any] = client.get(f"{sandbox_url}/control/info").json()
        return known


@pytest.fixture
async def stand(sandbox_url: str, info: dict[str, Any]) -> AsyncIterator[SandboxStand]:
    stand = SandboxStand(sandbox_url, info)
    await stand.reset()
    yield stand
    await stand.close()


@pytest.fixture
async def inbox(sandbox_url: str, info: dict[str, Any]) -> AsyncIterator[SandboxStand]:
    stand = SandboxStand(sandbox_url, info, mode="inbox")
    await stand.reset()
    yield stand
    await stand.close()


class TestTikTok(PlatformContract):
    """And what TikTok alone has. What is not to be seen may not be public, so that absence is never certain."""

    choices: Mapping[str, Any] = MappingProxyType({"options": {"privacy_level": "PUBLIC_TO_EVERYONE"}})
    absence = CannotTell("only_public_videos_are_listed")

    def size(self, stand: Stand, chunks: float) -> int:
        """The last chunk carries the remainder, so a file of several has one chunk's bytes more."""
        return int(stand.chunk_size * (chunks if chunks <= 1 else chunks + 1))

    def text(self, meta: VideoMeta) -> str:
        return caption(meta)

    async def test_a_video_that_is_there_is_found_and_one_that_is_not_is_absent(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        publication, file = await self.publish(stand, token, press)
        assert await stand.platform.find_published(token, self.evidence(press, file)) == self.absence
        await stand.let_processing_end()
        found = await stand.platform.find_published(token, self.evidence(press, file))
        assert isinstance(found, Found)
        (video,) = [each for each in await stand.videos() if each["publish_id"] == publication.video_id]
        assert (found.publication.video_id, found.publication.url) == (video["id"], video["watch_url"])

    async def test_a_complete_post_names_itself_once_it_is_public(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        publication, _ = await self.publish(stand, token, press)
        await stand.call("POST", "/clock", advance_s=2.5)
        moderated = await stand.platform.check(token, publication.video_id)
        assert (moderated.state, moderated.publication) == (CheckState.PUBLISHED, None)
        await stand.let_processing_end()
        named = (await stand.platform.check(token, publication.video_id)).publication
        assert named is not None
        assert named.url.endswith(f"/video/{named.video_id}")
        assert (await stand.platform.check(token, named.video_id)).state == CheckState.PUBLISHED

    async def test_a_private_post_is_complete_without_ever_being_named(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        file = press.file(1000)
        meta = press.meta(options={"privacy_level": "SELF_ONLY"})
        session = await stand.platform.open_upload(token, file, meta)
        await self.send(stand, token, session, file)
        await stand.let_processing_end()
        result = await stand.platform.check(token, session.upload_id or "")
        assert (result.state, result.publication) == (CheckState.PUBLISHED, None)

    async def test_the_choices_arrive_as_they_were_meant(self, stand: SandboxStand, token: str, press: Press) -> None:
        options = {"privacy_level": "MUTUAL_FOLLOW_FRIENDS", "disable_duet": True, "cover_ms": 1500}
        file = press.file(1000)
        session = await stand.platform.open_upload(token, file, press.meta(options=options))
        await self.send(stand, token, session, file)
        (video,) = [each for each in await stand.videos() if each["publish_id"] == session.upload_id]
        assert video["post_info"] == {
            "title": f"Contract {press.marker[-8:]}\n\nУтро 🌅\n\n#oldtown",
            "privacy_level": "MUTUAL_FOLLOW_FRIENDS",
            "video_cover_timestamp_ms": 1500,
            "disable_comment": False,
            "disable_duet": True,
            "disable_stitch": False,
            "brand_content_toggle": False,
            "brand_organic_toggle": False,
            "is_aigc": True,
        }

    async def test_the_creators_own_limits_stop_a_post_before_it_is_begun(
        self, stand: SandboxStand, press: Press, info: dict[str, Any]
    ) -> None:
        kitchen = info["tiktok_creators"][2]["id"]
        question = stand.platform.oauth.authorize(state="s", redirect_uri=REDIRECT_URI)
        code = httpx.URL(await stand.consent(question.url, creator=kitchen)).params["code"]
        grant = await stand.platform.oauth.exchange(
            code=code, code_verifier=question.code_verifier, redirect_uri=REDIRECT_URI
        )
        choices = await stand.platform.account_choices(grant.access_token)  # type: ignore[attr-defined]
        assert (choices["nickname"], choices["duet_disabled"], choices["max_duration_s"]) == (
            "Quiet Kitchen",
            True,
            180,
        )
        with pytest.raises(ContentRejectedError) as caught:
            await stand.platform.open_upload(
                grant.access_token, replace(press.file(100), duration_s=200.0), press.meta()
            )
        assert caught.value.code == "tiktok.video_too_long_for_account"
        assert caught.value.params()["limit_s"] == "180"

    @pytest.mark.parametrize("range_end", ["uploaded", "last_byte"])
    async def test_a_chunk_that_was_kept_in_part_is_finished(
        self, stand: SandboxStand, token: str, press: Press, range_end: str
    ) -> None:
        await stand.call("POST", "/tiktok/settings", keep_partial_chunks=True, range_end=range_end)
        session, file = await self.open(stand, token, press, 1.5)
        await stand.fault(method="PUT", fault="cut", bytes=1_000_001, nth=2)
        with pytest.raises(OutcomeUnknownError):
            await self.send(stand, token, session, file)
        await self.send(stand, token, session, file)
        assert (await stand.ledger())[-1].sha256 == file.sha256

    async def test_an_upload_address_that_expired_is_noticed_before_the_commit(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        session, file = await self.open(stand, token, press, 0.5)
        hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        progress = Progress()
        with pytest.raises(SessionGoneError):
            await self.send(
                stand, token, replace(session, data={**session.data, "opened_at": hour_ago}), file, progress
            )
        assert progress.commits == 0

    @pytest.mark.parametrize("rotation", ["same", "new", "old_invalid"])
    async def test_the_refresh_token_to_keep_is_the_one_in_the_grant(self, stand: SandboxStand, rotation: str) -> None:
        await stand.call("POST", "/tiktok/settings", refresh_rotation=rotation)
        grant = await connect(stand)
        for _ in range(2):
            grant = await stand.platform.oauth.refresh(grant.refresh_token or "")
            assert grant.refresh_expires_at is not None
        assert (await stand.platform.oauth.identify(grant.access_token)).title == "Morning Tales"

    async def test_an_oauth_refusal_under_http_200_is_a_refusal(self, stand: SandboxStand) -> None:
        await stand.call("POST", "/tiktok/settings", oauth_error_status=200)
        with pytest.raises(NeedsReauthError):
            await stand.platform.oauth.refresh("rft.nonsense")


class TestInbox:
    """The way of an app that TikTok has not audited."""

    async def test_a_file_is_delivered_to_the_inbox_without_a_word_about_it(
        self, inbox: SandboxStand, tmp_path: Any
    ) -> None:
        press, progress = Press(tmp_path), Progress()
        token = (await connect(inbox)).access_token
        file = press.file(1000)
        assert inbox.platform.validate(None, press.meta()) == ()
        session = await inbox.platform.open_upload(token, file, press.meta())
        await inbox.platform.transfer(
            token, session, file, on_progress=progress.on_progress, before_commit=progress.before_commit
        )
        await inbox.let_processing_end()
        result = await inbox.platform.check(token, session.upload_id or "")
        assert (result.state, result.reason, result.code) == (CheckState.PUBLISHED, IN_INBOX, "tiktok.in_inbox")
        (video,) = [each for each in await inbox.videos() if each["publish_id"] == session.upload_id]
        assert (video["mode"], video["post_info"]) == ("inbox", None)
        await inbox.call("POST", f"/tiktok/videos/{video['id']}/finish", title="Finished by hand")
        await inbox.let_processing_end()
        finished = await inbox.platform.check(token, session.upload_id or "")
        assert (finished.state, finished.reason) == (CheckState.PUBLISHED, "")

    async def test_a_full_inbox_waits_a_day(self, inbox: SandboxStand, tmp_path: Any) -> None:
        token = (await connect(inbox)).access_token
        await inbox.call("POST", "/tiktok/settings", pending_inbox=0)
        press = Press(tmp_path)
        with pytest.raises(QuotaExhaustedError) as caught:
            await inbox.platform.open_upload(token, press.file(100), press.meta())
        assert (caught.value.bucket, caught.value.code) == ("pending_inbox", "tiktok.inbox_full")


async def test_an_unaudited_app_is_told_why_it_cannot_post_publicly(
    sandbox_url: str, info: dict[str, Any], tmp_path: Any
) -> None:
    stand = SandboxStand(
        sandbox_url,
        info,
        client_key=info["tiktok_unaudited_client_key"],
        client_secret=info["tiktok_unaudited_client_secret"],
    )
    await stand.reset()
    press = Press(tmp_path, TestTikTok.choices)
    with pytest.raises(NeedsOperatorError) as caught:
        await stand.platform.open_upload((await connect(stand)).access_token, press.file(100), press.meta())
    assert caught.value.code == "tiktok.app_unaudited"
    await stand.close()


async def test_an_unticked_scope_is_noticed(stand: SandboxStand) -> None:
    question = stand.platform.oauth.authorize(state="s", redirect_uri=REDIRECT_URI)
    redirect = httpx.URL(await stand.consent(question.url, scopes=frozenset({"user.info.basic"})))
    with pytest.raises(NeedsReauthError) as caught:
        await stand.platform.oauth.exchange(
            code=redirect.params["code"], code_verifier=question.code_verifier, redirect_uri=REDIRECT_URI
        )
    assert caught.value.code == "tiktok.scope_missing"


def test_the_stand_is_one(stand: SandboxStand) -> None:
    checked: Stand = stand
    assert checked.platform.name == "tiktok"
