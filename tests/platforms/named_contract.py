"""What a platform promises whose accounts are named and whose posts are one request (`NamedContract`)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

import pytest

from platforms.base import CannotTell, CheckState, Evidence, Platform, Publication, UploadSession, VideoFile
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    PlatformError,
    RateLimitedError,
    SessionGoneError,
    TransientError,
)
from tests.platforms.after_publication import AfterPublication
from tests.platforms.contract import Press, Progress, Promises, Seen


class NamedStand(Protocol):
    """A platform, the account that a test uses, and what a test may do to its site."""

    platform: Platform
    named: str
    owner: str
    """Who may connect it."""
    stranger: str

    async def ledger(self) -> list[Seen]: ...

    async def take_rights_back(self) -> None: ...

    async def lose_the_answer(self) -> None: ...

    async def answer_next_call(self, status: int) -> None: ...

    async def limit_the_rate(self) -> None: ...


class NamedContract(AfterPublication, Promises):
    """The promises. A subclass brings `stand`."""

    choices = MappingProxyType({"privacy_status": "public"})

    async def settle(self, stand: object) -> None:
        """What is posted is there."""

    @pytest.fixture
    async def token(self, stand: NamedStand) -> str:
        grant, _ = await stand.platform.claim_account(stand.named, asked_by=stand.owner)
        return grant.access_token

    async def publish(self, stand: NamedStand, token: str, press: Press) -> tuple[Publication, VideoFile]:
        session, file = await self.ready(stand, token, press)
        publication = await stand.platform.publish(token, session, press.meta())
        assert publication is not None
        return publication, file

    async def ready(self, stand: NamedStand, token: str, press: Press) -> tuple[UploadSession, VideoFile]:
        """A session whose file was transferred as far as the site takes it."""
        file = press.file(3_000_000)
        session = await stand.platform.open_upload(token, file, press.meta())
        assert await self.transfer(stand, token, session, file) is None
        return session, file

    async def transfer(
        self, stand: NamedStand, token: str, session: UploadSession, file: VideoFile
    ) -> Publication | None:
        news = Progress()
        return await stand.platform.transfer(
            token, session, file, on_progress=news.on_progress, before_commit=news.before_commit
        )

    async def test_a_named_account_is_ours_to_post_on(self, stand: NamedStand) -> None:
        grant, identity = await stand.platform.claim_account(stand.named, asked_by=stand.owner)
        assert grant.expires_at is None
        assert identity.external_id
        assert identity.title
        again = await stand.platform.claim_account(stand.named, asked_by=stand.owner)
        assert again == (grant, identity)

    async def test_nobody_connects_what_they_do_not_own(self, stand: NamedStand) -> None:
        with pytest.raises(NeedsOperatorError):
            await stand.platform.claim_account(stand.named, asked_by=stand.stranger)

    async def test_an_account_where_we_may_not_post_is_refused_with_a_sentence(self, stand: NamedStand) -> None:
        await stand.take_rights_back()
        with pytest.raises(NeedsOperatorError) as caught:
            await stand.platform.claim_account(stand.named, asked_by=stand.owner)
        assert caught.value.code.startswith(f"{stand.platform.name}.")

    @pytest.mark.parametrize("named", ["", "???", "no such name at all"])
    async def test_a_name_that_is_none_is_refused_with_a_sentence(self, stand: NamedStand, named: str) -> None:
        with pytest.raises(ContentRejectedError) as caught:
            await stand.platform.claim_account(named, asked_by=stand.owner)
        assert caught.value.code.startswith(f"{stand.platform.name}.")

    async def test_a_file_arrives_byte_for_byte_and_once(self, stand: NamedStand, token: str, press: Press) -> None:
        before = await stand.ledger()
        session, file = await self.ready(stand, token, press)
        assert await stand.ledger() == before
        publication = await stand.platform.publish(token, session, press.meta())
        (new,) = [seen for seen in await stand.ledger() if seen not in before]
        assert (new.sha256, new.size, new.title) == (file.sha256, file.size, press.meta().title)
        assert publication is not None
        assert publication.url.startswith("https://")
        assert (await stand.platform.check(token, publication.video_id)).state == CheckState.PUBLISHED

    async def test_a_stored_session_goes_on_in_another_process(
        self, stand: NamedStand, token: str, press: Press
    ) -> None:
        session, file = await self.ready(stand, token, press)
        stored = UploadSession(json.loads(json.dumps(dict(session.data))), session.upload_id)
        await stand.platform.publish(token, stored, press.meta())
        assert file.sha256 in {seen.sha256 for seen in await stand.ledger()}

    async def test_a_lost_answer_is_unknown_and_never_called_absent(
        self, stand: NamedStand, token: str, press: Press
    ) -> None:
        session, file = await self.ready(stand, token, press)
        await stand.lose_the_answer()
        with pytest.raises(OutcomeUnknownError):
            await stand.platform.publish(token, session, press.meta())
        since = datetime.now(UTC) - timedelta(minutes=1)
        evidence = Evidence(press.marker, press.meta().title, file.size, file.duration_s, since)
        assert isinstance(await stand.platform.find_published(token, evidence), CannotTell)
        assert file.sha256 in {seen.sha256 for seen in await stand.ledger()}

    async def test_a_server_that_fails_at_a_post_leaves_its_outcome_open(
        self, stand: NamedStand, token: str, press: Press
    ) -> None:
        session, _ = await self.ready(stand, token, press)
        await stand.answer_next_call(502)
        with pytest.raises(OutcomeUnknownError):
            await stand.platform.publish(token, session, press.meta())

    async def test_a_file_that_changed_is_refused(self, stand: NamedStand, token: str, press: Press) -> None:
        before = await stand.ledger()
        session, file = await self.ready(stand, token, press)
        file.path.write_bytes(b"x" * file.size)
        with pytest.raises(ContentRejectedError):
            await stand.platform.publish(token, session, press.meta())
        with pytest.raises(ContentRejectedError):
            await self.transfer(stand, token, session, file)
        assert await stand.ledger() == before

    async def test_a_file_that_is_gone_begins_anew(self, stand: NamedStand, token: str, press: Press) -> None:
        session, file = await self.ready(stand, token, press)
        file.path.unlink()
        with pytest.raises(SessionGoneError):
            await stand.platform.publish(token, session, press.meta())

    async def test_rights_that_were_taken_back_need_the_operator(
        self, stand: NamedStand, token: str, press: Press
    ) -> None:
        session, _ = await self.ready(stand, token, press)
        await stand.take_rights_back()
        with pytest.raises(NeedsReauthError):
            await stand.platform.publish(token, session, press.meta())

    async def test_too_fast_says_how_long_to_wait_and_nothing_is_posted(
        self, stand: NamedStand, token: str, press: Press
    ) -> None:
        session, file = await self.ready(stand, token, press)
        await stand.limit_the_rate()
        with pytest.raises(RateLimitedError) as caught:
            await stand.platform.publish(token, session, press.meta())
        assert timedelta() < caught.value.retry_after <= timedelta(hours=1)
        assert file.sha256 not in {seen.sha256 for seen in await stand.ledger()}

    async def test_a_deleted_video_is_gone_and_may_be_deleted_again(
        self, stand: NamedStand, token: str, press: Press
    ) -> None:
        publication, file = await self.publish(stand, token, press)
        await stand.platform.delete_video(token, publication.video_id)
        await stand.platform.delete_video(token, publication.video_id)
        assert file.sha256 not in {seen.sha256 for seen in await stand.ledger()}

    @pytest.mark.parametrize("status", [500, 502, 503])
    async def test_a_site_that_is_away_is_transient(self, stand: NamedStand, status: int) -> None:
        await stand.answer_next_call(status)
        with pytest.raises(TransientError):
            await stand.platform.claim_account(stand.named, asked_by=stand.owner)

    async def test_no_error_names_the_secret(self, stand: NamedStand, press: Press) -> None:
        session = await stand.platform.open_upload("-1", replace(press.file(10)), press.meta())
        with pytest.raises(PlatformError) as caught:
            await stand.platform.publish("-1009", session, press.meta())
        assert "sandbox-bot-token" not in f"{caught.value!r} {caught.value.params()}"
