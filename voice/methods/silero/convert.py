"""The `silero` method over a whole file: hear what was said, say it anew, put every phrase in its place.

Phrases are spoken and written one after another, so memory does not grow with the duration, but for the 16 kHz copy
that a listener wants whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from voice.audio_files import create_wav, open_audio, spans
from voice.device import ready_device
from voice.downmix import Downmix, plan_downmix, single_channel
from voice.errors import ConversionFailedError, NoTranscriptError
from voice.job_context import JobContext
from voice.methods.silero import listener
from voice.methods.silero.package import SileroVoice, Voice, Waveform, load_package
from voice.methods.silero.russian.stress import load_accent, read_dictionary, stressed
from voice.methods.silero.russian.text import spoken_text
from voice.methods.silero.settings import SileroSettings, require_words
from voice.methods.silero.stretch import at_tempo, trimmed
from voice.methods.silero.timing import FASTEST, Place, place
from voice.methods.silero.transcript import Phrase, read_transcript
from voice.notes import OVERFLOW

FADE_S = 0.005
BLOCK_S = 10
LONGEST_TOLD = 60
"""Characters of a phrase that a note repeats."""
LONGEST_HEARD_S = 2 * 3600
"""A listener holds the whole recording in memory, at 230 MB an hour."""


def convert(source: Path, target: Path, settings: SileroSettings, seed: int, job: JobContext) -> None:
    """Write `target` (float WAV) with what `source` says, said by another voice; the same frames, channels and rate.

    Where a phrase lasts longer than its place, `job.note` says by how much. Raises BadAudioError,
    ConversionFailedError and BadPresetError's kinds.
    """
    with open_audio(source) as sound:
        downmix = plan_downmix(sound, job.part(0.0, 0.02, "listen"))
        phrases = [] if downmix.is_silent else _phrases(sound, downmix, settings, job)
        phrases = _prepared(phrases, settings, sound.frames / sound.samplerate)
        with create_wav(target, sound.samplerate, sound.channels, sound.frames) as out:
            if phrases:
                model = load_package(Path(settings.model), ready_device())
                voice = SileroVoice(model, Path(settings.model), settings.speaker, settings.sample_rate, seed)
                _speak(phrases, voice, settings.sample_rate, out, sound.frames, downmix, job)
            _silence(out, sound.frames - out.tell())


def _phrases(sound: soundfile.SoundFile, downmix: Downmix, settings: SileroSettings, job: JobContext) -> list[Phrase]:
    require_words(settings)
    if settings.transcript is not None:
        return read_transcript(Path(settings.transcript))
    if sound.frames / sound.samplerate > LONGEST_HEARD_S:
        raise NoTranscriptError("A recording of more than two hours needs an .srt file that says what is said.")
    heard = np.concatenate([block.astype(np.float32) for block in single_channel(sound, downmix, listener.SAMPLE_RATE)])
    return listener.hear(heard, Path(str(settings.whisper)), job.part(0.02, 0.4, "transcribe"))


def _prepared(phrases: Sequence[Phrase], settings: SileroSettings, duration_s: float) -> list[Phrase]:
    """The phrases as they are to be said; those without a word, and those after the end, are left out."""
    dictionary = read_dictionary(Path(settings.dictionary)) if settings.dictionary is not None else {}
    accent = load_accent() if settings.stress and phrases else None
    found = []
    for phrase in phrases:
        text = spoken_text(phrase.text)
        if text and phrase.start_s < duration_s:
            text = stressed(text, dictionary, accent)
            found.append(replace(phrase, end_s=min(phrase.end_s, duration_s), text=text))
    return found


def _speak(
    phrases: Sequence[Phrase],
    voice: Voice,
    rate: int,
    out: soundfile.SoundFile,
    frames: int,
    downmix: Downmix,
    job: JobContext,
) -> None:
    """Write every phrase at its place; what would not fit before the end of the sound is faded out there."""
    duration_s, free_from_s = frames / out.samplerate, 0.0
    report = job.part(0.4, 1.0, "speak")
    for number, phrase in enumerate(phrases):
        next_start_s = phrases[number + 1].start_s if number + 1 < len(phrases) else duration_s
        speech, where = _fitted(voice, rate, phrase, next_start_s, free_from_s)
        begin = min(round(where.start_s * out.samplerate), frames)
        _silence(out, begin - out.tell())
        samples = soxr.resample(speech, rate, out.samplerate) if rate != out.samplerate else speech
        samples = _faded(samples[: frames - out.tell()], round(FADE_S * out.samplerate))
        out.write(np.ascontiguousarray(downmix.spread(samples).T))
        free_from_s = where.end_s
        overflow_s = max(where.overflow_s, where.end_s - duration_s)
        if overflow_s > 0:
            job.note(_overflow(number + 1, phrase, overflow_s))
        report((number + 1) / len(phrases))


def _overflow(number: int, phrase: Phrase, overflow_s: float) -> dict[str, Any]:
    text = phrase.text.replace("+", "")[:LONGEST_TOLD]
    facts = {"phrase": number, "at_s": round(phrase.start_s, 3), "overflow_ms": round(1000 * overflow_s)}
    return {"code": OVERFLOW, **facts, "text": text}


def _fitted(voice: Voice, rate: int, phrase: Phrase, next_start_s: float, free_from_s: float) -> tuple[Waveform, Place]:
    speech = trimmed(voice.speak(phrase.text), rate)
    where = place(len(speech) / rate, phrase, next_start_s, free_from_s)
    if where.tempo == FASTEST and where.overflow_s > 0:
        hurried = _hurried(voice, rate, phrase.text)
        if 0 < len(hurried) < len(speech):
            speech, where = hurried, place(len(hurried) / rate, phrase, next_start_s, free_from_s)
    return at_tempo(speech, rate, where.tempo), where


def _hurried(voice: Voice, rate: int, text: str) -> Waveform:
    """The voice's own quicker reading, or nothing where it has none."""
    try:
        return trimmed(voice.speak(text, hurried=True), rate)
    except ConversionFailedError:
        return np.zeros(0)


def _silence(out: soundfile.SoundFile, count: int) -> None:
    for begin, end in spans(max(0, count), BLOCK_S * out.samplerate):
        out.write(np.zeros((end - begin, out.channels)))


def _faded(samples: Waveform, length: int) -> Waveform:
    """With its ends faded, so that no phrase begins or ends with a click."""
    length = min(length, len(samples) // 2)
    ramp = (np.arange(length) + 0.5) / max(1, length)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded
