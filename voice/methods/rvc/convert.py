"""The `rvc` method over a whole file: listen, find the pitch, speak chunk by chunk, set the level, put it in place.

Nothing that is held grows with the duration but the pitch: the recording and what is made of it lie on disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from voice.audio_files import create_wav, open_audio, spans, write_silence
from voice.checkpoints.content import load_content_encoder
from voice.checkpoints.load import unknown_model
from voice.crossfade import joined
from voice.device import give_back_memory, halves_digits, ready_device
from voice.disk_signal import DiskSignal
from voice.downmix import Downmix, Resampler, known_downmix, plan_downmix, single_channel
from voice.envelope import LevelMeter, mixed_level, stretched
from voice.f0.choice import pitch_track
from voice.f0.signal16k import HOP, SAMPLE_RATE
from voice.job_context import JobContext
from voice.methods.rvc.model import CONTENT_WIDTHS, Model, load_model
from voice.methods.rvc.pipeline import FADE_FRAMES, Chunk, Controls, Known, Pipeline, Splitting, Waveform, plan_chunks
from voice.methods.rvc.rules import LOUDEST_IN, high_pass
from voice.methods.rvc.settings import RvcSettings
from voice.retrieval import FeatureIndex

BLOCK = 60 * SAMPLE_RATE
FILTER_CONTEXT = SAMPLE_RATE
"""The 48 Hz filter has forgotten everything after a tenth of this."""
LEVEL_BLOCK_S = 10


def convert(source: Path, target: Path, settings: RvcSettings, seed: int, job: JobContext) -> None:
    """Write `target` (float WAV) with the voice of `source` replaced; the same frames, channels and rate.

    The same source, settings and seed give the same samples on the same machine. Raises BadAudioError and
    BadModelError's kinds.
    """
    with open_audio(source) as sound:
        downmix = known_downmix(job.whole) or plan_downmix(sound, job.part(0.0, 0.02, "listen"))
        if downmix.is_silent:
            write_silence(sound, target)
            return
        with contextlib.ExitStack() as stack:
            made = stack.enter_context(DiskSignal(job.scratch / "made.f32", np.float32))
            splitting = Splitting()
            padded, _ = _hear(sound, downmix, splitting.pad, job, stack)
            chunks = plan_chunks(padded, splitting, _known_cuts(sound, job))
            rate = _speak(padded, made, chunks, settings, seed, job)
            _put_back(padded, made, rate, sound, target, downmix, settings.rms_mix_rate, splitting.pad)


def survey(source: Path, settings: RvcSettings, job: JobContext) -> dict[str, Any]:  # noqa: ARG001 - as methods do
    """How the whole recording is mixed and where it is cut, so that in parts it sounds nearly as it does at once."""
    with open_audio(source) as sound, contextlib.ExitStack() as stack:
        downmix = plan_downmix(sound, job.part(0.0, 0.5, "listen"))
        if downmix.is_silent:
            return {}
        splitting = Splitting()
        padded, peak = _hear(sound, downmix, splitting.pad, job, stack, np.float32)  # half the room for hours of sound
        cuts = [chunk.begin for chunk in plan_chunks(padded, splitting)][1:]
        seams = [round(cut * sound.samplerate / SAMPLE_RATE) for cut in cuts]
        return {**downmix.told(), "peak": peak, "cuts": cuts, "seams": seams}


def _known_cuts(sound: soundfile.SoundFile, job: JobContext) -> Known | None:
    """Parts begin on multiples of 10 ms, so at a whole sample at 16 kHz, too."""
    if "cuts" not in job.whole:
        return None
    return Known(job.whole["cuts"], round(job.whole.get("begins", 0) * SAMPLE_RATE / sound.samplerate))


def _hear(
    sound: soundfile.SoundFile,
    downmix: Downmix,
    pad: int,
    job: JobContext,
    stack: contextlib.ExitStack,
    kind: type[np.floating] = np.float64,
) -> tuple[DiskSignal, float]:
    """What the networks hear, with `pad` samples mirrored at both ends, open until `stack` ends; and its own peak."""
    heard = stack.enter_context(DiskSignal(job.scratch / "heard", kind))
    padded = stack.enter_context(DiskSignal(job.scratch / "padded", kind))
    peak = max(heard.take(single_channel(sound, downmix, SAMPLE_RATE)), job.whole.get("peak", 0.0))
    _prepare(heard, padded, 1 / max(1.0, peak / LOUDEST_IN), pad)
    return padded, peak


def _prepare(heard: DiskSignal, padded: DiskSignal, gain: float, pad: int) -> None:
    """Filter block by block, as if it were one, and mirror `pad` samples at both ends."""
    length = len(heard)
    if length <= max(BLOCK, 2 * pad):
        padded.append(np.pad(high_pass(heard[:] * gain), pad, mode="reflect" if length > 1 else "edge"))
        return
    for begin, end in spans(length, BLOCK):
        low, high = max(0, begin - FILTER_CONTEXT), min(length, end + FILTER_CONTEXT)
        block = high_pass(heard[low:high] * gain)[begin - low : end - low]
        if begin == 0:
            padded.append(block[pad:0:-1])
        padded.append(block)
    stop = len(padded)
    padded.append(padded[stop - pad - 1 : stop - 1][::-1])


def _speak(
    padded: DiskSignal, made: DiskSignal, chunks: list[Chunk], settings: RvcSettings, seed: int, job: JobContext
) -> int:
    """Write the new voice, in place at the model's rate; returns that rate."""
    device = ready_device()
    with contextlib.ExitStack() as stack:
        model = _load_voice(settings, device)
        index = stack.enter_context(_open_index(settings, model)) if settings.index is not None else None
        track = None
        if model.has_pitch:
            f0_model = None if settings.f0_model is None else Path(settings.f0_model)
            report = job.part(0.03, 0.12, "pitch")
            frames = len(padded) // HOP
            track = stack.enter_context(pitch_track(settings.f0_method, padded, frames, f0_model, device, report))
        encoder = load_content_encoder(Path(settings.content_model), projected=model.version == "v1").to(device)
        controls = Controls(
            settings.speaker,
            settings.pitch,
            settings.index_rate,
            settings.protect,
            smooth_pitch=settings.smooth_pitch and settings.f0_method == "harvest",
        )
        give_back_memory()  # what the files took besides the weights
        waveforms = Pipeline(model, encoder, index, controls, device).run(padded, track, chunks, seed, in_place=True)
        told = _told(waveforms, chunks, job.part(0.12, 0.97, "convert"))
        for piece in joined(told, FADE_FRAMES * model.samples_per_frame):
            made.append(piece)
        return model.sample_rate


def _load_voice(settings: RvcSettings, device: torch.device) -> Model:
    path = Path(settings.model)
    model = load_model(path)
    if settings.speaker >= model.net.shape.speakers:
        raise unknown_model(
            path, f"it has {model.net.shape.speakers} speakers, and number {settings.speaker} is asked for"
        )
    model.net.to(device)
    if settings.fast and halves_digits(device):
        model.net.dec.to(torch.bfloat16)
    return model


def _open_index(settings: RvcSettings, model: Model) -> FeatureIndex:
    path = Path(settings.index or "")
    index = FeatureIndex(path)
    if index.width != (wanted := CONTENT_WIDTHS[model.version]):
        index.close()
        raise unknown_model(path, f"it holds features of {index.width} numbers, and the voice wants {wanted}")
    return index


def _told(waveforms: Iterator[Waveform], chunks: list[Chunk], report: Callable[[float], None]) -> Iterator[Waveform]:
    for chunk, waveform in zip(chunks, waveforms, strict=True):
        yield waveform
        report(chunk.end / chunks[-1].end)


def _put_back(
    padded: DiskSignal,
    made: DiskSignal,
    rate: int,
    sound: soundfile.SoundFile,
    target: Path,
    downmix: Downmix,
    rms_mix_rate: float,
    pad: int,
) -> None:
    """Mix the levels, go to the source's rate and channels, and write exactly as many frames as the source has."""
    own, theirs = LevelMeter(rate), LevelMeter(SAMPLE_RATE)
    for begin, end in spans(len(made), LEVEL_BLOCK_S * rate):
        own.add(made[begin:end])
    for begin, end in spans(len(padded) - 2 * pad, BLOCK):
        theirs.add(padded[pad + begin : pad + end])
    levels = theirs.levels(), own.levels()
    stream, left = Resampler(rate, sound.samplerate), sound.frames
    with create_wav(target, sound.samplerate, sound.channels, sound.frames) as out:
        for begin, end in spans(len(made), LEVEL_BLOCK_S * rate):
            block = made[begin:end]
            if rms_mix_rate < 1:
                source_level, own_level = (stretched(one, begin, end, len(made)) for one in levels)
                block = mixed_level(block, source_level, own_level, rms_mix_rate)
            voice = stream.feed(block, is_last=end == len(made))[:left]
            left -= len(voice)
            out.write(np.ascontiguousarray(downmix.spread(voice).T))
        out.write(np.zeros((left, sound.channels)))  # a frame is 10 ms, so at most a sample is missing by rounding
