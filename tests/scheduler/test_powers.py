"""What follows a publication is planned by what the account's own permission covers."""

from __future__ import annotations

from dataclasses import replace

from platforms.base import Capabilities
from tests.scheduler.world import World
from tests.support.fake_platform import FakePlatform


class Partial(FakePlatform):
    """A site whose smaller permission does not comment."""

    def capabilities_of(self, scopes: frozenset[str]) -> Capabilities:
        return replace(self.capabilities, comment="comment" in scopes)


async def test_no_comment_is_planned_where_the_permission_has_none(world: World) -> None:
    for make, comments in ((Partial, 0), (FakePlatform, 1)):
        world.begin_anew()
        world.make_platform = make
        await world.approve(interactions={"comment": "First!"})
        await world.live(world.scheduler())
        assert (len(world.site.videos), len(world.site.comments)) == (1, comments)
