"""A recording taken apart: by a model, roughly without one, and whether it has to be at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.support.clips import MUSIC, SPEECH_EN, SPEECH_RU
from tests.voice.mdx_models import write_model
from voice.audio_files import open_audio
from voice.errors import BadModelError, DamagedModelError, UnknownModelError
from voice.separation.model_file import FILE, NUMBERS, find_model, model_key
from voice.separation.presence import has_music
from voice.separation.separate import separate

RATE = 44100
Wave = npt.NDArray[np.float64]


def samples(path: Path, seconds: float) -> Wave:
    return np.asarray(soundfile.read(path)[0][: round(seconds * RATE)])


def scene(music_db: float, seconds: float = 8.0) -> tuple[Wave, Wave]:
    """Speech in the middle, music that much quieter around it; both (samples, channels)."""
    speech, music = samples(SPEECH_RU, seconds), samples(MUSIC, seconds)
    music *= 10 ** (music_db / 20) * np.sqrt((speech**2).mean() / (music**2).mean())
    return np.repeat(speech[:, None], 2, axis=1), music


def write(folder: Path, wave: Wave) -> Path:
    soundfile.write(folder / "mix.wav", wave, RATE, subtype="FLOAT")
    return folder / "mix.wav"


def voice_of(source: Path, model: Path | None, span: tuple[int, int] | None = None) -> Wave:
    target = source.with_name("voice.wav")
    separate(source, target, model, span)
    return np.asarray(soundfile.read(target, always_2d=True)[0])


def si_sdr_db(estimate: Wave, truth: Wave) -> float:
    wanted = truth * (estimate * truth).sum() / (truth**2).sum()
    return float(10 * np.log10((wanted**2).sum() / ((estimate - wanted) ** 2).sum()))


# --- by a model --------------------------------------------------------------------------------------------------


def test_a_model_takes_out_what_it_was_made_for(tmp_path: Path) -> None:
    speech, music = scene(-3, 4)
    sides = music * (0.5, -0.5)
    sides -= sides.mean(axis=1, keepdims=True)
    voice = voice_of(write(tmp_path, speech + sides), write_model(tmp_path / "models"))
    inner = slice(RATE // 10, -RATE // 10)
    assert si_sdr_db(voice[inner], speech[inner]) > 25


def test_a_quiet_recording_keeps_its_level(tmp_path: Path) -> None:
    """audio-separator's own way multiplies by the peak what it had not divided by it: -14 dB here."""
    speech, _ = scene(0, 4)
    quiet = 0.2 * speech / np.abs(speech).max()
    voice = voice_of(write(tmp_path, quiet), write_model(tmp_path / "models", "same"))
    assert 20 * np.log10(np.sqrt((voice**2).mean() / (quiet**2).mean())) == pytest.approx(0.0, abs=0.1)


def test_a_span_alone_is_the_same_as_in_the_whole(tmp_path: Path) -> None:
    speech, music = scene(0, 6)
    source, model = write(tmp_path, speech + music), write_model(tmp_path / "models", "band")
    whole = voice_of(source, model)
    span = voice_of(source, model, (70_001, 190_003))
    assert np.abs(span - whole[70_001:190_003]).max() < 1e-7


def test_the_blocks_are_those_of_audio_separator_over_the_whole_file(tmp_path: Path) -> None:
    from voice.separation.mdx import MdxSeparator

    speech, music = scene(0, 6)
    mix, model = speech + music, write_model(tmp_path / "models", "band")
    theirs = MdxSeparator(model)._net.demix(mix.T.astype(np.float32))
    ours = voice_of(write(tmp_path, mix), model).T
    inner = slice(0, -2 * RATE)  # the last block has another window there
    assert np.abs(theirs - ours)[:, inner].max() < 1e-4


def test_a_model_that_gives_the_music_leaves_the_voice(tmp_path: Path) -> None:
    speech, _ = scene(0, 2)
    voice = voice_of(write(tmp_path, speech), write_model(tmp_path / "models", "same", stem="instrumental"))
    assert np.sqrt((voice**2).mean()) < 0.05 * np.sqrt((speech**2).mean())


@pytest.mark.parametrize("seconds", [0.01, 1.0])
def test_one_channel_and_short_ones_go_through(tmp_path: Path, seconds: float) -> None:
    mono = samples(SPEECH_RU, seconds)
    voice = voice_of(write(tmp_path, mono), write_model(tmp_path / "models", "same"))
    assert voice.shape == (len(mono), 1)


# --- a model that cannot be used ---------------------------------------------------------------------------------


def test_no_file_is_no_model(tmp_path: Path) -> None:
    assert find_model(None) is None
    assert find_model(tmp_path) is None
    assert find_model(write_model(tmp_path).parent) == tmp_path / FILE


def test_another_file_in_its_place_is_another_sound(tmp_path: Path) -> None:
    model = write_model(tmp_path)
    before = model_key(model)
    (tmp_path / NUMBERS).write_text(f'n_fft = 2048\nprimary_stem = "instrumental"\n# {"x" * 9}\n')
    assert len({before, model_key(model), model_key(None)}) == 3


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        (None, UnknownModelError),
        ("n_fft = 2047", DamagedModelError),
        ("n_fft = 2048\ncompensate = nan", DamagedModelError),
        ("n_fft = [", DamagedModelError),
        ("n_fft = 512", UnknownModelError),
        ("n_fft = 65536", UnknownModelError),
    ],
)
def test_a_model_whose_numbers_are_wrong_is_refused_by_name(
    tmp_path: Path, numbers: str | None, kind: type[BadModelError]
) -> None:
    model = write_model(tmp_path / "models")
    model.with_name(NUMBERS).unlink()
    if numbers is not None:
        model.with_name(NUMBERS).write_text(numbers)
    with pytest.raises(kind) as caught:
        voice_of(write(tmp_path, scene(0, 1)[0]), model)
    assert str(caught.value.params["file"]).startswith("separation.")


def test_what_is_no_model_is_refused_by_name(tmp_path: Path) -> None:
    model = write_model(tmp_path / "models")
    model.write_bytes(b"no model at all")
    with pytest.raises(DamagedModelError) as caught:
        voice_of(write(tmp_path, scene(0, 1)[0]), model)
    assert caught.value.params["file"] == FILE


# --- roughly -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("music_db", "voice_db", "rest_db"), [(0, 5.5, 5.5), (-12, 13.0, 0.0)])
def test_without_a_model_the_voice_is_found_roughly(
    tmp_path: Path, music_db: float, voice_db: float, rest_db: float
) -> None:
    speech, music = scene(music_db)
    voice = voice_of(write(tmp_path, speech + music), None)
    assert si_sdr_db(voice, speech) > voice_db
    assert si_sdr_db(speech + music - voice, music) > rest_db


def test_rough_blocks_meet_where_they_would_in_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice.separation.rough.BLOCK_S", 2.0)
    speech, music = scene(0, 5)
    source = write(tmp_path, speech + music)
    whole = voice_of(source, None)
    assert np.abs(voice_of(source, None, (50_000, 180_000)) - whole[50_000:180_000]).max() < 1e-7


@pytest.mark.parametrize("shape", [(100, 2), (3000, 1), (RATE, 2)])
def test_silence_and_scraps_have_no_voice(tmp_path: Path, shape: tuple[int, int]) -> None:
    voice = voice_of(write(tmp_path, np.zeros(shape)), None)
    assert voice.shape == shape
    assert not voice.any()


# --- is there music? ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speech", [SPEECH_RU, SPEECH_EN])
@pytest.mark.parametrize(("music_db", "expected"), [(None, False), (-6, True), (-20, True), (-30, True)])
def test_music_is_heard_under_speech(tmp_path: Path, speech: Path, music_db: float | None, expected: bool) -> None:
    wave = samples(speech, 15)[:, None].repeat(2, axis=1)
    if music_db is not None:
        music = samples(MUSIC, 15)
        wave += music * 10 ** (music_db / 20) * np.sqrt((wave**2).mean() / (music**2).mean())
    with open_audio(write(tmp_path, wave)) as sound:
        assert has_music(sound) is expected


@pytest.mark.parametrize("noise_db", [-20, -35])
def test_noise_is_no_music(tmp_path: Path, noise_db: float) -> None:
    speech = samples(SPEECH_EN, 15)
    noise = np.random.default_rng(1).standard_normal(len(speech)) * speech.std() * 10 ** (noise_db / 20)
    with open_audio(write(tmp_path, speech + noise)) as sound:
        assert not has_music(sound)


def test_silence_is_no_music(tmp_path: Path) -> None:
    with open_audio(write(tmp_path, np.zeros(RATE))) as sound:
        assert not has_music(sound)
