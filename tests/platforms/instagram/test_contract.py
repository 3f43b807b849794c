"""Instagram keeps the contract of every platform with both logins, against the sandbox's server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from aiohttp import web

from platforms.base import CheckState, Evidence, Found, Publication, Unpublished, UploadSession, VideoFile
from platforms.errors import (
    NeedsReauthError,
    NotReadyError,
    OutcomeUnknownError,
    PlatformError,
    QuotaExhaustedError,
    SessionGoneError,
    TransientError,
)
from platforms.registry import load_platforms
from tests.platforms.contract import PlatformContract, Press, Progress, Seen, connect
from tests.platforms.sandbox_process import running_sandbox

DEFAULTS: dict[str, Any] = {
    "processing_s": 0.0,
    "containers_per_day": 100_000,
    "container_life_s": 86_400,
    "next_outcomes": [],
    "next_publishes": [],
    "quota_total": 100_000,
    "media_lag_s": 0.0,
    "list_lag_s": 0.0,
    "login_reply": "flat",
}


class SandboxStand:
    """Instagram's adapter and the sandbox's levers."""

    chunk_size = 128 * 1024

    def __init__(self, base_url: str, info: dict[str, Any], login: str) -> None:
        self._control = httpx.AsyncClient(base_url=f"{base_url}/control", trust_env=False)
        self.login = login
        urls, app = info["instagram_urls"], "instagram" if login == "instagram" else "instagram_facebook"
        hosts = ("graph", "www", "api") if login == "instagram" else ("facebook", "facebook-www", "facebook")
        settings = dict(zip(("api_url", "auth_url", "token_url"), (urls[host] for host in hosts), strict=True))
        settings |= {"client_id": info[f"{app}_client_id"], "client_secret": info[f"{app}_client_secret"]}
        settings |= {"login": login, "upload_url": urls["rupload"], "public_url": "https://fabric.example"}
        self.platform = load_platforms({"instagram": settings})["instagram"]

    async def close(self) -> None:
        await self.platform.close()
        await self._control.aclose()

    async def reset(self) -> None:
        await self.call("DELETE", "/faults")
        await self.call("POST", "/clock", reset=True)
        await self.call("POST", "/instagram/settings", **DEFAULTS)
        await self.call("POST", "/instagram/usage", clear=True)

    async def call(self, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        response = await self._control.request(method, path, json=body or None)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def fault(self, **rule: Any) -> None:
        await self.call("POST", "/faults", service="instagram", **rule)

    async def consent(self, url: str, *, scopes: frozenset[str] | None = None) -> str:
        ticked = {} if scopes is None else {"scopes": sorted(scopes)}
        return str((await self.call("POST", "/instagram/consent", url=url, **ticked))["redirect"])

    async def videos(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.call("GET", "/instagram/videos"))["videos"]
        return listed

    async def ledger(self) -> list[Seen]:
        return [Seen(each["id"], each["sha256"], each["size"], each["title"]) for each in await self.videos()]

    async def expire_access_tokens(self) -> None:
        # Page tokens do not run out, they are taken back.
        await self.call("POST", "/instagram/expire" if self.login == "instagram" else "/instagram/revoke")

    async def take_grants_back(self) -> None:
        await self.call("POST", "/instagram/revoke")

    async def cut_every_chunk(self, after_bytes: int, times: int) -> None:
        await self.fault(path="/ig-api-upload/", fault="cut", bytes=after_bytes, times=times)

    async def lose_the_answer_to_the_last_byte(self, chunks: int) -> None:
        await self.fault(path="/ig-api-upload/", fault="drop_after", nth=1)

    async def answer_next_call(self, status: int) -> None:
        await self.fault(fault="status", status=status, times=1)

    async def limit_the_rate(self) -> None:
        await self.call("POST", "/instagram/usage", app=100)

    async def kill_sessions(self) -> None:
        await self.call("POST", "/instagram/settings", container_life_s=0)

    async def use_up(self, bucket: str) -> None:
        await self.call("POST", "/instagram/settings", **{{"containers": "containers_per_day"}[bucket]: 0})

    async def let_processing_end(self) -> None:
        await self.call("POST", "/clock", advance_s=3700)  # insights come an hour late

    async def let_processing_fail(self) -> str:
        await self.call("POST", "/instagram/settings", next_outcomes=[2207082])
        return "2207082"


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
async def file_server(tmp_path: Path) -> AsyncIterator[str]:
    """Our own public server, as far as Meta's fetcher sees it."""
    app = web.Application()
    app.router.add_static("/", tmp_path)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class ServedPress(Press):
    """Files that a server gives out."""

    def __init__(self, folder: Path, choices: Mapping[str, Any], server: str) -> None:
        super().__init__(folder, choices)
        self._server = server

    def file(self, size: int) -> VideoFile:
        file = super().file(size)
        return replace(file, url=f"{self._server}/{file.path.name}")


class InstagramContract(PlatformContract):
    """The promises, in the words of a site where publishing is a request of its own."""

    login = ""
    choices: Mapping[str, Any] = MappingProxyType({"privacy_status": "public"})
    live: Publication | None = None

    @pytest.fixture
    async def stand(self, sandbox_url: str, info: dict[str, Any]) -> AsyncIterator[SandboxStand]:
        stand = SandboxStand(sandbox_url, info, self.login)
        await stand.reset()
        yield stand
        await stand.close()

    @pytest.fixture
    def press(self, tmp_path: Path, file_server: str) -> Press:
        return ServedPress(tmp_path, dict(self.choices), file_server)

    def name(self, session: UploadSession, publication: Publication | None) -> str | None:
        return self.live.video_id if self.live is not None else super().name(session, publication)

    async def finish(self, stand: SandboxStand, token: str, session: UploadSession, press: Press) -> None:  # type: ignore[override]
        self.live = await self.go_live(stand, token, session, press)

    async def go_live(self, stand: SandboxStand, token: str, session: UploadSession, press: Press) -> Publication:
        """Publish; Meta fetches a file in the background, so it may not be ready at once."""
        for _ in range(100):
            try:
                publication = await stand.platform.publish(token, session, press.meta())
            except NotReadyError:
                continue
            assert publication is not None
            return publication
        raise AssertionError("the container never became ready")

    async def publish(self, stand: SandboxStand, token: str, press: Press) -> tuple[Publication, VideoFile]:  # type: ignore[override]
        session, file = await self.open(stand, token, press, 0.5)
        await self.send(stand, token, session, file)
        return await self.go_live(stand, token, session, press), file

    def whole_evidence(self, press: Press, file: VideoFile, session: UploadSession, reason: str = "") -> Evidence:
        return replace(self.evidence(press, file), session=session, meta=press.meta(), reason=reason)

    async def ready(self, stand: SandboxStand, token: str, press: Press) -> tuple[UploadSession, VideoFile]:
        """A container that only waits to be published."""
        session, file = await self.open(stand, token, press, 0.5)
        await self.send(stand, token, session, file)
        for _ in range(100):
            if (await stand.call("GET", "/instagram/containers"))["containers"][-1]["status_code"] == "FINISHED":
                return session, file
        raise AssertionError("the container never became ready")

    # the same promises in other words

    async def test_a_code_is_worth_nothing_without_its_verifier(self, stand: SandboxStand) -> None:  # type: ignore[override]
        """There is no PKCE: nothing that could be left out travels, and the app's secret guards the code."""
        question = stand.platform.oauth.authorize(state="s", redirect_uri="http://127.0.0.1/")
        assert question.code_verifier == ""
        assert "code_challenge" not in question.url

    async def test_a_file_arrives_byte_for_byte_and_once(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        before = await stand.ledger()
        session, file = await self.open(stand, token, press, 2.5)
        progress = Progress()
        await self.send(stand, token, session, file, progress)
        assert await stand.ledger() == before
        await self.finish(stand, token, session, press)
        (new,) = [seen for seen in await stand.ledger() if seen not in before]
        assert (new.sha256, new.size, new.title) == (file.sha256, file.size, press.meta().title)
        assert progress.confirmed == sorted(progress.confirmed)
        assert progress.confirmed[-1] == file.size
        assert progress.commits == 0

    async def test_a_commit_that_is_forbidden_does_not_happen(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        """The whole transfer publishes nothing, so what may be forbidden is `publish`, which the caller makes."""
        before = await stand.ledger()
        await self.ready(stand, token, press)
        assert await stand.ledger() == before

    async def test_an_expired_token_is_rejected_at_every_step(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        """A token is renewed ahead or not at all: once it is refused, only the operator can help."""
        session, file = await self.open(stand, token, press, 0.5)
        await stand.expire_access_tokens()
        platform = stand.platform
        steps = [
            platform.open_upload(token, file, press.meta()),
            self.send(stand, token, session, file),
            platform.publish(token, session, press.meta()),
            platform.check(token, "17900000000000009"),
            platform.find_published(token, self.whole_evidence(press, file, session)),
            platform.get_video_analytics(token, "17900000000000009"),
            platform.oauth.identify(token),
        ]
        for step in steps:
            with pytest.raises(NeedsReauthError):
                await step

    async def test_a_video_is_processed_and_then_published(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        await stand.call("POST", "/instagram/settings", processing_s=60.0, media_lag_s=5.0)
        session, file = await self.open(stand, token, press, 0.5)
        await self.send(stand, token, session, file)
        with pytest.raises(NotReadyError) as caught:
            await stand.platform.publish(token, session, press.meta())
        assert caught.value.retry_after is not None
        assert timedelta() < caught.value.retry_after <= timedelta(minutes=1)
        await stand.let_processing_end()
        publication = await self.go_live(stand, token, session, press)
        assert publication.url.startswith("https://www.instagram.com/")
        assert (await stand.platform.check(token, publication.video_id)).state == CheckState.PROCESSING
        await stand.let_processing_end()
        result = await stand.platform.check(token, publication.video_id)
        assert result.state == CheckState.PUBLISHED
        assert result.publication is not None
        assert "/reel/" in result.publication.url

    async def test_a_video_that_the_site_refuses_says_why(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        reason = await stand.let_processing_fail()
        with pytest.raises(SessionGoneError) as caught:
            await self.publish(stand, token, press)
        assert (caught.value.reason, caught.value.code) == (reason, "instagram.processing_failed")

    # what Instagram alone has

    @pytest.mark.parametrize(
        "plan", [{"published": True, "code": 4, "subcode": 2207051}, {"published": True, "code": 1}]
    )
    async def test_a_refusal_that_published_is_found(
        self, stand: SandboxStand, token: str, press: Press, plan: dict[str, Any]
    ) -> None:
        session, file = await self.ready(stand, token, press)
        await stand.call("POST", "/instagram/settings", next_publishes=[plan])
        with pytest.raises(OutcomeUnknownError) as caught:
            await stand.platform.publish(token, session, press.meta())
        evidence = self.whole_evidence(press, file, session, caught.value.reason)
        found = await stand.platform.find_published(token, evidence)
        assert isinstance(found, Found)
        (seen,) = [each for each in await stand.ledger() if each.sha256 == file.sha256]
        assert seen.video_id == found.publication.video_id

    async def test_a_failure_that_did_not_publish_leaves_the_same_container(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        session, file = await self.ready(stand, token, press)
        await stand.call("POST", "/instagram/settings", next_publishes=[{"code": 2}])
        with pytest.raises(OutcomeUnknownError):
            await stand.platform.publish(token, session, press.meta())
        evidence = self.whole_evidence(press, file, session)
        assert await stand.platform.find_published(token, evidence) == Unpublished()
        publication = await stand.platform.publish(token, session, press.meta())
        (seen,) = [each for each in await stand.ledger() if each.sha256 == file.sha256]
        assert publication is not None
        assert seen.video_id == publication.video_id

    async def test_a_lost_answer_to_the_publication_is_found_and_not_repeated(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        session, file = await self.ready(stand, token, press)
        await stand.fault(path="/media_publish", fault="drop_after", nth=1)
        with pytest.raises(OutcomeUnknownError):
            await stand.platform.publish(token, session, press.meta())
        with pytest.raises(OutcomeUnknownError):
            await stand.platform.publish(token, session, press.meta())
        found = await stand.platform.find_published(token, self.whole_evidence(press, file, session))
        assert isinstance(found, Found)
        assert len([each for each in await stand.ledger() if each.sha256 == file.sha256]) == 1

    async def test_the_publishing_limit_is_live_and_a_full_one_says_until_when(
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        session, _ = await self.ready(stand, token, press)
        await stand.call("POST", "/instagram/settings", quota_total=0)
        with pytest.raises(QuotaExhaustedError) as caught:
            await stand.platform.publish(token, session, press.meta())
        assert caught.value.bucket == "publishes"
        await stand.call("POST", "/instagram/settings", quota_total=50)
        choices = await stand.platform.account_choices(token)  # type: ignore[attr-defined]
        assert choices["buckets"] == {"publishes": 50}

    async def test_a_comment_is_said_once(self, stand: SandboxStand, token: str, press: Press) -> None:
        publication, _ = await self.publish(stand, token, press)
        site: Any = stand.platform
        assert await site.find_comment(token, publication.video_id, "First!") is None
        await stand.fault(method="POST", path="/comments", fault="drop_after", nth=1)
        with pytest.raises(OutcomeUnknownError):
            await site.post_comment(token, publication.video_id, "First!")
        found = await site.find_comment(token, publication.video_id, "First!")
        (comment,) = (await stand.call("GET", f"/instagram/comments?video={publication.video_id}"))["comments"]
        assert found == comment["id"]

    async def test_an_unticked_permission_is_named(self, stand: SandboxStand) -> None:
        wanted = stand.platform.oauth.wanted_scopes
        (dropped,) = [scope for scope in wanted if scope.endswith("content_publish")]
        question = stand.platform.oauth.authorize(state="s", redirect_uri="http://127.0.0.1/")
        code = httpx.URL(await stand.consent(question.url, scopes=wanted - {dropped})).params["code"]
        with pytest.raises(NeedsReauthError, match=dropped):
            await stand.platform.oauth.exchange(code=code, code_verifier="", redirect_uri="http://127.0.0.1/")


class TestFacebookLogin(InstagramContract):
    """From the local disk, with a page token."""

    login = "facebook"

    async def test_a_consent_becomes_tokens_of_a_named_channel(self, stand: SandboxStand) -> None:  # type: ignore[override]
        grant = await connect(stand)
        assert grant.scopes >= stand.platform.oauth.wanted_scopes
        assert grant.refresh_token
        assert grant.expires_at is None
        identity = await stand.platform.oauth.identify(grant.access_token)
        assert (identity.external_id, identity.handle) == ("17841400000000001", "@north.and.salt")

    async def test_a_refreshed_token_works(self, stand: SandboxStand, press: Press) -> None:  # type: ignore[override]
        """It needs none: after the person's own token ran out, the page's still works."""
        grant = await connect(stand)
        await stand.call("POST", "/instagram/expire")
        assert await stand.platform.open_upload(grant.access_token, press.file(100), press.meta())

    async def test_a_lost_answer_to_the_last_byte_is_unknown_and_then_found(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        """No byte publishes, so a lost answer is no more than a failure; asked again, the container has it all."""
        before = await stand.ledger()
        session, file = await self.open(stand, token, press, 1.5)
        await stand.lose_the_answer_to_the_last_byte(chunks=2)
        with pytest.raises(TransientError):
            await self.send(stand, token, session, file)
        await self.send(stand, token, session, file)
        await self.finish(stand, token, session, press)
        (new,) = [seen for seen in await stand.ledger() if seen not in before]
        assert new.sha256 == file.sha256


class TestInstagramLogin(InstagramContract):
    """From our own public server, with a token that renews itself."""

    login = "instagram"

    async def test_a_refreshed_token_works(self, stand: SandboxStand, press: Press) -> None:  # type: ignore[override]
        grant = await connect(stand)
        with pytest.raises(TransientError):  # younger than a day
            await stand.platform.oauth.refresh(grant.refresh_token or "")
        await stand.call("POST", "/instagram/age", seconds=25 * 3600)
        renewed = await stand.platform.oauth.refresh(grant.refresh_token or "")
        assert renewed.access_token != grant.access_token
        assert renewed.expires_at is not None
        assert renewed.expires_at - datetime.now(UTC) > timedelta(days=59)
        assert await stand.platform.open_upload(renewed.access_token, press.file(100), press.meta())

    async def test_a_token_that_ran_out_needs_the_operator(self, stand: SandboxStand) -> None:
        grant = await connect(stand)
        await stand.expire_access_tokens()
        with pytest.raises(NeedsReauthError) as caught:
            await stand.platform.oauth.refresh(grant.refresh_token or "")
        assert caught.value.code == "instagram.grant_expired"

    async def test_a_revoked_grant_needs_the_operator(self, stand: SandboxStand) -> None:  # type: ignore[override]
        """There is no revocation by API: giving back does nothing, twice."""
        grant = await connect(stand)
        await stand.platform.oauth.revoke(grant.refresh_token or "")
        await stand.platform.oauth.revoke(grant.refresh_token or "")
        assert await stand.platform.oauth.identify(grant.access_token)

    async def test_a_reply_inside_data_is_understood_too(self, stand: SandboxStand) -> None:
        await stand.call("POST", "/instagram/settings", login_reply="data")
        grant = await connect(stand)
        assert grant.scopes >= stand.platform.oauth.wanted_scopes

    async def test_a_cut_in_every_chunk_leaves_one_whole_video(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        """Meta fetches by itself; an address that gives nothing costs a container, which is made anew."""
        file = press.file(1000)
        gone = replace(file, url="http://127.0.0.1:9/nothing.mp4")
        with pytest.raises(PlatformError) as caught:
            await stand.platform.open_upload(token, gone, press.meta())
        assert caught.value.code == "instagram.fetch_failed"
        assert isinstance(caught.value, SessionGoneError)

    async def test_a_lost_answer_to_the_last_byte_is_unknown_and_then_found(  # type: ignore[override]
        self, stand: SandboxStand, token: str, press: Press
    ) -> None:
        """A lost answer to the making of a container leaves an orphan that nobody sees."""
        before = await stand.ledger()
        await stand.fault(method="POST", path="/media$", fault="drop_after", nth=1)
        with pytest.raises(TransientError):
            await self.open(stand, token, press, 0.5)
        publication, file = await self.publish(stand, token, press)
        (new,) = [seen for seen in await stand.ledger() if seen not in before]
        assert (new.video_id, new.sha256) == (publication.video_id, file.sha256)
