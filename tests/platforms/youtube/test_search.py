"""Reconciling: the file name is proof, other evidence must be unambiguous, and doubt is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from platforms.base import Absent, CannotTell, Evidence, Found, SearchResult
from platforms.errors import NeedsOperatorError
from platforms.youtube import YouTube

SINCE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EVIDENCE = Evidence(marker="cf-7-beef", title="Morning", size=5000, duration_s=20.0, since=SINCE)
OURS = "cf-7-beef.mp4"


@dataclass
class Channel:
    """A channel's uploads, newest first, served as YouTube serves them."""

    videos: list[dict[str, Any]] = field(default_factory=list)
    exists: bool = True
    requests: list[httpx.Request] = field(default_factory=list)

    def upload(
        self,
        *,
        title: str = "Morning",
        file_name: str | None = "",
        size: int | None = 5000,
        duration: str = "PT20S",
        at: datetime = SINCE + timedelta(minutes=1),
    ) -> None:
        stamp = at.isoformat().replace("+00:00", "Z")
        file = {"fileName": file_name, "fileSize": str(size)} if file_name is not None else {}
        self.videos.append(
            {
                "id": f"video-{len(self.videos)}",
                "snippet": {"title": title, "publishedAt": stamp},
                "contentDetails": {"duration": duration},
                "fileDetails": {key: value for key, value in file.items() if value not in ("", "None")},
            }
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        resource = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json=getattr(self, f"_{resource}")(request.url.params))

    def _channels(self, params: httpx.QueryParams) -> dict[str, Any]:
        assert params["mine"] == "true"
        channel = {"id": "UCx", "contentDetails": {"relatedPlaylists": {"uploads": "UUx"}}}
        return {"items": [channel]} if self.exists else {"pageInfo": {"totalResults": 0}}

    def _playlistItems(self, params: httpx.QueryParams) -> dict[str, Any]:
        assert params["playlistId"] == "UUx"
        start, size = int(params.get("pageToken", 0)), int(params["maxResults"])
        body: dict[str, Any] = {
            "items": [
                {
                    "snippet": {"publishedAt": video["snippet"]["publishedAt"]},
                    "contentDetails": {"videoId": video["id"]},
                }
                for video in self.videos[start : start + size]
            ]
        }
        return body | ({"nextPageToken": str(start + size)} if start + size < len(self.videos) else {})

    def _videos(self, params: httpx.QueryParams) -> dict[str, Any]:
        ids = params["id"].split(",")
        assert len(ids) <= 50
        return {"items": [video for video in self.videos if video["id"] in ids]}


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def youtube(
    youtube_answering: Callable[[Callable[[httpx.Request], httpx.Response]], YouTube], channel: Channel
) -> YouTube:
    return youtube_answering(channel.answer)


async def find(youtube: YouTube, evidence: Evidence = EVIDENCE) -> SearchResult:
    return await youtube.find_published("token", evidence)


def id_of(result: SearchResult) -> str:
    assert isinstance(result, Found)
    assert result.publication.url.endswith(result.publication.video_id)
    return result.publication.video_id


async def test_an_empty_channel_does_not_have_it(youtube: YouTube) -> None:
    assert await find(youtube) == Absent()


async def test_the_file_name_is_proof_whatever_the_title_became(youtube: YouTube, channel: Channel) -> None:
    channel.upload(title="Morning", file_name="other.mp4")
    channel.upload(title="Renamed since", file_name=OURS, duration="PT0S")
    assert id_of(await find(youtube)) == "video-1"


@pytest.mark.parametrize("file_name", ["cf-7-beef", "cf-7-beef.mov"])
async def test_the_suffix_of_the_file_name_does_not_matter(youtube: YouTube, channel: Channel, file_name: str) -> None:
    channel.upload(title="Other", file_name=file_name)
    assert id_of(await find(youtube)) == "video-0"


async def test_a_longer_marker_is_another_marker(youtube: YouTube, channel: Channel) -> None:
    channel.upload(title="Other", file_name="cf-7-beef1.mp4")
    assert await find(youtube) == Absent()


async def test_two_that_carry_the_marker_are_for_a_person(youtube: YouTube, channel: Channel) -> None:
    channel.upload(file_name=OURS)
    channel.upload(file_name=OURS)
    assert await find(youtube) == CannotTell("several_carry_the_marker")


async def test_without_file_names_the_one_that_fits_is_it(youtube: YouTube, channel: Channel) -> None:
    channel.upload(title="Evening")
    channel.upload()
    assert id_of(await find(youtube)) == "video-1"


async def test_two_that_fit_are_for_a_person(youtube: YouTube, channel: Channel) -> None:
    channel.upload()
    channel.upload()
    assert await find(youtube) == CannotTell("several_look_alike")


async def test_one_that_fits_under_another_file_name_is_for_a_person(youtube: YouTube, channel: Channel) -> None:
    channel.upload(file_name="cf-8-cafe.mp4")
    assert await find(youtube) == CannotTell("looks_alike")


@pytest.mark.parametrize(
    "difference",
    [
        {"title": "Evening"},
        {"duration": "PT1M20S"},
        {"file_name": "x.mp4", "size": 4999},
        {"at": SINCE - timedelta(hours=1)},
    ],
)
async def test_one_difference_rules_a_video_out(youtube: YouTube, channel: Channel, difference: dict[str, Any]) -> None:
    channel.upload(**difference)
    assert await find(youtube) == Absent()


async def test_a_video_whose_length_is_not_known_yet_still_fits(youtube: YouTube, channel: Channel) -> None:
    channel.upload(duration="PT0S")
    assert id_of(await find(youtube)) == "video-0"


async def test_clocks_may_differ_by_minutes(youtube: YouTube, channel: Channel) -> None:
    channel.upload(at=SINCE - timedelta(minutes=4))
    assert id_of(await find(youtube)) == "video-0"


async def test_it_reads_on_until_before_the_session_was_opened(youtube: YouTube, channel: Channel) -> None:
    for _ in range(60):
        channel.upload(title="Other")
    channel.upload(file_name=OURS)
    for _ in range(200):
        channel.upload(title="Old", at=SINCE - timedelta(days=1))
    assert id_of(await find(youtube)) == "video-60"
    assert len(channel.requests) == 1 + 2 * 3


async def test_more_uploads_than_it_reads_leave_it_unsure(youtube: YouTube, channel: Channel) -> None:
    for _ in range(501):
        channel.upload(title="Other")
    assert await find(youtube) == CannotTell("too_many_uploads")


async def test_an_account_without_a_channel_needs_its_owner(youtube: YouTube, channel: Channel) -> None:
    channel.exists = False
    with pytest.raises(NeedsOperatorError) as caught:
        await find(youtube)
    assert (caught.value.reason, caught.value.code) == ("youtubeSignupRequired", "youtube.no_channel")
