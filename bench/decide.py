"""How often the decision engine is wrong, how soon it is right, and who is exposed: a simulation.

`python -m bench.decide [--runs N] [--only NAME]` prints a row a scenario; the results go to bench/results.
"""

import argparse
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.worlds.clinic import AGES, DANGEROUS, SEXES, SITES, Scenario, World
from deployer_service.decide import Run, answer_line
from shared.domain.policy import Policy
from shared.domain.rollout import config_of

AT_ONCE = {"budget": 10_000, "reading_days": 0.0, "never": 0.0, "look_days": 0.02}
RESULTS = Path(__file__).parent / "results" / "decide.json"
SCENARIOS = (
    Scenario("equal", null=True),
    Scenario("equal, discordant 0.20", discordant=0.20, null=True),
    Scenario("equal, small clinic", per_day=20, null=True),
    Scenario("equal, large clinic", per_day=2000, days=10, null=True),
    Scenario("equal, repeat visits", repeats=0.6, null=True),
    Scenario("equal, adopted labels", adopted=0.6, null=True),
    Scenario("equal, noisy labels", label_noise=0.1, null=True),
    Scenario("equal, doubled facts", doubled=0.3, null=True),
    Scenario("-5, read at once", effect=-0.05, **AT_ONCE),
    Scenario("-2, read at once", effect=-0.02, **AT_ONCE),
    Scenario("+2, read at once", effect=0.02, **AT_ONCE),
    Scenario("+5, then a fault of 8, read at once", effect=0.05, fault=0.13, **AT_ONCE),
    Scenario("-20", effect=-0.20, discordant=0.30),
    Scenario("-5", effect=-0.05),
    Scenario("-2", effect=-0.02),
    Scenario("+2", effect=0.02, days=60),
    Scenario("+5", effect=0.05),
    Scenario("+5, small clinic", effect=0.05, per_day=20, days=60),
    Scenario("+2, one site -10", effect=0.04, site_effect=-0.10),
    Scenario("+4, must-not-miss -15", effect=0.06, dangerous_effect=-0.15),
    Scenario("+3, overconfident", effect=0.03, overconfident=0.15),
    Scenario("+5, then a fault of 8", effect=0.05, fault=0.08 + 0.05, days=60),
)

GOALS = {
    ("-5, read at once", "cases_to_rollback"): 330,
    ("+2, read at once", "cases_in_shadow"): 2100,
    ("-5", "readings_to_rollback"): 75,
    ("-5", "exposed_p99"): 0,
    ("-2", "exposed"): 5,
    ("+5, then a fault of 8", "exposed_to_fault"): 550,
}
FACTS = 20_000


@dataclass
class Story:
    """How one run went. `exposed` counts cases that the challenger served before it was rolled back."""

    promoted_on: float | None = None
    left_shadow_after: int | None = None  # cases
    rolled_back: bool = False
    cases: int = 0
    readings: int = 0
    exposed: int = 0
    exposed_to_fault: int = 0
    state_bytes: int = 0


def config(scenario: Scenario) -> dict[str, object]:
    """The start message's config under the shipped policy."""
    strata = {"age_band": range(AGES), "sex": range(SEXES), "site": range(SITES)}
    policy = Policy().model_copy(update={"adjudication_budget_per_day": scenario.budget})
    told = config_of(
        policy, must_not_miss=(), strata={name: [str(x) for x in xs] for name, xs in strata.items()}
    )
    return told | {"must_not_miss": list(DANGEROUS)}


def play(scenario: Scenario, seed: int) -> Story:
    """One challenge from its start to its end or the last day."""
    world, story = World(scenario, seed), Story()
    run = Run({"type": "start", "run": str(seed), "config": config(scenario), "columns": None, "state": None})
    answer, now = run.begin(), 0.0
    while now < scenario.days and not story.rolled_back:
        predictions = world.cases(now, scenario.look_days, answer["fraction"])
        now += scenario.look_days
        answer = run.feed({"now": now, "predictions": predictions, "labels": world.due(now)})
        world.readings(answer["adjudicate"], now)
        _note(story, answer, now=now, world=world)
        if run.stage == "over":
            break
    counts = run.ledger.counts
    story.cases, story.readings, story.exposed = counts["pairs"], counts["asked"], world.exposed
    story.exposed_to_fault = world.exposed - story.exposed_to_fault if world.is_faulty else 0
    story.state_bytes = len(json.dumps(answer["state"]))
    return story


def _note(story: Story, answer: dict[str, object], *, now: float, world: World) -> None:
    if answer["action"] == "advance" and story.left_shadow_after is None:
        story.left_shadow_after = world.next_id
    if answer["action"] == "promote":
        story.promoted_on = now
        story.exposed_to_fault = world.exposed
        world.is_faulty = True
    if answer["action"] == "rollback":
        story.rolled_back = True


def summary(stories: list[Story]) -> dict[str, float]:
    """The means of a scenario's runs."""
    ended = [story for story in stories if story.rolled_back]
    before = [story for story in ended if story.promoted_on is None]
    sure = [story.left_shadow_after for story in stories if story.left_shadow_after is not None]
    promoted = [story for story in stories if story.promoted_on is not None]
    return {
        "promoted": len(promoted) / len(stories),
        "rolled_back": len(ended) / len(stories),
        "cases_to_rollback": float(np.mean([story.cases for story in before])) if before else 0.0,
        "readings_to_rollback": float(np.mean([story.readings for story in before])) if before else 0.0,
        "cases_in_shadow": float(np.mean(sure)) if sure else 0.0,
        "median_day_promoted": float(np.median([story.promoted_on for story in promoted]))
        if promoted
        else 0.0,
        "exposed": float(np.mean([story.exposed for story in stories])),
        "exposed_to_fault": float(np.mean([story.exposed_to_fault for story in stories])),
        "exposed_p99": float(np.quantile([story.exposed for story in stories], 0.99)),
        "state_kib": max(story.state_bytes for story in stories) / 1024,
    }


def figures(scenario: Scenario, row: dict[str, float]) -> list[dict[str, object]]:
    """The figures of a row that have a goal; a null scenario must rarely be judged either way."""
    goals = {key: goal for (name, key), goal in GOALS.items() if name == scenario.name}
    if scenario.null:
        goals |= {"promoted": 0.05, "rolled_back": 0.05}
    return [_figure(f"{scenario.name}: {key}", row[key], goal) for key, goal in goals.items()]


def _figure(key: str, value: float, goal: float, *, unit: str = "mean") -> dict[str, object]:
    return {"key": key, "value": round(value, 4), "unit": unit, "goal": goal, "met": value <= goal}


def speed() -> list[dict[str, object]]:
    """The cost of a fact, JSON in and out, in messages of 1,000."""
    scenario = Scenario("speed", days=FACTS)
    world = World(scenario, 1)
    run = Run(
        {"run": "speed", "config": config(scenario) | {"horizon_days": 1e9}, "columns": None, "state": None}
    )
    rows = world.cases(0.0, FACTS / 2 / scenario.per_day, 0.0)
    lines = []
    for start in range(0, len(rows), 500):
        batch = rows[start : start + 500]
        now = batch[-1][1]
        lines.append(json.dumps({"now": now, "predictions": batch, "labels": world.due(now)[:500]}))
    began = time.process_time()
    for line in lines:
        answer_line(run.feed(json.loads(line)))
    each = (time.process_time() - began) / len(lines)
    return [
        _figure("step of 1,000 facts", each * 1000, 5.0, unit="ms"),
        _figure("1,000,000 facts", each * 1000, 10.0, unit="s"),
    ]


def main() -> None:
    """Play every scenario and write the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default="")
    wish = parser.parse_args()
    results = speed()
    chosen = [scenario for scenario in SCENARIOS if wish.only in scenario.name]
    print(f"{'scenario':35}", *(f"{key[:20]:>21}" for key in summary([Story()])))
    for scenario in chosen:
        row = summary([play(scenario, seed) for seed in range(wish.runs)])
        print(f"{scenario.name:35}", *(f"{value:21.2f}" for value in row.values()), flush=True)
        results += figures(scenario, row)
    RESULTS.parent.mkdir(exist_ok=True)
    report = {"name": "decide", "machine": platform.platform(), "figures": results}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
