"""The Bot: everything of this package composed, started and stopped as one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp
from aiogram import Bot as TelegramBot
from aiogram import Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot.allowlist import AllowList
from bot.callback_server import CallbackServer
from bot.code_keeper import CodeKeeper
from bot.consents import ConsentKeeper
from bot.downloads import Downloads
from bot.errands import Errands
from bot.errors import TelegramFaultError
from bot.feed import KEEP_HANDLED, Feed, Wakes
from bot.file_shelf import FileShelf
from bot.files import TelegramFiles
from bot.gateway import Command, Gateway
from bot.handlers import (
    account_buttons,
    account_names,
    answers,
    clips,
    commands,
    draft_buttons,
    post_buttons,
    questions,
    settings,
    upload_buttons,
    words,
)
from bot.newsroom import Newsroom
from bot.outbox import Sender
from bot.pacing import Pace
from bot.poller import Poller
from bot.ports import Services
from bot.progress import ProgressBoard
from bot.renderer import Renderer
from bot.texts import DEFAULT_LOCALE, Texts
from bot.words_errand import WordsErrand
from storage.database import Database
from storage.errors import StorageError
from storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

CLOUD_API = "https://api.telegram.org"
COMMANDS_RETRY_S = 30.0
PRUNE_EVERY_S = 3600.0
RESTART_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class BotSettings:
    """What the bot is told by its owner. `timezone` is the IANA name for operators who have not chosen one."""

    token: str
    admins: frozenset[int]
    media_folder: Path
    api_url: str = CLOUD_API
    is_local: bool = False
    timezone: str = "UTC"
    callback_host: str = "127.0.0.1"
    callback_port: int = 8080
    callback_prefix: str = ""

    def __repr__(self) -> str:
        return f"BotSettings(admins={sorted(self.admins)}, api_url={self.api_url!r})"


class Bot:
    """Talks to the operators: `start`, `stop`, `wake_outbox`. `board` is the one that the `Newsroom` was given."""

    def __init__(
        self,
        settings: BotSettings,
        *,
        db: Database,
        services: Services,
        newsroom: Newsroom,
        board: ProgressBoard,
        clock: Callable[[], datetime],
        texts: Texts | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        shelf: FileShelf | None = None,
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._db = db
        self._services = services
        self._newsroom = newsroom
        self._board = board
        self._clock = clock
        self._texts = texts or Texts()
        self._sleep = sleep
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def start(self) -> None:
        """Build what needs a running loop, and begin to poll, handle, receive and send."""
        self._http = aiohttp.ClientSession()
        self._telegram = self._build_telegram()
        self._gateway = Gateway(self._telegram)
        self._files = self._build_files()
        self._window = self._build_window()
        self._sender = self._build_sender()
        self._newsroom.rouse(self._sender.wake)
        self._consents = ConsentKeeper(
            db=self._db, window=self._window, wake_sender=self._sender.wake, clock=self._clock, sleep=self._sleep
        )
        self._codes = CodeKeeper(
            accounts=self._services.accounts, wake_sender=self._sender.wake, clock=self._clock, sleep=self._sleep
        )
        self._downloads = self._build_downloads()
        self._feed = self._build_feed()
        self._poller = Poller(
            db=self._db,
            http=self._http,
            token=self._settings.token,
            api_url=self._settings.api_url,
            wake_feed=self._feed.wake,
            sleep=self._sleep,
        )
        parts = (
            self._poller.run,
            self._feed.run,
            self._downloads.run,
            self._sender.run,
            self._consents.run,
            self._codes.run,
            self._window.serve_files,
            self._name_commands,
            self._prune,
        )
        self._tasks = tuple(asyncio.create_task(self._keep(part), name=part.__qualname__) for part in parts)

    async def stop(self) -> None:
        """Stop taking updates first and sending last; what is under way is finished by the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._window.close()
        await self._telegram.session.close()
        await self._http.close()

    def wake_outbox(self) -> None:
        """A notice was committed."""
        self._sender.wake()

    def _build_telegram(self) -> TelegramBot:
        server = TelegramAPIServer.from_base(self._settings.api_url, is_local=self._settings.is_local)
        return TelegramBot(self._settings.token, session=AiohttpSession(api=server))

    def _build_window(self) -> CallbackServer:
        return CallbackServer(
            accounts=self._services.accounts,
            db=self._db,
            texts=self._texts,
            clock=self._clock,
            host=self._settings.callback_host,
            port=self._settings.callback_port,
            prefix=self._settings.callback_prefix,
            shelf=self._shelf,
            sleep=self._sleep,
        )

    def _build_words(self) -> WordsErrand:
        return WordsErrand(
            db=self._db,
            files=self._files,
            folder=self._settings.media_folder,
            examine=self._services.transcripts,
        )

    def _build_sender(self) -> Sender:
        errands = Errands(
            db=self._db,
            accounts=self._services.accounts,
            options=self._services.options,
            questions=self._services.upload_questions,
            window=self._window,
            words=self._build_words(),
            texts=self._texts,
            clock=self._clock,
        )
        renderer = Renderer(texts=self._texts, services=self._services, board=self._board, clock=self._clock)
        return Sender(
            db=self._db,
            mouth=self._gateway,
            renderer=renderer,
            errands=errands,
            pace=Pace(clock=time.monotonic, sleep=self._sleep),
            clock=self._clock,
        )

    def _build_files(self) -> TelegramFiles:
        return TelegramFiles(
            office=self._gateway,
            http=self._http,
            token=self._settings.token,
            api_url=self._settings.api_url,
            is_local=self._settings.is_local,
        )

    def _build_downloads(self) -> Downloads:
        return Downloads(
            db=self._db,
            files=self._files,
            intake=self._services.intake,
            listener=self._newsroom,
            folder=self._settings.media_folder,
            wake_sender=self._sender.wake,
            sleep=self._sleep,
        )

    def _build_feed(self) -> Feed:
        gate = AllowList(
            admins=self._settings.admins,
            texts=self._texts,
            services=self._services,
            clock=self._clock,
            timezone=self._settings.timezone,
        )
        return Feed(
            db=self._db,
            bot=self._telegram,
            dispatcher=build_dispatcher(gate),
            answerer=self._gateway,
            wakes=Wakes(
                sender=self._sender.hurry, scheduler=self._services.wake_scheduler, downloads=self._downloads.wake
            ),
            clock=self._clock,
            sleep=self._sleep,
        )

    async def _keep(self, part: Callable[[], Awaitable[None]]) -> None:
        """The border: a part that a bug stopped is started again, so that the chat never falls silent for good."""
        while True:
            try:
                return await part()
            except Exception:
                log.exception("%s stopped", part.__qualname__)
                await self._sleep(RESTART_AFTER_S)

    async def _name_commands(self) -> None:
        """Fill the command menus, in each language; tried again until Telegram took them."""
        while True:
            try:
                for locale in self._texts.locales:
                    t = self._texts.of(locale)
                    menu = [Command(name, t.plain(f"command.{name}")) for name in commands.MENU]
                    await self._gateway.set_commands(menu, language=None if locale == DEFAULT_LOCALE else locale)
            except TelegramFaultError as error:
                log.warning("the command menu was not set: %s", error)
                await self._sleep(COMMANDS_RETRY_S)
            else:
                return

    async def _prune(self) -> None:
        """Telegram keeps an update for a day, so handled ones are remembered for two."""
        while True:
            try:
                await self._db.run(self._forget_old)
            except StorageError as error:
                log.warning("old rows were not removed: %s", error)
            await self._sleep(PRUNE_EVERY_S)

    async def _forget_old(self, uow: UnitOfWork) -> None:
        before = self._clock() - KEEP_HANDLED
        await uow.inbox.prune(before)
        await uow.outbox.prune(before)


def build_dispatcher(gate: AllowList) -> Dispatcher:
    """The routers in the order in which they are asked; commands first, so that no open question swallows them."""
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.update.outer_middleware(gate)
    dispatcher.include_routers(
        commands.build(),
        account_names.build(),
        words.build(),
        clips.build(),
        draft_buttons.build(),
        post_buttons.build(),
        upload_buttons.build(),
        account_buttons.build(),
        settings.build(),
        questions.build(),
        answers.build(),
    )
    return dispatcher
