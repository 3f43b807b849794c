"""What only the site knows of a published video, asked and shown in its card's message: its lists, its report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot import formats
from bot.callbacks import UploadAct, UploadButton
from bot.figures import figure_lines
from bot.ports import PlaylistChoice, UploadQuestions
from bot.renderer import Outgoing
from bot.screen import Button, Rows, Screen, shorten
from bot.texts import Speech, Texts
from bot.upload_card import back_button
from scheduler.faults import fault_of
from storage.errors import ConflictError, UnavailableError
from storage.values import Operator

log = logging.getLogger(__name__)

LISTS_SHOWN = 40
DATA_LIMIT = 64
"""Bytes of a button's data: https://core.telegram.org/bots/api#inlinekeyboardbutton"""


class UploadErrands:
    """Answers the message to show, an error as its sentence."""

    def __init__(self, questions: UploadQuestions, texts: Texts, clock: Callable[[], datetime]) -> None:
        self._questions = questions
        self._texts = texts
        self._clock = clock

    async def run(self, operator: Operator, payload: Mapping[str, Any]) -> Outgoing:
        """Run `playlists` or `report`."""
        t, upload_id = self._texts.of(operator.locale), int(payload["upload_id"])
        back = ((back_button(upload_id, t),),)
        try:
            screen = await self._ask(str(payload["errand"]), upload_id, t, back)
        except (ConflictError, UnavailableError):
            raise
        except Exception as error:  # noqa: BLE001
            # The border to the scheduler and, behind it, the site: its errors have codes, anything else is a bug.
            fault = fault_of(error)
            log.info("upload %s: the site did not tell: %s", upload_id, fault.code)
            why = formats.fault_sentence(fault, t, zone=operator.timezone, now=self._clock())
            screen = Screen(why, back)
        return Outgoing(screen, message_id=payload.get("message_id"))

    async def _ask(self, errand: str, upload_id: int, t: Speech, back: Rows) -> Screen:
        if errand == "playlists":
            return _lists(upload_id, await self._questions.playlists(upload_id), t, back)
        figures = await self._questions.report(upload_id)
        lines = figure_lines(figures, {}, t)
        return Screen("\n".join([t("upload.report"), "", *lines]) if lines else t("upload.no_report"), back)


def _lists(upload_id: int, lists: Sequence[PlaylistChoice], t: Speech, back: Rows) -> Screen:
    rows: Rows = tuple(
        (Button(shorten(each.title, 60) or each.playlist_id, data=data),)
        for each in lists[:LISTS_SHOWN]
        if (data := _data(upload_id, each.playlist_id)) is not None
    )
    return Screen(t("upload.playlists" if rows else "upload.no_playlists"), (*rows, *back))


def _data(upload_id: int, playlist_id: str) -> str | None:
    """None for an id that no button can carry."""
    if ":" in playlist_id:
        return None
    data = UploadButton(upload=upload_id, act=UploadAct.PLAYLIST, arg=playlist_id)
    prefix = f"u:{upload_id}:{UploadAct.PLAYLIST.value}:"
    return data.pack() if len((prefix + playlist_id).encode()) <= DATA_LIMIT else None
