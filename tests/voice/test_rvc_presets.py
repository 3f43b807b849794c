"""A preset of the operator's own that names an RVC voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice.rvc_files import save_voice
from voice.errors import BadPresetError, MissingModelError
from voice.methods.rvc.settings import RvcSettings, parse
from voice.presets import BUILT_IN, PresetCatalogue

MINE = """
title = "Anna"
method = "rvc"
[settings]
model = "anna.pth"
index = "anna.index"
f0_method = "harvest"
pitch = 12
index_rate = 0.5
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("voices", "models"):
        (tmp_path / folder).mkdir()
    (tmp_path / "voices" / "anna.toml").write_text(MINE)
    return tmp_path


def catalogue(home: Path) -> PresetCatalogue:
    return PresetCatalogue([BUILT_IN, home / "voices"], models=home / "models")


def test_its_files_are_found_in_the_models_folder(home: Path) -> None:
    for name in ("anna.pth", "anna.index", "hubert_base.pt"):
        (home / "models" / name).write_bytes(b"x")
    found = catalogue(home).get("anna").settings
    assert found == RvcSettings(
        model=str(home / "models" / "anna.pth"),
        index=str(home / "models" / "anna.index"),
        content_model=str(home / "models" / "hubert_base.pt"),
        f0_method="harvest",
        pitch=12.0,
        index_rate=0.5,
    )
    assert parse(found.to_json()) == found


@pytest.mark.parametrize("missing", ["anna.pth", "anna.index", "hubert_base.pt"])
def test_a_file_that_is_missing_is_named_and_the_preset_not_offered(home: Path, missing: str) -> None:
    for name in {"anna.pth", "anna.index", "hubert_base.pt"} - {missing}:
        (home / "models" / name).write_bytes(b"x")
    with pytest.raises(MissingModelError, match=f"needs the file '{missing}'") as caught:
        catalogue(home).get("anna")
    assert (caught.value.params["name"], caught.value.params["file"]) == ("anna", missing)
    assert "anna" not in catalogue(home).names()
    assert catalogue(home).problems()[0].code == "voice.model_missing"
    assert "deeper" in catalogue(home).names()


def test_another_model_under_the_same_name_is_another_voice(home: Path) -> None:
    for name in ("anna.index", "hubert_base.pt"):
        (home / "models" / name).write_bytes(b"x")
    save_voice(home / "models" / "anna.pth")
    before = catalogue(home).get("anna").digest
    assert catalogue(home).get("anna").digest == before
    save_voice(home / "models" / "anna.pth", "v1")
    assert catalogue(home).get("anna").digest != before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('model = "anna.pth"', "names no model"),
        ('f0_method = "harvest"', "f0_method must be one of rmvpe, harvest, crepe, pm, not 'dio'"),
        ("pitch = 12", "pitch must be a number from -36 to 36, not 99"),
        ("index_rate = 0.5", "index_rate must be a number from 0 to 1, not nan"),
        ('index = "anna.index"', "index must be the name of a file"),
        ('title = "Anna"', "'colour', which means nothing"),
    ],
)
def test_what_is_wrong_is_said(home: Path, text: str, reason: str) -> None:
    changed = {
        'model = "anna.pth"': "",
        'f0_method = "harvest"': 'f0_method = "dio"',
        "pitch = 12": "pitch = 99",
        "index_rate = 0.5": "index_rate = nan",
        'index = "anna.index"': "index = 3",
        'title = "Anna"': 'title = "Anna"',
    }[text]
    content = MINE.replace(text, changed) + ("colour = 1\n" if "title" in text else "")
    (home / "voices" / "anna.toml").write_text(content)
    with pytest.raises(BadPresetError, match=reason):
        catalogue(home).get("anna")
