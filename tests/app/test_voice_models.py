"""`python -m app voice models`, as the shell calls it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import torch

from app.cli import main
from tests.support.file_server import FileServer, serving

SILERO = 'method = "silero"\n[settings]\nmodel = "v4_ru.pt"\n'
RVC = 'method = "rvc"\n[settings]\nmodel = "anna.pth"\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("FABRIC_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FABRIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    (tmp_path / "home" / "voices").mkdir(parents=True)
    (tmp_path / "home" / "models").mkdir()
    return tmp_path / "home"


def test_the_list_says_what_is_there_and_what_each_voice_still_needs(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "voices" / "xenia.toml").write_text(SILERO)
    (home / "voices" / "anna.toml").write_text(RVC)
    (home / "voices" / "wrong.toml").write_text("method = 3")
    (home / "models" / "anna.pth").write_bytes(b"x" * 2_000_000)
    assert main(["voice", "models"]) == 0
    said = capsys.readouterr().out
    assert "anna.pth  2.0 MB  not imported" in said
    assert "✓ deeper" in said
    assert "✗ xenia needs v4_ru.pt\n" in said
    assert "✗ anna needs hubert_base.pt (voice models download hubert), rmvpe.pt" in said
    assert "✗ The voice preset 'wrong' cannot be used" in said


def test_an_imported_file_is_found_under_the_name_that_the_preset_gives_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "voices" / "anna.toml").write_text(RVC)
    torch.save({"a": torch.ones(3)}, tmp_path / "anna.pth")
    assert main(["voice", "models", "import", "anna.pth"]) == 0
    digest = hashlib.sha256((tmp_path / "anna.pth").read_bytes()).hexdigest()
    assert f"anna.safetensors: weights, 1 kB, SHA-256 {digest}" in capsys.readouterr().out
    main(["voice", "models"])
    assert "✗ anna needs hubert_base.pt" in capsys.readouterr().out


def test_an_index_and_a_description_lie_beside_the_weights_of_the_same_name(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preset = 'method = "sovits"\n[settings]\nmodel = "anna.pth"\nconfig = "anna.json"\nf0_method = "harvest"\n'
    (home / "voices" / "anna.toml").write_text(preset)
    torch.save({"a": torch.ones(3)}, tmp_path / "anna.pth")
    (tmp_path / "anna.json").write_text("{}")
    assert main(["voice", "models", "import", "anna.pth"]) == 0
    main(["voice", "models"])
    assert "✗ anna needs anna.json, " in capsys.readouterr().out  # not taken for what anna.pth became
    assert main(["voice", "models", "import", "anna.json"]) == 0
    main(["voice", "models"])
    assert "✗ anna needs checkpoint_best_legacy_500.pt\n" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "why"), [(b"", "it is empty"), (b"hello", "it holds no model")])
def test_a_file_that_is_no_model_at_all_is_told_in_words(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, why: str
) -> None:
    (tmp_path / "anna.pth").write_bytes(content)
    assert main(["voice", "models", "import", "anna.pth"]) == 1
    assert capsys.readouterr().err == f"The model file anna.pth is damaged; copy it again ({why}).\n"


def test_what_cannot_be_imported_is_said_in_a_sentence(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "anna.pth").write_bytes(b"PK\x03\x04 and no more")
    assert main(["voice", "models", "import", "anna.pth"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The model file anna.pth is damaged")
    assert not list((home / "models").iterdir())


def test_a_download_is_checked_converted_and_recorded(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"a": torch.ones(1000)}, tmp_path / "made.pth")
    content = (tmp_path / "made.pth").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    with serving(FileServer(content, cut_after=2000)) as server:
        entry = f'[mine]\nfile = "mine.pth"\nurl = "{server.url}"\nsize = {len(content)}\nsha256 = "{digest}"\n'
        (home / "models" / "downloads.toml").write_text(entry)
        assert main(["voice", "models", "download", "mine"]) == 0
        server.content = content[::-1]
        assert main(["voice", "models", "download", "mine"]) == 1
    said = capsys.readouterr()
    assert "mine.safetensors: weights" in said.out
    assert "not what was published" in said.err
    left = sorted(one.name for one in (home / "models").iterdir() if one.is_file())
    assert left == [".imported.json", "downloads.toml", "mine.safetensors"]


def test_a_name_that_is_not_in_the_list_is_told_with_those_that_are(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["voice", "models", "download", "everything"]) == 1
    assert "there are: hubert, rmvpe" in capsys.readouterr().err


def test_a_separation_model_comes_with_its_numbers_or_says_that_it_lacks_them(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["voice", "models", "import", str(tmp_path / "mine.onnx"), "--name", "separation.onnx"]
    (tmp_path / "mine.onnx").write_bytes(b"\x08 a network")
    assert main(words) == 1
    assert "there is no separation.toml beside it" in capsys.readouterr().err
    (tmp_path / "separation.toml").write_text("n_fft = 6144")
    assert main([*words, "--replace"]) == 0
    assert "separation.toml: text" in capsys.readouterr().out
    (tmp_path / "separation.toml").unlink()
    assert main([*words, "--replace"]) == 0
    assert "remove that file if it is another model's" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["."], "A model cannot be called ''"),
        (["gone.pth"], "There is no file gone.pth."),
        (["photo.jpg"], "a model file ends in one of .pth"),
        (["photo.jpg", "--name", "../photo.pth"], "A model cannot be called '../photo.pth'"),
        (["photo.jpg", "--name", "photo.onnx"], "photo.onnx is no ONNX model."),
    ],
)
def test_a_wrong_import_is_a_sentence_and_leaves_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    Path("photo.jpg").write_bytes(b"a picture")
    assert main(["voice", "models", "import", *words]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not list((home / "models").iterdir())


def test_a_site_that_cannot_be_reached_is_named_and_nothing_is_left(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = f'[gone]\nfile = "gone.pt"\nurl = "http://127.0.0.1:9/gone.pt"\nsize = 9\nsha256 = "{"0" * 64}"\n'
    (home / "models" / "downloads.toml").write_text(entry)
    assert main(["voice", "models", "download", "gone"]) == 1
    assert "nothing came from 127.0.0.1" in capsys.readouterr().err
    assert [one.name for one in (home / "models").iterdir()] == ["downloads.toml"]


def test_a_list_of_downloads_that_cannot_be_read_does_not_hide_the_rest(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "models" / "downloads.toml").write_text("oops")
    assert main(["voice", "models"]) == 1
    said = capsys.readouterr()
    assert "The list downloads.toml cannot be read" in said.err
    assert "✓ deeper" in said.out


def test_a_separation_model_is_told_how_to_be_found(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("Kim_Vocal_2.onnx").write_bytes(b"\x08 a network")
    assert main(["voice", "models", "import", "Kim_Vocal_2.onnx"]) == 0
    assert "--name separation.onnx" in capsys.readouterr().out
    main(["voice", "models"])
    assert "separated roughly" in capsys.readouterr().out
    Path("separation.toml").write_text("n_fft = 6144")
    assert main(["voice", "models", "import", "Kim_Vocal_2.onnx", "--name", "separation.onnx"]) == 0
    main(["voice", "models"])
    assert "✓ separated by separation.onnx" in capsys.readouterr().out
