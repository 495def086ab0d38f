"""A whole simulated challenge, killed at every message: the same decisions, byte for byte."""

import json

import pytest

from bench.release_world.clinic import Clinic
from bench.release_world.play import config
from bench.release_world.scenario import Scenario
from deployer_service.decide import Run, answer_line, step

HARD = {"doubled": 0.2, "reordered": 0.3, "corrected": 0.1, "repeats": 0.3, "adopted": 0.5, "look_days": 0.5}
BETTER = Scenario("", effect=0.09, fault=0.18, days=25, budget=60, reading_days=0.2, label_days=0.5, **HARD)
WORSE = Scenario("", effect=-0.08, days=8, **HARD)
UNPAIRED = Scenario("", effect=-0.6, discordant=0.6, days=12, shadow=False, label_days=0.3, **HARD)


def messages_of(scenario, seed):
    """The start, every message of an undisturbed run, and the answers to them."""
    start = {"type": "start", "run": str(seed), "config": config(scenario), "columns": None, "state": None}
    clinic, run = Clinic(scenario, seed), Run(start)
    messages, answers = [start], [json.loads(answer_line(run.begin()))]
    for look in range(1, round(scenario.days / scenario.look_days) + 1):
        now = look * scenario.look_days
        rows = clinic.cases(now, answers[-1]["fraction"])
        told = {"type": "events", "now": now, "predictions": rows, "labels": clinic.labels(now)}
        messages.append(json.loads(json.dumps(told)))
        answers.append(json.loads(answer_line(run.feed(messages[-1]))))
        clinic.read(answers[-1]["adjudicate"], now)
        if answers[-1]["action"] == "promote":
            clinic.break_now(now)
    return messages, [answer_line(answer) for answer in answers]


@pytest.mark.parametrize(
    ("scenario", "actions"),
    [
        (BETTER, {"hold", "advance", "promote", "rollback"}),
        (WORSE, {"hold", "rollback"}),
        (UNPAIRED, {"hold", "rollback"}),
    ],
    ids=["better, then faulty", "worse", "without shadow"],
)
def test_killed_before_and_after_every_message_the_decisions_are_the_same(scenario, actions):
    messages, expected = messages_of(scenario, 3)
    assert {json.loads(line)["action"] for line in expected} >= actions
    state, answers = None, []
    for message in messages:
        start = messages[0] | {"state": state}
        step(start, message)  # this process dies before its answer is acknowledged
        answers.append(answer_line(step(start, message)))
        state = json.loads(answers[-1])["state"]
    assert answers == expected


def test_a_message_that_comes_again_after_its_answer_was_acknowledged_decides_nothing_else():
    messages, expected = messages_of(BETTER, 4)
    run, said = Run(messages[0]), []
    for message in messages[1:]:
        said.append(run.feed(message)["action"])
        assert run.feed(message | {"now": message["now"]})["action"] in {"hold", said[-1]}
    once = [json.loads(line)["action"] for line in expected[1:]]
    assert [action for action in said if action != "hold"] == [action for action in once if action != "hold"]
