"""Where the networks run: one choice for every method, made in the child. Heavy: imports torch."""

from __future__ import annotations

import ctypes
import os

import torch

from voice.memory import lift_memory_limit

DEVICE_VARIABLE = "VOICE_DEVICE"
THREADS_VARIABLE = "VOICE_THREADS"
"""Names in the environment of a child: `auto`, `cpu`, `cuda`, `cuda:1`…; how many threads it may use."""
KEEP_FREED_BYTES = 32 << 20
FEW_BYTES = 12 << 20
"""For a network of few and large activations of many sizes: what it keeps would mostly be of the wrong one."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h


def choose_device(asked: str = "auto") -> torch.device:
    """`auto` is the GPU where there is one, else the CPU; one that is asked for by name and absent is the CPU, too."""
    wanted = torch.device("cuda" if asked == "auto" else asked)
    there = torch.cuda.device_count() if wanted.type == "cuda" and torch.cuda.is_available() else 0
    return wanted if (wanted.index or 0) < there else torch.device("cpu")


def ready_device() -> torch.device:
    """The device that this child was told to use, with its threads set: once per job, before any network runs."""
    threads = os.environ.get(THREADS_VARIABLE, "")
    torch.set_num_threads(int(threads) if threads.isdigit() and int(threads) > 0 else os.cpu_count() or 1)
    keep_freed_memory()
    device = choose_device(os.environ.get(DEVICE_VARIABLE, "auto"))
    if device.type == "cuda":
        lift_memory_limit()
    return device


def device_name(device: torch.device) -> str:
    """A device as people call it."""
    return f"{torch.cuda.get_device_name(device)} ({device})" if device.type == "cuda" else device.type


def halves_digits(device: torch.device) -> bool:
    """Whether bfloat16 is faster here: on GPUs, and on processors that multiply it natively."""
    return device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - no other way


def give_back_memory() -> None:
    """Return to the kernel what was kept: after a network is gone, and before the next one comes."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_freed_memory(largest: int = KEEP_FREED_BYTES) -> None:
    """Have the C library keep freed blocks of up to `largest` bytes instead of giving them back to the kernel.

    The activations of a vocoder are mapped and cleared afresh at every layer otherwise: half of its CPU time.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # not the GNU C library
        return
    mallopt(M_MMAP_THRESHOLD, largest)
    mallopt(M_TRIM_THRESHOLD, 2 * largest)
