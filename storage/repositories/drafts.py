"""Posts in the making; every change names the version that it was made on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, update

from storage.errors import NotFoundError, StaleVersionError
from storage.tables import drafts
from storage.transaction import Record, Transaction, columns
from storage.values import Draft, DraftState, JsonObject

CHANGEABLE = frozenset(
    {
        "account_ids",
        "title",
        "description",
        "keywords",
        "voice_preset",
        "scheduled_time",
        "publish_now",
        "options",
    }
)


class DraftRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(
        self,
        *,
        operator_id: int,
        clip_id: int,
        chat_id: int,
        title: str = "",
        description: str = "",
        keywords: Sequence[str] = (),
        options: JsonObject | None = None,
        account_ids: Sequence[int] = (),
    ) -> Draft:
        """The draft of this clip; a second call for the same clip gives the same draft."""
        now = self._tx.clock()
        values = {
            "operator_id": operator_id,
            "clip_id": clip_id,
            "chat_id": chat_id,
            "state": DraftState.OPEN,
            "version": 1,
            "account_ids": list(account_ids),
            "title": title,
            "description": description,
            "keywords": list(keywords),
            "publish_now": False,
            "options": dict(options or {}),
            "created_at": now,
            "updated_at": now,
        }
        await self._tx.insert_if_new(drafts, values)
        draft = await self.by_clip(clip_id)
        if draft is None:
            raise NotFoundError(f"no draft of clip {clip_id}")
        return draft

    async def get(self, draft_id: int) -> Draft:
        draft = await self._find(drafts.c.id == draft_id)
        if draft is None:
            raise NotFoundError(f"no draft {draft_id}", id=draft_id)
        return draft

    async def by_clip(self, clip_id: int) -> Draft | None:
        return await self._find(drafts.c.clip_id == clip_id)

    async def by_post(self, post_id: int) -> Draft | None:
        return await self._find(drafts.c.post_id == post_id)

    async def by_card(self, chat_id: int, message_id: int) -> Draft | None:
        """The draft, in whatever state, whose card this message is."""
        return await self._find((drafts.c.chat_id == chat_id) & (drafts.c.card_message_id == message_id))

    async def open_of(self, operator_id: int) -> tuple[Draft, ...]:
        is_open = (drafts.c.operator_id == operator_id) & (drafts.c.state == DraftState.OPEN)
        return tuple(map(_draft, await self._tx.rows(columns(drafts).where(is_open).order_by(drafts.c.id))))

    async def change(self, draft_id: int, *, version: int, **fields: Any) -> Draft:
        """Set fields of an open draft; raises StaleVersionError when it is closed or was changed since."""
        if unknown := fields.keys() - CHANGEABLE:
            raise TypeError(f"not a changeable field of a draft: {sorted(unknown)}")
        for name in ("account_ids", "keywords"):
            if name in fields:
                fields[name] = list(fields[name])
        return await self._advance(draft_id, version, DraftState.OPEN, fields)

    async def close(self, draft_id: int, *, version: int, state: DraftState, post_id: int | None = None) -> Draft:
        """Approve or discard an open draft; its buttons become stale."""
        return await self._advance(draft_id, version, DraftState.OPEN, {"state": state, "post_id": post_id})

    async def reopen(self, draft_id: int) -> Draft:
        """Make an approved draft open again; raises StaleVersionError when it is not approved."""
        draft = await self.get(draft_id)
        values = {"state": DraftState.OPEN, "post_id": None}
        return await self._advance(draft_id, draft.version, DraftState.APPROVED, values)

    async def set_card(self, draft_id: int, message_id: int | None) -> None:
        """Remember which message shows the draft; the draft itself does not change, so its buttons stay good."""
        await self._tx.change(update(drafts).where(drafts.c.id == draft_id).values(card_message_id=message_id))

    async def _advance(self, draft_id: int, version: int, state: DraftState, values: dict[str, Any]) -> Draft:
        is_current = (drafts.c.id == draft_id) & (drafts.c.version == version) & (drafts.c.state == state)
        values = {**values, "version": version + 1, "updated_at": self._tx.clock()}
        if not await self._tx.change(update(drafts).where(is_current).values(values)):
            found = await self.get(draft_id)
            raise StaleVersionError(f"draft {draft_id} is {found.state} at version {found.version}, not {version}")
        return await self.get(draft_id)

    async def _find(self, condition: ColumnElement[bool]) -> Draft | None:
        row = await self._tx.row(columns(drafts).where(condition))
        return None if row is None else _draft(row)


def _draft(row: Record) -> Draft:
    fields = dict(row)
    fields["state"] = DraftState(row["state"])
    fields["account_ids"] = tuple(row["account_ids"])
    fields["keywords"] = tuple(row["keywords"])
    return Draft(**fields)
