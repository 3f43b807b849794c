"""Fetches the subtitles that a person sent, looks into them and gives them to the draft, or says why not."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.downloads import Files
from bot.errors import FileTooBigError, TelegramFaultError
from bot.ports import ReadsTranscripts
from bot.screen import Screen
from bot.texts import Speech
from scheduler.errors import IntakeError
from scheduler.transcripts import TRANSCRIPT
from storage.database import Database
from storage.errors import StaleVersionError
from storage.unit_of_work import UnitOfWork
from storage.values import Draft, DraftState

log = logging.getLogger(__name__)

LARGEST_BYTES = 2 * 1024 * 1024
ATTEMPTS = 3
"""How often a draft that changes at the same moment is asked again."""


class WordsErrand:
    """`folder` is where the clips are; the subtitles lie beside them and go with them."""

    def __init__(self, *, db: Database, files: Files, folder: Path, examine: ReadsTranscripts) -> None:
        self._db = db
        self._files = files
        self._folder = folder
        self._examine = examine

    async def run(self, payload: Mapping[str, Any], t: Speech) -> Screen | None:
        """The sentence that says what is wrong; None where the card shows that it went well."""
        draft_id, name = int(payload["draft_id"]), str(payload["file"])
        async with self._db.read() as uow:
            draft = await uow.drafts.get(draft_id)
            facts = (await uow.clips.get(draft.clip_id)).facts
        suffix = Path(name).suffix.lower()
        path = self._folder / f"clip-{draft.clip_id}.{secrets.token_hex(8)}{suffix}"
        is_kept = False
        try:
            await self._files.fetch(str(payload["file_id"]), path)
            if path.stat().st_size > LARGEST_BYTES:
                return Screen(t("words.too_big", file=name))
            found = await self._examine(path)
            if facts is not None and found.begins_s >= facts.duration_s:
                return Screen(t("words.elsewhere", file=name))
            words = {"file": str(path), "name": name, "phrases": found.phrases}
            is_kept = await self._give(draft_id, words)
            return None if is_kept else Screen(t("words.too_late"))
        except FileTooBigError:
            return Screen(t("words.too_big", file=name))
        except IntakeError as error:
            log.info("subtitles for draft %s: %s", draft_id, error.fault.params.get("detail"))
            return Screen(t("words.bad", file=name))
        except (TelegramFaultError, OSError) as error:
            log.warning("subtitles for draft %s did not come: %s", draft_id, type(error).__name__)
            return Screen(t("words.lost", file=name))
        finally:
            if not is_kept:
                path.unlink(missing_ok=True)

    async def _give(self, draft_id: int, words: dict[str, Any]) -> bool:
        """Whether the draft has them now; those that it had before are replaced."""
        for _ in range(ATTEMPTS):
            try:
                before = await self._db.run(lambda uow: _put(uow, draft_id, words))
            except StaleVersionError:
                continue
            if before is None:
                return False
            if isinstance(old := before.options.get(TRANSCRIPT), Mapping):
                Path(str(old["file"])).unlink(missing_ok=True)
            return True
        return False


async def _put(uow: UnitOfWork, draft_id: int, words: dict[str, Any]) -> Draft | None:
    """The draft as it was before; None where it is open no more."""
    draft = await uow.drafts.get(draft_id)
    if draft.state is not DraftState.OPEN:
        return None
    await uow.drafts.change(draft.id, version=draft.version, options={**draft.options, TRANSCRIPT: words})
    asked = await uow.conversations.get(draft.chat_id)
    if asked is not None and asked.draft_id == draft.id:
        await uow.conversations.clear(draft.chat_id)  # the card's overview is what tells of the subtitles
    await uow.outbox.add(chat_id=draft.chat_id, kind="card", payload={"draft_id": draft.id, "is_new": True})
    return draft
