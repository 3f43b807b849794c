"""An operator cancels at every moment of an upload: cancelled means that nothing was ever published."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from platforms.base import Publication, UploadSession
from storage.errors import StaleVersionError
from storage.values import TaskStatus
from tests.scheduler.world import World
from tests.support.fake_platform import FakePlatform


class Meddler:
    """Cancels the newest task at its `at`-th chance; remembers whether that was granted."""

    def __init__(self, world: World, at: int) -> None:
        self.world = world
        self.at = at
        self.chances = 0
        self.was_granted: bool | None = None

    async def __call__(self) -> None:
        self.chances += 1
        if self.chances != self.at:
            return
        task = (await self.world.tasks())[-1]
        try:
            async with self.world.database().begin() as uow:
                await self.world.desk().cancel(uow, task.id)
                await uow.commit()
            self.was_granted = True
        except StaleVersionError:
            self.was_granted = False


def meddled(meddler: Meddler) -> Callable[..., FakePlatform]:
    class Meddled(FakePlatform):
        async def open_upload(self, *arguments: Any) -> UploadSession:
            await meddler()
            session = await super().open_upload(*arguments)
            await meddler()
            return session

        async def transfer(
            self, *arguments: Any, before_commit: Callable[[], Awaitable[None]], **options: Any
        ) -> Publication | None:
            async def surrounded() -> None:
                await meddler()
                await before_commit()
                await meddler()

            await meddler()
            publication = await super().transfer(*arguments, before_commit=surrounded, **options)
            await meddler()
            return publication

        async def publish(self, *arguments: Any) -> Publication | None:
            await meddler()
            publication = await super().publish(*arguments)
            await meddler()
            return publication

        async def check(self, *arguments: Any) -> Any:
            await meddler()
            return await super().check(*arguments)

    return Meddled


@pytest.mark.parametrize("separate_publish", [False, True])
async def test_a_cancel_at_any_moment_is_either_granted_or_refused(world: World, separate_publish: bool) -> None:
    world.platform_options = {"separate_publish": separate_publish}
    granted: list[bool] = []
    while True:
        meddler = Meddler(world, at=len(granted) + 1)
        world.make_platform = meddled(meddler)
        world.begin_anew()
        await world.approve()
        await world.live(world.scheduler())
        status = (await world.tasks())[-1].status
        if meddler.was_granted is None:
            break
        granted.append(meddler.was_granted)
        wanted = (TaskStatus.CANCELLED, 0) if meddler.was_granted else (TaskStatus.COMPLETED, 1)
        assert (status, len(world.site.videos)) == wanted, f"cancelled at chance {meddler.at}"
    # It is granted up to the point of no return and never after it.
    assert granted == sorted(granted, reverse=True)
    assert True in granted
    assert False in granted
