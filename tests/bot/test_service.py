"""The bot as a whole: a part that breaks is started again, and its settings keep the token to themselves."""

from __future__ import annotations

from pathlib import Path

from bot.service import Bot, BotSettings
from tests.bot.chat import Chat, no_sleep


async def test_a_part_that_a_bug_stopped_is_started_again(chat: Chat, tmp_path: Path) -> None:
    runs = []

    async def part() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise RuntimeError("a bug")

    bot = Bot(
        BotSettings(token="42:secret", admins=frozenset(), media_folder=tmp_path),
        db=chat.db,
        services=chat.services,
        newsroom=chat.newsroom,
        board=chat.board,
        clock=chat.clock,
        sleep=no_sleep,
    )
    await bot._keep(part)
    assert len(runs) == 3


def test_the_settings_do_not_tell_the_token(tmp_path: Path) -> None:
    assert "secret" not in repr(BotSettings(token="42:secret", admins=frozenset({7}), media_folder=tmp_path))
