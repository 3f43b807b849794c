"""Layers that are computed in another way than torch's own, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from voice.nets import line_conv
from voice.nets.line_conv import LineConv, as_line
from voice.nets.rmvpe import Rmvpe


@pytest.mark.parametrize("is_fused", [True, False])
def test_a_line_and_what_follows_it_are_those_of_torch(monkeypatch: pytest.MonkeyPatch, *, is_fused: bool) -> None:
    if is_fused and not line_conv.HAS_FUSED:
        pytest.skip("this build of torch has no fused operators")
    monkeypatch.setattr(line_conv, "HAS_FUSED", is_fused)
    torch.manual_seed(1)
    conv, x, other = LineConv(8, 16, 5, padding=6, dilation=3), torch.randn(1, 8, 90), torch.randn(1, 16, 90)
    kept = other.clone()
    with torch.inference_mode():
        plain = functional.conv1d(x, conv.weight, conv.bias, padding=6, dilation=3)
        line, added = as_line(x), as_line(other)
        assert torch.allclose(conv(line)[:, :, 0], plain, atol=1e-5)
        assert torch.allclose(conv.rectified(line, 0.1)[:, :, 0], functional.leaky_relu(plain, 0.1), atol=1e-5)
        assert torch.allclose(conv.plus(line, added)[:, :, 0], plain + other, atol=1e-5)
        assert torch.equal(added[:, :, 0], kept), "the other one is still wanted"


def test_both_directions_side_by_side_are_those_of_torch() -> None:
    torch.manual_seed(2)
    recurrent, x, threads = Rmvpe().fc[0], torch.randn(1, 70, 384), torch.get_num_threads()
    with torch.inference_mode():
        assert torch.equal(recurrent(x), recurrent.gru(x)[0])
    assert torch.get_num_threads() == threads
