"""Where a model computes, and the memory that took."""

import resource

import torch

from shared.errors import InvalidInputError


def to_device(device: str) -> str:
    """The device that a setting means: `auto` is the first GPU where there is one."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise InvalidInputError("no GPU is visible", field="ROUNDS_DEVICE", fix="set ROUNDS_DEVICE=auto")
    return device


def peak_memory_bytes() -> int:
    """The most memory this process ever held: of the GPU where one is used, else of the host."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
