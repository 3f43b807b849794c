"""How far a command is, as a terminal shows it and as a log keeps it."""

from __future__ import annotations

import io

from app.progress_bar import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, steps: list[tuple[float, float]]) -> list[str]:
    """What is written for each (second, fraction)."""
    seconds = iter([at for at, _ in steps])
    with ProgressBar(stream, clock=lambda: next(seconds)) as bar:
        for _, fraction in steps:
            bar.show(fraction, "converting")
    return stream.getvalue().replace("\r\x1b[K", "\n").split("\n")


def test_a_terminal_gets_a_bar_with_the_time_that_is_left() -> None:
    first, second, *_, last = shown(Terminal(), [(0.0, 0.0), (10.0, 0.25), (10.01, 0.26), (30.0, 1.0)])[1:]
    assert first == "░" * 30 + "   0% converting"
    assert second == "█" * 8 + "░" * 22 + "  25% converting, 0:30 left"
    assert last == ""


def test_a_file_gets_a_plain_line_now_and_then() -> None:
    lines = shown(io.StringIO(), [(0.0, 0.0), (5.0, 0.1), (11.0, 0.2), (12.0, 0.3), (100.0, 0.5)])
    assert lines == ["20% converting, 0:44 left", "50% converting, 1:40 left", ""]


def test_what_is_over_soon_writes_nothing_into_a_file() -> None:
    assert shown(io.StringIO(), [(0.0, 0.0), (2.0, 0.5), (4.0, 1.0)]) == [""]
