"""How often the decision engine is wrong, how soon it is right, and who is exposed: a simulation.

`python -m bench.decide [--runs N] [--seed N] [--only NAME ...] [--processes N]` prints a row a scenario; the
results go to bench/results, where a piece (`--only`) replaces its own figures. The one-sided 95 % bound of
being wrong ("at most") stands beside its share. What was chosen on some seeds is to be shown on others: a run
has the number of its seed, from `--seed` on.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain

from bench.figures import Figure, at_least, at_most, keep
from bench.release_world.clinic import Clinic
from bench.release_world.kills import KILLED, killed_at_every_message, undisturbed
from bench.release_world.play import config, play, summary
from bench.release_world.scenario import KEY, NULL, SCENARIOS, Scenario
from deployer_service.decide import Run, answer_line

RUNS = {KEY: 1000, NULL: 100, "": 40}  # of a scenario by its kind
GOALS = {
    ("-5, read at once", "cases_to_rollback"): 330,
    ("+2, read at once", "cases_to_canary"): 2100,
    ("-5", "readings_to_rollback"): 75,
    ("-2", "exposed"): 5,
    ("+5, then 8 worse", "exposed_to_fault"): 550,
    ("+4, one site -10", "promoted"): 0.02,
    ("+4, one site -10", "exposed"): 15,
    ("+6, must-not-miss -15", "promoted"): 0.02,
    ("+6, must-not-miss -15", "exposed"): 15,
    ("+3, overconfident", "promoted"): 0.02,
    ("+3, overconfident", "exposed"): 15,
    ("+5, then 3 worse", "exposed_to_fault"): 2500,
    ("-20, small clinic", "exposed"): 0,
}
FLOORS = {("-5", "unexposed"): 0.99, ("-5, read at once", "rolled_back"): 0.99, ("+2", "promoted"): 0.9}
FACTS, EARLY_FACTS = 1_000_000, 20_000  # of a run that nothing ends
BATCH = 500  # a message of it holds as many predictions and as many labels


def figures(scenario: Scenario, row: dict[str, float]) -> Iterator[Figure]:
    """The figures of a row that have a goal; a null scenario must rarely be judged either way."""
    for (name, key), goal in GOALS.items():
        if name == scenario.name:
            yield at_most(f"{name}: {key}", row[key], "mean", goal=goal)
    for (name, key), goal in FLOORS.items():
        if name == scenario.name:
            yield at_least(f"{name}: {key}", row[key], "mean", goal=goal)
    if scenario.kind == NULL:
        wrong = ["rolled_back"] if scenario.effect else ["promoted", "rolled_back"]
        for key in wrong:
            yield at_most(f"{scenario.name}: {key}", row[key], "mean", goal=0.05)


def speed() -> Iterator[Figure]:
    """The cost of a fact, JSON in and out, in messages of some 1,000, and the state after 20,000 facts."""
    start, lines = _long_run()
    run, told, spent, step, kept = Run(start), 0, 0.0, 0.0, 0
    for line in lines:
        began = time.process_time()
        message = json.loads(line)
        answer = answer_line(run.feed(message))
        spent += time.process_time() - began
        told += len(message["predictions"]) + len(message["labels"])
        if told <= EARLY_FACTS:
            step, kept = 1e6 * spent / told, len(json.dumps(json.loads(answer)["state"]))
    yield at_most("step of 1,000 facts", step, "ms", goal=5.0)
    yield at_most("1,000,000 facts", 1e6 * spent / told, "s", goal=10.0)
    yield at_most("state after 20,000 facts", kept / 1024, "KiB", goal=64)


def kills() -> Iterator[Figure]:
    """Answers that come out otherwise where the engine's process is killed at every message."""
    told = other = 0
    for scenario in KILLED:
        messages, expected = undisturbed(scenario, 3)
        answers = list(killed_at_every_message(messages))
        told += len(answers)
        other += sum(one != two for one, two in zip(answers, expected[1:], strict=True))
    print(f"  {told} messages, the process killed twice at each")
    yield at_most("answers changed by a kill at every message", other, "answers", goal=0)


def _long_run() -> tuple[dict[str, object], list[str]]:
    """The start and the messages of a run that nothing ends, with its readings."""
    scenario = Scenario("speed")
    endless = {"horizon_days": 1e9, "alpha_rollback": 1e-30, "alpha_promote": 1e-30}
    start = {"run": "speed", "config": config(scenario) | endless, "columns": None, "state": None}
    clinic, run, lines = Clinic(scenario, 1), Run(start), []
    length = BATCH / scenario.per_day
    for message in range(1, FACTS // 2 // BATCH + 1):
        now = message * length
        told = {"now": now, "predictions": clinic.cases(now, 0.0), "labels": clinic.labels(now)}
        lines.append(json.dumps(told))
        clinic.read(run.feed(told)["adjudicate"], now)
    return start, lines


def played(wish: argparse.Namespace) -> Iterator[Figure]:
    """Every scenario that is wished for, a printed row each, and the figures of it that have a goal."""
    keys = ["runs", "seconds", *summary([play(Scenario("none", days=0), 0)])]
    print(f"{'scenario':33}", *(f"{key.replace('_', ' ')[:12]:>12}" for key in keys))
    with ProcessPoolExecutor(wish.processes) as pool:
        for scenario in [one for one in SCENARIOS if any(part in one.name for part in wish.only)]:
            runs = wish.runs or RUNS[scenario.kind]
            began = time.monotonic()
            seeds = range(wish.seed, wish.seed + runs)
            row = summary(list(pool.map(partial(play, scenario), seeds, chunksize=10)))
            shown = [f"{value:12.3f}" for value in (runs, time.monotonic() - began, *row.values())]
            print(f"{scenario.name:33}", *shown, flush=True)
            yield from figures(scenario, row)


def main() -> int:
    """Play every scenario and write the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[""])
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    wish = parser.parse_args()
    return keep("decide", chain(speed(), kills(), played(wish)), is_part=wish.only != [""])


if __name__ == "__main__":
    sys.exit(main())
