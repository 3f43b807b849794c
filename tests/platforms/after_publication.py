"""What every platform promises of a video that is there, as far as its `Capabilities` go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from platforms.aftercare import CountsInBatches, HasPlaylists, ReportsOnVideos, TakesComments, TakesEdits, TakesLikes
from platforms.errors import ContentRejectedError


class AfterPublication:
    """Mixed into a contract, which brings `stand`, `token`, `press` and `publish`."""

    async def settle(self, stand: Any) -> None:
        """Let the site finish with what was published."""
        await stand.let_processing_end()

    def text(self, meta: Any) -> str:
        """What the ledger shows as the title."""
        return str(meta.title)

    async def there(self, stand: Any, token: str, press: Any) -> str:
        """A video that is there; its id."""
        publication, _ = await self.publish(stand, token, press)  # type: ignore[attr-defined]
        await self.settle(stand)
        return str(publication.video_id)

    def test_what_is_promised_can_be_asked_for(self, stand: Any) -> None:
        can = stand.platform.capabilities
        promised = {
            TakesComments: can.comment,
            TakesLikes: can.like,
            TakesEdits: can.update_metadata,
            HasPlaylists: can.playlists,
            ReportsOnVideos: can.reports,
        }
        assert [kind for kind, is_promised in promised.items() if is_promised != isinstance(stand.platform, kind)] == []

    async def test_a_comment_is_found_again_and_another_is_not(self, stand: Any, token: str, press: Any) -> None:
        if not stand.platform.capabilities.comment:
            return
        video_id = await self.there(stand, token, press)
        assert await stand.platform.find_comment(token, video_id, "More tomorrow") is None
        said = await stand.platform.post_comment(token, video_id, "More tomorrow")
        assert await stand.platform.find_comment(token, video_id, "More tomorrow") == said
        assert await stand.platform.find_comment(token, video_id, "Less") is None

    async def test_an_empty_comment_is_refused(self, stand: Any, token: str, press: Any) -> None:
        if not stand.platform.capabilities.comment:
            return
        video_id = await self.there(stand, token, press)
        with pytest.raises(ContentRejectedError):
            await stand.platform.post_comment(token, video_id, " ")

    async def test_liking_twice_is_liking_once(self, stand: Any, token: str, press: Any) -> None:
        if not stand.platform.capabilities.like:
            return
        video_id = await self.there(stand, token, press)
        for _ in range(2):
            await stand.platform.like_video(token, video_id)
        assert (await stand.platform.get_video_analytics(token, video_id))["likes"] == 1

    async def test_an_edit_changes_the_texts_and_may_be_repeated(self, stand: Any, token: str, press: Any) -> None:
        if not stand.platform.capabilities.update_metadata:
            return
        video_id = await self.there(stand, token, press)
        new = replace(press.meta(title=f"Another {press.marker[-8:]}", description="Other words"), privacy_status="")
        for _ in range(2):
            await stand.platform.update_metadata(token, video_id, new)
        titles = [seen.title for seen in await stand.ledger()]
        assert (titles.count(self.text(new)), titles.count(self.text(press.meta()))) == (1, 0)

    async def test_figures_of_several_videos_come_in_one_call(self, stand: Any, token: str, press: Any) -> None:
        if not isinstance(stand.platform, CountsInBatches):
            return
        video_id = await self.there(stand, token, press)
        told = await stand.platform.get_statistics(token, [video_id, "12345678901"])
        assert set(told) <= {video_id}
        assert all(isinstance(count, int) for figures in told.values() for count in figures.values())
