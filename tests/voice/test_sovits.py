"""The `sovits` method over whole files, with small stand-ins for trained voices."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import pytest
import soundfile
import torch

from tests.parity import stand_ins as rvc_stand_ins
from tests.voice.rvc_files import save_content_encoder
from tests.voice.sovits_files import KINDS, save_voice
from voice.checkpoints.content import load_content_encoder
from voice.checkpoints.safetensors import write_safetensors
from voice.conversion import Converted, convert
from voice.errors import (
    DamagedModelError,
    UnknownModelError,
    UnknownSpeakerError,
)
from voice.job_context import JobContext
from voice.methods.sovits.clusters import load_centres
from voice.methods.sovits.convert import joined
from voice.methods.sovits.model import load_model
from voice.methods.sovits.pipeline import Controls, Pipeline
from voice.methods.sovits.rules import moved_to_clusters
from voice.methods.sovits.slices import Piece, Span, frame_levels, pieces, spans
from voice.nets.hubert import ContentEncoder
from voice.nets.sovits_vocoder import Snake
from voice.presets import Preset

Write = Callable[..., Path]
Speak: TypeAlias = Callable[..., tuple[Path, Converted]]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sovits")
    save_content_encoder(folder / "checkpoint_best_legacy_500.pt")
    save_voice(folder)
    return folder


def preset(models: Path, **settings: Any) -> Preset:
    plain = {"model": "voice.pth", "config": "voice.json", "speaker": "boris", "f0_method": "dio", **settings}
    return Preset.from_json({"name": "mine", "method": "sovits", "settings": plain}).located(models)


@pytest.fixture(scope="module")
def encoder(models: Path) -> ContentEncoder:
    return load_content_encoder(models / "checkpoint_best_legacy_500.pt", projected=False)


@pytest.fixture
def spoken(
    tmp_path: Path, context: JobContext, models: Path, encoder: ContentEncoder, monkeypatch: pytest.MonkeyPatch
) -> Speak:
    """Converts in this process: `spoken(source, seed=…, **settings)`; the encoder is opened once for all."""
    monkeypatch.setattr("voice.methods.sovits.convert.load_content_encoder", lambda path, projected: encoder)

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


def test_each_speaker_and_each_setting_is_heard(spoken: Speak, speech: Path, write: Write) -> None:
    brief = write(soundfile.read(speech)[0][30_000:50_000])
    plain = soundfile.read(spoken(brief)[0])[0]
    for changed in ({"speaker": "vera"}, {"pitch": 5}, {"auto_f0": True}, {"noise": 0.0}):
        assert not np.allclose(plain, soundfile.read(spoken(brief, **changed)[0])[0], atol=1e-4), changed


def test_the_loudness_can_follow_the_source(spoken: Speak, speech: Path, write: Write) -> None:
    fading = write(soundfile.read(speech)[0] * np.linspace(1, 0.05, 88_200))
    shares = []
    for rate in (1.0, 0.0):
        made = soundfile.read(spoken(fading, rms_mix_rate=rate)[0])[0]
        shares.append((made[66_150:] ** 2).sum() / (made[:22_050] ** 2).sum())
    assert shares[1] < 0.3 * shares[0]


def test_a_speaker_may_be_told_by_number(spoken: Speak, speech: Path) -> None:
    by_name = soundfile.read(spoken(speech, speaker="boris")[0])[0]
    assert np.array_equal(by_name, soundfile.read(spoken(speech, speaker=1)[0])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_voice_is_loaded_and_speaks(tmp_path: Path, kind: str) -> None:
    net = load_model(*save_voice(tmp_path, kind=kind)).net
    content, level = torch.randn(20, 256 if "256" in kind or kind == "4.0" else 768), torch.full((20,), 0.1)
    draws = net.draw(20, torch.Generator().manual_seed(1))
    with torch.inference_mode():
        samples, f0 = net(content, torch.full((20,), 200.0), torch.ones(20), 1, draws, loudness=level, predict_f0=True)
    assert samples.shape == (20 * 512,)
    assert samples.isfinite().all()
    assert samples.std() > 0.01
    assert bool((f0 == 200).all()) == ("without" in kind)
    assert net.shape.clamps_high == (kind == "4.0")


@pytest.mark.parametrize(("kind", "near"), [("4.1", 1e-5), ("4.1 snake", 1e-4)])
def test_decoding_in_windows_equals_decoding_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, near: float
) -> None:
    """But for rounding, which snakes enlarge."""
    net = load_model(*save_voice(tmp_path, kind=kind)).net
    draws = net.draw(150, torch.Generator().manual_seed(1))
    given = torch.randn(150, 768), torch.full((150,), 180.0), torch.ones(150), 1, draws
    with torch.inference_mode():
        whole, _ = net(*given)
        for module in ("vocoder", "sovits_vocoder"):
            monkeypatch.setattr(f"voice.nets.{module}.WINDOW_FRAMES", 40)
        parts, _ = net(*given)
        inner, _ = net(*given, keep=(30, 101))
    assert torch.allclose(whole, parts, atol=near)
    assert torch.allclose(whole[30 * 512 : 101 * 512], inner, atol=near)


def test_couplings_that_share_a_network_use_the_files_shared_one(tmp_path: Path) -> None:
    path, described = save_voice(tmp_path, kind="4.1 tiny")
    held = torch.load(path, weights_only=True)
    for name in [name for name in held["model"] if name.startswith("flow.flows.") and ".enc." in name]:
        held["model"][name] = torch.zeros_like(held["model"][name]) + float("nan")
    torch.save(held, path)
    first, last = (load_model(path, described).net.flow.flows[number] for number in ("0", "6"))
    assert torch.equal(first.enc.cond_layer.weight, last.enc.cond_layer.weight)
    assert first.enc.in_layers[0].depth_conv.weight.isfinite().all()


def test_a_snake_without_strength_leaves_low_tones_alone() -> None:
    """So the doubled rate and the filters around it neither delay nor change what they should not."""
    snake = Snake(2)
    for weight, value in ((snake.act.alpha, 0.0), (snake.act.beta, 20.0)):
        torch.nn.init.constant_(weight, value)
    tone = torch.sin(torch.arange(400) * 0.2).expand(1, 2, -1)
    with torch.inference_mode():
        assert torch.allclose(snake(tone)[:, :, 10:-10], tone[:, :, 10:-10], atol=0.01)
        torch.nn.init.constant_(snake.act.beta, 0.0)
        steady = snake(torch.full((1, 2, 50), 0.7))
    assert torch.allclose(steady, torch.tensor(0.7 + np.sin(0.7) ** 2).float(), atol=1e-4)


def test_features_are_moved_by_an_index_or_by_clusters(spoken: Speak, speech: Path, write: Write, models: Path) -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(40, 768)).astype(np.float32)
    rvc_stand_ins.save_index(models / "boris.index", vectors, 1)
    centres = {"n_features_in_": 768, "_n_threads": 2, "cluster_centers_": vectors[:10]}
    torch.save({"boris": centres, "vera": centres}, models / "kmeans.pt")
    torch.save({"boris": torch.from_numpy(vectors[:10])}, models / "tensors.pt")
    brief = write(soundfile.read(speech)[0][30_000:50_000])
    plain = soundfile.read(spoken(brief)[0])[0]
    indexed = soundfile.read(spoken(brief, index="boris.index")[0])[0]
    clustered = soundfile.read(spoken(brief, cluster="kmeans.pt")[0])[0]
    assert not np.allclose(plain, indexed, atol=1e-4)
    assert not np.allclose(plain, clustered, atol=1e-4)
    assert np.array_equal(clustered, soundfile.read(spoken(brief, cluster="tensors.pt")[0])[0])
    assert np.array_equal(plain, soundfile.read(spoken(brief, cluster="kmeans.pt", blend_rate=0)[0])[0])
    with pytest.raises(UnknownModelError, match="no clusters of the speaker 'anna'"):
        spoken(brief, cluster="kmeans.pt", speaker="anna")


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ([1], "no clusters of the speaker 'anna'"),
        ({"anna": {}}, "no tables of numbers"),
        ({"anna": {"cluster_centers_": "x"}}, "no tables of numbers"),
        ({"anna": torch.ones(4, 256)}, r"the shape \(4, 256\), and the voice wants 768"),
        ({"anna": torch.full((4, 768), float("nan"))}, "clusters that are not numbers"),
    ],
)
def test_clusters_that_make_no_sense_are_told(tmp_path: Path, held: Any, why: str) -> None:
    torch.save(held, tmp_path / "kmeans.pt")
    with pytest.raises(UnknownModelError, match=why):
        load_centres(tmp_path / "kmeans.pt", "anna", 768)


def test_arrays_of_something_else_are_refused_without_advice_to_open_them_anyway(tmp_path: Path) -> None:
    torch.save({"anna": np.array(["a"])}, tmp_path / "kmeans.pt")
    with pytest.raises(DamagedModelError, match="but got <class") as caught:
        load_centres(tmp_path / "kmeans.pt", "anna", 768)
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_each_frame_moves_towards_the_nearest_of_the_clusters(rate: float) -> None:
    rng = np.random.default_rng(1)
    features, centres = (rng.normal(size=(count, 6)).astype(np.float32) for count in (30, 5))
    made = moved_to_clusters(features, centres, rate)
    for frame, moved in zip(features, made, strict=True):
        nearest = min(centres, key=lambda one: float(((one - frame) ** 2).sum()))
        assert np.allclose(moved, rate * nearest + (1 - rate) * frame, atol=1e-6)


# --- bad input -------------------------------------------------------------------------------------------------------


def test_a_quiet_recording_is_not_taken_for_silence(spoken: Speak, speech: Path, write: Write) -> None:
    voice, _ = soundfile.read(speech)
    loud, quiet = (soundfile.read(spoken(write(gain * voice))[0])[0] for gain in (0.5, 0.003))
    assert (quiet == 0).sum() == (loud == 0).sum() < 0.1 * len(loud)


@pytest.mark.parametrize(("samples", "rate"), [(1, 44100), (20, 44100), (2205, 44100), (400, 8000), (8011, 8000)])
def test_the_briefest_sounds_and_the_lowest_rate_come_out_as_long(
    spoken: Speak, speech: Path, write: Write, samples: int, rate: int
) -> None:
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


# --- bad models ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"speech_encoder": "whisper-ppg"}, "encoder of speech is 'whisper-ppg'"),
        ({"ssl_dim": 1024, "speech_encoder": None}, "encoder of speech is 'None'"),
        ({"ssl_dim": 256}, "does not give features of 256"),
        ({"vocoder_name": "bigvgan"}, "vocoder is 'bigvgan'"),
        ({"type_": "ms-istft"}, "decoder is 'ms-istft'"),
        ({"ssl_dim": None, "speech_encoder": None, "prior_hidden_channels": 192}, r"no voice of .* 4\.0-v2 and others"),
        ({"resblock": "2"}, "residual blocks"),
        ({"n_speakers": 5, "n_heads": 0}, "a size of 0"),
        ({"n_layers": 60_000}, "a size of 60000"),
        ({"filter_channels": 63}, "shape"),
        ({"upsample_rates": [8, 8, 2, 2]}, "differ in length"),
        ({"hidden_channels": None}, "makes no sense"),
        ({"upsample_kernel_sizes": 16}, "makes no sense"),
    ],
)
def test_a_voice_of_another_kind_is_told(tmp_path: Path, changed: dict[str, Any], why: str) -> None:
    path, config = save_voice(tmp_path)
    described = json.loads(config.read_text())
    described["model"] = {name: one for name, one in (described["model"] | changed).items() if one is not None}
    config.write_text(json.dumps(described))
    with pytest.raises(UnknownModelError, match=why):
        load_model(path, config)


def test_a_voice_that_spreads_its_features_in_another_way_is_told(tmp_path: Path) -> None:
    data = {"sampling_rate": 44100, "hop_length": 512}
    assert not load_model(*save_voice(tmp_path, data=data)).expands_nearest
    for mode, nearest in (("left", False), ("nearest", True)):
        assert (
            load_model(*save_voice(tmp_path, data={**data, "unit_interpolate_mode": mode})).expands_nearest == nearest
        )
    with pytest.raises(UnknownModelError, match="unit_interpolate_mode is 'linear'"):
        load_model(*save_voice(tmp_path, data={**data, "unit_interpolate_mode": "linear"}))


@pytest.mark.parametrize(
    ("held", "why"),
    [({"weight": {}}, "no tensors"), ({"model": {"a": torch.zeros(1)}}, r"4\.0 or 4\.1"), ([], "no tensors")],
)
def test_a_checkpoint_of_another_kind_is_told(tmp_path: Path, held: Any, why: str) -> None:
    """4.0-v2 and others have the part `model`, with other weights in it."""
    path, config = save_voice(tmp_path)
    torch.save(held, path)
    with pytest.raises(UnknownModelError, match=why):
        load_model(path, config)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": {}}', '{"model": 1, "data": []}', "[" * 100_000])
def test_a_description_that_describes_nothing_is_told(tmp_path: Path, text: str) -> None:
    path, config = save_voice(tmp_path)
    config.write_text(text)
    with pytest.raises((DamagedModelError, UnknownModelError)) as caught:
        load_model(path, config)
    assert caught.value.params["file"] == "voice.json"


def test_a_voice_that_was_imported_is_the_same(tmp_path: Path) -> None:
    path, config = save_voice(tmp_path)
    write_safetensors(tmp_path / "G.safetensors", torch.load(path, weights_only=True))
    write_safetensors(tmp_path / "plain.safetensors", torch.load(path, weights_only=True)["model"])
    weights = [load_model(tmp_path / name, config).net.pre.weight for name in ("voice.pth", "G.safetensors")]
    assert torch.equal(*weights)
    assert torch.equal(weights[0], load_model(tmp_path / "plain.safetensors", config).net.pre.weight)


def test_a_half_precision_voice_without_its_training_parts_is_loaded(tmp_path: Path) -> None:
    path, config = save_voice(tmp_path)
    held = torch.load(path, weights_only=True)
    torch.save({"model": {name: one.half() for name, one in held["model"].items()}}, path)
    assert load_model(path, config).net.emb_g.weight.dtype == torch.float32


@pytest.mark.parametrize("speaker", ["nobody", 3])
def test_a_speaker_that_the_voice_does_not_have_is_told(spoken: Speak, speech: Path, speaker: Any) -> None:
    with pytest.raises(UnknownSpeakerError, match="it has: anna, boris, vera") as caught:
        spoken(speech, speaker=speaker)
    assert (caught.value.params["speaker"], caught.value.code) == (str(speaker), "voice.unknown_speaker")


def test_a_voice_of_several_speakers_wants_one_to_be_named(tmp_path: Path) -> None:
    assert load_model(*save_voice(tmp_path, spk={"anna": 2})).speaker(None) == 2
    assert load_model(*save_voice(tmp_path, spk={})).speaker(4) == 4
    with pytest.raises(UnknownSpeakerError, match="name one of them: anna, boris, vera"):
        load_model(*save_voice(tmp_path)).speaker(None)
    with pytest.raises(UnknownModelError, match="not among the 5"):
        load_model(*save_voice(tmp_path, spk={"anna": 5}))


def test_an_index_for_another_kind_of_voice_is_told(spoken: Speak, speech: Path, models: Path) -> None:
    rvc_stand_ins.save_index(models / "narrow.index", np.ones((20, 256), np.float32), 2)
    with pytest.raises(UnknownModelError, match="features of 256 numbers"):
        spoken(speech, index="narrow.index")


# --- long recordings -------------------------------------------------------------------------------------------------


def test_a_long_silence_is_left_out_and_a_long_sound_cut_at_its_quietest_places() -> None:
    rate = 8000
    rng = np.random.default_rng(1)
    signal = rng.normal(size=90 * rate) * 0.1
    signal[20 * rate : 35 * rate] = 0
    signal[50 * rate : 50 * rate + 400] *= 0.2
    levels = frame_levels(signal, 160)
    found = spans(levels, 0.01, 160, len(signal))
    assert [span.is_silent for span in found] == [False, True, False]
    assert found[1].begin >= 20 * rate
    assert found[1].end <= 35 * rate
    planned = pieces(found, levels, rate, 30)
    assert planned[0] == Piece(0, found[0].end, is_silent=False)
    assert all(piece.end - piece.begin <= 30 * rate for piece in planned if not piece.is_silent)
    assert any(50 * rate - 800 < piece.end < 50 * rate + 800 for piece in planned)
    assert [piece.begin for piece in planned[1:]] == [piece.end for piece in planned[:-1]]
    assert [piece.follows for piece in planned[1:]] == [piece.precedes for piece in planned[:-1]]


def test_silence_at_the_ends_is_left_out_but_for_five_seconds_before_the_sound() -> None:
    levels = np.concatenate([np.zeros(600), np.ones(100), np.zeros(50)])
    assert spans(levels, 0.01, 160, 160 * 750) == [
        Span(0, 160 * 350, is_silent=True),
        Span(160 * 350, 160 * 700, is_silent=False),
        Span(160 * 700, 160 * 750, is_silent=True),
    ]


def test_a_sound_just_longer_than_a_piece_leaves_no_crumb() -> None:
    rate = 8000
    levels = np.ones(31 * 50)
    planned = pieces([Span(0, 30 * rate + 1, is_silent=False)], levels, rate, 30)
    assert [piece.end - piece.begin >= rate for piece in planned] == [True, True]


class _Counting:
    """Takes the place of the networks: its samples are their own numbers in the padded piece."""

    shape = SimpleNamespace(has_loudness=False)

    def draw(self, frames: int, generator: torch.Generator) -> None: ...

    def __call__(self, *given: Any, keep: tuple[int, int], **more: Any) -> tuple[torch.Tensor, None]:
        return torch.arange(512 * keep[0], 512 * keep[1]), None


@pytest.mark.parametrize(("follows", "precedes"), [(False, False), (True, False), (False, True), (True, True)])
def test_every_sample_of_a_piece_stays_in_its_place(*, follows: bool, precedes: bool) -> None:
    """The pads are half a second: silence, or what stands there where the sound goes on."""
    heard: list[np.ndarray] = []

    def find_pitch(padded: np.ndarray, at_16k: np.ndarray, frames: int) -> np.ndarray:
        heard.append(padded)
        return np.full(frames, 200.0)

    model = SimpleNamespace(net=_Counting(), hop=512, sample_rate=44_100, content_width=768, expands_nearest=False)
    encoder = lambda audio, layer, project: torch.zeros(len(audio) // 320, 768)  # noqa: E731
    pipeline = Pipeline(model, encoder, find_pitch, None, Controls(0), torch.device("cpu"))  # type: ignore[arg-type]
    signal = 1.0 + np.arange(200_000)
    piece = Piece(60_000, 100_123, is_silent=False, follows=follows, precedes=precedes)
    made = pipeline.speak(signal, piece, torch.Generator())
    assert made[0] == 22_050 - 512 * follows
    assert len(made) == 40_123 + 512 * (follows + precedes)
    assert heard[0][22_050] == signal[60_000]
    assert (heard[0][0] > 0, heard[0][-1] > 0) == (follows, precedes)


def test_joining_pieces_keeps_every_sample() -> None:
    planned = [Piece(0, 1000, False, precedes=True), Piece(1000, 1500, False, follows=True), Piece(1500, 1800, True)]
    voices = [np.ones(1010, np.float32), np.ones(510, np.float32), np.zeros(300, np.float32)]
    whole = np.concatenate(list(joined(zip(planned, voices, strict=True), 10)))
    assert len(whole) == 1800
    assert (whole[:990] == 1).all()
    assert (whole[1010:1500] == 1).all()
    assert not whole[1500:].any()


def test_a_recording_in_pieces_is_as_long_as_the_source_and_stays_in_place(
    spoken: Speak, write: Write, speech: Path
) -> None:
    voice, _ = soundfile.read(speech)
    signal = np.concatenate([np.tile(voice, 4)[: 7 * 44100], np.zeros(7 * 44100), voice[:44113]])
    out, info = spoken(write(signal), clip_s=3)
    made = soundfile.read(out)[0]
    assert info.frames == len(made) == len(signal)
    assert not made[round(7.1 * 44100) : round(8.9 * 44100)].any()  # the last 5 s of a silence are kept
    assert np.abs(made[-4410:]).max() > 0
