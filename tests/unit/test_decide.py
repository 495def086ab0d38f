"""The engine as a fold: the same facts give the same decisions however they come."""

import io
import json
import random

import pytest

from deployer_service import run as run_module
from deployer_service.decide import Run, answer_line, serve
from deployer_service.facts import Seen
from deployer_service.run import WANTED
from shared.errors import InvalidInputError

CONFIG = {
    "must_not_miss": ["m"],
    "strata": {"age_band": 2, "sex": 2, "site": 2},
    "adjudication_budget_per_day": 20,
}


def start(**config):
    return {"type": "start", "run": "r", "config": CONFIG | config, "columns": None, "state": None}


def a_case(number, *, champ="a", chall="a", **given):
    t = given.get("t", number / 100)
    patient = given.get("patient", number)
    served = given.get("served", 0)
    return [number, t, served, champ, 0.8, chall, 0.8, number % 2, number % 2, number % 2, patient]


def events(now, predictions=(), labels=(), **given):
    return {
        "type": "events",
        "seq": 1,
        "now": now,
        "predictions": list(predictions),
        "labels": list(labels),
    } | given


def wins(run, count, *, first=0, win=True, now=1.0):
    """Disagreements, read blind, that the challenger got right (or the champion)."""
    ids = range(first, first + count)
    run.feed(events(now, [a_case(n, champ="a", chall="b", t=now) for n in ids]))
    return run.feed(events(now, labels=[[n, now, "b" if win else "a", 1] for n in ids]))


def agreements(run, count, *, first=10_000, now=1.0, label="m"):
    run.feed(events(now, [a_case(first + n, champ=label, chall=label, t=now) for n in range(count)]))


def test_a_superior_challenger_waits_for_must_not_miss_evidence_and_then_goes_on():
    run = Run(start())
    assert wins(run, 20)["action"] == "hold"
    run.feed(events(1.0, [a_case(20_000 + n, champ="m", chall="m", t=1.0) for n in range(100)]))
    answer = wins(run, 1, first=30)
    assert run.stage == "canary"
    assert answer["fraction"] == 0.05


def test_a_harmful_challenger_is_rolled_back_from_the_shadow():
    run = Run(start())
    answer = wins(run, 20, win=False)
    assert (answer["action"], answer["fraction"], answer["shadow"]) == ("rollback", 0.0, False)


def test_labels_that_were_not_blind_decide_nothing():
    run = Run(start())
    agreements(run, 100)
    run.feed(events(1.0, [a_case(n, champ="a", chall="b", t=1.0) for n in range(60)]))
    answer = run.feed(events(1.0, labels=[[n, 1.0, "b", 0] for n in range(60)]))
    assert answer["action"] == "hold"
    assert run.ledger.counts["votes"] == 0


def test_a_patient_votes_once():
    run = Run(start())
    run.feed(events(1.0, [a_case(n, champ="a", chall="b", t=1.0, patient="p") for n in range(50)]))
    run.feed(events(1.0, labels=[[n, 1.0, "a", 1] for n in range(50)]))
    assert run.ledger.counts["votes"] == 1


def to_canary(run):
    agreements(run, 100)
    wins(run, 20)
    assert run.stage == "canary"


def test_each_step_of_the_ramp_needs_its_labelled_cases_and_the_last_one_promotes():
    run = Run(start())
    to_canary(run)
    first, taken = 50_000, []
    for need in (10, 25, 50):
        served = [a_case(first + n, t=2.0, served=1) for n in range(need)]
        run.feed(events(2.0, served))
        early = run.feed(events(2.0, labels=[[first + n, 2.0, "a", 0] for n in range(need - 1)]))
        assert early["action"] == "hold"
        taken.append(run.feed(events(2.0, labels=[[first + need - 1, 2.0, "a", 0]]))["action"])
        first += need
    assert taken == ["advance", "advance", "promote"]


def test_a_held_move_waits_and_is_free_later():
    run = Run(start())
    agreements(run, 100)
    run.feed(events(1.0, [a_case(n, champ="a", chall="b", t=1.0) for n in range(20)], held="advance"))
    answer = run.feed(events(1.0, labels=[[n, 1.0, "b", 1] for n in range(20)], held="advance"))
    assert (answer["action"], answer["state"]["ready"]) == ("hold", "advance")
    assert run.feed(events(1.0))["action"] == "advance"


def test_two_people_take_the_next_step_without_evidence_and_only_that_one():
    run = Run(start())
    agreements(run, 5)
    answer = run.feed(events(1.0, asked="an approval"))
    assert (answer["action"], answer["fraction"], run.why) == ("advance", 0.05, WANTED)
    assert run.feed(events(1.1))["action"] == "hold"


def test_two_people_are_not_heard_while_a_group_may_be_harmed():
    run = Run(start())
    while run.ledger.suspicion() is None:
        wins(run, 1, first=run.ledger.counts["pairs"], win=run.ledger.counts["pairs"] % 2 == 0)
        assert run.stage == "shadow"
    assert run.feed(events(1.0, asked="an approval"))["action"] == "hold"


def test_after_the_promotion_a_fault_is_found_and_rolled_back():
    run = Run(start(ramp=[0.5, 1.0]))
    to_canary(run)
    served = [a_case(50_000 + n, t=2.0, served=1) for n in range(50)]
    answer = run.feed(events(2.0, served, [[50_000 + n, 2.0, "a", 0] for n in range(50)]))
    assert (answer["action"], answer["fraction"]) == ("promote", 1.0)
    answers = [wins(run, 10, first=60_000 + 10 * n, win=False, now=3.0 + n) for n in range(6)]
    assert "rollback" in [answer["action"] for answer in answers]
    assert run.why == "worse than the version it replaced"


def test_readings_are_asked_within_the_budget_with_dangerous_ones_first():
    run = Run(start(adjudication_budget_per_day=5))
    cases = [a_case(n, champ="a", chall="b", t=1.0) for n in range(6)]
    cases += [a_case(100 + n, champ="m", chall="b", t=1.0) for n in range(3)]
    asked = run.feed(events(1.0, cases))["adjudicate"]
    assert len(asked) == 5
    assert asked[:3] == [102, 101, 100]  # the newest first
    assert asked[3:] == sorted(asked[3:], reverse=True)
    assert run.feed(events(1.5))["adjudicate"] == []
    assert len(run.feed(events(2.0))["adjudicate"]) == 4


def test_without_evidence_the_challenge_ends_at_the_horizon_and_claims_no_harm():
    run = Run(start(horizon_days=28))
    run.feed(events(0.0, [a_case(1)]))
    answer = run.feed(events(28.0))
    assert (answer["action"], answer["fraction"], answer["shadow"]) == ("hold", 0.0, False)
    assert run.stage == "over"


def test_a_label_before_its_prediction_counts_when_that_comes():
    run = Run(start())
    run.feed(events(1.0, labels=[[7, 0.9, "b", 1]]))
    run.feed(events(1.1, [a_case(7, champ="a", chall="b", t=0.5)]))
    assert run.ledger.counts["wins"] == 1


def test_an_old_vote_is_forgotten_and_its_word_is_still_no_vote_again(monkeypatch):
    monkeypatch.setattr(run_module, "_VOTES_KEPT", 5)
    run = Run(start())
    wins(run, 4), wins(run, 4, first=10, win=False)
    assert list(run.votes) == ["3", "10", "11", "12", "13"]
    before = run.ledger.dump()
    run.feed(events(1.0, labels=[[0, 1.0, "a", 1], [0, 1.0, "b", 1]]))
    assert run.ledger.dump() == before


def test_a_correction_is_counted_and_changes_nothing():
    run = Run(start())
    wins(run, 1)
    before = run.ledger.superior
    run.feed(events(1.2, labels=[[0, 1.2, "a", 1]]))
    assert (run.ledger.counts["corrections"], run.ledger.superior) == (1, before)


def test_a_group_that_is_harmed_is_a_veto_although_the_whole_is_better():
    run = Run(start())
    run.feed(events(1.0, [a_case(2 * n, champ="a", chall="b", t=1.0) for n in range(60)]))
    run.feed(events(2.0, [a_case(1001 + 2 * n, champ="a", chall="b", t=2.0) for n in range(40)]))
    labels = [[1001 + 2 * n, 3.0, "a", 1] for n in range(40)] + [[2 * n, 3.0, "b", 1] for n in range(60)]
    random.Random(1).shuffle(labels)
    answer = run.feed(events(3.0, labels=labels))
    assert answer["action"] == "rollback"
    assert "=1" in run.why


def test_without_shadow_the_arms_are_compared_by_their_assignment():
    run = Run(start(shadow_allowed=False))
    assert run.begin()["fraction"] == 0.05
    run.feed(events(0.0))
    rng, number = random.Random(2), 0
    for day in range(1, 40):
        rows = []
        for _ in range(200):
            served = rng.random() < 0.05
            row = a_case(number, t=day - 0.5, served=int(served))
            row[3], row[5] = ("a", -1) if not served else (-1, "a" if rng.random() < 0.4 else "b")
            rows.append(row)
            number += 1
        answer = run.feed(events(float(day), rows, [[row[0], day, "a", 0] for row in rows]))
        if answer["action"] == "rollback":
            break
    assert answer["action"] == "rollback"


def story(seed):
    """Messages of one lively run: wins, doubled and reordered facts, early labels, corrections."""
    rng, messages = random.Random(seed), [start()]
    for day in range(1, 12):
        cases, labels = [], []
        for n in range(60):
            number = day * 100 + n
            chall = "b" if rng.random() < 0.3 else "a"
            champ = "m" if rng.random() < 0.2 else "a"
            cases.append(
                a_case(number, champ=champ, chall=chall, t=day + n / 100, served=int(rng.random() < 0.1))
            )
            truth = chall if rng.random() < 0.6 else champ
            labels += [[number, day + n / 100 + 0.3, truth, int(rng.random() < 0.7)]] * (1 + (n % 9 == 0))
        rng.shuffle(labels)
        labels += [[(day + 1) * 100 + n, day + 1.4, "b", 1] for n in range(8)]  # before their predictions
        messages.append(events(day + 1.5, cases + cases[:5], labels))
    return messages


@pytest.mark.parametrize("seed", range(5))
def test_killed_after_every_message_the_engine_says_the_same(seed):
    messages = story(seed)
    whole = Run(messages[0])
    expected = [answer_line(whole.begin())] + [answer_line(whole.feed(message)) for message in messages[1:]]
    state, answers = None, []
    for message in messages:
        run = Run(messages[0] | {"state": state})
        answer = run.begin() if message["type"] == "start" else run.feed(message)
        answers.append(answer_line(answer))
        state = json.loads(answers[-1])["state"]
    assert answers == expected


@pytest.mark.parametrize("seed", range(5))
def test_facts_that_come_twice_change_nothing(seed):
    once, twice = Run(story(seed)[0]), Run(story(seed)[0])
    for message in story(seed)[1:]:
        once.feed(message)
        twice.feed(message)
        doubled = message | {"predictions": message["predictions"][::-1], "labels": message["labels"][::-1]}
        twice.feed(doubled)
    assert (once.stage, once.ledger.superior, once.ledger.dump()["groups"]) == (
        twice.stage,
        twice.ledger.superior,
        twice.ledger.dump()["groups"],
    )


def test_the_standard_input_form_answers_line_by_line():
    messages = [*story(1), {"type": "end"}]
    lines, out = io.StringIO("".join(json.dumps(message) + "\n" for message in messages)), io.StringIO()
    serve(lines, out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(answers) == len(messages) - 1
    assert all(set(answer) == {"action", "fraction", "shadow", "adjudicate", "state"} for answer in answers)


@pytest.mark.parametrize("line", ["{", '{"type": "stop"}', "[]", '{"type": "events", "now": 1}'])
def test_a_line_that_is_no_message_is_refused(line):
    with pytest.raises(InvalidInputError):
        serve(io.StringIO(line + "\n"), io.StringIO())


def test_seen_ids_take_little_space_and_are_exact():
    seen, numbers = Seen(), list(range(3000))
    random.Random(1).shuffle(numbers)
    assert all(seen.add(f"p{number}") for number in numbers)
    assert not any(seen.add(f"p{number}") for number in numbers)
    assert seen.spans == {"p": [[0, 2999]]}
    assert "p3000" not in seen and seen.add("p0007") and seen.add("x") and "x" in seen


def test_where_readers_are_few_the_gate_counts_as_few_agreements_as_disagreements():
    run = Run(start(adjudication_budget_per_day=5))
    run.feed(events(1.0, [a_case(n, champ="a", chall="b", t=1.0) for n in range(60)]))
    before = run.ledger.gate
    rate = min(1.0, 2 * (5 / (len(run.queue.drawn) + len(run.queue.urgent))) ** 2)
    assert rate < 0.5
    run.feed(events(1.0, [a_case(1000 + n, champ="m", chall="m", t=1.0) for n in range(400)]))
    counted = round((run.ledger.gate[0] - before[0]) / (0.1 * 0.1))
    assert 0 < counted < 400 * rate * 1.5


def test_the_gate_counts_a_patient_once():
    run = Run(start())
    run.feed(events(1.0, [a_case(n, champ="m", chall="m", t=1.0, patient="p") for n in range(50)]))
    assert len(run.ledger.gate_patients) == 1
    assert not run.ledger.passes_gate(0)


def test_a_served_case_that_comes_twice_counts_for_the_ramp_once():
    run = Run(start())
    to_canary(run)
    served = a_case(70_000, t=2.0, served=1, champ="a", chall=-1)
    for _ in range(12):
        run.feed(events(2.0, [served], [[70_000, 2.0, "a", 0]]))
    assert (run.stage, run.step, len(run.counted)) == ("canary", 0, 1)


def test_what_was_read_before_the_start_carries_on_into_the_shadow():
    run = Run(start())
    early = [a_case(n, champ="a", chall="b", t=-3.0) for n in range(12)]
    run.feed(events(0.0, early, [[n, -1.0, "b", 1] for n in range(12)]))
    assert (run.ledger.counts["wins"], run.ledger.counts["exposed"], run.begun) == (12, 0, 0.0)
    assert wins(run, 8, first=100)["state"]["counts"]["wins"] == 20
    assert run.ledger.is_superior()
