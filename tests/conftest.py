"""How the property tests draw their examples: the same ones at each quick run, new ones in the long run."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("searching", print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """A quick run that fails must fail again; looking for new failures is what the long run is for."""
    is_long = config.getoption("markexpr") != "not long"
    settings.load_profile("searching" if is_long else "steady")
