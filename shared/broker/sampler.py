"""What a worker says of its machine beside its heartbeat: the host each time, the GPUs now and then."""

import time
from collections.abc import Mapping
from pathlib import Path

from shared import host

GPU_SECONDS = 10.0


class Sampler:
    """Samples when it is asked. `with_gpus` for the workers whose machine trains."""

    def __init__(self, root: Path, *, with_gpus: bool) -> None:
        self._root, self._with_gpus = root, with_gpus
        self._gpus: Mapping[str, Mapping[str, float]] = {}
        self._gpus_at = float("-inf")

    def state(self) -> dict[str, object]:
        """`host` and, where it trains, `gpus`: none where the machine has none."""
        found: dict[str, object] = {"host": host.figures(self._root)}
        if self._with_gpus:
            if time.monotonic() - self._gpus_at > GPU_SECONDS:
                self._gpus, self._gpus_at = host.gpus(), time.monotonic()
            found["gpus"] = self._gpus
        return found
