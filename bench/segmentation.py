"""The segmenter: what a step costs beside the usual ways, and how well masks agree on three real sets.

`python -m bench.segmentation [SET ...] [--home FOLDER] [--share S] [--set key=value]` takes some 40 CPU
minutes. A set by itself replaces its own figures in bench/results; in a folder of its own a run that was
stopped is gone on with. `--share .4 --set epochs=4` is for a look of less than ten, and writes no figures.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.mask_world.sets import Shot, largest, read, saved, spread
from shared.backends import backend_for
from shared.backends.base import FitRequest, Fitted, Pictures, Segmenter, Step
from shared.config import PREFIX, load_settings
from shared.domain.masks import Overlap, questions
from shared.domain.recipe import SegmentationRecipe

HERE = Path(__file__).parent
FEWEST = 4  # pictures
TOLD_EVERY = 200  # steps
FROZEN_RATIO, TRAINED_RATIO, PEAK_SHARE, AGAIN_SHARE = 12.0, 35.0, 0.15, 0.12


@dataclass(frozen=True)
class Exam:
    """One set, learnt by the default recipe: how many pictures are asked, and the goals by kind of prompt.

    Attributes:
        read: the pictures of one part of it.
    """

    name: str
    asked: int
    goals: dict[str, float]
    recipe: dict[str, object] = field(default_factory=dict)
    read: Callable[[Path], list[Shot]] = read

    @property
    def folder(self) -> str:
        """Where it lies among the sets."""
        return self.name.split("-")[0]

    def part(self, share: float, recipe: dict[str, object]) -> "Exam":
        """The same with fewer pictures and another recipe."""
        if share < 1:
            recipe = {"max_pictures": max(FEWEST, round(share * SegmentationRecipe().max_pictures))} | recipe
        return replace(self, asked=max(FEWEST, round(share * self.asked)), recipe=recipe)


EXAMS = (
    Exam("hippocampus", 120, {"whole": 0.87, "box": 0.92}),
    Exam("hippocampus-coronal", 30, {"whole": 0.87, "box": 0.92}, read=largest),
    Exam("nuclei", 30, {"object": 0.90}),
    Exam("retina", 4, {"whole": 0.70}),
)
Figure = tuple[str, float, str, float, bool]


def main(arguments: Sequence[str]) -> int:
    """Measure the pace and every set that is there, or some sets alone; print and write the figures.

    A set that was asked for by name and is not there ends the run with status 1.
    """
    asked = _asked(arguments)
    recipe: dict[str, object] = dict(one.split("=", 1) for one in asked.recipe)
    figures = [] if asked.names else pace()
    data = Path(os.environ.get(f"{PREFIX}TEST_DATA", HERE.parents[1] / "shared" / "data")) / "images"
    for exam in EXAMS:
        if asked.names and exam.name not in asked.names:
            continue
        if (data / exam.folder).is_dir():
            with _home(asked.home, exam.name) as home:
                figures += examined(exam.part(asked.share, recipe), data / exam.folder, home)
        elif asked.names:
            print(f"no data at {data / exam.folder}; name its place in {PREFIX}TEST_DATA")
            return 1
        else:
            print(f"no data at {data / exam.folder}: its goals count as not met")
            figures += [
                (f"{exam.name}, Dice from {kind}", 0.0, "share", goal, False)
                for kind, goal in exam.goals.items()
            ]
    if asked.share == 1 and not recipe:
        write(figures)
    return 0


@contextmanager
def _home(given: Path | None, name: str) -> Iterator[Path]:
    """The folder of a set: one that stays, or one for this run alone."""
    if given is not None:
        yield given / name
        return
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m bench.segmentation")
    names = [exam.name for exam in EXAMS]
    asked.add_argument("names", nargs="*", metavar="SET", help=", ".join(names))
    asked.add_argument("--share", type=float, default=1.0, help="of the pictures of each set")
    asked.add_argument("--set", dest="recipe", action="append", default=[], help="key=value of the recipe")
    asked.add_argument("--home", type=Path, help="where pictures, embeddings and checkpoints stay")
    return asked.parse_args(arguments)


def pace() -> list[Figure]:
    """Every way in a process of its own, one after the other, on one thread."""
    ours, frozen, trained = (_way(name) for name in ("ours", "frozen", "trained"))
    own = ours["images_per_cpu_second"]
    by_frozen = own / frozen["images_per_cpu_second"]
    by_trained = own / trained["images_per_cpu_second"]
    peak = ours["peak_bytes"] / trained["peak_bytes"]
    again = ours["encoded_again_share"]
    print(f"{own:.2f} images a CPU second; {by_frozen:.1f} x frozen, {by_trained:.1f} x trained")
    print(f"peak {ours['peak_bytes'] / 2**20:.0f} MB, {peak:.3f} of the trained encoder's")
    return [
        (
            "images a CPU second over running the frozen encoder",
            by_frozen,
            "x",
            FROZEN_RATIO,
            by_frozen >= FROZEN_RATIO,
        ),
        (
            "images a CPU second over training the encoder",
            by_trained,
            "x",
            TRAINED_RATIO,
            by_trained >= TRAINED_RATIO,
        ),
        ("peak memory beside training the encoder", peak, "share", PEAK_SHARE, peak <= PEAK_SHARE),
        ("encoding of a week with 10 % new pictures", again, "share", AGAIN_SHARE, again <= AGAIN_SHARE),
    ]


def _way(name: str) -> dict[str, float]:
    alone = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "bench.mask_world.steps", name]
    told = subprocess.run(command, cwd=HERE.parent, env=alone, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    print(name, {key: round(value, 3) for key, value in found.items()}, flush=True)
    return found


def examined(exam: Exam, folder: Path, home: Path) -> list[Figure]:
    """Learn from the training part and ask the test part, beside the untrained decoder."""
    backend = backend_for("segmentation", load_settings(home=home / "home"))
    pictures = Pictures(
        saved(exam.read(folder / "train"), home / "pictures"), home / "pictures", home / "shelf"
    )
    wish = FitRequest([], ["object"], "litemedsam", exam.recipe, 1, home / "run", pictures)
    begun = time.process_time()
    fitted = backend.fit(wish, _told)
    print(f"{exam.name}: a training of {time.process_time() - begun:.0f} CPU s", _figures(fitted), flush=True)
    scorer = backend.load(fitted.files, "litemedsam")
    assert isinstance(scorer, Segmenter)
    shots = spread(exam.read(folder / "test"), exam.asked)
    learnt, bare = asked(scorer, shots)
    for kind in learnt:
        print(f"{exam.name}, {kind}: Dice {learnt[kind]:.3f}, untrained {bare[kind]:.3f}", flush=True)
    return [
        (f"{exam.name}, Dice from {kind}", learnt[kind], "share", goal, learnt[kind] >= goal)
        for kind, goal in exam.goals.items()
    ] + [
        (
            f"{exam.name}, least gain over the untrained",
            _least(learnt, bare),
            "Dice",
            0.0,
            _least(learnt, bare) >= 0,
        )
    ]


def _told(step: Step) -> None:
    if step.step % TOLD_EVERY == 0:
        print(f"step {step.step} of {step.steps}, loss {step.values['loss']:.3f}", flush=True)


def _figures(fitted: Fitted) -> dict[str, float]:
    return {name: round(value, 3) for name, value in fitted.figures.items()}


def asked(scorer: Segmenter, shots: Sequence[Shot]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean Dice of every kind of prompt, of the version and of the decoder that it began as.

    The slices of a volume count together, as `rounds evaluate` counts them; objects asked for alone do not.
    """
    sides: list[dict[str, dict[str, list[Overlap]]]] = [{}, {}]
    for number, shot in enumerate(shots):
        wanted = questions(shot.mask)
        for side, untrained in zip(sides, (False, True), strict=True):
            answers = scorer.segment(shot.pixels, [one.box for one in wanted], untrained=untrained)
            for place, (one, answer) in enumerate(zip(wanted, answers, strict=True)):
                case = f"{number} {place}" if one.kind == "object" else shot.name.split("#")[0]
                by_case = side.setdefault(one.kind, {})
                by_case.setdefault(case, []).append(Overlap.of(answer.mask, one.truth))
    learnt, bare = ({kind: _mean(cases) for kind, cases in side.items()} for side in sides)
    return learnt, bare


def _mean(cases: dict[str, list[Overlap]]) -> float:
    return sum(Overlap.over(parts).dice for parts in cases.values()) / len(cases)


def _least(learnt: dict[str, float], bare: dict[str, float]) -> float:
    return min(learnt[kind] - bare[kind] for kind in learnt)


def write(figures: Sequence[Figure]) -> None:
    """The figures with their goals, as `bench/run.py` reads them; those of sets that were not run stay."""
    keys = ("key", "value", "unit", "goal", "met")
    place = HERE / "results" / "segmentation.json"
    before = json.loads(place.read_text())["figures"] if place.exists() else []
    rows = [dict(zip(keys, figure, strict=True)) for figure in figures]
    kept = {one["key"]: one for one in before} | {one["key"]: one for one in rows}
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    place.parent.mkdir(exist_ok=True)
    result = {"name": "segmentation", "machine": machine, "figures": list(kept.values())}
    place.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
