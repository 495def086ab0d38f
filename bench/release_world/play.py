"""One challenge played from its start to its end, and what a thousand of them come to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from bench.release_world.clinic import Clinic
from bench.release_world.scenario import AGES, DANGEROUS, SEXES, SITES, Scenario
from deployer_service.decide import Run
from shared.domain.policy import Policy
from shared.domain.rollout import config_of


@dataclass
class Story:
    """How one run went. `exposed` counts cases that the challenger served before it was rolled back."""

    promoted_on: float | None = None
    left_shadow_after: int | None = None  # paired cases
    rolled_back: bool = False
    why: str = ""
    cases: int = 0
    readings: int = 0
    exposed: int = 0
    exposed_to_fault: int = 0
    state_bytes: int = 0


def config(scenario: Scenario) -> dict[str, object]:
    """The start message's config under the shipped policy."""
    sizes = {"age_band": AGES, "sex": SEXES, "site": SITES}
    strata = {name: [str(value) for value in range(size)] for name, size in sizes.items()}
    policy = Policy().model_copy(update={"adjudication_budget_per_day": scenario.budget})
    told = config_of(policy, must_not_miss=(), strata=strata)
    return told | {"must_not_miss": list(DANGEROUS), "shadow_allowed": scenario.shadow}


def play(scenario: Scenario, seed: int) -> Story:
    """One challenge until its end or the last day, message by message as the contract has them."""
    clinic, story = Clinic(scenario, seed), Story()
    run = Run({"type": "start", "run": str(seed), "config": config(scenario), "columns": None, "state": None})
    answer = run.begin()
    looks = round(scenario.days / scenario.look_days)
    before_fault = 0
    for look in range(1, looks + 1):
        now = look * scenario.look_days
        rows = clinic.cases(now, answer["fraction"])
        answer = run.feed({"now": now, "predictions": rows, "labels": clinic.labels(now)})
        clinic.read(answer["adjudicate"], now)
        _note(story, answer, now=now, pairs=run.ledger.counts["pairs"])
        if not clinic.is_faulty and _breaks(scenario, story, now):
            clinic.break_now(now)
            before_fault = clinic.exposed
        if run.stage == "over" or (scenario.ends_in_canary and story.left_shadow_after is not None):
            break
    counts = run.ledger.counts
    story.cases, story.readings, story.exposed = counts["pairs"], counts["asked"], clinic.exposed
    story.exposed_to_fault = clinic.exposed - before_fault if clinic.is_faulty else 0
    story.why, story.state_bytes = run.why, len(json.dumps(answer["state"]))
    return story


def _breaks(scenario: Scenario, story: Story, now: float) -> bool:
    if not scenario.fault:
        return False
    return story.promoted_on is not None if scenario.fault_on is None else now >= scenario.fault_on


def _note(story: Story, answer: dict[str, object], *, now: float, pairs: int) -> None:
    if answer["action"] in ("advance", "promote") and story.left_shadow_after is None:
        story.left_shadow_after = pairs
    if answer["action"] == "promote":
        story.promoted_on = now
    if answer["action"] == "rollback":
        story.rolled_back = True


def summary(stories: Sequence[Story]) -> dict[str, float]:
    """Shares and means of a scenario's runs; a mean over nobody is 0."""
    n = len(stories)
    ended = [story for story in stories if story.rolled_back]
    early = [story for story in ended if story.promoted_on is None]
    promoted = [story.promoted_on for story in stories if story.promoted_on is not None]
    sure = [story.left_shadow_after for story in stories if story.left_shadow_after is not None]
    return {
        "promoted": len(promoted) / n,
        "promoted_at_most": upper_bound(len(promoted), n),
        "rolled_back": len(ended) / n,
        "rolled_back_at_most": upper_bound(len(ended), n),
        "cases_to_rollback": _mean([story.cases for story in early]),
        "readings_to_rollback": _mean([story.readings for story in early]),
        "cases_to_canary": _mean(sure),
        "day_promoted": float(np.median(promoted)) if promoted else 0.0,
        "exposed": _mean([story.exposed for story in stories]),
        "unexposed": sum(story.exposed == 0 for story in stories) / n,
        "exposed_to_fault": _mean([story.exposed_to_fault for story in stories if story.promoted_on]),
        "state_kib": max(story.state_bytes for story in stories) / 1024,
    }


def upper_bound(hits: int, n: int, *, miss: float = 0.05) -> float:
    """The one-sided 95 % bound of a share (Clopper and Pearson), by bisection."""
    if hits >= n:
        return 1.0
    low, high = hits / n, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        below = sum(comb(n, k) * middle**k * (1 - middle) ** (n - k) for k in range(hits + 1))
        low, high = (middle, high) if below > miss else (low, middle)
    return high


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
