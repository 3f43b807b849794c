"""Many posts for one moment, approved by the gate of the chat's button in the database of a fabric that is down."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path

from app.run import apart
from app.sandbox_program import RunningSandbox, sandbox_settings
from app.settings import Settings, load_settings
from app.sites import platform_settings
from app.upkeep import open_database, utc_now
from platforms.registry import load_platforms
from scheduler.approval import Approval
from scheduler.desk import TaskDesk
from scheduler.intake import Intake
from scheduler.notices import Notice
from storage.database import Database
from storage.home import Home
from storage.unit_of_work import UnitOfWork
from storage.values import Account, ClipFacts
from tests.support.fabric import OPERATOR, Fabric
from voice.presets import BUILT_IN, PresetCatalogue

SITES = ("youtube", "tiktok", "instagram")
OPTIONS = {"tiktok": {"privacy_level": "PUBLIC_TO_EVERYONE"}}


class _Silence:
    """Nobody is told: no card was made for these posts."""

    async def hear(self, uow: UnitOfWork, notice: Notice) -> None:  # noqa: ARG002 - the protocol's signature
        return None


def approve_all(fabric: Fabric, clip: Path, posts: int, due: datetime) -> None:
    """`posts` posts of the clip, for the sites in turn, all for the moment `due`."""
    asyncio.run(_approve_all(_settings(fabric), clip, posts, due))


def _settings(fabric: Fabric) -> Settings:
    """As the fabric itself reads them in its sandbox."""
    words = {"tiktok_mode": fabric.environment["FABRIC_TIKTOK_MODE"], "http_port": fabric.http_port}
    settings = apart(load_settings(env_file=None, home=fabric.home, **words))
    return sandbox_settings(settings, RunningSandbox(fabric.sandbox.url, fabric.sandbox.info(), None))


async def _approve_all(settings: Settings, clip: Path, posts: int, due: datetime) -> None:
    home, facts = Home(settings.home_path), await Intake().examine(clip)
    kept = home.media / "clip.mp4"
    os.link(clip, kept)
    platforms = load_platforms(platform_settings(settings), clock=utc_now)
    presets = PresetCatalogue([BUILT_IN])
    approval = Approval(platforms, presets, utc_now, desk=TaskDesk(_Silence(), utc_now, platforms))
    database = await open_database(settings)
    try:
        async with database.read() as uow:
            accounts = {account.platform: account for account in await uow.accounts.list()}
        for number in range(posts):
            await _approve(database, approval, accounts[SITES[number % len(SITES)]], (kept, facts), number, due)
    finally:
        await database.dispose()
        for platform in platforms.values():
            await platform.close()


async def _approve(
    database: Database, approval: Approval, account: Account, clip: tuple[Path, ClipFacts], number: int, due: datetime
) -> None:
    path, facts = clip
    async with database.begin() as uow:
        operator = await uow.operators.get(account.operator_id)
        received = await uow.clips.add(
            operator_id=operator.id,
            chat_id=OPERATOR,
            message_id=-1 - number,  # no message
            file_id="",
            file_unique_id="",
            file_name=path.name,
            declared_size=facts.size,
        )
        await uow.clips.ready(received.id, str(path), facts)
        draft = await uow.drafts.add(operator_id=operator.id, clip_id=received.id, chat_id=OPERATOR)
        draft = await uow.drafts.change(
            draft.id,
            version=draft.version,
            title=f"Post {number + 1}",
            voice_preset="",
            account_ids=[account.id],
            scheduled_time=due,
            options={site: chosen for site, chosen in OPTIONS.items() if site == account.platform},
        )
        await approval.approve(uow, draft, operator)
        await uow.commit()
