"""A cover picture is JPEG or PNG of at most 50 MB, and a Short gets it after its processing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from platforms.errors import ContentRejectedError, NeedsOperatorError, TransientError
from tests.platforms.youtube.google import Answering, Google, listing, refused

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"


def video(processing: str, width: int = 0, height: int = 0, ms: int = 20_000, **status: str) -> dict[str, Any]:
    streams = [{"widthPixels": width, "heightPixels": height}] if width else []
    details = {"videoStreams": streams, "durationMs": str(ms)} if width else {}
    return listing(
        {
            "id": "v",
            "status": {"uploadStatus": "uploaded", **status},
            "processingDetails": {"processingStatus": processing},
            "fileDetails": details,
        }
    )


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cover"
    path.write_bytes(JPEG)
    return path


@pytest.mark.parametrize(
    ("content", "kind"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (JPEG * 200_000, "image/jpeg")]
)
async def test_the_picture_is_sent_whole_under_its_type(
    youtube_answering: Answering, picture: Path, content: bytes, kind: str
) -> None:
    picture.write_bytes(content)
    google = Google(get_videos=video("succeeded"), post_set={"items": [{}]})
    await youtube_answering(google).set_thumbnail("token", "v", picture)
    sent = google.asked[1]
    assert sent.url.path == "/upload/youtube/v3/thumbnails/set"
    assert dict(sent.url.params) == {"videoId": "v", "uploadType": "media"}
    assert (sent.headers["Content-Type"], sent.headers["Content-Length"]) == (kind, str(len(content)))
    assert await sent.aread() == content


@pytest.mark.parametrize("facts", [{}, {"width": 1080, "height": 1920}, {"width": 1080, "height": 1080}])
async def test_what_may_be_a_short_waits_for_its_processing(
    youtube_answering: Answering, picture: Path, facts: dict[str, int]
) -> None:
    google = Google(get_videos=video("processing", **facts))
    with pytest.raises(TransientError) as caught:
        await youtube_answering(google).set_thumbnail("token", "v", picture)
    assert (caught.value.code, caught.value.retry_after) == ("youtube.thumbnail_too_early", timedelta(seconds=30))


@pytest.mark.parametrize("facts", [{"width": 1920, "height": 1080}, {"width": 1080, "height": 1920, "ms": 200_000}])
async def test_what_is_no_short_does_not_wait(
    youtube_answering: Answering, picture: Path, facts: dict[str, int]
) -> None:
    google = Google(get_videos=video("processing", **facts), post_set={"items": [{}]})
    await youtube_answering(google).set_thumbnail("token", "v", picture)
    assert len(google.asked) == 2


@pytest.mark.parametrize(
    ("content", "code"), [(b"GIF89a", "youtube.thumbnail_refused"), (b"", "youtube.thumbnail_refused")]
)
async def test_another_file_is_not_sent(youtube_answering: Answering, picture: Path, content: bytes, code: str) -> None:
    picture.write_bytes(content)
    google = Google()
    with pytest.raises(ContentRejectedError) as caught:
        await youtube_answering(google).set_thumbnail("token", "v", picture)
    assert (caught.value.code, google.asked) == (code, [])


async def test_a_picture_over_50_mb_is_not_sent(youtube_answering: Answering, picture: Path) -> None:
    with picture.open("ab") as file:
        file.truncate(52_428_801)
    with pytest.raises(ContentRejectedError) as caught:
        await youtube_answering(Google()).set_thumbnail("token", "v", picture)
    assert caught.value.code == "youtube.thumbnail_too_large"


async def test_a_picture_that_is_gone_is_refused(youtube_answering: Answering, tmp_path: Path) -> None:
    with pytest.raises(ContentRejectedError):
        await youtube_answering(Google()).set_thumbnail("token", "v", tmp_path / "none")


async def test_a_rejected_video_takes_no_picture(youtube_answering: Answering, picture: Path) -> None:
    rejected = video("terminated", uploadStatus="rejected", rejectionReason="copyright")
    with pytest.raises(ContentRejectedError) as caught:
        await youtube_answering(Google(get_videos=rejected)).set_thumbnail("token", "v", picture)
    assert caught.value.code == "youtube.rejected_copyright"


@pytest.mark.parametrize(
    ("answer", "error"),
    [(refused(403, "forbidden"), NeedsOperatorError), (httpx.ReadTimeout("late"), TransientError)],
)
async def test_a_refusal_or_a_lost_answer_is_told_apart(
    youtube_answering: Answering, picture: Path, answer: Any, error: Any
) -> None:
    with pytest.raises(error):
        await youtube_answering(Google(get_videos=video("succeeded"), post_set=answer)).set_thumbnail(
            "token", "v", picture
        )
