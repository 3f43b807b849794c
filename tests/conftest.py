"""How the tests are run: in which order, and how the property tests draw their examples."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("searching", print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """A quick run that fails must fail again; looking for new failures is what the long run is for."""
    is_long = config.getoption("markexpr") != "not long"
    settings.load_profile("searching" if is_long else "steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole products first: they mostly wait, and side by side with quick tests nobody waits for them at the end."""
    items.sort(key=lambda item: "whole" not in item.path.parts)
