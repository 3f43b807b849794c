"""A chat to test in: the real database, handlers, renderer and scheduler services; only Telegram is a fake."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from aiogram import Bot

from bot.allowlist import AllowList
from bot.callback_server import CallbackServer
from bot.consents import ConsentKeeper
from bot.downloads import Downloads
from bot.errands import Errands
from bot.errors import MessageGoneError, RefusedError, TelegramFaultError
from bot.feed import Feed, Wakes
from bot.newsroom import Newsroom
from bot.outbox import Sender
from bot.pacing import Pace
from bot.poller import inbox_row
from bot.ports import Services
from bot.progress import ProgressBoard
from bot.renderer import Renderer
from bot.screen import Button, Screen, plain
from bot.service import build_dispatcher
from bot.texts import Texts
from bot.words_errand import WordsErrand
from scheduler.accounts import AccountService
from scheduler.approval import Approval
from scheduler.desk import TaskDesk
from scheduler.options import OptionDesk
from scheduler.quota import QuotaBook
from scheduler.settings import Pace as SchedulerPace
from scheduler.tokens import TokenKeeper
from scheduler.transcripts import examine_transcript
from scheduler.upload_questions import UploadQuestions
from scheduler.uploads import UploadDesk
from scheduler.voices import voice_options
from scheduler.walltime import parse_time
from storage.database import Database
from storage.values import Account, ClipFacts, Draft, Tokens
from tests.support.fake_platform import FakePlatform, FakeSite
from tests.support.voices import FakePresets

OPERATOR = 1001
STRANGER = 1002
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEXTS = Texts()
FACTS = ClipFacts(
    sha256="ab" * 32,
    size=3_400_000,
    duration_s=20.02,
    width=1080,
    height=1920,
    fps=30.0,
    video_codec="h264",
    audio_codec="aac",
    rotation=0,
    container="mp4",
)


class Clock:
    """Says the moment that it was set to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


async def no_sleep(_: float) -> None:
    """Time does not pass in these tests."""


class FakeTelegram:
    """Remembers each chat as a person sees it. `fails` holds errors for the next calls; None lets one through."""

    def __init__(self) -> None:
        self.messages: dict[int, dict[int, Screen]] = {}
        self.toasts: list[tuple[str, bool]] = []
        self.sent = 0
        self.is_too_old_to_delete = False
        self.fails: list[TelegramFaultError | None] = []
        self.after_fail: Callable[[], None] | None = None
        self._ids = itertools.count(500)

    async def send(self, chat_id: int, screen: Screen) -> int:
        self._trip()
        message_id = next(self._ids)
        self.messages.setdefault(chat_id, {})[message_id] = screen
        self.sent += 1
        return message_id

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> None:
        self._trip()
        self.messages.setdefault(chat_id, {})[message_id] = screen

    async def delete(self, chat_id: int, message_id: int) -> None:
        self._trip()
        if self.is_too_old_to_delete:
            raise RefusedError("Bad Request: message can't be deleted for everyone")
        if self.messages.setdefault(chat_id, {}).pop(message_id, None) is None:
            raise MessageGoneError("Bad Request: message to delete not found")

    async def answer(self, callback_id: str, text: str, *, alert: bool) -> None:
        self.toasts.append((text, alert))

    def _trip(self) -> None:
        error = self.fails.pop(0) if self.fails else None
        if error is not None:
            raise error


class FakeFiles:
    """Gives out the same bytes for every file id; `fails` holds errors for the next fetches."""

    def __init__(self) -> None:
        self.limit: int | None = 20 * 1024 * 1024
        self.fails: list[Exception] = []
        self.fetched: list[str] = []
        self.content = b"video"

    async def fetch(self, file_id: str, target: Path) -> None:
        self.fetched.append(file_id)
        if self.fails:
            raise self.fails.pop(0)
        target.write_bytes(self.content)


class FakeIntake:
    """Finds `facts` in every file, or raises `error`."""

    def __init__(self) -> None:
        self.facts = FACTS
        self.error: Exception | None = None

    async def examine(self, path: Path) -> ClipFacts:
        if self.error is not None:
            raise self.error
        return self.facts


class Chat:
    """One operator's phone, and a way to run the bot's parts until nothing is left to do."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.clock, self.telegram = db, Clock(), FakeTelegram()
        self.files, self.intake = FakeFiles(), FakeIntake()
        self.site = FakeSite(self.clock)
        self.platforms = {"fake": FakePlatform(self.site)}
        self.board = ProgressBoard()
        self.newsroom = Newsroom(self.board)
        self.folder = folder
        self.presets = FakePresets()
        self.services = self._services()
        self.admins = {OPERATOR}
        self._updates = itertools.count(1)
        self._message_ids = itertools.count(10)
        self.restart()

    def restart(self) -> None:
        """New objects over the same database, as after a crash."""
        window = CallbackServer(
            accounts=self.services.accounts, db=self.db, texts=TEXTS, clock=self.clock, host="127.0.0.1", port=0
        )
        errands = Errands(
            db=self.db,
            accounts=self.services.accounts,
            options=self.services.options,
            questions=self.services.upload_questions,
            window=window,
            words=WordsErrand(db=self.db, files=self.files, folder=self.folder, examine=self.services.transcripts),
            texts=TEXTS,
            clock=self.clock,
        )
        self.window = window
        self.consents = ConsentKeeper(db=self.db, window=window, wake_sender=lambda: None, clock=self.clock)
        self.sender = Sender(
            db=self.db,
            mouth=self.telegram,
            renderer=Renderer(texts=TEXTS, services=self.services, board=self.board, clock=self.clock),
            errands=errands,
            pace=Pace(clock=lambda: 0.0, sleep=no_sleep),
            clock=self.clock,
        )
        self.downloads = Downloads(
            db=self.db,
            files=self.files,
            intake=self.services.intake,
            listener=self.newsroom,
            folder=self.folder,
            wake_sender=lambda: None,
            sleep=no_sleep,
        )
        gate = AllowList(
            admins=frozenset(self.admins),
            texts=TEXTS,
            services=self.services,
            clock=self.clock,
            timezone="Europe/Berlin",
        )
        self.feed = Feed(
            db=self.db,
            bot=Bot("42:secret"),
            dispatcher=build_dispatcher(gate),
            answerer=self.telegram,
            wakes=Wakes(sender=lambda _: None, scheduler=lambda: None, downloads=lambda: None),
            clock=self.clock,
            sleep=no_sleep,
        )

    def _services(self) -> Services:
        presets, desk = self.presets, TaskDesk(self.newsroom, self.clock, self.platforms)
        quotas = QuotaBook(self.platforms)
        tokens = TokenKeeper(self.db, self.platforms, self.newsroom, self.clock, owner="chat", pace=SchedulerPace())
        return Services(
            approval=Approval(self.platforms, presets, self.clock, desk=desk),
            accounts=AccountService(
                self.db, self.platforms, self.newsroom, self.clock, redirect_uri="http://127.0.0.1:1/oauth/callback"
            ),
            options=OptionDesk(self.db, self.platforms, tokens, quotas, self.clock),
            quotas=quotas,
            intake=self.intake,
            transcripts=examine_transcript,
            desk=desk,
            uploads=UploadDesk(self.platforms),
            upload_questions=UploadQuestions(self.db, self.platforms, tokens, quotas, self.clock),
            parse_time=parse_time,
            voices=partial(voice_options, presets),
            separates_roughly=lambda: False,
            wake_scheduler=lambda: None,
        )

    def change_services(self, **parts: Any) -> None:
        """Put something else in the place of a service."""
        self.services = replace(self.services, **parts)
        self.restart()

    def admit(self, telegram_id: int) -> None:
        """One more owner."""
        self.admins.add(telegram_id)
        self.restart()

    # What the person does.

    async def say(self, text: str, **who: Any) -> None:
        await self.arrive(self.message(text=text, **who))
        await self.settle()

    async def send_video(self, caption: str | None = None, name: str = "IMG_1.mp4", **fields: Any) -> None:
        await self.arrive(self.video(caption, name, **fields))
        await self.settle()

    async def press(self, label: str, *, on: int | None = None, **who: Any) -> tuple[str, bool]:
        """Tap the first button that holds `label`, on the newest message that has one; the toast it brought."""
        message_id, button = self.find_button(label, on=on)
        await self.press_data(button.data or "", message_id, **who)
        return self.telegram.toasts[-1]

    async def press_data(self, data: str, message_id: int, user: int = OPERATOR) -> None:
        sender, chat = _person(user)
        message = {"message_id": message_id, "date": 1, "chat": chat, "text": "x"}
        query = {"id": "q1", "from": sender, "chat_instance": "1", "data": data, "message": message}
        await self.arrive({"update_id": next(self._updates), "callback_query": query})
        await self.settle()

    # What the person sees.

    def seen(self, user: int = OPERATOR) -> list[str]:
        """The texts of the chat, as read."""
        return [plain(screen.text) for _, screen in sorted(self.telegram.messages.get(user, {}).items())]

    @property
    def last(self) -> str:
        return self.seen()[-1]

    def screen(self, holding: str) -> Screen:
        """The newest message that holds these words."""
        return next(s for _, s in sorted(self.telegram.messages[OPERATOR].items(), reverse=True) if holding in s.text)

    def labels(self) -> list[str]:
        """The buttons of the newest message."""
        newest = max(self.telegram.messages[OPERATOR])
        return [button.label for row in self.telegram.messages[OPERATOR][newest].rows for button in row]

    def find_button(self, label: str, *, on: int | None = None) -> tuple[int, Button]:
        for message_id, screen in sorted(self.telegram.messages.get(OPERATOR, {}).items(), reverse=True):
            if on is not None and message_id != on:
                continue
            for button in itertools.chain(*screen.rows):
                if label in button.label:
                    return message_id, button
        raise AssertionError(f"no button {label!r} in {self.seen()}")

    # Updates, and the work that they cause.

    def message(self, user: int = OPERATOR, language: str = "en", **fields: Any) -> dict[str, Any]:
        sender, chat = _person(user, language)
        base = {"message_id": next(self._message_ids), "date": 1, "chat": chat, "from": sender}
        return {"update_id": next(self._updates), "message": base | fields}

    def video(self, caption: str | None = None, name: str = "IMG_1.mp4", **fields: Any) -> dict[str, Any]:
        number = next(self._message_ids)
        file = {
            "file_id": f"f{number}",
            "file_unique_id": f"u{number}",
            "file_name": name,
            "mime_type": "video/mp4",
            "file_size": 3_400_000,
            "width": 1080,
            "height": 1920,
            "duration": 20,
        }
        return self.message(video=file | fields, caption=caption)

    async def arrive(self, *updates: dict[str, Any]) -> None:
        rows = [row for update in updates if (row := inbox_row(update)) is not None]
        await self.db.run(lambda uow: uow.inbox.add(42, rows))

    async def settle(self) -> None:
        """Handle, receive and send until nothing is left."""
        await self.handle_all()
        async with self.db.read() as uow:
            receiving = await uow.clips.receiving()
        for clip in receiving:
            await self.downloads.receive(clip)
        await self.send_all()

    async def handle_all(self) -> None:
        async with self.db.read() as uow:
            pending = await uow.inbox.pending(100)
        for row in pending:
            await self.feed.handle(row)

    async def send_all(self) -> None:
        while True:
            async with self.db.read() as uow:
                due = await uow.outbox.due(self.clock(), 50)
            if not due:
                return
            for message in due:
                await self.sender.deliver(message)

    # Shortcuts to a state.

    async def connect_account(self, title: str = "Morning Tales", external_id: str = "UC1") -> Account:
        async with self.db.begin() as uow:
            operator = await uow.operators.ensure(OPERATOR, locale="en", timezone="Europe/Berlin")
            account = await uow.accounts.connect(
                platform="fake",
                external_id=external_id,
                title=title,
                handle="@tales",
                scopes=frozenset({"upload"}),
                operator_id=operator.id,
            )
            secrets = Tokens("access", "refresh", self.clock() + timedelta(hours=1), frozenset({"upload"}))
            await uow.credentials.store(account.id, secrets)
            await uow.commit()
        return account

    async def complete_draft(self) -> None:
        """A draft that lacks nothing."""
        await self.connect_account()
        await self.send_video("A fine title\nAnd a description")
        for label in ("Next", "Deeper", "Next", "Right after"):
            await self.press(label)

    async def draft(self, draft_id: int = 1) -> Draft:
        async with self.db.read() as uow:
            return await uow.drafts.get(draft_id)


def _person(user: int, language: str = "en") -> tuple[dict[str, Any], dict[str, Any]]:
    sender = {"id": user, "is_bot": False, "first_name": "Ann", "language_code": language}
    return sender, {"id": user, "type": "private", "first_name": "Ann"}
