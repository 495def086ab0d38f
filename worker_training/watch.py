"""Figures of a trainer and its host, once a second: for people who watch, and for the ledger of costs."""

import resource
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from shared import host
from shared.domain.cost import Usage
from shared.registry.devices import Device

EVERY_SECONDS = 1.0


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass
class Meter:
    """What an attempt has used up to now, whatever processes it took."""

    device: Device
    gpu_joules: float | None = None
    _began: float = field(default_factory=time.monotonic)
    _cpu_before: float = field(default_factory=_cpu_of_children)

    def used(self) -> Usage:
        """Seconds since it began; those of cores are known of processes that have ended."""
        seconds = time.monotonic() - self._began
        return Usage(
            seconds=seconds,
            cpu_seconds=max(0.0, _cpu_of_children() - self._cpu_before),
            gpu_seconds=seconds * len(self.device.numbers) if self.device.kind == "gpu" else 0.0,
            gpu_joules=self.gpu_joules,
        )


class Watch:
    """Looks at one trainer while the block runs; what it saw last is `figures`."""

    def __init__(self, pid: int, meter: Meter) -> None:
        self.figures: Mapping[str, float] = {}
        self._meter = meter
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        """Of a trainer that has ended the figures stay as they were seen last."""
        trainer: dict[str, float] = {}
        while True:
            with suppress(psutil.Error):
                trainer = _trainer_figures(self._process) or trainer
            figures = host.busy_figures() | trainer
            if self._meter.device.kind == "gpu":
                figures |= self._gpu_figures()
            self.figures = figures
            if self._over.wait(EVERY_SECONDS):
                return

    def _gpu_figures(self) -> dict[str, float]:
        """Those of the first GPU; the energy is that of all."""
        each = [host.gpu(number) for number in self._meter.device.numbers]
        watts = [figures["gpu_power_watts"] for figures in each if "gpu_power_watts" in figures]
        if watts:
            self._meter.gpu_joules = (self._meter.gpu_joules or 0.0) + sum(watts) * EVERY_SECONDS
        return each[0]


def _trainer_figures(process: psutil.Process) -> dict[str, float]:
    """Nothing of one that has ended and is only not buried yet."""
    if process.status() == psutil.STATUS_ZOMBIE:
        return {}
    family = [process, *process.children(recursive=True)]
    return {
        "trainer_cpu_share": process.cpu_percent(None) / 100,  # 1 is a whole core
        "trainer_memory_bytes": float(sum(one.memory_info().rss for one in family)),
    }
