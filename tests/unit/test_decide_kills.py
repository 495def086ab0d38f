"""A whole simulated challenge, killed at every message: the same decisions, byte for byte."""

import json

import pytest

from bench.release_world.kills import KILLED, undisturbed
from deployer_service.decide import Run, answer_line, step


@pytest.mark.parametrize(
    ("scenario", "actions"),
    [
        (KILLED[0], {"hold", "advance", "promote", "rollback"}),
        (KILLED[1], {"hold", "rollback"}),
        (KILLED[2], {"hold", "rollback"}),
    ],
    ids=[scenario.name for scenario in KILLED],
)
def test_killed_before_and_after_every_message_the_decisions_are_the_same(scenario, actions):
    messages, expected = undisturbed(scenario, 3)
    assert {json.loads(line)["action"] for line in expected} >= actions
    state, answers = None, []
    for message in messages:
        start = messages[0] | {"state": state}
        step(start, message)  # this process dies before its answer is acknowledged
        answers.append(answer_line(step(start, message)))
        state = json.loads(answers[-1])["state"]
    assert answers == expected


def test_a_message_that_comes_again_after_its_answer_was_acknowledged_decides_nothing_else():
    messages, expected = undisturbed(KILLED[0], 4)
    run, said = Run(messages[0]), []
    for message in messages[1:]:
        said.append(run.feed(message)["action"])
        assert run.feed(message | {"now": message["now"]})["action"] in {"hold", said[-1]}
    once = [json.loads(line)["action"] for line in expected[1:]]
    assert [action for action in said if action != "hold"] == [action for action in once if action != "hold"]
