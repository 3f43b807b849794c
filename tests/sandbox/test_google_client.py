"""Google's own client works against the server with no change but the endpoint."""

import http.client
import io
import json
import random
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import google.auth.exceptions
import google.auth.transport.requests
import pytest
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError, ResumableUploadError
from googleapiclient.http import MediaFileUpload, MediaIoBaseUpload

from tests.support.sandbox import Sandbox, running_sandbox

CHUNK = 262_144
SCOPES = [f"https://www.googleapis.com/auth/{name}" for name in ("youtube.force-ssl", "yt-analytics.readonly")]
REDIRECT = "http://localhost:8765/"


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("outside")) as running:
        yield running


@pytest.fixture(autouse=True)
def _plain_http_for_oauthlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def credentials(outside: Sandbox) -> Credentials:
    """Google's own flow (it makes its PKCE pair by itself), the person's consent played by the control route."""
    info = outside.info()
    config = {
        "client_id": info["oauth_client_id"],
        "client_secret": info["oauth_client_secret"],
        "auth_uri": f"{info['google_accounts_url']}/o/oauth2/auth",
        "token_uri": f"{info['google_oauth_url']}/token",
        "redirect_uris": [REDIRECT],
    }
    flow = Flow.from_client_config(
        {"installed": config}, SCOPES, redirect_uri=REDIRECT, autogenerate_code_verifier=True
    )
    url, state = flow.authorization_url(prompt="consent", access_type="offline", include_granted_scopes="true")
    back = outside.consent(url, channel="UCsandboxNightStories002")
    assert f"state={state}" in back
    flow.fetch_token(authorization_response=back)
    given: Credentials = flow.credentials
    return given


@pytest.fixture
def youtube(outside: Sandbox, credentials: Credentials) -> Iterator[Any]:
    """The client from its own static discovery document; only the endpoint is another."""
    stored = resources.files("googleapiclient") / "discovery_cache" / "documents" / "youtube.v3.json"
    document = json.loads(stored.read_text())
    document["rootUrl"] = document["baseUrl"] = f"{outside.url}/youtube/"
    document.pop("mtlsRootUrl", None)
    with build_from_document(document, credentials=credentials) as client:
        yield client


def body(title: str) -> dict[str, Any]:
    return {
        "snippet": {"title": title, "description": "Once upon a time", "tags": ["tale", "night"], "categoryId": "22"},
        "status": {"privacyStatus": "private", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": True},
    }


def upload(youtube: Any, content: bytes, title: str) -> dict[str, Any]:
    media = MediaIoBaseUpload(io.BytesIO(content), "video/mp4", chunksize=CHUNK, resumable=True)
    request = youtube.videos().insert(part="snippet,status", body=body(title), media_body=media)
    answer = None
    while answer is None:
        _, answer = request.next_chunk()
    return dict(answer)


def test_a_video_uploaded_in_chunks_arrives_byte_for_byte(outside: Sandbox, youtube: Any, tmp_path: Path) -> None:
    content = random.Random(1).randbytes(3 * CHUNK + 12_345)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    media = MediaFileUpload(str(clip), mimetype="video/mp4", chunksize=CHUNK, resumable=True)
    request = youtube.videos().insert(part="snippet,status", body=body("Chunks"), media_body=media)
    steps, answer = [], None
    while answer is None:
        status, answer = request.next_chunk()
        steps.append(status.resumable_progress if status else len(content))
    assert steps == [CHUNK, 2 * CHUNK, 3 * CHUNK, len(content)]
    video = outside.get(f"youtube/videos/{answer['id']}")
    assert outside.http.get(video["file_url"]).content == content
    assert (video["title"], video["privacy"], video["size"]) == ("Chunks", "private", len(content))


@pytest.mark.parametrize("size", [0, 1, CHUNK, 2 * CHUNK])
def test_edge_sizes_arrive_whole(outside: Sandbox, youtube: Any, size: int) -> None:
    answer = upload(youtube, random.Random(size).randbytes(size), f"Size {size}")
    assert outside.get(f"youtube/videos/{answer['id']}")["size"] == size


@pytest.mark.parametrize("fault", ["status", "drop_before", "drop_after", "cut", "html"])
@pytest.mark.parametrize("nth", [1, 4])
def test_a_failed_chunk_is_resumed_and_the_video_is_there_once(
    outside: Sandbox, youtube: Any, fault: str, nth: int
) -> None:
    content = random.Random(f"{fault}{nth}").randbytes(4 * CHUNK)
    media = MediaIoBaseUpload(io.BytesIO(content), "video/mp4", chunksize=CHUNK, resumable=True)
    request = youtube.videos().insert(part="snippet,status", body=body(f"{fault} {nth}"), media_body=media)
    # After a lost connection httplib2 announces the chunk once more by itself and sends none of it, for its stream has
    # been read already; nobody can answer that, so the client gives up after its own time limit and asks anew.
    request.http.http.timeout = 0.5
    outside.fault(service="youtube", method="PUT", fault=fault, bytes=100_000, nth=nth)
    answer, failures = None, 0
    while answer is None:
        try:
            _, answer = request.next_chunk()
        except (HttpError, OSError, http.client.HTTPException):
            failures += 1
    outside.clear_faults()
    assert failures == 1
    assert outside.http.get(f"/control/youtube/videos/{answer['id']}/file").content == content
    assert [video["id"] for video in outside.videos() if video["title"] == f"{fault} {nth}"] == [answer["id"]]


def test_a_small_video_goes_in_one_multipart_request(outside: Sandbox, youtube: Any) -> None:
    content = random.Random(3).randbytes(70_001)
    media = MediaIoBaseUpload(io.BytesIO(content), "video/mp4")
    answer = youtube.videos().insert(part="snippet,status", body=body("Multipart"), media_body=media).execute()
    assert outside.http.get(f"/control/youtube/videos/{answer['id']}/file").content == content
    assert answer["snippet"]["title"] == "Multipart"


def test_listing_finds_what_was_uploaded(youtube: Any) -> None:
    video_id = upload(youtube, b"to be listed", "Listed")["id"]
    [found] = youtube.videos().list(part="snippet,status,statistics,fileDetails", id=video_id).execute()["items"]
    assert (found["snippet"]["title"], found["snippet"]["tags"]) == ("Listed", ["tale", "night"])
    assert found["fileDetails"]["fileSize"] == "12"
    [channel] = youtube.channels().list(part="contentDetails", mine=True).execute()["items"]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    items = youtube.playlistItems().list(part="contentDetails", playlistId=uploads, maxResults=1)
    assert [item["contentDetails"]["videoId"] for item in items.execute()["items"]] == [video_id]


def test_the_pages_of_a_list_can_be_walked(youtube: Any) -> None:
    ids = [upload(youtube, f"page {number}".encode(), f"Page {number}")["id"] for number in range(5)]
    request, found = (
        youtube.playlistItems().list(part="contentDetails", playlistId="UUsandboxNightStories002", maxResults=2),
        [],
    )
    while request is not None:
        response = request.execute()
        found += [item["contentDetails"]["videoId"] for item in response["items"]]
        request = youtube.playlistItems().list_next(request, response)
    assert found[:5] == ids[::-1]
    assert len(set(found)) == len(found)


def test_a_deleted_video_is_gone(youtube: Any) -> None:
    video_id = upload(youtube, b"to be deleted", "Deleted")["id"]
    assert youtube.videos().delete(id=video_id).execute() == ""
    assert youtube.videos().list(part="id", id=video_id).execute()["items"] == []
    with pytest.raises(HttpError) as refusal:
        youtube.videos().delete(id=video_id).execute()
    assert (refusal.value.status_code, refusal.value.error_details[0]["reason"]) == (404, "videoNotFound")


def test_updating_rating_commenting_and_a_thumbnail(youtube: Any) -> None:
    video_id = upload(youtube, b"to be worked on", "Old title")["id"]
    status = {"privacyStatus": "unlisted"}
    changed = {"id": video_id, "snippet": {"title": "New title", "categoryId": "24"}, "status": status}
    youtube.videos().update(part="snippet,status", body=changed).execute()
    youtube.videos().rate(id=video_id, rating="like").execute()
    assert youtube.videos().getRating(id=video_id).execute()["items"][0]["rating"] == "like"
    thread = {
        "channelId": "UCsandboxNightStories002",
        "videoId": video_id,
        "topLevelComment": {"snippet": {"textOriginal": "First!"}},
    }
    youtube.commentThreads().insert(part="snippet", body={"snippet": thread}).execute()
    comments = youtube.commentThreads().list(part="snippet", videoId=video_id, order="time").execute()["items"]
    assert [c["snippet"]["topLevelComment"]["snippet"]["textOriginal"] for c in comments] == ["First!"]
    picture = MediaIoBaseUpload(io.BytesIO(b"\xff\xd8\xff\xe0 not much of a picture"), "image/jpeg")
    youtube.thumbnails().set(videoId=video_id, media_body=picture).execute()
    [video] = youtube.videos().list(part="snippet,statistics,contentDetails", id=video_id).execute()["items"]
    assert (video["snippet"]["title"], video["statistics"]["likeCount"]) == ("New title", "1")
    assert video["contentDetails"]["hasCustomThumbnail"] is True
    assert "tags" not in video["snippet"]  # the part was overwritten whole
    stats = youtube.videos().batchGetStats(part="statistics", id=video_id).execute()["items"]
    assert stats[0]["statistics"]["commentCount"] == "1"


def test_a_refusal_arrives_as_the_clients_own_error(youtube: Any) -> None:
    with pytest.raises(ResumableUploadError) as refusal:
        upload(youtube, b"no title", "")
    assert (refusal.value.status_code, refusal.value.error_details[0]["reason"]) == (400, "invalidTitle")


def test_the_client_refreshes_a_dead_access_token_and_goes_on(
    outside: Sandbox, youtube: Any, credentials: Credentials
) -> None:
    before = credentials.token
    outside.post("google/expire")
    assert youtube.channels().list(part="id", mine=True).execute()["items"]
    assert credentials.token != before


def test_the_auth_library_refreshes_and_understands_a_revocation(outside: Sandbox, credentials: Credentials) -> None:
    transport, kept = google.auth.transport.requests.Request(), credentials.refresh_token
    credentials.refresh(transport)
    assert (credentials.refresh_token, set(credentials.scopes or [])) == (kept, set(SCOPES))
    outside.post("google/revoke", channel="UCsandboxNightStories002")
    with pytest.raises(google.auth.exceptions.RefreshError, match="invalid_grant"):
        credentials.refresh(transport)
