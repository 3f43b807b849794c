"""The `sovits` method over a whole file: divide it at its silences, speak piece by piece, put it in place.

Nothing that is held grows with the duration: the recording and what is made of it lie on disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from voice.audio_files import create_wav, open_audio, spans, write_silence
from voice.checkpoints.content import load_content_encoder
from voice.crossfade import faded
from voice.device import give_back_memory, ready_device
from voice.disk_signal import DiskSignal
from voice.downmix import Downmix, Resampler, known_downmix, plan_downmix, single_channel
from voice.job_context import JobContext
from voice.methods.sovits.clusters import load_centres
from voice.methods.sovits.indexes import open_index
from voice.methods.sovits.model import ENCODERS, Model, described_rate, load_model
from voice.methods.sovits.pipeline import FADE_FRAMES, Blend, Controls, Pipeline, Waveform
from voice.methods.sovits.pitch import pitch_finder
from voice.methods.sovits.plan import Numbered, heard_of, part_of, plan, seams, told
from voice.methods.sovits.rules import moved_to_clusters
from voice.methods.sovits.settings import SovitsSettings
from voice.methods.sovits.slices import Piece

BLOCK_S = 10


def convert(source: Path, target: Path, settings: SovitsSettings, seed: int, job: JobContext) -> None:
    """Write `target` (float WAV) with the voice of `source` replaced; the same frames, channels and rate.

    The same source, settings and seed give the same samples on the same machine. Raises BadAudioError and
    BadModelError's kinds.
    """
    with open_audio(source) as sound:
        downmix = known_downmix(job.whole) or plan_downmix(sound, job.part(0.0, 0.02, "listen"))
        if downmix.is_silent:
            write_silence(sound, target)
            return
        model = load_model(Path(settings.model), Path(settings.config))
        rate = model.sample_rate
        with contextlib.ExitStack() as stack:
            heard = stack.enter_context(DiskSignal(job.scratch / "heard.f32", np.float32))
            made = stack.enter_context(DiskSignal(job.scratch / "made.f32", np.float32))
            peak = heard.take(single_channel(sound, downmix, rate))
            if "pieces" in job.whole:
                planned = heard_of(job.whole["pieces"], part_of(job.whole, sound.samplerate, len(heard), rate), rate)
            else:
                planned = list(enumerate(plan(heard, peak, settings, rate)))
            _speak(heard, made, planned, model, settings, seed, job)
            _put_back(made, rate, sound, target, downmix)


def survey(source: Path, settings: SovitsSettings, job: JobContext) -> dict[str, Any]:
    """How the whole recording is mixed and divided, so that in parts it sounds as it does at once."""
    with open_audio(source) as sound:
        downmix = plan_downmix(sound, job.part(0.0, 0.3, "listen"))
        if downmix.is_silent:
            return {}
        rate = described_rate(Path(settings.config))
        with DiskSignal(job.scratch / "heard.f32", np.float32) as heard:
            peak = heard.take(single_channel(sound, downmix, rate))
            planned = plan(heard, peak, settings, rate)
        (job.scratch / "heard.f32").unlink()
        return {
            **downmix.told(),
            "pieces": told(planned),
            "seams": [round(place * sound.samplerate / rate) for place in seams(planned)],
        }


def _speak(
    heard: DiskSignal,
    made: DiskSignal,
    planned: list[Numbered],
    model: Model,
    settings: SovitsSettings,
    seed: int,
    job: JobContext,
) -> None:
    """Write the new voice at the model's rate, as long as what was heard."""
    device, speaker = ready_device(), model.speaker(settings.speaker)
    model.net.to(device)
    with contextlib.ExitStack() as stack:
        blend = _blend(settings, model, speaker, stack)
        is_projected = model.content_width == ENCODERS["vec256l9"]
        encoder = load_content_encoder(Path(settings.content_model), projected=is_projected).to(device)
        f0_model = None if settings.f0_model is None else Path(settings.f0_model)
        find_pitch = pitch_finder(settings.f0_method, f0_model, model.sample_rate, model.hop, device)
        controls = Controls(speaker, settings.pitch, settings.auto_f0, settings.noise, settings.rms_mix_rate)
        give_back_memory()  # what the files took besides the weights
        pipeline = Pipeline(model, encoder, find_pitch, blend, controls, device)
        voices = ((piece, _piece(pipeline, heard, piece, seed, number)) for number, piece in planned)
        for samples in joined(_reported(voices, len(heard), job.part(0.05, 0.97, "convert")), FADE_FRAMES * model.hop):
            made.append(samples)


def _blend(settings: SovitsSettings, model: Model, speaker: int, stack: contextlib.ExitStack) -> Blend | None:
    rate, width = settings.blend_rate, model.content_width
    if settings.index is not None:
        index = stack.enter_context(open_index(Path(settings.index), speaker, width))
        return partial(index.blend, rate=rate)
    if settings.cluster is not None:
        name = next((name for name, number in model.speakers.items() if number == speaker), str(speaker))
        return partial(moved_to_clusters, centres=load_centres(Path(settings.cluster), name, width), rate=rate)
    return None


def _piece(pipeline: Pipeline, heard: DiskSignal, piece: Piece, seed: int, number: int) -> Waveform:
    if piece.is_silent:
        return np.zeros(piece.end - piece.begin, dtype=np.float32)
    mixed = np.random.SeedSequence([seed & (2**63 - 1), number]).generate_state(1, np.uint64)[0]
    return pipeline.speak(heard, piece, torch.Generator().manual_seed(int(mixed) >> 1))


def _reported(
    voices: Iterable[tuple[Piece, Waveform]], length: int, report: Callable[[float], None]
) -> Iterator[tuple[Piece, Waveform]]:
    for piece, samples in voices:
        yield piece, samples
        report(piece.end / length)


def joined(voices: Iterable[tuple[Piece, Waveform]], half: int) -> Iterator[Waveform]:
    """All pieces one after another, with the overlaps of 2 * half samples between parts of a sound crossfaded."""
    rest = np.zeros(0, dtype=np.float32)
    for piece, samples in voices:
        if piece.follows:
            yield faded(rest, samples[: 2 * half])
        stop = len(samples) - (2 * half if piece.precedes else 0)
        yield samples[2 * half if piece.follows else 0 : stop]
        rest = samples[stop:]


def _put_back(made: DiskSignal, rate: int, sound: soundfile.SoundFile, target: Path, downmix: Downmix) -> None:
    """Go to the source's rate and channels, and write exactly as many frames as the source has."""
    stream, left = Resampler(rate, sound.samplerate), sound.frames
    with create_wav(target, sound.samplerate, sound.channels, sound.frames) as out:
        for begin, end in spans(len(made), BLOCK_S * rate):
            voice = stream.feed(made[begin:end], is_last=end == len(made))[:left]
            left -= len(voice)
            out.write(np.ascontiguousarray(downmix.spread(voice).T))
        out.write(np.zeros((left, sound.channels)))  # at most a sample is missing by rounding
