"""aiogram with its models built late behaves as aiogram does, and costs a quarter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, sys
if sys.argv[1] == "lazy":
    import bot.lazy_aiogram
from aiogram.methods import AnswerCallbackQuery, EditMessageText, GetFile, GetMe, SendMessage, SetMyCommands
from aiogram.methods.base import Response
from aiogram.types import (
    BotCommand, BotCommandScopeAllPrivateChats, File, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions,
    Message, Update, User,
)
person = {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": "ru"}
chat = {"id": 7, "type": "private", "first_name": "Ann"}
video = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 2, "duration": 3, "file_size": 4,
         "mime_type": "video/mp4"}
message = {"message_id": 1, "date": 1700000000, "chat": chat, "from": person, "video": video, "caption": "c",
           "caption_entities": [{"type": "bold", "offset": 0, "length": 1}], "media_group_id": "g"}
query = {"id": "q", "from": person, "chat_instance": "1", "data": "d:1:1:ok:", "message": message}
updates = [{"update_id": 1, "message": message}, {"update_id": 2, "callback_query": query},
           {"update_id": 3, "message": {**message, "video": None, "document": {"file_id": "f", "file_unique_id": "u"}}},
           {"update_id": 4, "unheard_of": {"a": 1}}]
markup = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="t", callback_data="x", style="primary")]])
methods = [
    SendMessage(chat_id=7, text="t", parse_mode="HTML", reply_markup=markup,
                link_preview_options=LinkPreviewOptions(is_disabled=True)),
    EditMessageText(chat_id=7, message_id=1, text="t", reply_markup=markup),
    AnswerCallbackQuery(callback_query_id="q", text="t", show_alert=True),
    SetMyCommands(commands=[BotCommand(command="start", description="d")], scope=BotCommandScopeAllPrivateChats()),
    GetFile(file_id="f"), GetMe(),
]
answers = [(Message, message), (bool, True), (File, {"file_id": "f", "file_unique_id": "u"}), (User, person)]
bad = None
try:
    Update.model_validate({"update_id": 1, "message": {"text": "no id"}})
except ValueError as error:
    bad = error.error_count()
print(json.dumps({
    "updates": [Update.model_validate(update).model_dump(mode="json", exclude_none=True) for update in updates],
    "methods": [method.model_dump(mode="python", exclude_none=True, warnings=False) for method in methods],
    "answers": [Response[kind].model_validate({"ok": True, "result": given}).model_dump(mode="json")
                for kind, given in answers],
    "bad": bad,
}, default=str, sort_keys=True))
"""


def test_models_built_late_read_and_write_the_same() -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, mode], cwd=ROOT, stdout=subprocess.PIPE)
        for mode in ("lazy", "eager")
    ]
    lazy, eager = (json.loads(program.communicate()[0]) for program in programs)
    assert lazy == eager
    assert len(lazy["updates"]) == 4


def test_the_bot_brings_in_nothing_heavy() -> None:
    heavy = ("torch", "librosa", "scipy", "matplotlib", "googleapiclient", "alembic", "numpy")
    program = f"import sys, bot.service; print([name for name in {heavy!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_our_own_models_are_still_built_the_usual_way() -> None:
    program = """
import bot.lazy_aiogram
from pydantic import BaseModel
class Later(BaseModel):
    other: "Other"
def build():
    class Other(BaseModel):
        n: int
    Later.model_rebuild()
build()
print(Later.model_validate({"other": {"n": 1}}).other.n)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "1"
