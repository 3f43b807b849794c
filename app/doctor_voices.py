"""What the doctor says of voices: presets, model files, optional packages, the separation model, the device."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.finding import Finding
from app.optional_packages import PARTS, needing
from app.settings import Settings
from app.voice_remedy import remedy
from voice.errors import VoiceError
from voice.models.downloadable import downloadables
from voice.pool import ProcessPool
from voice.presets import BUILT_IN, Preset, PresetCatalogue
from voice.separation.model_file import FILE, find_model, numbers_of


async def examine_voices(settings: Settings) -> list[Finding]:
    """Look at everything that a conversion needs; nothing is downloaded or made."""
    return [*voice_findings(settings.home_path), await device_finding(settings)]


def voice_findings(home: Path) -> Iterator[Finding]:
    """Presets, the files that they name, packages, and the separation model."""
    models, voices = home / "models", home / "voices"
    catalogue = PresetCatalogue([BUILT_IN, voices], models=models)
    names = catalogue.names()
    yield Finding("voices", f"{len(names)} ready: {', '.join(names)}")
    yield from _incomplete(catalogue, models)
    missing = catalogue.missing()
    for problem in catalogue.problems():
        if problem.params.get("name") not in missing:
            yield Finding(
                "voices", str(problem), f"Mend or remove the file in {voices} (docs/voices.md).", is_fault=True
            )
    yield from _packages([catalogue.get(name) for name in names])
    yield separation_finding(models)


def _incomplete(catalogue: PresetCatalogue, models: Path) -> Iterator[Finding]:
    try:
        known = downloadables(models)
    except VoiceError as error:
        yield Finding("models", str(error), "Mend or remove the file.", is_fault=True)
        known = {}
    for name, files in sorted(catalogue.missing().items()):
        if files:
            advice = " ".join(remedy(file, models, known) for file in files)
            yield Finding(f"voice {name}", f"not offered, as it needs {', '.join(files)}", advice, is_fault=True)


def _packages(presets: list[Preset]) -> Iterator[Finding]:
    for part in PARTS:
        wanting = needing(part, presets)
        if not part.is_installed and wanting:
            state = f"not installed, and wanted by {', '.join(wanting)}: {part.purpose}"
            yield Finding(part.package, state, f"Run: .venv/bin/pip install {part.package}")
    absent = [part.package for part in PARTS if not part.is_installed and not needing(part, presets)]
    if absent:
        yield Finding("optional packages", f"{', '.join(absent)} not installed, and no voice needs them")


def separation_finding(models: Path) -> Finding:
    """How the music under a voice is told from it."""
    model = find_model(models)
    if model is None:
        advice = f"For a clean one, import an MDX-Net file: python -m app voice models import FILE --name {FILE}"
        return Finding("music under voices", "told apart roughly, without a model", f"{advice} (docs/voices.md).")
    try:
        numbers_of(model)
    except VoiceError as error:
        return Finding("music under voices", str(error), "See docs/voices.md, “Music under the speech”.", is_fault=True)
    return Finding("music under voices", f"told apart by {FILE}")


async def device_finding(settings: Settings) -> Finding:
    """Where the networks would run; asked in a child, for torch comes into no other process."""
    asked = settings.voice_device
    try:
        device = await _ask(asked)
    except VoiceError as error:
        return Finding("torch", f"cannot be used: {error}", "Run `make run` to install it anew.", is_fault=True)
    if device == "cpu" and asked.startswith("cuda"):
        advice = "Install a CUDA build of torch (README, “torch for another machine”), or set FABRIC_VOICE_DEVICE=auto."
        return Finding("voices run on", f"the processor, though FABRIC_VOICE_DEVICE asks for {asked}", advice)
    return Finding("voices run on", "the processor (no GPU that this torch can use)" if device == "cpu" else device)


async def _ask(asked: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        pool = ProcessPool(1, device=asked, scratch_folder=Path(folder))
        try:
            future = pool.submit("voice.jobs:tell_device", {})
            return str(await asyncio.wrap_future(future))
        finally:
            pool.close()
