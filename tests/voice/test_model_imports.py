"""A file is taken into the models folder: looked at without running it, made harmless, recorded."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest
import torch

from tests.support.silero_package import save_package
from tests.voice.rvc_files import save_voice
from tests.voice.sovits_files import save_voice as save_sovits
from voice.checkpoints.load import load_checkpoint
from voice.checkpoints.safetensors import write_safetensors
from voice.errors import (
    BadModelError,
    DamagedModelError,
    MissingModelError,
    UnknownModelError,
    UnsafeModelError,
    UntrustedModelError,
)
from voice.methods.rvc.model import load_model
from voice.methods.sovits.clusters import load_centres
from voice.methods.sovits.indexes import open_index
from voice.methods.sovits.model import load_model as load_sovits
from voice.models.register import read_register
from voice.models.shelf import Shelved, Wish, shelved, take_in
from voice.pool import ProcessPool

Take = Callable[..., Shelved]


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    made = ProcessPool(1)
    yield made
    made.close()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def take(pool: ProcessPool, models: Path) -> Take:
    def run(source: Path, name: str | None = None, *, trust: bool = False, replace: bool = False) -> Shelved:
        return take_in(pool, models, Wish(source, name or source.name, trust, replace))

    return run


class Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


def test_an_rvc_voice_becomes_safetensors_and_is_the_same_voice(take: Take, tmp_path: Path, models: Path) -> None:
    source = save_voice(tmp_path / "anna.pth")
    made = take(source)
    assert (made.name, made.entry and made.entry.kind) == ("anna.safetensors", "weights")
    assert made.entry is not None
    assert made.entry.source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert made.entry.sha256 == hashlib.sha256((models / made.name).read_bytes()).hexdigest()
    before, after = load_model(source), load_model(models / made.name)
    assert (before.version, before.sample_rate) == (after.version, after.sample_rate)
    weights = after.net.state_dict()
    assert all(torch.equal(one, weights[name]) for name, one in before.net.state_dict().items())
    assert [one.name for one in shelved(models)] == ["anna.safetensors"]


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_file_with_a_program_is_refused_and_nothing_of_it_runs(
    take: Take, tmp_path: Path, models: Path, is_zip: bool
) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"weight": Bomb(tmp_path / "marker")}, path, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(UnsafeModelError, match=r"evil\.pth holds a program"):
        take(path)
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "marker")))
    with pytest.raises(UnsafeModelError):
        take(path, trust=True)
    assert not (tmp_path / "marker").exists()
    assert not list(models.iterdir())


def test_a_file_cut_short_is_told_by_its_own_name_and_leaves_nothing(take: Take, tmp_path: Path, models: Path) -> None:
    whole = save_voice(tmp_path / "anna.pth").read_bytes()
    (tmp_path / "anna.pth").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedModelError, match=r"The model file anna\.pth is damaged"):
        take(tmp_path / "anna.pth")
    assert not list(models.iterdir())


def test_a_silero_package_is_taken_in_only_by_consent_and_never_run(take: Take, tmp_path: Path, models: Path) -> None:
    package = save_package(tmp_path / "hum.pt", tmp_path / "it-ran")
    with pytest.raises(UntrustedModelError, match="--trust"):
        take(package)
    assert not list(models.iterdir())
    assert take(package, trust=True).name == "hum.pt"
    assert read_register(models)["hum.pt"].is_trusted
    assert not (tmp_path / "it-ran").exists()


def test_what_was_only_copied_into_the_folder_can_be_trusted_where_it_lies(take: Take, models: Path) -> None:
    package = save_package(models / "hum.pt")
    take(package, trust=True)
    assert read_register(models)["hum.pt"].sha256 == hashlib.sha256(package.read_bytes()).hexdigest()


def test_an_unknown_kind_a_missing_file_and_a_strange_name_are_told(take: Take, tmp_path: Path) -> None:
    (tmp_path / "notes.doc").write_text("x")
    (tmp_path / "fake.onnx").write_text("x")
    (tmp_path / "fake.index").write_text("x")
    with pytest.raises(UnknownModelError, match=r"notes\.doc"):
        take(tmp_path / "notes.doc")
    with pytest.raises(DamagedModelError, match=r"fake\.onnx"):
        take(tmp_path / "fake.onnx")
    with pytest.raises(BadModelError, match=r" fake\.index"):
        take(tmp_path / "fake.index")
    with pytest.raises(MissingModelError):
        take(tmp_path / "nothing.pth")
    with pytest.raises(BadModelError, match="called"):
        take(tmp_path / "notes.doc", "../notes.doc")


def test_a_name_that_is_taken_is_kept_unless_it_is_to_be_replaced(take: Take, tmp_path: Path, models: Path) -> None:
    (tmp_path / "stress.txt").write_text("зам+ок\n", encoding="utf-8")
    (models / "stress.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(BadModelError, match="--replace"):
        take(tmp_path / "stress.txt")
    take(tmp_path / "stress.txt", "other.txt")
    take(tmp_path / "stress.txt", replace=True)
    assert (models / "stress.txt").read_text(encoding="utf-8") == "зам+ок\n"


def test_a_whisper_folder_is_taken_whole_without_links(take: Take, tmp_path: Path, models: Path) -> None:
    folder = tmp_path / "whisper-tiny"
    folder.mkdir()
    for name in ("model.bin", "config.json", "vocabulary.json"):
        (folder / name).write_text(name)
    with pytest.raises(UnknownModelError, match=r"tokenizer\.json"):
        take(folder)
    (folder / "tokenizer.json").write_text("{}")
    (folder / "link").symlink_to("/etc/passwd")
    take(folder)
    names = sorted(one.name for one in (models / "whisper-tiny").iterdir())
    assert names == ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"]


def test_cluster_centres_in_arrays_are_taken_in_as_numbers(take: Take, tmp_path: Path, models: Path) -> None:
    centres = np.random.default_rng(1).normal(size=(5, 256))
    held = {"anna": {"n_features_in_": 256, "_n_threads": 2, "cluster_centers_": centres}}
    torch.save(held, tmp_path / "kmeans.pt")
    take(tmp_path / "kmeans.pt")
    assert np.allclose(load_centres(models / "kmeans.safetensors", "anna", 256), centres, atol=1e-6)


@pytest.mark.parametrize("other", [{}, {"iteration": 800, "learning_rate": 1e-4}])
def test_of_a_checkpoint_of_training_the_model_alone_is_kept(
    take: Take, tmp_path: Path, models: Path, other: dict[str, object]
) -> None:
    path, config = save_sovits(tmp_path)
    held = torch.load(path, weights_only=True)
    moments = {place: {"exp_avg": torch.ones(400_000), "step": 3} for place in range(4)}
    torch.save({"model": held["model"], "optimizer": {"state": moments, "param_groups": []}, **other}, path)
    made = take(path)
    assert made.size < sum(one.nbytes for one in held["model"].values()) + 100_000
    before, after = (load_sovits(place, config).net.state_dict() for place in (path, models / made.name))
    assert all(torch.equal(one, after[name]) for name, one in before.items())


def test_pickled_indexes_become_plain_ones_by_speaker(take: Take, tmp_path: Path, models: Path) -> None:
    """As SO-VITS-SVC writes them (`feature_and_index.pkl`); what they hold is what faiss finds in them."""
    vectors = np.random.default_rng(1).normal(size=(2, 200, 16)).astype(np.float32)
    trained = {}
    for speaker in (0, 3):
        trained[speaker] = faiss.index_factory(16, "IVF4,Flat")
        trained[speaker].train(vectors[speaker // 3])
        trained[speaker].add(vectors[speaker // 3])
    (tmp_path / "feature_and_index.pkl").write_bytes(pickle.dumps(trained))
    made = take(tmp_path / "feature_and_index.pkl")
    assert (made.name, made.entry and made.entry.kind) == ("feature_and_index.safetensors", "index")
    query = np.random.default_rng(2).normal(size=(9, 16)).astype(np.float32)
    for speaker, index in trained.items():
        square, near = index.search(query, 8)
        weights = (1 / square) ** 2 / ((1 / square) ** 2).sum(axis=1, keepdims=True)
        mean = (vectors[speaker // 3][near] * weights[:, :, None]).sum(axis=1)
        for rate in (0.0, 0.5, 1.0):
            with open_index(models / made.name, speaker, 16) as ours:
                assert np.allclose(ours.blend(query, rate), rate * mean + (1 - rate) * query, atol=1e-5)
    with pytest.raises(UnknownModelError, match="no index of the speaker number 1"):
        open_index(models / made.name, 1, 16)
    with pytest.raises(UnknownModelError, match="features of 16 numbers, and the voice wants 768"):
        open_index(models / made.name, 3, 768)


def test_a_pickle_of_indexes_that_names_anything_else_is_not_opened(take: Take, tmp_path: Path, models: Path) -> None:
    path = tmp_path / "feature_and_index.pkl"
    index = pickle.dumps({0: faiss.IndexFlatL2(4)})
    for evil in (
        pickle.dumps({0: Bomb(tmp_path / "marker")}),
        index.replace(b"IndexFlatL2", b"read_index_"),
        pickle.dumps(np.zeros(3)),
    ):
        path.write_bytes(evil)
        with pytest.raises(UnsafeModelError, match=r"feature_and_index\.pkl holds a program"):
            take(path)
    for cut in (b"", b"hello", index[:-20], index[: len(index) // 2], b"\x80\x04r\xff\xff\xff\xffN."):
        path.write_bytes(cut)
        with pytest.raises(DamagedModelError, match=r"feature_and_index\.pkl is damaged"):
            take(path)
    for other, why in (({}, "no indexes"), ({0: 1}, "no indexes"), (7, "no indexes")):
        path.write_bytes(pickle.dumps(other))
        with pytest.raises(UnknownModelError, match=why):
            take(path)
    path.write_bytes(index.replace(b"IxF2", b"IxPQ"))
    with pytest.raises(UnknownModelError, match=r"feature_and_index\.pkl cannot be used"):
        take(path)
    assert not (tmp_path / "marker").exists()
    assert not list(models.iterdir())


def test_whatever_a_checkpoint_holds_comes_back(tmp_path: Path) -> None:
    held = {
        "model": {"a.b": torch.ones(2, 3, dtype=torch.bfloat16), "c": torch.tensor(True), "empty": torch.zeros(0, 4)},
        "config": [1, 2.5, None, ["x", (3, 4)]],
        7: {"a.b": torch.arange(3)},
        "sr": "40k",
    }
    write_safetensors(tmp_path / "x.safetensors", held)
    back = load_checkpoint(tmp_path / "x.safetensors")
    assert (back["config"], back["sr"]) == ([1, 2.5, None, ["x", [3, 4]]], "40k")
    assert torch.equal(back["model"]["a.b"], held["model"]["a.b"])
    assert back["model"]["empty"].shape == (0, 4)
    assert back["model"]["c"].item() is True
    assert torch.equal(back[7]["a.b"], torch.arange(3))


def test_a_structure_that_makes_no_sense_is_told_as_damaged(tmp_path: Path) -> None:
    import json
    import struct

    header = json.dumps({"__metadata__": {"structure": '{"list": [' * 5000 + "]}" * 5000}}).encode()
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(DamagedModelError):
        load_checkpoint(tmp_path / "x.safetensors")
    header = json.dumps({"__metadata__": {"structure": '{"tensor": "nowhere"}'}}).encode()
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(DamagedModelError):
        load_checkpoint(tmp_path / "x.safetensors")
