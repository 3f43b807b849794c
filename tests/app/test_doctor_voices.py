"""The doctor speaks of voices: what is missing, for whom, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

import app.doctor_voices
from app.doctor_voices import device_finding, voice_findings
from app.finding import Finding
from app.settings import Settings

WHISPER = 'method = "silero"\n[settings]\nmodel = "v4_ru.pt"\nwhisper = "small"\n'
RVC = 'method = "rvc"\n[settings]\nmodel = "anna.pth"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("models", "voices"):
        (tmp_path / name).mkdir()
    return tmp_path


def found(home: Path, subject: str) -> Finding:
    (one,) = [each for each in voice_findings(home) if each.subject == subject]
    return one


def test_a_fresh_installation_has_no_fault_and_names_what_could_be_better(tmp_path: Path) -> None:
    findings = list(voice_findings(tmp_path / "not made yet"))
    assert not [each for each in findings if each.is_fault]
    assert "ready: deeper, brighter" in findings[0].state
    assert not (tmp_path / "not made yet").exists()
    music = found(tmp_path, "music under voices")
    assert "roughly" in music.state
    assert "--name separation.onnx" in music.remedy


def test_a_voice_without_its_files_is_named_with_the_way_to_get_each(home: Path) -> None:
    (home / "voices" / "anna.toml").write_text(RVC)
    anna = found(home, "voice anna")
    assert anna.is_fault
    assert "needs anna.pth, hubert_base.pt, rmvpe.pt" in anna.state
    assert "voice models import anna.pth" in anna.remedy
    assert "voice models download hubert" in anna.remedy


def test_a_bad_preset_is_told_with_its_reason(home: Path) -> None:
    (home / "voices" / "wrong.toml").write_text("method = 3")
    wrong = [each for each in voice_findings(home) if each.is_fault]
    assert len(wrong) == 1
    assert "'wrong' cannot be used" in wrong[0].state
    assert str(home / "voices") in wrong[0].remedy


def test_a_package_is_asked_for_only_where_a_voice_wants_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.optional_packages.Part.is_installed", False)
    assert "faster-whisper, silero-stress" in found(home, "optional packages").state
    (home / "voices" / "xenia.toml").write_text(WHISPER)
    (home / "models" / "v4_ru.pt").touch()
    (home / "models" / "small").mkdir()
    listener = found(home, "faster-whisper")
    assert "wanted by xenia" in listener.state
    assert "pip install faster-whisper" in listener.remedy
    assert found(home, "optional packages").state.startswith("praat-parselmouth not installed")


def test_a_separation_model_that_nobody_knows_is_a_fault(home: Path) -> None:
    (home / "models" / "separation.onnx").write_bytes(b"\x08 a network")
    assert found(home, "music under voices").is_fault
    (home / "models" / "separation.toml").write_text("n_fft = 6144")
    assert not found(home, "music under voices").remedy


async def test_the_device_is_told_by_a_child() -> None:
    told = await device_finding(Settings(_env_file=None, voice_device="cpu"))
    assert told.state.startswith("the processor")
    assert not told.remedy


async def test_a_gpu_that_is_asked_for_and_absent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(_: str) -> str:
        return "cpu"

    monkeypatch.setattr(app.doctor_voices, "_ask", none)
    told = await device_finding(Settings(_env_file=None, voice_device="cuda:1"))
    assert "asks for cuda:1" in told.state
    assert "FABRIC_VOICE_DEVICE=auto" in told.remedy
