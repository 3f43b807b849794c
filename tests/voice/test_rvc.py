"""The `rvc` method over whole files, with small stand-ins for trained voices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import soundfile
import torch

from tests.parity import stand_ins
from tests.voice.rvc_files import SMALL, save_content_encoder, save_voice
from voice.checkpoints.content import load_content_encoder
from voice.conversion import Converted, convert
from voice.errors import UnknownModelError
from voice.job_context import JobContext
from voice.methods.rvc import convert as rvc
from voice.methods.rvc.model import load_model
from voice.methods.rvc.pipeline import Splitting, plan_chunks
from voice.nets.hubert import ContentEncoder
from voice.presets import Preset

Write = Callable[..., Path]
Speak: TypeAlias = Callable[..., tuple[Path, Converted]]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_content_encoder(folder / "hubert_base.pt")
    save_voice(folder / "voice.pth")
    return folder


def preset(models: Path, **settings: Any) -> Preset:
    plain = {"model": "voice.pth", "f0_method": "harvest", **settings}
    return Preset.from_json({"name": "mine", "method": "rvc", "settings": plain}).located(models)


@pytest.fixture(scope="module")
def encoder(models: Path) -> ContentEncoder:
    return load_content_encoder(models / "hubert_base.pt", projected=True)


@pytest.fixture
def spoken(
    tmp_path: Path, context: JobContext, models: Path, encoder: ContentEncoder, monkeypatch: pytest.MonkeyPatch
) -> Speak:
    """Converts in this process: `spoken(source, seed=…, **settings)`; the encoder is opened once for all."""
    monkeypatch.setattr("voice.methods.rvc.convert.load_content_encoder", lambda path, projected: encoder)

    def run(source: Path, seed: int = 1, **settings: Any) -> tuple[Path, Converted]:
        target = tmp_path / f"out-{seed}.wav"
        return target, convert(source, target, preset(models, **settings), seed, context)

    return run


# --- what comes out --------------------------------------------------------------------------------------------------


def test_the_length_rate_and_loudness_are_the_sources(spoken: Speak, speech: Path) -> None:
    out, info = spoken(speech)
    before, after = soundfile.info(speech), soundfile.info(out)
    assert (after.frames, after.samplerate, after.channels) == (before.frames, before.samplerate, before.channels)
    assert info.lufs == pytest.approx(info.source_lufs, abs=0.3)


def test_the_same_seed_gives_the_same_samples_and_another_one_other_noise(spoken: Speak, speech: Path) -> None:
    first = soundfile.read(spoken(speech, 5)[0])[0]
    again = soundfile.read(spoken(speech, 5)[0])[0]
    other = soundfile.read(spoken(speech, 6)[0])[0]
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize("rate", ["32k", "40k", "48k"])
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("f0", [True, False])
def test_every_kind_of_voice_is_loaded_and_speaks(tmp_path: Path, version: str, rate: str, *, f0: bool) -> None:
    model = load_model(save_voice(tmp_path / "voice.pth", version, rate, f0=f0))
    assert (model.version, model.has_pitch, model.sample_rate) == (version, f0, int(rate[:-1]) * 1000)
    content = torch.zeros(30, 256 if version == "v1" else 768)
    pitch, hz = (torch.full((30,), 100), torch.full((30,), 200.0)) if f0 else (None, None)
    with torch.inference_mode():
        samples = model.net(content, pitch, hz, 0)
    assert len(samples) == 30 * model.sample_rate // 100
    assert samples.isfinite().all()


@pytest.mark.parametrize("f0", [True, False])
def test_decoding_in_windows_equals_decoding_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, f0: bool
) -> None:
    net = load_model(save_voice(tmp_path / "voice.pth", "v1", "48k", f0=f0)).net
    content, pitch, hz = torch.randn(150, 256), torch.full((150,), 90), torch.full((150,), 180.0)
    given = (content, pitch, hz, 7) if f0 else (content, None, None, 7)
    with torch.inference_mode():
        whole = net(*given)
        monkeypatch.setattr("voice.nets.vocoder.WINDOW_FRAMES", 40)
        pieces = net(*given)
        part = net(*given, keep=(30, 101))
    assert torch.allclose(whole, pieces, atol=1e-5)
    assert torch.allclose(whole[30 * 480 : 101 * 480], part, atol=1e-5)


def test_attention_in_blocks_equals_attention_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = load_model(save_voice(tmp_path / "voice.pth")).net
    content, pitch = torch.randn(75, 768), torch.randint(1, 255, (75,))
    with torch.inference_mode():
        whole = net.enc_p(content, pitch)[0]
        monkeypatch.setattr("voice.nets.attention.QUERY_BLOCK", 16)
        blocks = net.enc_p(content, pitch)[0]
    assert torch.allclose(whole, blocks, atol=1e-5)


def test_a_voice_of_the_old_kind_without_pitch_works_over_a_file(spoken: Speak, speech: Path, models: Path) -> None:
    save_voice(models / "old.pth", "v1", "32k", f0=False, changed={"version": None})
    _, info = spoken(speech, model="old.pth")
    assert info.frames == soundfile.info(speech).frames


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("samples", "rate"), [(1, 44100), (400, 8000)])
def test_a_few_samples_come_out_as_long(spoken: Speak, speech: Path, write: Write, samples: int, rate: int) -> None:
    voice, _ = soundfile.read(speech)
    out, _ = spoken(write(voice[44100 : 44100 + samples], rate))
    assert soundfile.info(out).frames == samples
    assert np.isfinite(soundfile.read(out)[0]).all()


def test_a_voice_in_the_centre_of_six_channels_stays_there(spoken: Speak, speech: Path, write: Write) -> None:
    surround = np.zeros((44100, 6))
    surround[:, 2] = soundfile.read(speech)[0][:44100]
    loud = np.abs(soundfile.read(spoken(write(surround))[0])[0]).max(axis=0)
    assert loud[2] > 0.01
    assert not np.delete(loud, 2).any()


def test_opposite_channels_do_not_cancel_the_voice_and_stay_opposite(spoken: Speak, speech: Path, write: Write) -> None:
    voice = soundfile.read(speech)[0][:44100]
    left, right = soundfile.read(spoken(write(np.stack([voice, -voice], axis=1)))[0])[0].T
    assert np.abs(left).max() > 0.01
    assert np.allclose(left, -right, atol=1e-6)


# --- bad models ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"vocoder": "BigVGAN"}, "vocoder is 'BigVGAN'"),
        ({"version": "v3"}, "version is 'v3'"),
        ({"config": [1, 2]}, "not a list of 18"),
        ({"config": None}, "parts weight and config"),
        ({"weight": {}}, "no tensors"),
        ({"config": [*stand_ins.rvc_config("v2", "40k")[:-1], "forty"]}, "makes no sense"),
        (
            {"config": [*stand_ins.rvc_config("v2", "40k")[:3], 10**12, *stand_ins.rvc_config("v2", "40k")[4:]]},
            "a size",
        ),
        ({"config": stand_ins.rvc_config("v2", "40k", width=16_000)}, "shape"),
        ({"config": [*stand_ins.rvc_config("v2", "48k", **SMALL)[:-1], 40_000]}, "480 samples are not 10 ms at 40000"),
        (
            {"config": [*stand_ins.rvc_config("v2", "40k")[:6], 60_000, *stand_ins.rvc_config("v2", "40k")[7:]]},
            "60000 layers",
        ),
    ],
)
def test_a_voice_of_another_kind_is_told(tmp_path: Path, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(UnknownModelError, match=why) as caught:
        load_model(save_voice(tmp_path / "voice.pth", changed=changed))
    assert caught.value.params["file"] == "voice.pth"


@pytest.mark.parametrize(("sr", "f0"), [(40000, None), ("40k", 1)])
def test_parts_that_newer_or_older_tools_leave_out_are_not_missed(tmp_path: Path, sr: object, f0: object) -> None:
    config = stand_ins.rvc_config("v2", "40k", width=16, initial=64, speaker_width=8)
    config[-1] = "40k"
    parts = {"sr": sr, "f0": f0, "info": None, "config": config, "vocoder": "HiFi-GAN", "epoch": 3}
    path = save_voice(tmp_path / "voice.pth", changed=parts)
    assert load_model(path).sample_rate == 40000
    held = torch.load(save_voice(path, "v1")) | {"f0": None, "version": None}
    torch.save(held, path)
    assert load_model(path).has_pitch


def test_a_speaker_that_the_voice_does_not_have_is_told(spoken: Speak, speech: Path) -> None:
    with pytest.raises(UnknownModelError, match="109 speakers"):
        spoken(speech, speaker=109)


def test_an_index_for_another_kind_of_voice_is_told(spoken: Speak, speech: Path, models: Path) -> None:
    stand_ins.save_index(models / "v1.index", np.ones((20, 256), np.float32), 2)
    with pytest.raises(UnknownModelError, match="features of 256 numbers"):
        spoken(speech, index="v1.index")


# --- long recordings -------------------------------------------------------------------------------------------------


def test_chunks_cover_a_long_recording_and_end_at_quiet_places() -> None:
    rng = np.random.default_rng(1)
    splitting = Splitting(pad_s=1, search_s=1, chunk_s=4, longest_s=5)
    signal = rng.normal(size=13 * 16000 + 77)
    signal[4 * 16000 + 3000 : 4 * 16000 + 3600] = 0
    padded = np.pad(signal, splitting.pad, mode="reflect")
    chunks = plan_chunks(padded, splitting)
    assert len(chunks) == 4
    assert 4 * 16000 + 2800 < chunks[1].begin < 4 * 16000 + 3600
    assert sum(chunk.frames for chunk in chunks) == -(-len(signal) // 160)
    assert [chunk.kept_in_place()[1] - chunk.kept_in_place()[0] - chunk.frames for chunk in chunks] == [1, 2, 2, 1]


def test_a_recording_in_chunks_is_as_long_as_the_source(
    spoken: Speak, write: Write, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice, _ = soundfile.read(speech)
    monkeypatch.setattr("voice.methods.rvc.convert.Splitting", lambda: Splitting(1, 1, 2, 2))
    monkeypatch.setattr("voice.methods.rvc.convert.BLOCK", 3 * 16000)
    out, info = spoken(write(np.tile(voice, 4)[: 7 * 44100 + 13]))
    assert info.frames == soundfile.info(out).frames == 7 * 44100 + 13
    assert np.abs(soundfile.read(out)[0][-4410:]).max() > 0


def test_channels_keep_the_balance_of_the_whole_in_parts(
    tmp_path: Path, write: Write, speech: Path, context: JobContext, models: Path
) -> None:
    """The right channel is loud only in the beginning; alone, the end would be balanced otherwise than in the whole."""
    voice, rate = soundfile.read(speech)
    right = voice * np.where(np.arange(len(voice)) < len(voice) // 2, 1.0, 0.01)
    source, end = write(np.stack([voice, right], axis=1), rate), tmp_path / "end.wav"
    soundfile.write(end, soundfile.read(source)[0][len(voice) // 2 :], rate, subtype="FLOAT")
    chosen = preset(models)
    told = rvc.survey(source, chosen.settings, context)
    made = tmp_path / "made.wav"
    rvc.convert(end, made, chosen.settings, 1, replace(context, whole=told))
    levels = np.sqrt((soundfile.read(made)[0] ** 2).mean(axis=0))
    powers = (soundfile.read(source)[0] ** 2).sum(axis=0)
    assert levels[1] / levels[0] == pytest.approx(np.sqrt(powers[1] / powers[0]), rel=0.01)
