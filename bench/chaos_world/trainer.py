"""A model family whose weights are a chain of hashes: a step lost, doubled or of another job shows at once.

`python -m bench.chaos_world.trainer FOLDER SILENCE` trains with it, as a worker starts a trainer.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time

from shared.backends.base import FitRequest, Fitted, Progress, Step
from worker_training import fit

COMMAND = (sys.executable, "-m", "bench.chaos_world.trainer")
STEPS, STEP_SECONDS = 8, 0.08
POISON = 13  # jobs whose seed leaves this over a hundred kill their own process at the same step, always


class Chain:
    """Keeps a checkpoint at every step; each step hashes the one before."""

    family = "chain"

    def fit(self, request: FitRequest, progress: Progress) -> Fitted:
        """Hash step after step from the last whole checkpoint on."""
        saved = request.checkpoints / "chain.json"
        begun, state = json.loads(saved.read_text()) if saved.exists() else (0, "")
        for step in range(begun + 1, STEPS + 1):
            time.sleep(STEP_SECONDS * random.uniform(0.5, 1.5))
            if request.seed % 100 == POISON and step == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            state = chained(state, request.seed)
            scratch = saved.with_name("next")
            scratch.write_text(json.dumps([step, state]))
            scratch.replace(saved)
            progress(Step(step, STEPS, 1, {"loss": 1 / step}, checkpointed=True))
        facts = {"labels": list(request.labels), "chain": state}
        files = {"rounds.json": json.dumps(facts).encode()}
        fingerprint = hashlib.sha256(files["rounds.json"]).hexdigest()
        return Fitted(files, fingerprint, "base", {"resumed_from": begun, "samples_per_second": 1.0})


def chained(state: str, seed: int) -> str:
    """The state after one more step."""
    return hashlib.sha256(f"{state}:{seed}".encode()).hexdigest()


def undisturbed(seed: int) -> str:
    """The state that an unbroken training of this seed ends in."""
    state = ""
    for _ in range(STEPS):
        state = chained(state, seed)
    return state


if __name__ == "__main__":
    sys.exit(fit.main(sys.argv[1:], choose=lambda _: Chain()))
