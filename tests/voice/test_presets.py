"""Presets: files that can be right or wrong, each on its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.errors import BadPresetError, UnknownPresetError
from voice.methods.world.settings import Draw, WorldSettings, parse
from voice.presets import BUILT_IN, Preset, PresetCatalogue

GOOD = 'title = "Mine"\nmethod = "world"\n[settings]\nf0_factor = 0.9\n'


def test_six_presets_are_built_in() -> None:
    catalogue = PresetCatalogue([BUILT_IN])
    assert catalogue.names() == ("deeper", "brighter", "younger", "older", "robot", "anonymous")
    assert catalogue.problems() == ()


def test_the_operators_file_counts_at_once_and_takes_the_place_of_a_built_in(tmp_path: Path) -> None:
    catalogue = PresetCatalogue([BUILT_IN, tmp_path])
    (tmp_path / "mine.toml").write_text(GOOD)
    (tmp_path / "deeper.toml").write_text(GOOD.replace("0.9", "0.5"))
    assert catalogue.names()[-1] == "mine"
    assert catalogue.get("deeper").settings == WorldSettings(f0_factor=0.5)


def test_a_folder_that_is_not_there_holds_no_presets(tmp_path: Path) -> None:
    assert PresetCatalogue([tmp_path / "nowhere"]).names() == ()


@pytest.mark.parametrize("name", ["nobody", "", "../presets/deeper", "Deeper", "deeper.toml"])
def test_an_unknown_preset_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownPresetError, match="deeper, brighter") as caught:
        PresetCatalogue([BUILT_IN]).get(name)
    assert caught.value.params["name"] == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("title = ", "cannot be read"),
        ("\udcff", "cannot be read"),
        ('method = "tape"\n', "method 'tape'; there are: .*world"),
        ('method = "world"\npitch = 2\n', "'?pitch'?"),
        (GOOD.replace("0.9", "9"), "f0_factor must be a number from 0.25 to 4, not 9"),
        (GOOD.replace("0.9", "nan"), "f0_factor must be a number"),
        (GOOD.replace("0.9", "true"), "f0_factor must be a number"),
        (GOOD.replace("0.9", '"low"'), "f0_factor must be a number"),
        (GOOD.replace("f0_factor", "f0"), "'f0', which means nothing"),
        (GOOD.replace('"Mine"', "7"), "title must be a text"),
        ('method = "world"\nsettings = 3\n', "settings must be a table"),
        ('method = "world"\n[settings.draw]\nf0_range = [2.0, 1.0]\n', "the smaller one first"),
        ('method = "world"\n[settings.draw]\nf0_range = 1.0\n', "must be two numbers"),
        ("#" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence_and_spoils_no_other(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "wrong.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    (tmp_path / "right.toml").write_text(GOOD)
    catalogue = PresetCatalogue([tmp_path])
    assert catalogue.names() == ("right",)
    with pytest.raises(BadPresetError, match=reason) as caught:
        catalogue.get("wrong")
    assert str(caught.value).startswith("The voice preset 'wrong' cannot be used: ")
    assert [problem.params for problem in catalogue.problems()] == [caught.value.params]


def test_the_digest_follows_the_sound_and_not_the_title() -> None:
    data = {"name": "a", "method": "world", "settings": {"f0_factor": 0.75}}
    one = Preset.from_json(data)
    assert (
        one.digest == Preset.from_json({**data, "name": "b", "title": "Other", "settings": {"f0_factor": 0.75}}).digest
    )
    assert one.digest != Preset.from_json({**data, "settings": {"f0_factor": 0.76}}).digest
    assert len(one.digest) == 64


def test_every_built_in_survives_json() -> None:
    catalogue = PresetCatalogue([BUILT_IN])
    for name in catalogue.names():
        preset = catalogue.get(name)
        assert Preset.from_json(preset.to_json()).settings == preset.settings


@settings(max_examples=60)
@given(
    st.builds(
        WorldSettings,
        f0_factor=st.floats(0.25, 4),
        formant_factor=st.floats(0.5, 2),
        f0_range=st.floats(0, 2),
        constant_f0_hz=st.none() | st.floats(40, 800),
        breath=st.floats(0, 1),
        draw=st.none() | st.builds(Draw, f0_semitones=st.floats(0, 12).map(lambda high: (0.0, high))),
    )
)
def test_settings_survive_json(value: WorldSettings) -> None:
    assert parse(value.to_json()) == value


@given(st.integers())
def test_an_anonymous_voice_is_drawn_from_its_spans_and_by_its_seed(seed: int) -> None:
    preset = PresetCatalogue([BUILT_IN]).get("anonymous").settings
    assert isinstance(preset, WorldSettings)
    drawn = preset.resolved(seed)
    assert drawn == preset.resolved(seed)
    up = max(drawn.f0_factor, 1 / drawn.f0_factor)
    assert 2.499 <= 12 * np.log2(up) <= 4.501
    assert 1.079 <= max(drawn.formant_factor, 1 / drawn.formant_factor) <= 1.141
    assert 0.5 <= drawn.f0_range <= 0.7


def test_the_anonymous_voice_goes_either_way() -> None:
    preset = PresetCatalogue([BUILT_IN]).get("anonymous").settings
    assert isinstance(preset, WorldSettings)
    drawn = [preset.resolved(seed) for seed in range(40)]
    assert {(one.f0_factor > 1, one.formant_factor > 1) for one in drawn} == {
        (up, wide) for up in (True, False) for wide in (True, False)
    }
