"""What the machine of a process is at: cores, memory, disk, and GPUs where the driver's tool finds any.

GPUs are asked by `nvidia-smi`, which comes with every NVIDIA driver. Without a driver there is no GPU here
and no figure of one: nothing is made up.
"""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

ASK_SECONDS = 5.0
MEBIBYTE = 2**20
# What the driver's tool calls it, what we call it, and in which of our units its numbers count.
GPU_FIGURES = (
    ("utilization.gpu", "gpu_busy_share", 0.01),
    ("memory.used", "gpu_memory_bytes", float(MEBIBYTE)),
    ("temperature.gpu", "gpu_temperature_celsius", 1.0),
    ("power.draw", "gpu_power_watts", 1.0),
    ("memory.total", "gpu_memory_total_bytes", float(MEBIBYTE)),
    ("ecc.errors.uncorrected.volatile.total", "gpu_errors", 1.0),
)


def busy_figures() -> dict[str, float]:
    """How busy the cores are since the last call, and how much of the memory is taken."""
    memory = psutil.virtual_memory()
    return {
        "host_cpu_share": psutil.cpu_percent(None) / 100,
        "host_memory_share": memory.percent / 100,
        "host_load": os.getloadavg()[0],
    }


def figures(root: Path) -> dict[str, float]:
    """The whole machine with the disk of a folder, and its wall clock in seconds."""
    disk = psutil.disk_usage(str(root))
    return busy_figures() | {
        "host_memory_free_bytes": float(psutil.virtual_memory().available),
        "host_disk_free_bytes": float(disk.free),
        "host_disk_free_share": disk.free / disk.total,
        "host_clock_seconds": time.time(),
    }


def gpus() -> dict[str, dict[str, float]]:
    """The figures of every GPU by its name, `gpu-0` and so on; empty where there is none."""
    said = _ask()
    return {f"gpu-{number}": read_gpu(line) for number, line in enumerate(said.splitlines()) if line.strip()}


def gpu(number: int) -> dict[str, float]:
    """The figures of one GPU; empty where the driver's tool does not answer."""
    return read_gpu(_ask(f"--id={number}"))


def read_gpu(said: str) -> dict[str, float]:
    """The figures of a line of the driver's tool; one that it does not know ("[N/A]") is left out."""
    found: dict[str, float] = {}
    for (_, name, unit), word in zip(GPU_FIGURES, said.split(","), strict=False):
        with suppress(ValueError):
            found[name] = float(word) * unit
    return found


def _ask(*which: str) -> str:
    asked = ",".join(name for name, _, _ in GPU_FIGURES)
    command = ["nvidia-smi", *which, f"--query-gpu={asked}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
