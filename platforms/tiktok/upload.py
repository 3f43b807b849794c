"""TikTok's file upload: init buys a `publish_id` and an address, chunks go there in order, the last byte publishes.

Init publishes nothing by itself, so one whose answer was lost may be repeated. Whoever comes back asks by `publish_id`
where the upload stands before a byte is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platforms.base import BeforeCommit, OnProgress, UploadSession, VideoFile, VideoMeta
from platforms.chunks import Chunk, FileChangedError, FileSource
from platforms.errors import ContentRejectedError, SessionGoneError, TransientError, UnexpectedAnswerError
from platforms.http import Http
from platforms.known_files import KnownFiles
from platforms.tiktok.api import TikTokApi
from platforms.tiktok.caption import caption
from platforms.tiktok.chunk_plan import MIN_CHUNK_SIZE, ChunkPlan, plan_chunks
from platforms.tiktok.creator import CreatorRefusesError, ask_creator, creator_violations, post_info
from platforms.tiktok.fields import text, whole
from platforms.tiktok.settings import NAME, Mode, TikTokSettings
from platforms.tiktok.status import Phase, Standing, ask_standing
from platforms.tiktok.upload_address import Accepted, OutOfStep, UploadAddress, checked_address

INIT_PATHS: Mapping[Mode, str] = {
    Mode.DIRECT: "post/publish/video/init/",
    Mode.INBOX: "post/publish/inbox/video/init/",
}
MAX_RESYNCS = 3
"""How often one run follows TikTok to other bytes than the ones it was sending."""


class FileUpload:
    """Opens uploads and brings them to their end."""

    def __init__(
        self, http: Http, api: TikTokApi, settings: TikTokSettings, clock: Callable[[], datetime], pool: Executor
    ) -> None:
        self._http = http
        self._api = api
        self._settings = settings
        self._clock = clock
        self._pool = pool
        self._known = KnownFiles(clock)

    async def open(self, access_token: str, file: VideoFile, meta: VideoMeta) -> UploadSession:
        """Register the upload. For a direct post the creator's options are asked first, as TikTok demands."""
        plan = self._plan(file, is_held_back=meta.is_held_back)
        source = {
            "source": "FILE_UPLOAD",
            "video_size": plan.total,
            "chunk_size": plan.size,
            "total_chunk_count": plan.count,
        }
        body: dict[str, Any] = {"source_info": source}
        if self._settings.mode is Mode.DIRECT:
            body = {"post_info": await self._post_info(access_token, file, meta)} | body
        opened_at = self._clock()  # before the call: the address does not live longer than we think
        data = await self._api.post(access_token, INIT_PATHS[self._settings.mode], body)
        return self._session(data, file, plan, opened_at)

    async def resume(
        self,
        access_token: str,
        session: UploadSession,
        file: VideoFile,
        *,
        on_progress: OnProgress,
        before_commit: BeforeCommit,
    ) -> None:
        """Ask where the upload stands and send what is missing. Returns once TikTok needs no more bytes of us.

        An upload that TikTok has given up on is also one that needs no more bytes: `check` says why it failed.
        """
        standing = await self._ask(access_token, session)
        if standing.phase is Phase.FAILED and _has_bytes_missing(standing, file):
            # It died unfed: nothing is wrong with the file.
            self.require_alive(session)
        if not _wants_bytes(standing, file):
            # Asked before the file is opened: a finished upload needs its file no more.
            if standing.phase is not Phase.FAILED:
                await on_progress(file.size)
            return
        plan = _stored_plan(session, file)
        address = UploadAddress(self._http, self._clock, address=self._address(session), plan=plan)
        run = _Run(self, access_token, session, file, plan, address, on_progress, before_commit)
        try:
            source = await FileSource.begin(file, pool=self._pool, known=self._known)
            try:
                await run.send_from(standing.uploaded or 0, source)
            finally:
                await source.close()
        except FileChangedError as error:
            raise _file_changed(str(error)) from None

    async def stored(self, access_token: str, session: UploadSession, file: VideoFile) -> int | None:
        """Ask how many bytes TikTok has; all of them where it wants none any more, None where it does not say."""
        standing = await self._ask(access_token, session)
        return standing.uploaded if _wants_bytes(standing, file) else file.size

    def require_alive(self, session: UploadSession) -> None:
        """Raise SessionGoneError where the address has expired.

        The last chunk would be refused, but after `before_commit`: that would leave a doubt where there is none.
        """
        opened_at = datetime.fromisoformat(str(session.data["opened_at"]))
        if self._clock() - opened_at >= self._settings.upload_url_life:
            raise SessionGoneError("The upload address has expired.", platform=NAME, reason="uploadUrlExpired")

    async def _ask(self, access_token: str, session: UploadSession) -> Standing:
        if not session.upload_id:
            raise SessionGoneError("No publish_id was stored.", platform=NAME, reason="missingPublishId")
        return await ask_standing(self._api, access_token, session.upload_id)

    async def _post_info(self, access_token: str, file: VideoFile, meta: VideoMeta) -> dict[str, Any]:
        creator = await ask_creator(self._api, access_token)
        for violation in creator_violations(creator, file, meta):
            raise CreatorRefusesError(violation)
        return post_info(creator, meta, caption(meta))

    def _plan(self, file: VideoFile, *, is_held_back: bool) -> ChunkPlan:
        if file.size < 1:
            raise ContentRejectedError("The file is empty.", platform=NAME, code="tiktok.file_empty")
        chunk_size, largest_single = self._settings.chunk_size, self._settings.largest_single
        if is_held_back:
            # The smallest chunks that TikTok takes leave the least for the minute itself.
            chunk_size, largest_single = MIN_CHUNK_SIZE, 0
        try:
            return plan_chunks(file.size, chunk_size=chunk_size, largest_single=largest_single)
        except ValueError as error:
            raise ContentRejectedError(str(error), platform=NAME, code="tiktok.file_too_large") from None

    def _session(self, data: Mapping[str, Any], file: VideoFile, plan: ChunkPlan, opened_at: datetime) -> UploadSession:
        publish_id, address = text(data, "publish_id"), text(data, "upload_url")
        if not publish_id or not address:
            raise UnexpectedAnswerError("No upload address came.", platform=NAME, reason="malformed")
        stored = {
            "upload_url": checked_address(address, api_url=self._settings.api_url),
            "size": file.size,
            "sha256": file.sha256,
            "chunk_size": plan.size,
            "chunk_count": plan.count,
            "opened_at": opened_at.isoformat(),
        }
        return UploadSession(data=stored, upload_id=publish_id)

    def _address(self, session: UploadSession) -> str:
        return checked_address(text(session.data, "upload_url"), api_url=self._settings.api_url)


@dataclass(frozen=True, slots=True)
class _Run:
    """One stretch of sending, from one byte to the end or to a failure."""

    upload: FileUpload
    access_token: str
    session: UploadSession
    file: VideoFile
    plan: ChunkPlan
    address: UploadAddress
    on_progress: OnProgress
    before_commit: BeforeCommit

    async def send_from(self, offset: int, source: FileSource) -> None:
        resyncs = 0
        await self.on_progress(offset)
        while offset < self.plan.total:
            chunk = self.plan.chunk_at(offset)
            answer = await self._put(chunk, source)
            if isinstance(answer, Accepted):
                offset = answer.offset
            else:
                resyncs += 1
                offset = await self._resynced(chunk, answer.offset, resyncs)
            await self.on_progress(offset)

    async def _put(self, chunk: Chunk, source: FileSource) -> Accepted | OutOfStep:
        if chunk.is_last:
            await source.verified()
            self.upload.require_alive(self.session)
            await self.before_commit()
        return await self.address.put(chunk, source, self.file.mime_type)

    async def _resynced(self, chunk: Chunk, offset: int | None, resyncs: int) -> int:
        """Where to go on. Being sent back to the same bytes could go on for ever; the next attempt asks anew."""
        if offset is None:
            offset = await self.upload.stored(self.access_token, self.session, self.file)
        if offset is None or offset == chunk.first or resyncs > MAX_RESYNCS:
            raise TransientError("TikTok and we do not agree on the next byte.", platform=NAME, reason="noProgress")
        return offset


def _wants_bytes(standing: Standing, file: VideoFile) -> bool:
    return standing.phase is Phase.UPLOADING and (standing.uploaded or 0) < file.size


def _has_bytes_missing(standing: Standing, file: VideoFile) -> bool:
    return standing.uploaded is not None and standing.uploaded < file.size


def _stored_plan(session: UploadSession, file: VideoFile) -> ChunkPlan:
    """The plan that TikTok was told, whatever the settings have become since."""
    data = session.data
    if (data.get("size"), data.get("sha256")) != (file.size, file.sha256):
        raise _file_changed("the upload was opened for another file")
    size, count = whole(data, "chunk_size"), whole(data, "chunk_count")
    if not size or not count:
        raise SessionGoneError("No chunk plan was stored.", platform=NAME, reason="missingPlan")
    return ChunkPlan(total=file.size, size=size, count=count)


def _file_changed(why: str) -> ContentRejectedError:
    return ContentRejectedError(why, platform=NAME, reason="fileChanged", code="tiktok.file_changed")
