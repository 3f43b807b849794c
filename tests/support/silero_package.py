"""A small torch.package that keeps Silero's contract: it hums one tone for each vowel, higher and longer if stressed.

`PackageImporter(file).load_pickle("tts_models", "model").apply_tts(...)` gives a 1-D float tensor; unknown speakers,
rates and letters, and texts of more than 1000 characters, raise as the real ones do.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from torch.package.package_exporter import PackageExporter

MODULE = "humming_voice"
PITCH_HZ = {"aidar": 110.0, "baya": 210.0, "xenia": 190.0}
SOURCE = """
import math
import pathlib
import re

import torch

PITCH_HZ = {"aidar": 110.0, "baya": 210.0, "xenia": 190.0}
VOWELS = "аеёиоуыэюя"
MARKER = None


class Humming:
    speakers = list(PITCH_HZ)

    def to(self, device):
        if MARKER is not None:
            pathlib.Path(MARKER).write_text("it ran")
        return self

    def apply_tts(self, text=None, ssml_text=None, speaker="xenia", sample_rate=48000, put_accent=True, put_yo=True):
        assert speaker in PITCH_HZ and sample_rate in (8000, 24000, 48000)
        pace = 1.0
        if ssml_text is not None:
            pace = 1.25 if 'rate="fast"' in ssml_text else 1.0
            text = re.sub("<[^>]*>", "", ssml_text)
        if len(text) > 1000:
            raise Exception("Model couldn't generate your text, probably it's too long")
        if re.search("[^а-яё+ .,!?:;—-]", text.lower()):
            raise AttributeError("a letter that was never learned")
        sounds = [torch.zeros(sample_rate // 20)]
        for place, letter in enumerate(text.lower()):
            if letter in VOWELS:
                stressed = place > 0 and text[place - 1] == "+"
                count = int(sample_rate * (0.16 if stressed else 0.11) / pace)
                time = torch.arange(count) / sample_rate
                hz = PITCH_HZ[speaker] * (1.2 if stressed else 1.0)
                hum = sum(torch.sin(2 * math.pi * hz * h * time) / h for h in range(1, 9))
                sounds.append(0.15 * hum * torch.hann_window(count).sqrt())
            elif letter == " ":
                sounds.append(torch.zeros(int(sample_rate * 0.04 / pace)))
        said = torch.cat([*sounds, torch.zeros(sample_rate // 20)])
        return said + 1e-4 * said.abs() * torch.randn(said.shape)  # like the real ones, never twice the same
"""


def save_package(path: Path, marker: Path | None = None) -> Path:
    """Write the package; where `marker` is given, running it writes that file."""
    source = SOURCE.replace("MARKER = None", f"MARKER = {None if marker is None else str(marker)!r}")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(MODULE, loader=None))  # type: ignore[arg-type]
    exec(compile(source, MODULE, "exec"), module.__dict__)
    sys.modules[MODULE] = module
    try:
        with PackageExporter(str(path)) as exporter:
            exporter.save_source_string(MODULE, source)
            exporter.extern(["torch", "math", "re", "pathlib"])
            exporter.save_pickle("tts_models", "model", module.Humming())
    finally:
        del sys.modules[MODULE]
    return path
