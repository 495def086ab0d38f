"""What an update changes, case by case, from what the gate kept."""

from uuid import uuid4

import pytest

from tests.factories import a_gate_decision, a_version

CASES = [str(uuid4()) for _ in range(5)]
TRUTH = ["Gout", "Gout", "Migraine", "Migraine", "Sepsis"]


def exam(candidate, champion=None):
    """An exam's record: what the two said of each case, in order."""
    said = {"candidate": candidate, "champion": champion or [None] * len(CASES)}
    shown = {
        side: [{"label": one, "confidence": 0.8} if one else None for one in said[side]] for side in said
    }
    return {
        "cases": [
            {"case_id": case_id, "truth": TRUTH[place], "subgroup": {"site": "north"}}
            | {side: shown[side][place] for side in shown}
            for place, case_id in enumerate(CASES)
        ]
    }


@pytest.fixture
def two(site):
    """A champion, and a candidate that gets one case more right and one less."""
    with site.sessions.begin() as session:
        champion, candidate = a_version(session, gate=None), a_version(session, gate=None)
        kept = exam(
            ["Gout", "Sepsis", "Migraine", "Gout", "Migraine"],
            ["Sepsis", "Gout", "Migraine", "Gout", "Gout"],
        )
        a_gate_decision(session, candidate, against_id=champion.id, inputs=kept)
    return champion, candidate


def asked(site, first, second, **more):
    query = "&".join(f"{name}={value}" for name, value in more.items())
    return site.get(f"/models/compare/answers?version_a={first.name}&version_b={second.name}&{query}")


def test_the_cases_that_get_worse_come_first(site, two):
    found = asked(site, *two).json
    counts = [found[name] for name in ("n", "both_right", "only_a_right", "only_b_right", "neither_right")]
    assert counts == [5, 1, 1, 1, 2] and found["changed"] == 3
    assert [one["better"] for one in found["cases"]] == ["model_a", "model_b", "neither"]
    assert [one["case_id"] for one in found["cases"]] == [CASES[1], CASES[0], CASES[4]]
    first = found["cases"][0]
    assert (first["label_a"], first["label_b"], first["confidence_b"]) == ("Gout", "Sepsis", 0.8)
    assert first["subgroup"] == {"site": "north"}
    groups = [
        (one["attribute"], one["name"], one["n"], one["right_a"], one["right_b"]) for one in found["groups"]
    ]
    assert groups[0] == ("diagnosis", "Gout", 2, 1, 1) and groups[-1] == ("site", "north", 5, 2, 2)
    assert len(asked(site, *two, limit=1).json["cases"]) == 1


def test_asked_the_other_way_round_the_sides_change(site, two):
    found = asked(site, *reversed(two)).json
    assert [one["better"] for one in found["cases"]] == ["model_a", "model_b", "neither"]
    assert found["cases"][0]["case_id"] == CASES[0]


def test_two_that_never_met_are_compared_where_their_exams_share_cases(site, two):
    with site.sessions.begin() as session:
        third = a_version(session, gate=None)
        a_gate_decision(session, third, inputs=exam(["Gout", "Gout", "Migraine", "Migraine", "Sepsis"]))
    found = asked(site, two[1], third).json
    assert (found["n"], found["only_b_right"], found["only_a_right"]) == (5, 3, 0)


def test_versions_without_a_common_case_are_said_to_be_incomparable(site, two):
    with site.sessions.begin() as session:
        other = a_version(session)
    found = asked(site, two[0], other).json
    assert (found["status"], found["n"], found["cases"]) == ("not_comparable", 0, [])


def test_versions_of_two_questions_are_refused(site, two):
    with site.sessions.begin() as session:
        masks = a_version(session, model_type="segmentation", name="segmentation-9")
    answer = asked(site, two[0], masks)
    assert answer.status_code == 422 and "different questions" in answer.json["detail"]
