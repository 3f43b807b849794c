"""The typed meaning of every button, both ways; Telegram allows 64 bytes.

A button says all that is needed to obey it, so it works after a restart, in an old message and beside other drafts.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, TypeAlias

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

RowId: TypeAlias = Annotated[int, Field(ge=1, lt=2**63)]
"""A number that a database can look for; a forged one beyond it is no button of ours."""


class DraftAct(StrEnum):
    """What a button on a draft's card does."""

    PANEL = "p"
    TOGGLE_ACCOUNT = "a"
    VOICE = "v"
    MUSIC = "mu"
    NOW = "n"
    AT = "t"
    PRIVACY = "r"
    KIDS = "k"
    OPTION = "o"
    FRAME = "f"
    LOUDNESS = "l"
    COVER = "cv"
    APPROVE = "ok"
    DISCARD = "x"
    RETRY_CLIP = "rc"
    LIKE = "lk"
    NO_COMMENT = "nc"
    NO_WORDS = "nw"


class PostAct(StrEnum):
    """What a button on an approved post's card does."""

    EDIT = "e"
    CANCEL = "c"
    SHOW = "s"


class TaskAct(StrEnum):
    """What a button for one task does."""

    RETRY = "r"
    CANCEL = "c"
    IT_IS_THERE = "y"
    PUBLISH_AGAIN = "g"
    DROP = "d"
    PUBLISH_NOW = "n"


class UploadAct(StrEnum):
    """What a button for one published video does."""

    OPEN = "o"
    SHOW = "s"
    COUNT = "c"
    REPORT = "r"
    TITLE = "t"
    DESCRIPTION = "d"
    COMMENT = "m"
    LIKE = "l"
    COVERS = "v"
    COVER = "w"
    PLAYLISTS = "p"
    PLAYLIST = "a"
    ASK_DELETE = "q"
    DELETE = "x"


class AccountAct(StrEnum):
    """What a button for one account does."""

    SHOW = "s"
    DISABLE = "d"
    ENABLE = "e"
    ASK_DISCONNECT = "q"
    DISCONNECT = "x"
    DISCONNECT_ANYWAY = "xx"
    CONFIRM = "y"
    OTHER = "o"


class SettingAct(StrEnum):
    """What a button of the settings does."""

    LANGUAGE = "l"
    TIMEZONE = "z"
    TYPE_TIMEZONE = "t"


class DraftButton(CallbackData, prefix="d"):
    """A button of an open draft; `version` tells a stale tap."""

    draft: RowId
    version: int
    act: DraftAct
    arg: str = ""


class PostButton(CallbackData, prefix="p"):
    """A button of an approved post, by its draft; `version` tells a stale tap."""

    draft: RowId
    version: int
    act: PostAct


class TaskButton(CallbackData, prefix="t"):
    """A button for one task."""

    task: RowId
    act: TaskAct


class UploadButton(CallbackData, prefix="u"):
    """A button for one published video; OPEN shows it in a message of its own, SHOW where the button is."""

    upload: RowId
    act: UploadAct
    arg: str = ""


class PageButton(CallbackData, prefix="vp"):
    """Shows a page of a view that has several, in the message that the button belongs to."""

    view: str
    page: int = Field(ge=0, lt=10_000)


class AccountButton(CallbackData, prefix="a"):
    """A button for one account."""

    account: RowId
    act: AccountAct


class ConnectButton(CallbackData, prefix="c"):
    """Begins to connect an account of a platform."""

    platform: str


class ReconnectButton(CallbackData, prefix="cr"):
    """Begins to connect this very account again."""

    account: RowId


class CodeButton(CallbackData, prefix="cc"):
    """Begins to connect an account of a platform by a code; `account` 0: whichever the person chooses."""

    platform: str
    account: int = Field(default=0, ge=0, lt=2**63)


class ViewButton(CallbackData, prefix="v"):
    """Shows a view (`queue`, `accounts`, ...) in the message that the button belongs to."""

    view: str


class QuestionButton(CallbackData, prefix="q"):
    """Stops a question that a text would answer."""

    question: str


class SettingButton(CallbackData, prefix="s"):
    """Changes a setting of the operator."""

    act: SettingAct
    arg: str = ""


def voice_key(name: str) -> str:
    """A short stand-in for a preset's name, which may be long or hold a colon."""
    return hashlib.sha256(name.encode()).hexdigest()[:10] if name else "-"
