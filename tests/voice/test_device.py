"""Which device a child uses: the one it is told to, where there is one."""

from __future__ import annotations

import pytest

from voice.device import choose_device


@pytest.mark.parametrize(
    ("asked", "there", "chosen"),
    [
        ("auto", 0, "cpu"),
        ("auto", 1, "cuda"),
        ("cpu", 2, "cpu"),
        ("cuda", 1, "cuda"),
        ("cuda", 0, "cpu"),
        ("cuda:1", 2, "cuda:1"),
        ("cuda:5", 2, "cpu"),
    ],
)
def test_a_device_that_is_absent_is_the_processor(
    monkeypatch: pytest.MonkeyPatch, asked: str, there: int, chosen: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: there > 0)
    monkeypatch.setattr("torch.cuda.device_count", lambda: there)
    assert str(choose_device(asked)) == chosen
