"""The fake platform keeps the contract of every platform, so what is proved with it is worth something."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest

from platforms.base import CheckState
from tests.platforms.contract import REDIRECT_URI, PlatformContract, Seen
from tests.support.fake_platform import PIECE, FakePlatform, FakeSite


class FakeStand:
    """The levers of the site in memory."""

    chunk_size = PIECE

    def __init__(self) -> None:
        self.site = FakeSite(lambda: datetime.now(UTC))
        self.site.valid_tokens = set()
        self.site.polls_until_published = 1_000
        self.platform = FakePlatform(self.site)
        self._codes = count(1)

    async def consent(self, url: str, *, scopes: frozenset[str] | None = None) -> str:
        (state,) = parse_qs(urlsplit(url).query)["state"]
        return f"{REDIRECT_URI}?state={state}&code=code-{next(self._codes)}"

    async def ledger(self) -> list[Seen]:
        return [Seen(video.video_id, video.sha256, video.size, video.title) for video in self.site.videos]

    async def expire_access_tokens(self) -> None:
        self.site.valid_tokens = set()

    async def take_grants_back(self) -> None:
        self.site.grant_is_gone = True

    async def cut_every_chunk(self, after_bytes: int, times: int) -> None:
        self._next("transfer", f"cut:{after_bytes}", times)

    async def lose_the_answer_to_the_last_byte(self, chunks: int) -> None:
        self._next("transfer", "lose_after")

    async def answer_next_call(self, status: int) -> None:
        self._next("open_upload", "transient")

    async def limit_the_rate(self) -> None:
        self._next("open_upload", "rate")

    async def kill_sessions(self) -> None:
        self.site.expire_sessions()

    async def use_up(self, bucket: str) -> None:
        self._next("open_upload", "quota")

    async def let_processing_end(self) -> None:
        self.site.polls_until_published = 0

    async def let_processing_fail(self) -> str:
        self.site.verdict = CheckState.FAILED
        return "copyright"

    def _next(self, step: str, word: str, times: int = 1) -> None:
        done = self.site.calls[step]
        self.site.faults.update({(step, done + number): word for number in range(1, times + 1)})


class TestFakePlatform(PlatformContract):
    @pytest.fixture
    async def stand(self) -> FakeStand:
        return FakeStand()
