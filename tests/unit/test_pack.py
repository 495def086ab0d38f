"""The evidence of a period follows from its records alone, and the page tells it part by part."""

import hashlib

import pytest

from shared.domain.envelope import Envelope
from shared.domain.pack import FIELDS, summarise
from shared.domain.pack_page import Section, as_page, columns, outline, spoken, told
from shared.registry.tables import Table

NONE = {name: [] for name in FIELDS}


def a_move(seq, transition, *, version="v2", body=None):
    return {
        "seq": seq,
        "at": f"t{seq}",
        "transition": transition,
        "actor": "rule",
        "model_version_id": version,
        "body": {"reason": f"why {seq}"} if body is None else body,
        "previous_hash": f"h{seq - 1}",
        "hash": f"h{seq}",
    }


def a_gate(version, verdict, *, against=None, rules=()):
    return {
        "model_version_id": version,
        "against_id": against,
        "verdict": verdict,
        "rules": [{"rule": name, "verdict": word} for name, word in rules],
        "created_at": "g",
    }


RECORDS = NONE | {
    "model_versions": [
        {"id": "v1", "name": "diagnosis-1", "tainted": []},
        {"id": "v2", "name": "diagnosis-2", "tainted": ["consent"]},
        {"id": "v0", "name": "diagnosis-0", "tainted": ["consent"]},
    ],
    "policies": [
        {"version": 2, "body": {"envelope": {"imported": False}}, "reason": "stricter"},
        {"version": 1, "body": {}, "reason": "first"},
    ],
    "evidence_records": [
        a_move(4, "gated>live", version="v1"),
        a_move(5, "canary_50>live"),
        a_move(6, "live>rolled_back", body="words of a time before"),
        a_move(7, "trained>rejected", version="gone"),
        a_move(8, "promote>held"),
        a_move(9, "promote>refused"),
    ],
    "dataset_versions": [
        {
            "name": "data-1",
            "sealed_at": "s",
            "counts": {"training": 90, "evaluation": 40, "labels": {"Gout": 5, "Flu": 6}},
            "policy_version": 1,
            "sha256": "abc",
        },
        {"name": "data-2", "sealed_at": "s", "counts": {}, "policy_version": 2, "sha256": "abd"},
    ],
    "training_jobs": [
        {"state": "failed", "error_code": "out_of_memory"},
        {"state": "completed", "error_code": None},
        {"state": "completed", "error_code": None},
    ],
    "gate_decisions": [
        a_gate("v1", "pass", rules=[("size", "pass")]),
        a_gate("v2", "fail", against="v1", rules=[("size", "pass"), ("accuracy", "fail")]),
    ],
    "model_performance": [
        {
            "purpose": "gate",
            "model_version": "diagnosis-2",
            "accuracy": 0.9,
            "intervals": {"accuracy": [0.8, 0.95]},
            "n": 40,
            "created_at": "m",
        },
        {
            "purpose": "live",
            "model_version": "diagnosis-1",
            "accuracy": 0.8,
            "intervals": {},
            "n": 5,
            "created_at": "m",
        },
    ],
    "traffic_plans": [
        {
            "number": 1,
            "model_type": "diagnosis",
            "champion_id": "v1",
            "challenger_id": None,
            "share": 0.0,
            "reason": "first",
            "actor": "ana",
            "effective_at": "e1",
        },
        {
            "number": 2,
            "model_type": "diagnosis",
            "champion_id": "v1",
            "challenger_id": "v2",
            "share": 0.05,
            "reason": "ramp",
            "actor": "rule",
            "effective_at": "e2",
        },
    ],
    "approvals": [
        {"subject_kind": "deployment", "state": "refused"},
        {"subject_kind": "policy", "state": "approved"},
    ],
    "alerts": [{"severity": "warning"}, {"severity": "critical"}, {"severity": "warning"}],
    "withdrawals": [{"id": "w"}],
    "exposures": [
        {"model_version_id": "v2", "answers": 5},
        {"model_version_id": "v1", "answers": 60},
        {"model_version_id": "v1", "answers": 40},
        {"model_version_id": "gone", "answers": 1},
    ],
}


@pytest.fixture
def summary():
    return summarise(RECORDS)


REFUSED_GATE = {
    "kind": "gate",
    "version": "diagnosis-2",
    "against": "diagnosis-1",
    "verdict": "fail",
    "failed": ["accuracy"],
    "at": "g",
}


def told_move(seq, transition, version, reason):
    return {
        "seq": seq,
        "at": f"t{seq}",
        "transition": transition,
        "by": "rule",
        "version": version,
        "reason": reason,
    }


def test_what_is_kept_of_a_record_are_columns_of_its_table():
    columns_of = {name: set(table.columns.keys()) for name, table in Table.metadata.tables.items()}
    for name, kept in FIELDS.items():
        if name != "exposures":  # which are counted, not kept
            assert set(kept) <= columns_of[name], name
    assert FIELDS["exposures"] == ("model_version_id", "day", "slot", "answers")


def test_the_newest_policy_says_what_was_declared(summary):
    assert summary["declared"] == Envelope(imported=False).model_dump()
    assert summarise(NONE)["declared"] == Envelope().model_dump()
    assert summary["policies"] == [{"version": 2, "reason": "stricter"}, {"version": 1, "reason": "first"}]


def test_every_change_is_told_with_its_reason_where_one_was_given(summary):
    assert summary["modifications"] == [
        told_move(4, "gated>live", "diagnosis-1", "why 4"),
        told_move(5, "canary_50>live", "diagnosis-2", "why 5"),
        told_move(6, "live>rolled_back", "diagnosis-2", None),
        told_move(7, "trained>rejected", None, "why 7"),
        told_move(8, "promote>held", "diagnosis-2", "why 8"),
        told_move(9, "promote>refused", "diagnosis-2", "why 9"),
    ]


def test_the_protocol_tells_data_training_evaluation_and_plans(summary):
    protocol = summary["protocol"]
    whole = {
        "version": "data-1",
        "sealed_at": "s",
        "training": 90,
        "evaluation": 40,
        "labels": 2,
        "policy_version": 1,
        "sha256": "abc",
    }
    bare = {
        "version": "data-2",
        "training": 0,
        "evaluation": 0,
        "labels": 0,
        "policy_version": 2,
        "sha256": "abd",
    }
    assert protocol["data_management"] == [whole, whole | bare]
    assert protocol["re_training"] == {
        "jobs": 3,
        "by_state": {"completed": 2, "failed": 1},
        "by_cause_of_failure": {"out_of_memory": 1},
    }
    passed = {"version": "diagnosis-1", "against": None, "verdict": "pass", "failed": []}
    measured = {
        "kind": "gate",
        "version": "diagnosis-2",
        "accuracy": 0.9,
        "interval": [0.8, 0.95],
        "n": 40,
        "at": "m",
    }
    live = {"kind": "live", "version": "diagnosis-1", "accuracy": 0.8, "interval": None, "n": 5}
    assert protocol["performance_evaluation"] == [
        REFUSED_GATE | passed,
        REFUSED_GATE,
        measured,
        measured | live,
    ]
    first = {
        "plan": 1,
        "model_type": "diagnosis",
        "champion": "diagnosis-1",
        "challenger": None,
        "share": 0.0,
        "reason": "first",
        "by": "ana",
        "at": "e1",
    }
    second = {
        "plan": 2,
        "challenger": "diagnosis-2",
        "share": 0.05,
        "reason": "ramp",
        "by": "rule",
        "at": "e2",
    }
    assert protocol["update_procedure"] == [first, first | second]


def test_the_impact_counts_who_was_answered_by_what_and_what_went_wrong(summary):
    assert summary["impact"] == {
        "answers_by_version": {"diagnosis-1": 100, "diagnosis-2": 5, "gone": 1},
        "rollbacks": 1,
        "promotions": 2,
        "alerts_by_severity": {"critical": 1, "warning": 2},
        "withdrawals": 1,
        "tainted_versions": ["diagnosis-0", "diagnosis-2"],
    }


def test_what_was_not_let_in_is_told_by_gate_by_rule_and_by_people(summary):
    assert summary["refusals"] == [
        REFUSED_GATE,
        told_move(7, "trained>rejected", None, "why 7"),
        told_move(8, "promote>held", "diagnosis-2", "why 8"),
        told_move(9, "promote>refused", "diagnosis-2", "why 9"),
        {"subject_kind": "deployment", "state": "refused"},
    ]
    assert summary["approvals"] == RECORDS["approvals"]


def test_the_chain_is_named_by_its_ends(summary):
    assert summary["chain"] == {"records": 6, "first": 4, "last": 9, "previous_hash": "h3", "hash": "h9"}
    assert summarise(NONE)["chain"] == {"records": 0}


def test_the_parts_come_in_the_order_of_a_change_control_plan(summary):
    parts = [(one.title, one.level, one.rows, one.facts) for one in outline(summary)]
    protocol = summary["protocol"]
    assert parts == [
        ("1 Modifications", 2, summary["modifications"], None),
        ("Declared beforehand", 3, None, summary["declared"]),
        ("2 Modification protocol", 2, None, None),
        ("Data management", 3, protocol["data_management"], None),
        ("Re-training", 3, None, protocol["re_training"]),
        ("Performance evaluation", 3, protocol["performance_evaluation"], None),
        ("Update procedure", 3, protocol["update_procedure"], None),
        ("3 Impact", 2, None, summary["impact"]),
        ("4 Approvals", 2, summary["approvals"], None),
        ("5 Policies", 2, summary["policies"], None),
        ("6 Refusals", 2, summary["refusals"], None),
        ("7 Chain", 2, None, summary["chain"]),
    ]
    assert Section("t") == Section("t", "", 2, None, None)


def test_the_page_shows_rows_and_facts_as_tables(summary):
    page = as_page(summary, period=("2026-03-01", "2026-04-01"), site="St. Ann")
    assert page.startswith('<!doctype html>\n<html lang="en"><head>') and page.endswith("</body></html>\n")
    for words in (
        "<title>Evidence of St. Ann, 2026-03-01 to 2026-04-01</title>",
        "<h1>Evidence of St. Ann, 2026-03-01 to 2026-04-01</h1>",
        "<h2>2 Modification protocol</h2><p>How each change was made.</p><h3>Data management</h3><table>",
        '<thead><tr><th scope="col">version</th><th scope="col">sealed at</th>',
        "<tbody><tr><td>data-1</td><td>s</td><td>90</td><td>40</td><td>2</td><td>1</td><td>abc</td></tr><tr>",
        '<h3>Re-training</h3><table><tbody><tr><th scope="row">jobs</th><td>3</td></tr>',
        '<tr><th scope="row">by cause of failure</th><td>out_of_memory: 1</td></tr></tbody></table>',
    ):
        assert words in page, words


def test_nothing_is_told_as_nothing_and_everything_is_escaped(summary):
    page = as_page(summarise(NONE), period=("a", "b"), site="<b>")
    assert page.count("<p>None in this period.</p>") == 7
    assert "<b>" not in page and "&lt;b&gt;" in page
    wild = summary | {"approvals": [{"<i>": "<u>", "x": None}, {"x": "y"}], "chain": {"<i>": "<u>"}}
    page = as_page(wild, period=("a", "b"), site="s")
    assert "<i>" not in page and "<u>" not in page
    assert '<th scope="col">&lt;i&gt;</th><th scope="col">x</th>' in page
    assert "<tr><td>&lt;u&gt;</td><td>–</td></tr><tr><td>–</td><td>y</td></tr>" in page


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        ([], "–"),
        ({}, "–"),
        (0, "0"),
        (False, "False"),
        ("", ""),
        (0.123456, "0.1235"),
        ({"a": 0.5, "b": {"c": None}}, "a: 0.5, b: c: –"),
        ([1, [2.0, None]], "1, 2, –"),
    ],
)
def test_a_value_as_people_read_it(value, words):
    assert told(value) == words


def test_columns_are_all_fields_as_they_are_met():
    assert columns([{"b": 1, "a": 2}, {"c": 3, "b": 4}]) == ["b", "a", "c"]
    assert spoken("by_cause_of_failure") == "by cause of failure"


def test_a_page_of_before_is_written_as_it_was(summary):
    """Who verifies a pack writes its page again and compares: another form would call old packs altered."""
    page = as_page(summary, period=("2026-03-01", "2026-04-01"), site="St. Ann")
    assert hashlib.sha256(page.encode()).hexdigest()[:16] == "b720673152da6cdd"
