"""A preset of the operator's own that names a SO-VITS-SVC voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.errors import BadPresetError, MissingModelError
from voice.methods.sovits.settings import SovitsSettings, parse
from voice.presets import BUILT_IN, PresetCatalogue

MINE = """
title = "Anna"
method = "sovits"
[settings]
model = "G_anna.pth"
config = "anna.json"
speaker = "anna"
cluster = "kmeans.pt"
f0_method = "harvest"
pitch = 12
"""
FILES = ("G_anna.pth", "anna.json", "kmeans.pt", "checkpoint_best_legacy_500.pt")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("voices", "models"):
        (tmp_path / folder).mkdir()
    for name in FILES:
        (tmp_path / "models" / name).write_bytes(b"x")
    (tmp_path / "voices" / "anna.toml").write_text(MINE)
    return tmp_path


def catalogue(home: Path) -> PresetCatalogue:
    return PresetCatalogue([BUILT_IN, home / "voices"], models=home / "models")


def test_its_files_are_found_in_the_models_folder(home: Path) -> None:
    found = catalogue(home).get("anna").settings
    model, config, cluster, content = (str(home / "models" / name) for name in FILES)
    assert found == SovitsSettings(
        model=model,
        config=config,
        speaker="anna",
        cluster=cluster,
        content_model=content,
        f0_method="harvest",
        pitch=12.0,
    )
    assert parse(found.to_json()) == found


@pytest.mark.parametrize("missing", FILES)
def test_a_file_that_is_missing_is_named_and_the_preset_not_offered(home: Path, missing: str) -> None:
    (home / "models" / missing).unlink()
    with pytest.raises(MissingModelError, match=f"needs the file '{missing}'"):
        catalogue(home).get("anna")
    assert "anna" not in catalogue(home).names()


@pytest.mark.parametrize(
    ("text", "changed", "reason"),
    [
        ('model = "G_anna.pth"', "", "names no model"),
        ('f0_method = "harvest"', 'f0_method = "fcpe"', "must be one of rmvpe, harvest, crepe, pm, dio, not 'fcpe'"),
        ("pitch = 12", "pitch = true", "pitch must be a number from -36 to 36, not True"),
        ("pitch = 12", "clip_s = 1", "clip_s must be a number from 3 to 120, not 1"),
        ("pitch = 12", "blend_rate = nan", "blend_rate must be a number from 0 to 1, not nan"),
        ("pitch = 12", "auto_f0 = 1", "auto_f0 must be true or false"),
        ('speaker = "anna"', "speaker = -1", "speaker must be a name or a whole number"),
        ('speaker = "anna"', 'speaker = " "', "speaker must be a name or a whole number"),
        ('cluster = "kmeans.pt"', "cluster = 3", "cluster must be the name of a file"),
        ("pitch = 12", 'index = "a.index"', "an index and a cluster"),
        ("pitch = 12", "protect = 0.3", "'protect', which means nothing"),
    ],
)
def test_what_is_wrong_is_said(home: Path, text: str, changed: str, reason: str) -> None:
    (home / "voices" / "anna.toml").write_text(MINE.replace(text, changed))
    with pytest.raises(BadPresetError, match=reason):
        catalogue(home).get("anna")
