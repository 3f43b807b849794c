"""MDX-Net, the network of the community's separation models, run by audio-separator; nothing is ever downloaded.

Only the part of audio-separator that transforms one block, asks the network and transforms back is used. Its way over
whole files is not: it holds several copies of the recording, and multiplies one stem by the recording's peak without
having divided by it, so that a quiet recording loses its voice to the other stem.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnxruntime.capi import onnxruntime_pybind11_state as refusals

from voice.audio_files import Samples
from voice.device import THREADS_VARIABLE, ready_device
from voice.errors import DamagedModelError, UnknownModelError
from voice.memory import is_lack_of_memory
from voice.separation.model_file import SeparationNumbers, numbers_of

HOP = 1024
OVERLAP = 0.25
REFUSALS = (
    refusals.Fail,
    refusals.InvalidArgument,
    refusals.InvalidGraph,
    refusals.InvalidProtobuf,
    refusals.NoSuchFile,
    refusals.NotImplemented,
    refusals.RuntimeException,
)
"""What it says to a file it cannot use; they have no base of their own."""


class MdxSeparator:
    """A `BlockSeparator` over one ONNX file. Raises BadModelError's kinds, which name the file."""

    hears_padding = True

    def __init__(self, model: Path) -> None:
        numbers = numbers_of(model)
        session, bins, frames = _open(model)
        self._gives_voice = numbers.gives_voice
        self._compensate = numbers.compensate
        self._net = _network(session, model, numbers, bins, frames)
        self.length = HOP * (frames - 1)
        self.step = int((1 - OVERLAP) * self.length)
        self.lead = numbers.n_fft // 2
        self.window = np.hanning(self.length)

    def voice_of(self, block: Samples) -> Samples:
        """One channel is heard on both sides."""
        heard = np.repeat(block, 2, axis=0) if len(block) == 1 else block
        with torch.no_grad():
            made = self._net.run_model(torch.tensor(heard[None], dtype=torch.float32))
        stem = self._compensate * np.asarray(made, dtype=np.float64).reshape(heard.shape)
        if len(block) == 1:
            stem = stem.mean(axis=0, keepdims=True)
        return stem if self._gives_voice else block - stem


def _open(model: Path) -> tuple[onnxruntime.InferenceSession, int, int]:
    """The network and its two sizes, bins and frames."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = int(os.environ.get(THREADS_VARIABLE, "1"))
    # Threads that spin while they wait take the processor from whoever shares it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    on_gpu = ready_device().type == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"] if on_gpu else ["CPUExecutionProvider"]
    try:
        session = onnxruntime.InferenceSession(str(model), options, providers=providers)
    except REFUSALS as error:
        if is_lack_of_memory(error):
            raise
        sentence = f"The separation model {model.name!r} cannot be read."
        raise DamagedModelError(sentence, file=model.name, detail=type(error).__name__) from error
    asked = [(one.name, one.shape) for one in session.get_inputs()]
    match asked:
        case [("input", [_, 4, int(bins), int(frames)])]:
            return session, bins, frames
    raise UnknownModelError(f"The separation model {model.name!r} is no MDX-Net.", file=model.name)


def _network(
    session: onnxruntime.InferenceSession, model: Path, numbers: SeparationNumbers, bins: int, frames: int
) -> Any:
    if bins > numbers.n_fft // 2 + 1 or HOP * (frames - 1) <= numbers.n_fft:
        raise UnknownModelError(f"The numbers of the separation model {model.name!r} do not fit it.", file=model.name)
    network = _mdx_class()

    class Network(network):  # type: ignore[misc, valid-type]
        """Takes the session that is open already: theirs would take all processors and spin."""

        def load_model(self) -> None:
            self.uses_pytorch_inference = False
            self.model_run = lambda spectrum: session.run(None, {"input": spectrum.cpu().numpy()})[0]

    log = logging.getLogger("voice.separation")
    data = {
        "compensate": numbers.compensate,
        "mdx_dim_f_set": bins,
        "mdx_dim_t_set": frames.bit_length() - 1,
        "mdx_n_fft_scale_set": numbers.n_fft,
        "primary_stem": "Vocals" if numbers.gives_voice else "Instrumental",
    }
    common = {
        "logger": log,
        "log_level": logging.ERROR,
        "torch_device": ready_device(),
        "model_name": model.stem,
        "model_path": str(model),
        "model_data": data,
    }
    sizes = {"segment_size": frames, "overlap": OVERLAP, "batch_size": 1, "hop_length": HOP, "enable_denoise": False}
    built = Network(common_config=common, arch_config=sizes)
    built.initialize_model_settings()
    return built


def _mdx_class() -> type:
    """audio-separator's class. It imports onnx2torch for models it converts, and that one breaks without CUDA.

    torchvision's build on the index is for CUDA; beside a torch for processors its import fails. Nothing is converted
    here, so an empty module stands in.
    """
    if "onnx2torch" not in sys.modules:
        sys.modules["onnx2torch"] = ModuleType("onnx2torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from audio_separator.separator.architectures.mdx_separator import MDXSeparator
    return MDXSeparator  # type: ignore[no-any-return]
