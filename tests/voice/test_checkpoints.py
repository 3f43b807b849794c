"""A model file is data from a stranger: whatever is in it, nothing of it runs, and what is wrong is said."""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from voice.checkpoints.load import LARGEST_UNPACKED_BYTES, load_checkpoint, load_tensors
from voice.errors import BadModelError, DamagedModelError, MissingModelError, UnknownModelError, UnsafeModelError
from voice.nets.weights import fill, fold_weight_norm


class Bomb:
    """Unpickled by a careless reader, it makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


@pytest.mark.parametrize("form", ["new", "old", "bare", "bare new"])
def test_a_file_that_would_run_a_program_is_not_opened(tmp_path: Path, form: str) -> None:
    marker, path = tmp_path / "marker", tmp_path / "voice.pth"
    if form.startswith("bare"):
        path.write_bytes(pickle.dumps(Bomb(marker), 4 if form == "bare new" else 2))
    else:
        torch.save({"weight": Bomb(marker)}, path, _use_new_zipfile_serialization=form == "new")
    with pytest.raises(UnsafeModelError, match=r"voice\.pth holds a program"):
        load_checkpoint(path)
    assert not marker.exists()


def test_a_class_of_the_training_program_is_passed_over_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HuBERT's own file names a class of fairseq, which is not installed here."""
    module = types.ModuleType("fairseq.data.dictionary")
    kind = type("Dictionary", (), {"__module__": "fairseq.data.dictionary"})
    module.Dictionary = kind  # type: ignore[attr-defined]
    made = kind()
    made.symbols = ["<s>"]
    with monkeypatch.context() as patched:
        for name in ("fairseq", "fairseq.data", "fairseq.data.dictionary"):
            patched.setitem(sys.modules, name, module)
        torch.save({"model": {"a": torch.ones(2)}, "task_state": {"dictionaries": [made]}}, tmp_path / "hubert.pt")
    assert torch.equal(load_tensors(tmp_path / "hubert.pt")["a"], torch.ones(2))
    assert "fairseq" not in sys.modules


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("is_zip", [True, False])
def test_a_file_that_is_cut_short_is_told_as_damaged(tmp_path: Path, share: float, is_zip: bool) -> None:
    path = tmp_path / "voice.pth"
    torch.save({"weight": torch.zeros(1000)}, path, _use_new_zipfile_serialization=is_zip)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DamagedModelError) as caught:
        load_checkpoint(path)
    assert caught.value.params["file"] == "voice.pth"


@pytest.mark.parametrize("name", ["voice.pth", "voice.safetensors"])
def test_a_file_of_another_kind_is_told_as_damaged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("dear diary\n" * 50)
    with pytest.raises(DamagedModelError):
        load_checkpoint(tmp_path / name)


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError) as caught:
        load_checkpoint(tmp_path / "nobody.pth")
    assert caught.value.params == {"file": "nobody.pth"}


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.pth"
    torch.save({"weight": torch.zeros(1000)}, path)
    monkeypatch.setattr("voice.checkpoints.load.LARGEST_UNPACKED_BYTES", 1000)
    assert LARGEST_UNPACKED_BYTES > 1 << 30
    with pytest.raises(DamagedModelError, match="unpacks to more"):
        load_checkpoint(path)


def test_safetensors_are_read(tmp_path: Path) -> None:
    header = json.dumps(
        {
            "__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
            "b": {"dtype": "BF16", "shape": [2], "data_offsets": [8, 12]},
        }
    ).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<ff", 1.5, -2.0) + b"\x80\x3f\x00\x40")
    tensors = load_tensors(path)
    assert tensors["a"].tolist() == [[1.5], [-2.0]]
    assert tensors["b"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("shape", "offsets"), [([9], [0, 8]), ([2], [0, 80]), ([-2], [0, 8]), ([2], [8, 0])])
def test_safetensors_that_point_outside_are_refused(tmp_path: Path, shape: list[int], offsets: list[int]) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}).encode()
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    with pytest.raises(DamagedModelError):
        load_checkpoint(tmp_path / "a.safetensors")


@pytest.mark.parametrize("content", [{"a": 1}, [1, 2], {"model": {}}])
def test_a_file_without_tensors_is_of_no_known_kind(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(UnknownModelError, match="holds no tensors"):
        load_tensors(tmp_path / "a.pt")


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_names_of_weights_are_taken_out_of_their_wrapping(tmp_path: Path, prefix: str) -> None:
    torch.save({"model": {f"{prefix}a.module.b": torch.ones(1), f"{prefix}c": torch.ones(1)}}, tmp_path / "a.pt")
    assert set(load_tensors(tmp_path / "a.pt")) == {"a.module.b", "c"}


@pytest.mark.parametrize("dim", [0, 2])
@pytest.mark.parametrize("names", [("weight_g", "weight_v"), ("parametrizations.weight.original0",) * 2])
def test_weight_norm_is_folded_as_torch_does_it(dim: int, names: tuple[str, str]) -> None:
    conv = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv1d(4, 6, 3), dim=dim)
    stored = {f"c.{name}": one for name, one in conv.state_dict().items()}
    if names[1] == "weight_v":
        both = (
            ("c.parametrizations.weight.original0", "c.weight_g"),
            ("c.parametrizations.weight.original1", "c.weight_v"),
        )
        for old, new in both:
            stored[new] = stored.pop(old)
    plain = fold_weight_norm(stored)
    assert set(plain) == {"c.weight", "c.bias"}
    assert torch.allclose(plain["c.weight"], conv.weight, atol=1e-6)


def test_weights_that_are_missing_misshapen_or_no_numbers_are_told(tmp_path: Path) -> None:
    with torch.device("meta"):
        net = torch.nn.Linear(3, 2)
    with pytest.raises(UnknownModelError, match="lacks the weights bias"):
        fill(net, {"weight": torch.zeros(2, 3)}, tmp_path / "a.pt")
    with pytest.raises(BadModelError, match=r"shape \(3, 2\) instead of \(2, 3\)"):
        fill(net, {"weight": torch.zeros(3, 2), "bias": torch.zeros(2)}, tmp_path / "a.pt")
    with pytest.raises(UnknownModelError, match="weights bias hold values that are no numbers"):
        fill(net, {"weight": torch.zeros(2, 3), "bias": torch.tensor([0.0, float("nan")])}, tmp_path / "a.pt")
    fill(net, {"weight": torch.ones(2, 3), "bias": torch.zeros(2), "more": torch.zeros(1)}, tmp_path / "a.pt")
    assert net(torch.ones(3)).tolist() == [3.0, 3.0]


@pytest.mark.parametrize("kind", [b"IwFl", b"IxF2", b"IxFl"])
def test_an_index_taken_for_a_voice_is_told(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "voice.pth").write_bytes(kind + bytes(100))
    with pytest.raises(UnknownModelError, match=r"voice\.pth cannot be used: it is an index of features"):
        load_checkpoint(tmp_path / "voice.pth")
