"""Tiny ONNX models of MDX-Net's shape: they take a recording apart by a rule that a test can check."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from voice.separation.model_file import FILE, NUMBERS

BINS, FRAMES, N_FFT = 1024, 64, 2048


def write_model(folder: Path, kind: str = "middle", *, stem: str = "vocals") -> Path:
    """`middle`: what both channels share. `same`: everything. `band`: 120 to 6000 Hz."""
    folder.mkdir(exist_ok=True)
    sides = ["batch", 4, BINS, FRAMES]
    heard = helper.make_tensor_value_info("input", TensorProto.FLOAT, sides)
    said = helper.make_tensor_value_info("output", TensorProto.FLOAT, sides)
    node, numbers = _RULES[kind]()
    graph = helper.make_graph([node], "mdx", [heard], [said], initializer=numbers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="tests")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / FILE))
    (folder / NUMBERS).write_text(f'n_fft = {N_FFT}\nprimary_stem = "{stem}"\n')
    return folder / FILE


def _same() -> tuple[onnx.NodeProto, list[onnx.TensorProto]]:
    return helper.make_node("Identity", ["input"], ["output"]), []


def _middle() -> tuple[onnx.NodeProto, list[onnx.TensorProto]]:
    # Channels are left real, left imaginary, right real, right imaginary.
    weights = np.float32([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]) / 2
    node = helper.make_node("Conv", ["input", "weights"], ["output"])
    return node, [numpy_helper.from_array(weights.reshape(4, 4, 1, 1), "weights")]


def _band() -> tuple[onnx.NodeProto, list[onnx.TensorProto]]:
    hertz = np.arange(BINS) * 44100 / N_FFT
    mask = ((hertz > 120) & (hertz < 6000)).astype(np.float32).reshape(1, 1, BINS, 1)
    return helper.make_node("Mul", ["input", "mask"], ["output"]), [numpy_helper.from_array(mask, "mask")]


_RULES = {"same": _same, "middle": _middle, "band": _band}
