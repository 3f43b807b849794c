"""What the `sovits` method can be told, checked without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

VERSION = 2
"""Part of every digest; raise it when the same settings begin to sound different."""
FILE_FIELDS = ("model", "config", "index", "cluster", "content_model", "f0_model")
"""Which settings name files; they are sought in the models folder."""

F0_METHODS = ("rmvpe", "harvest", "crepe", "pm", "dio")
"""Best first; rmvpe and crepe need a model file, pm the package praat-parselmouth."""
F0_MODELS = {"rmvpe": "rmvpe.pt", "crepe": "crepe_full.pth"}
CONFIG = "config.json"
CONTENT_MODEL = "checkpoint_best_legacy_500.pt"
"""The names under which these files are shared, taken where a preset names none."""
SEMITONES = (-36.0, 36.0)
SHARE = (0.0, 1.0)
DECIBELS = (-90.0, -10.0)
CLIP_S = (3.0, 120.0)
LARGEST_SPEAKER = 65_535


@dataclass(frozen=True, slots=True)
class SovitsSettings:
    """How a SO-VITS-SVC voice speaks.

    `speaker` is a name (or number) of the model's; None the only one it has. `pitch` moves by semitones; `auto_f0` lets
    the model choose the melody, for speech. `blend_rate` is the share of features taken from the `index` or the
    `cluster`, `rms_mix_rate` how much of the model's own loudness is kept instead of the source's. `noise` is how much
    chance there is in it. What is quieter than `silence_db` below full scale for long is left silent.
    A sound is spoken in pieces of at most `clip_s` seconds.
    """

    model: str
    config: str = CONFIG
    speaker: str | int | None = None
    index: str | None = None
    cluster: str | None = None
    content_model: str = CONTENT_MODEL
    f0_method: str = "rmvpe"
    f0_model: str | None = None
    pitch: float = 0.0
    auto_f0: bool = False
    blend_rate: float = 0.5
    noise: float = 0.4
    rms_mix_rate: float = 1.0
    silence_db: float = -40.0
    clip_s: float = 30.0

    def to_json(self) -> dict[str, Any]:
        """Plain data, the inverse of `parse`; None is left out, as TOML has no such thing."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def parse(data: Mapping[str, Any]) -> SovitsSettings:
    """Check plain settings; raises ValueError that says which one is wrong and what it may be."""
    known = {one.name for one in fields(SovitsSettings)}
    if strange := sorted(set(map(str, data)) - known):
        there_are = ", ".join(sorted(known))
        raise ValueError(f"settings has {strange[0]!r}, which means nothing to this method; it knows {there_are}")
    if "model" not in data:
        raise ValueError("it names no model")
    if "index" in data and "cluster" in data:
        raise ValueError("it names an index and a cluster, of which a voice can have one")
    f0_method = data.get("f0_method", "rmvpe")
    if f0_method not in F0_METHODS:
        raise ValueError(f"f0_method must be one of {', '.join(F0_METHODS)}, not {f0_method!r}")
    return SovitsSettings(
        model=_file(data, "model"),
        config=_file(data, "config", CONFIG),
        speaker=_speaker(data.get("speaker")),
        index=_file(data, "index") if "index" in data else None,
        cluster=_file(data, "cluster") if "cluster" in data else None,
        content_model=_file(data, "content_model", CONTENT_MODEL),
        f0_method=f0_method,
        f0_model=_file(data, "f0_model", F0_MODELS[f0_method]) if f0_method in F0_MODELS else None,
        pitch=_number(data, "pitch", 0.0, SEMITONES),
        auto_f0=_switch(data, "auto_f0"),
        blend_rate=_number(data, "blend_rate", 0.5, SHARE),
        noise=_number(data, "noise", 0.4, SHARE),
        rms_mix_rate=_number(data, "rms_mix_rate", 1.0, SHARE),
        silence_db=_number(data, "silence_db", -40.0, DECIBELS),
        clip_s=_number(data, "clip_s", 30.0, CLIP_S),
    )


def _file(data: Mapping[str, Any], name: str, default: str = "") -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(f"{name} must be the name of a file")
    return value


def _number(data: Mapping[str, Any], name: str, default: float, bounds: tuple[float, float]) -> float:
    value, (low, high) = data.get(name, default), bounds
    # `not (low <= value)` also refuses NaN; a bool is an int to Python and to nobody else.
    if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)


def _speaker(value: object) -> str | int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_SPEAKER
    if value is None or is_number or (isinstance(value, str) and value.strip()):
        return value  # type: ignore[return-value]
    raise ValueError(f"speaker must be a name or a whole number from 0 on, not {value!r}")


def _switch(data: Mapping[str, Any], name: str) -> bool:
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")  # noqa: TRY004 - settings fail with one error
    return value
