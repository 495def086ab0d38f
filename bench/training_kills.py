"""Trainings of every family that are killed at random moments, and checkpoints damaged in every way.

`python -m bench.training_kills [KILLS] [SEED]`: a training is killed between two steps, in the middle of a
save or at any instant, again and again, until it ends; its weights must be those of the undisturbed one, byte
for byte. Then the newest checkpoint is damaged and the training must go on from the one before it.
"""

import json
import multiprocessing
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from shared.backends import backend_for
from shared.backends.base import FitRequest, Step
from shared.backends.files import digest_of
from shared.config import load_settings
from tests import small_llm, small_model, small_pictures

RESULTS = Path(__file__).parent / "results" / "training_kills.json"
FILES = ("weights.safetensors", "moments.safetensors", "manifest.json")
MOMENTS = ("step", "save", "instant")
STEPS, SYNCS = 4, 12  # a kill comes at most so many steps, or calls of fsync, after the start
Wish = Callable[[Path], FitRequest]


@dataclass(frozen=True)
class Doom:
    """When a training is killed: at its n-th step, in its n-th call of fsync, or after so many seconds."""

    moment: str
    at: float


def main(kills: int, seed: int) -> int:
    """Kill, damage, print and write the figures."""
    print(f"seed {seed}", flush=True)
    dice, struck, whole = random.Random(seed), Counter[str](), Counter[bool]()
    with tempfile.TemporaryDirectory(prefix="rounds-kills-") as scratch:
        families = wishes(Path(scratch))
        for family in families:
            import_module(f"shared.backends.{family}.fit")  # so that every process has the same code
        equal = 0
        for place, (family, wish) in enumerate(families.items()):
            share = kills // len(families) + (place < kills % len(families))
            folder = Path(scratch) / family
            calm, seconds = undisturbed(family, wish, folder / "calm")
            done, same = killed(family, wish, folder, calm=(calm, seconds), kills=share, dice=dice)
            hurt = damaged(family, wish, folder, calm=calm, dice=dice)
            struck, whole, equal = struck + done, whole + hurt, equal + same * done.total()
            bytes_are = "the same" if same else "OTHER"
            print(
                f"{family:16} {seconds:.1f} s undisturbed; killed {dict(done)}: bytes {bytes_are}; ", end=""
            )
            print(f"{hurt[True]} of {hurt.total()} damages fell back", flush=True)
    write(struck, whole, equal, kills=kills, seed=seed)
    return 0 if equal == kills and not whole[False] else 1


def wishes(scratch: Path) -> dict[str, Wish]:
    """A small training of each family over its real code; the LLM's base is a small one of drawn weights."""
    base = small_llm.write_base(scratch / "base")
    shelf = scratch / "shelf"
    return {
        "text_classifier": lambda at: small_model.request(at, epochs=3, checkpoint_steps=2),
        "causal_lm": lambda at: small_llm.request(base, at, checkpoint_steps=2),
        "segmentation": lambda at: small_pictures.shelved(
            small_pictures.request(at, epochs=6, checkpoint_steps=2), shelf
        ),
    }


def undisturbed(family: str, wish: Wish, folder: Path) -> tuple[str, float]:
    """The digest of the unbroken training, and how long one takes once its caches are warm."""
    run(family, wish, folder / "cold")
    began = time.monotonic()
    digest = run(family, wish, folder / "warm")
    assert digest is not None
    return digest, time.monotonic() - began


def killed(
    family: str, wish: Wish, folder: Path, *, calm: tuple[str, float], kills: int, dice: random.Random
) -> tuple[Counter[str], bool]:
    """How often a training was killed at which kind of moment, and whether every end had the calm bytes."""
    struck, ends, rounds = Counter[str](), list[str](), 0
    while struck.total() < kills or not ends:
        place, digest = folder / f"rough-{rounds}", None
        rounds += 1
        while digest is None:
            doom = drawn(dice, calm[1]) if struck.total() < kills else None
            digest = run(family, wish, place, doom=doom)
            if digest is None and doom is not None:
                struck[doom.moment] += 1
        ends.append(digest)
    return struck, set(ends) == {calm[0]}


def drawn(dice: random.Random, seconds: float) -> Doom:
    """A moment of any kind."""
    moment = dice.choice(MOMENTS)
    if moment == "instant":
        return Doom(moment, dice.uniform(0, seconds))
    return Doom(moment, dice.randint(1, STEPS if moment == "step" else SYNCS))


def damaged(family: str, wish: Wish, folder: Path, *, calm: str, dice: random.Random) -> Counter[bool]:
    """Whether the training ends in the calm bytes after each kind of damage to its newest checkpoint."""
    source, found = folder / "calm" / "warm", Counter[bool]()
    for name in FILES:
        for way, hurt in WAYS.items():
            place = folder / f"damaged-{name}-{way}"
            shutil.copytree(source, place)
            newest, older = sorted(place.rglob("step-*"), key=lambda one: (one.stat().st_mtime, one.name))[
                :-3:-1
            ]
            hurt(newest / name, older / name, dice)
            found[run(family, wish, place) == calm] += 1
    return found


def _alter(path: Path, _: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


WAYS: dict[str, Callable[[Path, Path, random.Random], object]] = {
    "missing": lambda path, _, __: path.unlink(),
    "empty": lambda path, _, __: path.write_bytes(b""),
    "cut": lambda path, _, dice: path.write_bytes(
        path.read_bytes()[: dice.randrange(1, path.stat().st_size)]
    ),
    "altered": _alter,
    "another's": lambda path, other, _: path.write_bytes(other.read_bytes()),
}


def run(family: str, wish: Wish, folder: Path, *, doom: Doom | None = None) -> str | None:
    """The digest of one training in a process of its own; None when it was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    answer = folder.with_name(f"{folder.name}.digest")
    answer.unlink(missing_ok=True)
    arguments = (family, wish, folder, answer, doom)
    process = multiprocessing.get_context("fork").Process(target=_train, args=arguments)
    process.start()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise SystemExit(f"{family} ended with {process.exitcode}")
    return answer.read_text() if process.exitcode == 0 else None


def _train(family: str, wish: Wish, folder: Path, answer: Path, doom: Doom | None) -> None:  # noqa: PLR0917
    report = _await(doom)
    fitted = backend_for(family, load_settings(device="cpu")).fit(wish(folder), report)
    answer.write_text(digest_of(fitted.files))
    os._exit(0)


def _await(doom: Doom | None) -> Callable[[Step], None]:
    """Arrange for the end; what the training reports its steps to."""
    steps = iter(range(1, 1 << 30))
    if doom is not None and doom.moment == "instant":
        timer = threading.Timer(doom.at, _die)
        timer.daemon = True
        timer.start()
    if doom is not None and doom.moment == "save":
        syncs, real = iter(range(1, 1 << 30)), os.fsync

        def fsync(descriptor: int) -> None:
            if next(syncs) == doom.at:
                _die()
            real(descriptor)

        os.fsync = fsync  # type: ignore[assignment]

    def report(_: Step) -> None:
        if doom is not None and doom.moment == "step" and next(steps) == doom.at:
            _die()

    return report


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def write(struck: Counter[str], whole: Counter[bool], equal: int, *, kills: int, seed: int) -> None:
    """The figures as a table's rows."""
    rows = [
        ("kills after which the weights are the same", equal, "kills", kills, equal >= kills),
        ("of these in the middle of a save", struck["save"], "kills", 1, struck["save"] >= 1),
        ("damages after which they are the same", whole[True], "damages", whole.total(), not whole[False]),
        ("damages that nobody noticed", whole[False], "damages", 0, not whole[False]),
    ]
    names = ("key", "value", "unit", "goal", "met")
    figures = [dict(zip(names, row, strict=True)) for row in rows]
    report = {"name": "training_kills", "machine": platform.platform(), "seed": seed, "figures": figures}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    for row in rows:
        print(*row, sep="  ")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    sys.exit(main(given[0] if given else 50, given[1] if len(given) > 1 else int(time.time())))
