"""Which arithmetic a process computed with: what decides the last bits of weights."""

import platform
import sys
from pathlib import Path

CPU_FACTS = Path("/proc/cpuinfo")


def kernels() -> dict[str, object]:
    """The processor, and torch's libraries, threads and settings where this process has loaded it."""
    found: dict[str, object] = {"machine": platform.machine(), "processor": cpu_name()}
    torch = sys.modules.get("torch")
    if torch is None:
        return found
    gpu = torch.cuda.is_available() and torch.cuda.is_initialized()
    return found | {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "vector": torch.backends.cpu.get_cpu_capability(),
        "mkl": torch.backends.mkl.is_available(),
        "onednn": torch.backends.mkldnn.is_available(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "gpu": torch.cuda.get_device_name() if gpu else None,
        "cuda": torch.version.cuda if gpu else None,
    }


def cpu_name(facts: Path = CPU_FACTS) -> str:
    """The name of the processor as the kernel gives it; the machine's kind where it gives none."""
    try:
        lines = facts.read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
