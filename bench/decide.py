"""How often the decision engine is wrong, how soon it is right, and who is exposed: a simulation.

`python -m bench.decide [--runs N] [--only NAME ...] [--processes N]` prints a row a scenario; the results go
to bench/results, where a piece (`--only`) replaces its own figures. The one-sided 95 % bound of being wrong
("at most") stands beside its share.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from bench.release_world.clinic import Clinic
from bench.release_world.play import config, play, summary
from bench.release_world.scenario import KEY, NULL, SCENARIOS, Scenario
from deployer_service.decide import Run, answer_line

RESULTS = Path(__file__).parent / "results" / "decide.json"
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
FACTS, BATCH = 20_000, 500  # a message of the speed figures holds as many predictions and as many labels
Figure = dict[str, object]


def figures(scenario: Scenario, row: dict[str, float]) -> Iterator[Figure]:
    """The figures of a row that have a goal; a null scenario must rarely be judged either way."""
    for (name, key), goal in GOALS.items():
        if name == scenario.name:
            yield _figure(f"{name}: {key}", row[key], goal, met=row[key] <= goal)
    for (name, key), goal in FLOORS.items():
        if name == scenario.name:
            yield _figure(f"{name}: {key}", row[key], goal, met=row[key] >= goal)
    if scenario.kind == NULL:
        wrong = ["rolled_back"] if scenario.effect else ["promoted", "rolled_back"]
        for key in wrong:
            yield _figure(f"{scenario.name}: {key}", row[key], 0.05, met=row[key] <= 0.05)


def _figure(key: str, value: float, goal: float, *, met: bool, unit: str = "mean") -> Figure:
    return {"key": key, "value": round(value, 4), "unit": unit, "goal": goal, "met": met}


def speed() -> Iterator[Figure]:
    """The cost of a fact, JSON in and out, in messages of some 1,000, and the state after 10,000 facts."""
    start, lines = _long_run()
    run, answers = Run(start), []
    began = time.process_time()
    for line in lines:
        answers.append(answer_line(run.feed(json.loads(line))))
    spent = (time.process_time() - began) * 1000
    messages = [json.loads(line) for line in lines]
    facts = [len(one["predictions"]) + len(one["labels"]) for one in messages]
    middle = next(place for place in range(len(facts)) if sum(facts[: place + 1]) >= 10_000)
    state = len(json.dumps(json.loads(answers[middle])["state"])) / 1024
    each = spent / sum(facts) * 1000
    yield _figure("step of 1,000 facts", each, 5.0, met=each <= 5, unit="ms")
    yield _figure("1,000,000 facts", each, 10.0, met=each <= 10, unit="s")
    yield _figure("state after 10,000 facts", state, 64, met=state <= 64, unit="KiB")


def _long_run() -> tuple[dict[str, object], list[str]]:
    """The start and the messages of a run that nothing ends, with its readings."""
    scenario = Scenario("speed", days=FACTS)
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


def main() -> None:
    """Play every scenario and write the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[""])
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    wish = parser.parse_args()
    results = list(speed())
    print(*(f"{one['key']}: {one['value']} {one['unit']}" for one in results), sep="\n")
    keys = ["runs", "seconds", *summary([play(Scenario("none", days=0), 0)])]
    print(f"{'scenario':33}", *(f"{key.replace('_', ' ')[:12]:>12}" for key in keys))
    with ProcessPoolExecutor(wish.processes) as pool:
        for scenario in [one for one in SCENARIOS if any(part in one.name for part in wish.only)]:
            runs = wish.runs or RUNS[scenario.kind]
            began = time.monotonic()
            row = summary(list(pool.map(partial(play, scenario), range(runs), chunksize=10)))
            spent = time.monotonic() - began
            shown = [f"{value:12.3f}" for value in (runs, spent, *row.values())]
            print(f"{scenario.name:33}", *shown, flush=True)
            results += figures(scenario, row)
    _write(results, kept=_before() if wish.only != [""] else {})


def _before() -> dict[str, Figure]:
    """The figures that stand in the results by their key, none at first."""
    told = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"figures": []}
    return {one["key"]: one for one in told["figures"]}


def _write(results: list[Figure], *, kept: dict[str, Figure]) -> None:
    figures = kept | {str(one["key"]): one for one in results}
    RESULTS.parent.mkdir(exist_ok=True)
    report = {"name": "decide", "machine": platform.platform(), "figures": list(figures.values())}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
