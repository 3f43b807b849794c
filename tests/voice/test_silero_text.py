"""What was written becomes what is said: numbers, signs, foreign words, stress."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import BadTranscriptError
from voice.methods.silero.russian.stress import load_accent, read_dictionary, stressed
from voice.methods.silero.russian.text import pieces, spoken_text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1 минута, 2 минуты, 2 часа", "одна минута, две минуты, два часа"),
        ("21 неделя и 22 окна", "двадцать одна неделя и двадцать два окна"),
        ("1 большое окно", "одно большое окно"),
        ("за 1 секунду", "за одну секунду"),
        ("от 1 минуты до 5 часов", "от одной минуты до пяти часов"),
        ("к 3 часам о 2 людях", "к трём часам о двух людях"),
        ("в 2024 году", "в две тысячи двадцать четвёртом году"),
        ("1-й день, 2-я серия, 5-го мая", "первый день, вторая серия, пятого мая"),
        ("скидка 5%, а было 21%", "скидка пять процентов, а было двадцать один процент"),
        ("1 000 000 ₽", "один миллион рублей"),
        ("3 тыс. руб.", "три тысячи рублей"),
        ("более 100 км", "более ста километров"),
        ("в 14:30 и в 9:05", "в четырнадцать тридцать и в девять ноль пять"),
        ("3,5 км", "три целых пять десятых километра"),
        ("агент 007", "агент ноль ноль семь"),
        ("-3 градуса", "минус три градуса"),
        ("2+2=4", "два плюс два равно четыре"),
    ],
)
def test_numbers_agree_with_the_words_around_them(written: str, said: str) -> None:
    assert spoken_text(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("YouTube и TikTok", "ютуб и тикток"),
        ("GPU", "джи пи ю"),
        ("COVID-19", "ковид-девятнадцать"),
        ("Shopping", "шопинг"),
        ("привіт 😀", "привит"),
        ("😀", ""),
        ("«т.е.» — так", "то есть — так"),
    ],
)
def test_foreign_letters_and_signs_are_said_in_russian(written: str, said: str) -> None:
    assert spoken_text(written) == said


def test_a_mark_of_stress_outlives_the_spelling_out() -> None:
    assert spoken_text("з+амок и зам+ок") == "з+амок и зам+ок"


@given(st.text(max_size=80))
def test_nothing_but_russian_letters_and_punctuation_comes_out(text: str) -> None:
    assert set(spoken_text(text)) <= set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя+ .,!?:;—-")


@given(st.text(alphabet="аб .,", max_size=200), st.integers(1, 40))
def test_pieces_lose_no_letter_and_keep_the_limit(text: str, limit: int) -> None:
    cut = list(pieces(text, limit))
    assert all(len(piece) <= limit for piece in cut)
    assert "".join(cut).replace(" ", "") == text.replace(" ", "")


def test_the_operators_mark_wins_then_the_dictionary_then_the_model() -> None:
    def accent(text: str) -> str:
        assert "+" not in text
        return {"замок на горе ещё": "зам+ок на г+оре ещ+ё"}[text]

    assert stressed("з+амок на горе ещё", {"горе": "гор+е"}, accent) == "з+амок на гор+е ещ+ё"


def test_a_model_that_changes_the_words_is_not_believed() -> None:
    assert stressed("замок", {}, lambda _: "что-то др+угое") == "замок"


def test_a_dictionary_is_read_and_a_wrong_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "stress.txt"
    file.write_text("# имена\nзам+ок\nгугл = г+угл  # как слышится\n\n", encoding="utf-8")
    assert read_dictionary(file) == {"замок": "зам+ок", "гугл": "г+угл"}
    file.write_text("замок\n", encoding="utf-8")
    with pytest.raises(BadTranscriptError, match="line 1"):
        read_dictionary(file)


def test_the_stress_model_keeps_its_hands_off_the_threads_and_off_short_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_accentor(language: str) -> object:
        torch.set_num_threads(1)
        return lambda text, *, stress_single_vowel=True: f"{language} {text} {stress_single_vowel}"

    monkeypatch.setitem(sys.modules, "silero_stress", types.SimpleNamespace(load_accentor=load_accentor))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        accent = load_accent()
        assert accent is not None
        assert (accent("на горе"), torch.get_num_threads()) == ("ru на горе False", 2)
    finally:
        torch.set_num_threads(before)
    monkeypatch.setitem(sys.modules, "silero_stress", None)
    assert load_accent() is None
