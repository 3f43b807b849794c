"""CREPE: the pitch of one voice from the waveform itself, as a salience over 360 bins of 20 cents.

J. W. Kim et al., "CREPE: A Convolutional Representation for Pitch Estimation", 2018. Parameter names are those of the
PyTorch file `full.pth`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE = 16_000
FRAME = 1024
BINS = 360
OUTPUTS = (1024, 128, 128, 128, 256, 512)
KERNELS = (512, 64, 64, 64, 64, 64)
STRIDES = (4, 1, 1, 1, 1, 1)
PADS = ((254, 254), *((31, 32),) * 5)
BATCH_NORM_EPS = 0.0010000000474974513
SMALLEST_DEVIATION = 1e-10


class Crepe(nn.Module):
    """Frames of 1024 samples to salience. The `full` size."""

    def __init__(self) -> None:
        super().__init__()
        inputs = 1
        for number, (outputs, kernel, stride) in enumerate(zip(OUTPUTS, KERNELS, STRIDES, strict=True), 1):
            self.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, (kernel, 1), (stride, 1)))
            self.add_module(f"conv{number}_BN", nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPS))
            inputs = outputs
        self.classifier = nn.Linear(4 * OUTPUTS[-1], BINS)

    def forward(self, frames: Tensor) -> Tensor:
        """(frames, 1024) to (frames, 360), each within 0..1; every frame is centred and scaled by itself."""
        x = frames - frames.mean(dim=1, keepdim=True)
        x = x / x.std(dim=1, keepdim=True).clamp(min=SMALLEST_DEVIATION)
        x = x[:, None, :, None]
        for number, (before, after) in enumerate(PADS, 1):
            x = functional.relu(self.get_submodule(f"conv{number}")(functional.pad(x, (0, 0, before, after))))
            x = functional.max_pool2d(self.get_submodule(f"conv{number}_BN")(x), (2, 1))
        x = x.permute(0, 2, 1, 3).reshape(len(frames), -1)
        salience: Tensor = torch.sigmoid(self.classifier(x))
        return salience
