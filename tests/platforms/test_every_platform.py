"""Every platform folder that is found, those to come included: it has a stand, and its data hold together."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.texts import LOCALES_FOLDER, Texts
from platforms.base import ClaimsByName, Platform
from platforms.declared import Kind
from platforms.registry import declarations, load_platforms, platform_names
from tests.platforms.contract import Promises

HERE = Path(__file__).parent
MADE_UP = {"bot_token": "1:made-up-token", "telegram_api_url": "https://api.telegram.org", "telegram_local": "false"}


def contract_of(name: str) -> type[Promises] | None:
    """The class in `tests/platforms/<name>/test_contract.py` that runs the promises over the platform."""
    if not (HERE / name / "test_contract.py").is_file():
        return None
    module = importlib.import_module(f"tests.platforms.{name}.test_contract")
    classes = (each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, Promises))
    return next((each for each in classes if each.__module__ == module.__name__), None)


def configured(name: str) -> Platform:
    """The platform as it is built from what it declares, with made-up values."""
    values = {}
    for setting in declarations()[name].settings:
        made_up = MADE_UP.get(setting.shared, setting.default)
        values[setting.key] = made_up or ("made-up" if setting.identifies else "")
    return load_platforms({name: values})[name]


@pytest.fixture(params=platform_names())
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[Platform]:
    built = configured(request.param)
    yield built
    await built.close()


@pytest.mark.parametrize("name", platform_names())
def test_every_folder_keeps_the_contract(name: str) -> None:
    assert contract_of(name) is not None, (
        f"platforms/{name} has no stand. Add tests/platforms/{name}/test_contract.py with a fixture `stand` (adapter "
        "and levers of its site in the sandbox) and a class `TestMySite(PlatformContract)` or `(NamedContract)` where "
        "accounts are named; docs/new-platform.md shows one."
    )


def test_it_is_what_its_folder_says(platform: Platform) -> None:
    declared = declarations()[platform.name]
    assert declared.title == platform.display_name
    assert (platform.oauth is None) == isinstance(platform, ClaimsByName)
    assert all(setting.help.endswith(".") for setting in declared.settings)
    assert all(not setting.default for setting in declared.settings if setting.kind is Kind.SECRET)


def test_every_bucket_can_be_sized_and_is_known_to_people(platform: Platform) -> None:
    sized = [setting.bucket for setting in declarations()[platform.name].settings if setting.bucket]
    assert sorted(sized) == sorted(bucket.name for bucket in platform.buckets)
    texts = Texts()
    for locale in texts.locales:
        unknown = [each.name for each in platform.buckets if not texts.of(locale).knows(_key(platform, each.name))]
        assert unknown == [], f"no sentence bucket.{platform.name}.… in {locale} ({LOCALES_FOLDER})"


def test_every_cost_names_a_bucket_that_holds_it(platform: Platform) -> None:
    sizes = {bucket.name: bucket.size for bucket in platform.buckets}
    for step, costs in platform.costs.items():
        assert all(0 < cost.units <= sizes[cost.bucket] for cost in costs), step


def test_what_it_can_do_it_has_a_method_for(platform: Platform) -> None:
    Promises().test_a_capability_is_promised_only_with_its_method(_Bare(platform))


class _Bare:
    """A stand that is asked for its platform alone."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform


def _key(platform: Platform, bucket: str) -> str:
    return f"bucket.{platform.name}.{bucket}"


def test_a_folder_without_a_stand_is_told_what_it_lacks() -> None:
    assert contract_of("myspace") is None
