"""`rounds plan` on a site of its own."""

import json


def test_plan_answers_for_people_and_for_scripts(cli):
    code, out, _ = cli("plan", "--cases-per-day", "200", "--json")
    told = json.loads(out)
    assert (code, [one["effect"] for one in told["outlooks"]]) == (0, [-0.05, -0.02, 0.0, 0.02, 0.05])
    assert set(told["outlooks"][0]) >= {"days", "readings", "exposed", "missed"}
    code, out, err = cli("plan", "--cases-per-day", "200", "--readings-per-day", "5")
    assert code == 0
    assert "-5 points" in out
    assert "usual" in err


def test_plan_says_what_it_lacks(cli):
    code, _, err = cli("plan")
    assert code == 2
    assert "cases of a usual day" in err
