"""What a run computes on, and at which precision."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

import torch

from onrecord.errors import OnrecordError


class DeviceError(OnrecordError):
    """A precision that this machine does not have."""


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
