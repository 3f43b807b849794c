"""The three ways in which a site lets an upload begin before its minute, and what an operator does meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from platforms.staging import Staging
from scheduler.approval import Approval
from scheduler.service import Scheduler
from storage.values import Draft
from tests.scheduler.world import World
from tests.support.fake_platform import HERE

AHEAD = timedelta(hours=1)
HELD = {"staging": Staging(AHEAD, AHEAD, HERE)}
"""The last bytes publish, so they wait."""
APART = {"staging": Staging(AHEAD, AHEAD, HERE), "separate_publish": True}
"""Every byte is there, and `publish` waits."""
TIMED = {"staging": Staging(AHEAD, AHEAD, HERE, timed=frozenset({"public"}))}
"""The site makes the upload public by its own clock."""
WAYS: dict[str, dict[str, Any]] = {"held": HELD, "apart": APART, "timed": TIMED}


async def approved_for(world: World, way: dict[str, Any], **options: Any) -> datetime:
    """A post for three hours from now on such a site; its minute."""
    world.platform_options = way
    minute = world.clock() + timedelta(hours=3)
    await world.approve(at=minute, **options)
    return minute


async def live_until(world: World, scheduler: Scheduler, moment: datetime) -> None:
    """Let a process work until then, and be then."""
    await world.live(scheduler, until=moment - world.clock())
    world.clock.now = max(world.clock(), moment)


async def staged(world: World, way: dict[str, Any], **options: Any) -> tuple[Scheduler, datetime]:
    """What can be done before the minute is done; ten minutes are left."""
    minute = await approved_for(world, way, **options)
    scheduler = world.scheduler()
    await live_until(world, scheduler, minute - timedelta(minutes=10))
    return scheduler, minute


async def cancelled(world: World) -> None:
    """The operator cancels the newest task."""
    async with world.database().begin() as uow:
        await world.desk().cancel(uow, (await world.tasks())[-1].id)
        await uow.commit()


async def reopened(world: World) -> Draft:
    """The operator takes the newest post back to change it."""
    approval = Approval({"fake": world.platform()}, world.presets, world.clock, desk=world.desk())
    async with world.database().begin() as uow:
        draft = await approval.reopen(uow, (await world.tasks())[-1].post_id)
        await uow.commit()
    return draft
