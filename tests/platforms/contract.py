"""What every platform promises, as tests: `class TestMySite(PlatformContract)` with a fixture `stand` runs them.

A `Stand` is a platform together with the levers of a site that is told to misbehave.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest

from platforms.base import (
    Absent,
    CheckState,
    ClaimsByName,
    Evidence,
    Found,
    Grant,
    Platform,
    Publication,
    SearchResult,
    UploadSession,
    VideoFile,
)
from platforms.base import VideoMeta as Meta
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    PlatformError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TokenRejectedError,
    TransientError,
)
from tests.platforms.after_publication import AfterPublication

REDIRECT_URI = "http://127.0.0.1:8899/oauth/callback"


@dataclass(frozen=True)
class Seen:
    """A video as the site's own ledger has it."""

    video_id: str
    sha256: str
    size: int
    title: str


class Stand(Protocol):
    """A platform, and what a test may do to its site. `chunk_size` is in bytes."""

    platform: Platform
    chunk_size: int

    async def consent(self, url: str, *, scopes: frozenset[str] | None = None) -> str:
        """Say yes on the consent screen; returns the address that the browser is sent to."""
        ...

    async def ledger(self) -> list[Seen]: ...

    async def expire_access_tokens(self) -> None: ...

    async def take_grants_back(self) -> None: ...

    async def cut_every_chunk(self, after_bytes: int, times: int) -> None: ...

    async def lose_the_answer_to_the_last_byte(self, chunks: int) -> None: ...

    async def answer_next_call(self, status: int) -> None: ...

    async def limit_the_rate(self) -> None: ...

    async def kill_sessions(self) -> None: ...

    async def use_up(self, bucket: str) -> None: ...

    async def let_processing_end(self) -> None: ...

    async def let_processing_fail(self) -> str:
        """The next upload will fail; returns the site's word for why."""
        ...


class Progress:
    """The scheduler's side of a transfer: counts what it is told."""

    def __init__(self) -> None:
        self.confirmed: list[int] = []
        self.commits = 0

    async def on_progress(self, confirmed: int) -> None:
        self.confirmed.append(confirmed)

    async def before_commit(self) -> None:
        self.commits += 1


class Press:
    """Makes files that no site has seen before, and what goes with them; `choices` are fields of every meta."""

    def __init__(self, folder: Path, choices: Mapping[str, Any] | None = None) -> None:
        self._folder = folder
        self._choices = dict(choices or {})
        self._random = random.Random()
        self.marker = f"contract-{self._random.getrandbits(64):x}"

    def file(self, size: int) -> VideoFile:
        data = self._random.randbytes(size)
        path = self._folder / f"{self.marker}.mp4"
        path.write_bytes(data)
        return VideoFile(path, size, hashlib.sha256(data).hexdigest(), 20.0, 1080, 1920)

    def meta(self, **changes: Any) -> Meta:
        fields: dict[str, Any] = {
            "title": f"Contract {self.marker[-8:]}",
            "description": "Утро 🌅",
            "keywords": ("old town",),
            "privacy_status": "unlisted",
            "made_for_kids": False,
            "contains_synthetic_media": True,
            "marker": self.marker,
        }
        return Meta(**(fields | self._choices | changes))


async def connect(stand: Stand) -> Grant:
    """Walk through the whole consent."""
    question = stand.platform.oauth.authorize(state="the-state", redirect_uri=REDIRECT_URI)
    answer = parse_qs(urlsplit(await stand.consent(question.url)).query)
    assert answer["state"] == ["the-state"]
    return await stand.platform.oauth.exchange(
        code=answer["code"][0], code_verifier=question.code_verifier, redirect_uri=REDIRECT_URI
    )


class Promises:
    """What every platform promises, however its accounts are connected. A subclass brings `stand`."""

    choices: Mapping[str, Any] = MappingProxyType({})
    """Fields of a meta that the site wants said."""

    @pytest.fixture
    def press(self, tmp_path: Path) -> Press:
        return Press(tmp_path, self.choices)

    def test_every_cost_names_a_bucket(self, stand: Stand) -> None:
        names = {bucket.name for bucket in stand.platform.buckets}
        assert {cost.bucket for costs in stand.platform.costs.values() for cost in costs} <= names

    def test_a_capability_is_promised_only_with_its_method(self, stand: Stand) -> None:
        methods = {
            "comment": "post_comment",
            "like": "like_video",
            "delete": "delete_video",
            "thumbnail": "set_thumbnail",
            "update_metadata": "update_metadata",
        }
        for flag, method in methods.items():
            assert getattr(stand.platform.capabilities, flag) <= hasattr(stand.platform, method)

    def test_an_account_can_be_connected_in_exactly_one_way(self, stand: Stand) -> None:
        assert (stand.platform.oauth is None) == isinstance(stand.platform, ClaimsByName)

    def test_a_title_over_the_limit_is_a_violation_with_both_numbers(self, stand: Stand, press: Press) -> None:
        limit = stand.platform.text_limits.title_max_characters
        assert stand.platform.validate(None, press.meta()) == ()
        too_long = press.meta(title="x" * (limit + 1), description="", keywords=())
        (violation,) = stand.platform.validate(None, too_long)
        assert violation.code.startswith(f"{stand.platform.name}.")
        assert (violation.params["limit"], violation.params["actual"]) == (limit, limit + 1)


class PlatformContract(AfterPublication, Promises):
    """And with a consent page and upload sessions. A subclass says where its site differs in words, not in promises."""

    absence: SearchResult = Absent()
    """What `find_published` says of an upload that is not to be seen."""

    def size(self, stand: Stand, chunks: float) -> int:
        """Bytes of a file that goes up in `chunks` chunks, rounded up; the last one is not a full one."""
        return int(stand.chunk_size * chunks)

    def name(self, session: UploadSession, publication: Publication | None) -> str | None:
        """The id by which `check` is asked, as the scheduler chooses it."""
        return publication.video_id if publication is not None else session.upload_id

    @pytest.fixture
    async def token(self, stand: Stand) -> str:
        return (await connect(stand)).access_token

    async def open(self, stand: Stand, token: str, press: Press, chunks: float) -> tuple[UploadSession, VideoFile]:
        file = press.file(self.size(stand, chunks))
        return await stand.platform.open_upload(token, file, press.meta()), file

    async def send(
        self, stand: Stand, token: str, session: UploadSession, file: VideoFile, progress: Progress | None = None
    ) -> Publication | None:
        progress = progress or Progress()
        return await stand.platform.transfer(
            token, session, file, on_progress=progress.on_progress, before_commit=progress.before_commit
        )

    async def publish(self, stand: Stand, token: str, press: Press) -> tuple[Publication, VideoFile]:
        session, file = await self.open(stand, token, press, 0.5)
        publication = await self.send(stand, token, session, file)
        if publication is None:
            publication = await stand.platform.publish(token, session, press.meta())
        if publication is None and session.upload_id is not None:
            publication = Publication(session.upload_id, "")
        assert publication is not None
        return publication, file

    # the consent

    async def test_a_consent_becomes_tokens_of_a_named_channel(self, stand: Stand) -> None:
        grant = await connect(stand)
        assert grant.scopes >= stand.platform.oauth.wanted_scopes
        assert grant.refresh_token
        assert grant.expires_at is not None
        assert grant.expires_at > datetime.now(UTC) + timedelta(minutes=5)
        identity = await stand.platform.oauth.identify(grant.access_token)
        assert identity.external_id
        assert identity.title

    async def test_the_same_consent_names_the_same_channel_again(self, stand: Stand) -> None:
        first, second = await connect(stand), await connect(stand)
        identify = stand.platform.oauth.identify
        assert await identify(first.access_token) == await identify(second.access_token)

    async def test_a_code_works_once(self, stand: Stand) -> None:
        question = stand.platform.oauth.authorize(state="s", redirect_uri=REDIRECT_URI)
        code = parse_qs(urlsplit(await stand.consent(question.url)).query)["code"][0]
        call = {"code": code, "code_verifier": question.code_verifier, "redirect_uri": REDIRECT_URI}
        await stand.platform.oauth.exchange(**call)
        with pytest.raises(NeedsReauthError):
            await stand.platform.oauth.exchange(**call)

    async def test_a_code_is_worth_nothing_without_its_verifier(self, stand: Stand) -> None:
        question = stand.platform.oauth.authorize(state="s", redirect_uri=REDIRECT_URI)
        code = parse_qs(urlsplit(await stand.consent(question.url)).query)["code"][0]
        with pytest.raises(PlatformError):
            await stand.platform.oauth.exchange(code=code, code_verifier="x" * 60, redirect_uri=REDIRECT_URI)

    async def test_a_refreshed_token_works(self, stand: Stand, press: Press) -> None:
        grant = await connect(stand)
        await stand.expire_access_tokens()
        renewed = await stand.platform.oauth.refresh(grant.refresh_token or "")
        assert renewed.access_token != grant.access_token
        assert await stand.platform.open_upload(renewed.access_token, press.file(100), press.meta())

    async def test_a_revoked_grant_needs_the_operator(self, stand: Stand) -> None:
        grant = await connect(stand)
        await stand.platform.oauth.revoke(grant.refresh_token or "")
        await stand.platform.oauth.revoke(grant.refresh_token or "")
        with pytest.raises(NeedsReauthError):
            await stand.platform.oauth.refresh(grant.refresh_token or "")

    async def test_a_grant_that_its_owner_took_back_needs_the_operator(self, stand: Stand) -> None:
        grant = await connect(stand)
        await stand.take_grants_back()
        with pytest.raises(NeedsReauthError):
            await stand.platform.oauth.refresh(grant.refresh_token or "")

    # the upload

    async def test_an_open_session_publishes_nothing_and_can_be_stored(
        self, stand: Stand, token: str, press: Press
    ) -> None:
        before = await stand.ledger()
        session, _ = await self.open(stand, token, press, 1)
        assert json.loads(json.dumps(dict(session.data))) == dict(session.data)
        assert all(str(value) not in repr(session) for value in session.data.values() if isinstance(value, str))
        assert await stand.ledger() == before

    async def test_a_file_arrives_byte_for_byte_and_once(self, stand: Stand, token: str, press: Press) -> None:
        before = await stand.ledger()
        session, file = await self.open(stand, token, press, 2.5)
        progress = Progress()
        await self.send(stand, token, session, file, progress)
        await self.finish(stand, token, session, press)
        (new,) = [seen for seen in await stand.ledger() if seen not in before]
        assert (new.sha256, new.size, new.title) == (file.sha256, file.size, self.text(press.meta()))
        assert progress.confirmed == sorted(progress.confirmed)
        assert progress.confirmed[-1] == file.size
        assert progress.commits == 1

    async def test_a_stored_session_goes_on_in_another_process(self, stand: Stand, token: str, press: Press) -> None:
        session, file = await self.open(stand, token, press, 0.5)
        stored = UploadSession(data=json.loads(json.dumps(dict(session.data))), upload_id=session.upload_id)
        assert await self.send(stand, token, stored, file) == await self.send(stand, token, session, file)

    async def test_a_cut_in_every_chunk_leaves_one_whole_video(self, stand: Stand, token: str, press: Press) -> None:
        before = await stand.ledger()
        session, file = await self.open(stand, token, press, 4.3)
        await stand.cut_every_chunk(after_bytes=stand.chunk_size * 2 // 3, times=6)
        publication, failures, is_done = None, 0, False
        while not is_done:
            try:
                publication = await self.send(stand, token, session, file)
                is_done = True
            except (TransientError, OutcomeUnknownError):
                failures += 1
                assert failures < 20
        await self.finish(stand, token, session, press)
        assert failures == 6
        (new,) = [seen for seen in await stand.ledger() if seen not in before]
        assert (new.sha256, new.video_id) == (file.sha256, self.name(session, publication))

    async def test_a_lost_answer_to_the_last_byte_is_unknown_and_then_found(
        self, stand: Stand, token: str, press: Press
    ) -> None:
        before = await stand.ledger()
        session, file = await self.open(stand, token, press, 1.5)
        await stand.lose_the_answer_to_the_last_byte(chunks=2)
        with pytest.raises(OutcomeUnknownError):
            await self.send(stand, token, session, file)
        publication = await self.send(stand, token, session, file)
        await self.finish(stand, token, session, press)
        (new,) = [seen for seen in await stand.ledger() if seen not in before]
        assert new.video_id == self.name(session, publication)

    async def test_a_finished_transfer_repeats_its_answer_and_sends_nothing(
        self, stand: Stand, token: str, press: Press
    ) -> None:
        session, file = await self.open(stand, token, press, 0.5)
        first = await self.send(stand, token, session, file)
        after = await stand.ledger()
        progress = Progress()
        assert await self.send(stand, token, session, file, progress) == first
        assert await stand.ledger() == after
        assert progress.commits == 0

    async def test_a_commit_that_is_forbidden_does_not_happen(self, stand: Stand, token: str, press: Press) -> None:
        before = await stand.ledger()
        session, file = await self.open(stand, token, press, 1.5)
        progress = Progress()

        async def forbid() -> None:
            raise PermissionError

        with pytest.raises(PermissionError):
            await stand.platform.transfer(token, session, file, on_progress=progress.on_progress, before_commit=forbid)
        assert await stand.ledger() == before

    async def test_a_file_that_changed_is_refused(self, stand: Stand, token: str, press: Press) -> None:
        before = await stand.ledger()
        session, file = await self.open(stand, token, press, 0.5)
        file.path.write_bytes(b"x" * file.size)
        with pytest.raises(ContentRejectedError):
            await self.send(stand, token, session, file)
        assert await stand.ledger() == before

    async def test_a_dead_session_is_gone(self, stand: Stand, token: str, press: Press) -> None:
        session, file = await self.open(stand, token, press, 0.5)
        await stand.kill_sessions()
        with pytest.raises(SessionGoneError):
            await self.send(stand, token, session, file)

    # the token

    async def test_an_expired_token_is_rejected_at_every_step(self, stand: Stand, token: str, press: Press) -> None:
        session, file = await self.open(stand, token, press, 0.5)
        await stand.expire_access_tokens()
        platform, evidence = stand.platform, self.evidence(press, file)
        steps = [
            platform.open_upload(token, file, press.meta()),
            self.send(stand, token, session, file),
            platform.check(token, "video"),
            platform.find_published(token, evidence),
            platform.get_video_analytics(token, "video"),
            platform.oauth.identify(token),
        ]
        if platform.capabilities.delete:
            steps.append(platform.delete_video(token, "video"))
        for step in steps:
            with pytest.raises(TokenRejectedError):
                await step

    # afterwards

    async def test_a_video_is_processed_and_then_published(self, stand: Stand, token: str, press: Press) -> None:
        publication, _ = await self.publish(stand, token, press)
        assert (await stand.platform.check(token, publication.video_id)).state == CheckState.PROCESSING
        await stand.let_processing_end()
        assert (await stand.platform.check(token, publication.video_id)).state == CheckState.PUBLISHED

    async def test_a_video_that_the_site_refuses_says_why(self, stand: Stand, token: str, press: Press) -> None:
        reason = await stand.let_processing_fail()
        publication, _ = await self.publish(stand, token, press)
        await stand.let_processing_end()
        result = await stand.platform.check(token, publication.video_id)
        assert (result.state, result.reason) == (CheckState.FAILED, reason)
        assert result.code.startswith(f"{stand.platform.name}.")

    async def test_a_video_that_is_there_is_found_and_one_that_is_not_is_absent(
        self, stand: Stand, token: str, press: Press
    ) -> None:
        file = press.file(100)
        assert await stand.platform.find_published(token, self.evidence(press, file)) == self.absence
        publication, file = await self.publish(stand, token, press)
        assert await stand.platform.find_published(token, self.evidence(press, file)) == Found(publication)

    async def test_anothers_video_is_not_taken_for_ours(self, stand: Stand, token: str, press: Press) -> None:
        _, file = await self.publish(stand, token, press)
        other = replace(self.evidence(press, file), marker="contract-other", title="Another title")
        assert await stand.platform.find_published(token, other) == self.absence

    async def test_a_deleted_video_is_gone_and_may_be_deleted_again(
        self, stand: Stand, token: str, press: Press
    ) -> None:
        publication, _ = await self.publish(stand, token, press)
        if not stand.platform.capabilities.delete:
            with pytest.raises(NeedsOperatorError):
                await stand.platform.delete_video(token, publication.video_id)
            return
        await stand.platform.delete_video(token, publication.video_id)
        await stand.platform.delete_video(token, publication.video_id)
        assert publication.video_id not in {seen.video_id for seen in await stand.ledger()}

    async def test_analytics_are_whole_numbers(self, stand: Stand, token: str, press: Press) -> None:
        publication, _ = await self.publish(stand, token, press)
        await stand.let_processing_end()
        numbers = await stand.platform.get_video_analytics(token, publication.video_id)
        assert isinstance(numbers, Mapping)
        assert numbers["views"] == 0
        assert all(isinstance(number, int) for number in numbers.values())

    # the limits

    async def test_a_bucket_that_is_used_up_says_which_and_until_when(
        self, stand: Stand, token: str, press: Press
    ) -> None:
        (bucket, *_) = [cost.bucket for cost in stand.platform.costs["open_upload"]]
        await stand.use_up(bucket)
        with pytest.raises(QuotaExhaustedError) as caught:
            await stand.platform.open_upload(token, press.file(100), press.meta())
        assert caught.value.bucket == bucket
        assert timedelta() < caught.value.until - datetime.now(UTC) <= timedelta(hours=25)

    async def test_too_fast_says_how_long_to_wait(self, stand: Stand, token: str, press: Press) -> None:
        await stand.limit_the_rate()
        with pytest.raises(RateLimitedError) as caught:
            await stand.platform.open_upload(token, press.file(100), press.meta())
        assert timedelta() < caught.value.retry_after <= timedelta(hours=1)

    @pytest.mark.parametrize("status", [500, 502, 503])
    async def test_a_site_that_is_away_is_transient(self, stand: Stand, token: str, press: Press, status: int) -> None:
        await stand.answer_next_call(status)
        with pytest.raises(TransientError):
            await stand.platform.open_upload(token, press.file(100), press.meta())

    def evidence(self, press: Press, file: VideoFile) -> Evidence:
        since = datetime.now(UTC) - timedelta(minutes=1)
        return Evidence(press.marker, press.meta().title, file.size, file.duration_s, since)

    async def finish(self, stand: Stand, token: str, session: UploadSession, press: Press) -> None:
        if stand.platform.capabilities.separate_publish:
            await stand.platform.publish(token, session, press.meta())
