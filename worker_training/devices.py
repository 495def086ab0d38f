"""What this host has to train on: its GPUs, else lanes of cores; and how a trainer is kept to one of them."""

import os
import subprocess
from collections.abc import Mapping

from shared.config import Settings
from shared.errors import InvalidInputError
from shared.registry.devices import Device

AUTO = "auto"
PROCESSES = "ROUNDS_TRAIN_PROCESSES"
MEBIBYTE = 2**20
LIST_GPUS = ("nvidia-smi", "--query-gpu=index,memory.total", "--format=csv,noheader,nounits")
LIST_SECONDS = 30.0


class NoGpuError(InvalidInputError):
    """A GPU is demanded and this host has none."""

    code = "no_gpu"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"ROUNDS_DEVICE=cuda demands a GPU, and {host} has none",
            field="ROUNDS_DEVICE",
            fix="set ROUNDS_DEVICE=auto, or look after the driver with nvidia-smi",
        )


def present(settings: Settings, host: str) -> list[Device]:
    """The devices that the settings name, or those that are found.

    Raises:
        NoGpuError: a GPU is demanded and there is none.
    """
    if settings.train_devices != AUTO:
        found = [Device(host, name) for name in settings.train_devices.split(",")]
    elif settings.device == "cpu":
        found = lanes(settings, host)
    else:
        found = read_gpus(ask_driver(), host) or lanes(settings, host)
    if settings.device == "cuda" and not any(one.kind == "gpu" for one in found):
        raise NoGpuError(host)
    return found


def lanes(settings: Settings, host: str) -> list[Device]:
    """As many lanes as trainings of so many threads have room on the cores of this process."""
    count = max(1, len(os.sched_getaffinity(0)) // settings.threads)
    return [Device(host, f"cores-{number}") for number in range(count)]


def ask_driver() -> str:
    """What the driver's own tool says of the GPUs; nothing where it is not installed or finds none."""
    try:
        done = subprocess.run(LIST_GPUS, capture_output=True, text=True, timeout=LIST_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def read_gpus(said: str, host: str) -> list[Device]:
    """The GPUs in lines of "index, memory in MiB"; memory that is shared with the host is not a number."""
    found = []
    for line in said.splitlines():
        index, _, memory = (part.strip() for part in line.partition(","))
        size = int(memory) * MEBIBYTE if memory.isdigit() else None
        found.append(Device(host, f"gpu-{int(index)}", size))
    return found


def confined(device: Device, settings: Settings) -> Mapping[str, str]:
    """The variables that let a trainer see its device and no other, and use as many threads as its lane."""
    processes = str(len(device.numbers))
    if device.kind == "gpu":
        visible = {"CUDA_VISIBLE_DEVICES": ",".join(map(str, device.numbers))}
        return visible | {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "ROUNDS_DEVICE": "cuda", PROCESSES: processes}
    threads = str(settings.threads)
    lane = {"CUDA_VISIBLE_DEVICES": "", "ROUNDS_DEVICE": "cpu", "OMP_NUM_THREADS": threads}
    return lane | {PROCESSES: processes}
