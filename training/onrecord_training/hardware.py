"""What a run computes on, at which precision, and what is said when memory or disk is used up."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import torch
from safetensors import SafetensorError

from onrecord.errors import OnrecordError

FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_WORDS = ("PytorchStreamWriter", "StorageFull", "No space left")
_MEMORY_WORDS = ("allocate memory", "out of memory")


class DeviceError(OnrecordError):
    """A precision that this machine does not have."""


class ResourceError(OnrecordError):
    """Memory or disk is used up."""


@contextmanager
def told_when_used_up(folder: Path) -> Iterator[None]:
    """Turn the many errors of a full memory or disk into one that says how to go on.

    Args:
        folder: The run's folder, where its last state is.

    Raises:
        ResourceError: If that is what happened; anything else passes through.
    """
    try:
        yield
    except (OSError, MemoryError, RuntimeError, SafetensorError) as error:
        words = str(error)
        if getattr(error, "errno", None) in FULL or any(word in words for word in _FULL_WORDS):
            raise ResourceError(
                f"the disk of {folder} is full ({words[:120]}); make room and give the same "
                "command again: the run goes on from its last state"
            ) from error
        if isinstance(error, MemoryError) or any(word in words for word in _MEMORY_WORDS):
            raise ResourceError(
                f"memory is used up ({words[:120]}); end other programs and give the same command "
                "again, and the run goes on; or choose another `name` with lower batch_pieces"
            ) from error
        raise


def choose_device() -> torch.device:
    """Return this process's GPU where there is one, else the CPU.

    Under `torchrun`, each process takes the GPU of its local rank.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(device)
    return device


def precision_of(setting: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context of a forward pass.

    Args:
        setting: `auto` (bfloat16 on a GPU that has it, else full), `bf16` or `full`.
        device: Where the pass runs.

    Raises:
        DeviceError: If bfloat16 is asked for and the GPU has none.
    """
    has = device.type == "cpu" or torch.cuda.is_bf16_supported()
    if setting == "bf16" and not has:
        raise DeviceError(
            "precision = 'bf16', but this GPU has no bfloat16; use precision = 'auto' or 'full'"
        )
    if setting == "bf16" or (setting == "auto" and device.type == "cuda" and has):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def group_backend(device: torch.device) -> str:
    """Return the way in which the processes of one run speak to each other."""
    return "nccl" if device.type == "cuda" else "gloo"
