"""Transcripts are read as they come, and every phrase finds its place."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import BadTranscriptError, MissingModelError, NoListenerError
from voice.methods.silero import listener
from voice.methods.silero.stretch import at_tempo
from voice.methods.silero.timing import FASTEST, SLOWEST, place
from voice.methods.silero.transcript import Phrase, join_words, read_transcript

SRT = """\ufeff1\r
00:00:00,500 --> 00:00:02,000\r
<i>Доброе</i>\r
утро\r
\r
2\r
00:01:00.000 --> 00:01:01.250\r
Пока\r
"""


def test_an_srt_is_read(tmp_path: Path) -> None:
    (tmp_path / "clip.srt").write_text(SRT, encoding="utf-8", newline="")
    assert read_transcript(tmp_path / "clip.srt") == [Phrase(0.5, 2.0, "Доброе утро"), Phrase(60.0, 61.25, "Пока")]


def test_json_of_listeners_is_read_with_and_without_words(tmp_path: Path) -> None:
    words = [
        {"start": 1.0, "end": 1.2, "word": " Это"},
        {"start": 1.3, "end": 1.5, "word": " я."},
        {"start": 3.0, "end": 3.4, "word": "Да"},
    ]
    segments = [{"start": 0, "end": 0.9, "text": " Кто там?"}, {"start": 1.0, "end": 3.4, "text": "", "words": words}]
    (tmp_path / "clip.json").write_text(json.dumps({"segments": segments}), encoding="utf-8")
    said = [Phrase(0.0, 0.9, "Кто там?"), Phrase(1.0, 1.5, "Это я."), Phrase(3.0, 3.4, "Да")]
    assert read_transcript(tmp_path / "clip.json") == said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.srt", "no times here"),
        ("a.srt", "1\n00:00:05,000 --> 00:00:01,000\nназад\n"),
        ("a.json", "{"),
        ("a.json", '{"segments": [{"start": NaN, "end": 1, "text": "а"}]}'),
        ("a.json", '[{"end": 1, "text": "а"}]'),
        ("a.json", "17"),
    ],
)
def test_what_is_no_transcript_is_refused_in_a_sentence(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(BadTranscriptError, match=rf"The transcript {name} cannot be used: .+\."):
        read_transcript(tmp_path / name)


def test_words_become_phrases_at_pauses_and_before_they_get_too_long() -> None:
    words = [Phrase(i * 0.5, i * 0.5 + 0.4, f"с{i}") for i in range(60)]
    words.append(Phrase(31.0, 31.2, "после"))
    phrases = list(join_words(words))
    assert all(each.end_s - each.start_s <= 12 for each in phrases)
    assert phrases[-1].text == "после"
    assert " ".join(each.text for each in phrases) == " ".join(each.text for each in words)


def test_a_phrase_keeps_its_tempo_where_that_fits() -> None:
    where = place(1.5, Phrase(2.0, 3.0, "а"), 5.0, 0.0)
    assert (where.start_s, where.tempo, where.overflow_s) == (2.0, 1.0, 0.0)


def test_a_short_phrase_is_slowed_but_not_into_the_pause() -> None:
    assert place(0.9, Phrase(2.0, 3.0, "а"), 5.0, 0.0).tempo == pytest.approx(0.9)
    assert place(0.2, Phrase(2.0, 3.0, "а"), 5.0, 0.0).tempo == SLOWEST


def test_too_much_to_say_is_hurried_then_told() -> None:
    where = place(4.0, Phrase(2.0, 3.0, "а"), 3.1, 0.0)
    assert where.tempo == FASTEST
    assert where.overflow_s == pytest.approx(4.0 / FASTEST - 1.05, abs=0.03)


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 4), st.floats(0.1, 6)), min_size=1, max_size=20),
)
def test_phrases_never_overlap_and_never_begin_too_early(gaps: list[tuple[float, float, float]]) -> None:
    phrases, at = [], 0.0
    for pause, length, _ in gaps:
        phrases.append(Phrase(at + pause, at + pause + length, "а"))
        at += pause + length
    free = 0.0
    for number, (phrase, (_, _, natural)) in enumerate(zip(phrases, gaps, strict=True)):
        following = phrases[number + 1].start_s if number + 1 < len(phrases) else at
        where = place(natural, phrase, following, free)
        assert where.start_s >= max(free, phrase.start_s)
        assert SLOWEST <= where.tempo <= FASTEST
        free = where.end_s


@pytest.mark.parametrize("tempo", [0.85, 1.0, 1.35])
def test_a_tempo_changes_the_length_and_not_the_pitch(tempo: float) -> None:
    rate = 24_000
    time = np.arange(rate) / rate
    voice = sum(np.sin(2 * np.pi * 150 * h * time) / h for h in range(1, 10)) * 0.1
    made = at_tempo(voice, rate, tempo)
    assert len(made) == round(rate / tempo)
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made)), 8 * rate))
    assert np.argmax(spectrum[: 8 * 200]) / 8 == pytest.approx(150, rel=0.01)


class _Segment:
    def __init__(self, doubt: float, *words: tuple[float, float, str]) -> None:
        self.end = np.float64(words[-1][1])
        self.no_speech_prob = doubt
        self.start = np.float64(words[0][0])
        self.text = "".join(word for _, _, word in words)
        self.words = [types.SimpleNamespace(start=np.float64(a), end=np.float64(b), word=w) for a, b, w in words]


@pytest.fixture
def whisper_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "whisper"
    folder.mkdir()
    for name in listener.NEEDED:
        (folder / name).write_bytes(b"x")
    return folder


def test_a_listener_is_asked_locally_and_noise_is_left_out(
    whisper_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    class WhisperModel:
        def __init__(self, folder: str, **options: object) -> None:
            asked.update(options, folder=folder)

        def transcribe(self, speech: np.ndarray, **options: object) -> tuple[object, None]:
            asked.update(options)
            spoken = _Segment(0.1, (0.1, 0.4, " Доброе"), (0.5, 0.9, " утро"))
            unaligned = _Segment(0.1, (2.0, 2.5, " друзья"))
            unaligned.words = []
            return iter([spoken, _Segment(0.9, (1, 2, " шум")), unaligned]), None

    fake = types.SimpleNamespace(WhisperModel=WhisperModel)
    monkeypatch.setitem(sys.modules, "faster_whisper", fake)
    heard = listener.hear(np.zeros(48_000, np.float32), whisper_folder, lambda _: None)
    assert heard == [Phrase(0.1, 0.9, "Доброе утро"), Phrase(2.0, 2.5, "друзья")]
    assert asked["local_files_only"] is True
    assert (asked["language"], asked["word_timestamps"]) == ("ru", True)


def test_a_missing_listener_and_a_missing_file_are_told_apart(
    whisper_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(NoListenerError, match="pip install faster-whisper"):
        listener.hear(np.zeros(16_000, np.float32), whisper_folder, lambda _: None)
    (whisper_folder / "tokenizer.json").unlink()
    with pytest.raises(MissingModelError, match=r"tokenizer\.json"):
        listener.hear(np.zeros(16_000, np.float32), whisper_folder, lambda _: None)
