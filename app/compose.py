"""Builds everything once, from the settings; the only place that knows all the rooms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from app.settings import Settings
from app.sites import platform_settings
from app.upkeep import utc_now
from app.voice_pool import open_pool
from bot.callback_server import CALLBACK_PATH
from bot.file_shelf import FileShelf
from bot.newsroom import Newsroom
from bot.ports import Services
from bot.progress import ProgressBoard
from bot.service import Bot, BotSettings
from media.ffmpeg import Ffmpeg
from platforms.base import Platform
from platforms.registry import load_platforms
from scheduler.accounts import AccountService
from scheduler.approval import Approval
from scheduler.desk import TaskDesk
from scheduler.file_links import FileLinks
from scheduler.intake import Intake
from scheduler.options import OptionDesk
from scheduler.quota import QuotaBook
from scheduler.service import Scheduler
from scheduler.settings import Pace
from scheduler.transcripts import examine_transcript
from scheduler.upload_questions import UploadQuestions
from scheduler.uploads import UploadDesk
from scheduler.voices import separates_roughly, voice_options
from scheduler.walltime import parse_time
from storage.database import Database
from storage.home import Home
from voice.pipeline.settings import Chunking
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, PresetCatalogue

Clock = Callable[[], datetime]
LONE_WORKER_SWEEP = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Fabric:
    """The running parts; `bot` or `scheduler` is None where this process does not play that role."""

    bot: Bot | None
    scheduler: Scheduler | None
    platforms: Mapping[str, Platform]
    pool: ProcessPool

    async def start(self) -> None:
        """Begin to work, then to listen."""
        if self.scheduler is not None:
            await self.scheduler.start()
        if self.bot is not None:
            await self.bot.start()

    async def stop(self) -> None:
        """Stop listening, then working; what was under way goes on at the next start."""
        if self.bot is not None:
            await self.bot.stop()
        if self.scheduler is not None:
            await self.scheduler.stop()
        self.pool.close()
        for platform in self.platforms.values():
            await platform.close()


def compose(settings: Settings, *, role: str, home: Home, database: Database, clock: Clock = utc_now) -> Fabric:
    """Build the parts of `role` (all, bot or worker). Raises PlatformSettingsError, FileNotFoundError (no ffmpeg)."""
    platforms = load_platforms(platform_settings(settings), clock=clock)
    presets = PresetCatalogue([BUILT_IN, home.voices], models=home.models)
    ffmpeg = Ffmpeg.locate()
    pool = open_pool(settings, home)
    fetches_files = any(site.capabilities.fetches_file for site in platforms.values())
    links = FileLinks(database.keyring, settings.server_url, clock) if fetches_files else None
    board = ProgressBoard()
    newsroom = Newsroom(board)
    scheduler = Scheduler(
        database,
        platforms,
        newsroom,
        ffmpeg=ffmpeg,
        runner=pool,
        presets=presets,
        renders=home.renders,
        models=home.models,
        clock=clock,
        pace=pace(settings, role=role),
        links=links,
    )
    quotas = QuotaBook(platforms)
    services = Services(
        approval=Approval(platforms, presets, clock, desk=TaskDesk(newsroom, clock, platforms)),
        accounts=AccountService(
            database, platforms, newsroom, clock, redirect_uri=redirect_uri(settings), wake=scheduler.wake
        ),
        options=OptionDesk(database, platforms, scheduler.tokens, quotas, clock),
        quotas=quotas,
        intake=Intake(),
        transcripts=examine_transcript,
        desk=TaskDesk(newsroom, clock, platforms),
        uploads=UploadDesk(platforms),
        upload_questions=UploadQuestions(database, platforms, scheduler.tokens, quotas, clock),
        parse_time=parse_time,
        voices=partial(voice_options, presets),
        separates_roughly=partial(separates_roughly, home.models),
        wake_scheduler=scheduler.wake,
    )
    bot = None
    if role in ("all", "bot"):
        shelf = FileShelf(db=database, links=links, folders=(home.renders, home.media)) if links is not None else None
        bot = Bot(
            bot_settings(settings, home),
            db=database,
            services=services,
            newsroom=newsroom,
            board=board,
            clock=clock,
            shelf=shelf,
        )
    return Fabric(bot, scheduler if role in ("all", "worker") else None, platforms, pool)


def redirect_uri(settings: Settings) -> str:
    """Where sites send the browser back to: the public address, or this machine's loopback."""
    return settings.server_url + CALLBACK_PATH


def pace(settings: Settings, *, role: str) -> Pace:
    """The scheduler's numbers, with what the settings change.

    A worker alone looks often: the bot that approves is another process and cannot wake it.
    """
    return Pace(
        sweep=LONE_WORKER_SWEEP if role == "worker" else Pace().sweep,
        upload_concurrency=settings.upload_concurrency,
        prepare_concurrency=max(Pace().prepare_concurrency, settings.voice_workers),
        late_policy=timedelta(hours=settings.late_after_hours),
        staging=settings.staging,
        stage_ahead=None if settings.staging_ahead_hours is None else timedelta(hours=settings.staging_ahead_hours),
        inbox_remind=timedelta(hours=settings.inbox_remind_hours),
        keep_clips=timedelta(days=settings.keep_clips_days),
        voice=Chunking(at_once=settings.voice_workers),
    )


def bot_settings(settings: Settings, home: Home) -> BotSettings:
    """What the bot is told. Raises ValueError without a bot token."""
    if settings.bot_token is None:
        raise ValueError("there is no bot token")
    return BotSettings(
        token=settings.bot_token.get_secret_value(),
        admins=settings.admins,
        media_folder=home.media,
        api_url=settings.telegram_api_url,
        is_local=settings.telegram_local,
        timezone=settings.timezone,
        callback_host=settings.http_host,
        callback_port=settings.http_port,
        callback_prefix=urlsplit(settings.server_url).path,
    )
