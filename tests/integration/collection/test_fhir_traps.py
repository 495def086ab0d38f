"""The two runs of the FHIR trap export against their gold answers."""

import json
import shutil
from collections import defaultdict

import pytest
from sqlalchemy import select

from shared.registry import runs, sources
from shared.registry.tables import SourceRecord, ValidatedCase, Withdrawal
from worker_collection import collect as stage
from worker_collection.mapping import mapping_text

BECOMES = {"validated": "collect", "needs_review": "review", "rejected": "reject"}


@pytest.fixture
def traps(test_data):
    return test_data / "clinic-samples" / "fhir" / "traps"


@pytest.fixture
def gold(traps):
    return json.loads((traps / "gold.json").read_text())


@pytest.fixture
def collect_fhir(deps, tmp_path):
    """Collect the exports that lie in the drop folder; the answer is that of the run."""
    folder = tmp_path / "exports"
    folder.mkdir()

    def collect(*dropped, mapping: str | None = None):
        for export in dropped:
            shutil.copytree(export, folder / export.name, copy_function=shutil.copyfile)
        with deps.sessions.begin() as session:
            known = {source.name: source for source in sources.every(session)}
            source = known.get("hospital") or sources.add(
                session,
                "hospital",
                kind="fhir",
                address=str(folder),
                mapping=mapping or mapping_text("fhir_r4"),
                model_type="diagnosis",
                vault=deps.vault,
                now=deps.clock(),
                actor="test",
            )
            run = runs.create(session, source, now=deps.clock(), triggered_by="test")
        stage.collect_run(run.id, deps)
        with deps.sessions() as session:
            return runs.answer(runs.get(session, run.id))

    return collect


def became(deps):
    """For each resource what became of it, and why."""
    with deps.sessions() as session:
        records = session.scalars(select(SourceRecord)).all()
        states = {case.id: case.state.value for case in session.scalars(select(ValidatedCase))}
    return {
        record.natural_key.split("/")[1]: (BECOMES.get(states.get(record.case_id), "reject"), record.reason)
        for record in records
    }


def current(deps):
    """The case of each resource that stands last."""
    with deps.sessions() as session:
        cases = session.scalars(select(ValidatedCase).order_by(ValidatedCase.version)).all()
    return {case.source_record.split("/")[1]: case for case in cases}


def expected(entry):
    return entry.get("condition") or entry["report"]


SAME_REASON = {
    "newest_version_says_entered_in_error": "entered_in_error",
    "consent_refused": "consent_withdrawn",
}


def test_the_first_run_is_what_the_gold_answers_say(deps, traps, gold, collect_fhir):
    answer = collect_fhir(traps / "run1")
    found = became(deps)
    wrong = {
        expected(entry): (entry["reason"], found.get(expected(entry)))
        for entry in gold["run1"]
        if found.get(expected(entry), ("none",))[0] != entry["expect"]
    }
    assert wrong == {}
    for entry in gold["run1"]:
        if entry["expect"] != "collect":
            reason = entry["reason"].replace("-", "_")
            assert found[expected(entry)][1] == SAME_REASON.get(reason, reason)
    assert answer["refused"]["broken_line"] == gold["broken_lines"]
    assert answer["collected"] == sum(entry["expect"] == "collect" for entry in gold["run1"])
    assert sum(answer["review"].values()) == sum(entry["expect"] == "review" for entry in gold["run1"])


def test_persons_are_linked_by_number_and_link_and_by_nothing_less(deps, traps, gold, collect_fhir):
    collect_fhir(traps / "run1")
    cases = current(deps)
    persons = defaultdict(set)
    for entry in gold["run1"]:
        if expected(entry) in cases:
            persons[entry["patient"]].add(cases[expected(entry)].person_id)
    groups = gold["same_person_groups"]
    for group in groups:
        assert len({person for patient in group for person in persons[patient]}) == 1, group
    alone = [persons[patient] for patient in persons if not any(patient in group for group in groups)]
    assert len({next(iter(one)) for one in alone}) == len(alone)


def test_the_second_run_deletes_takes_back_and_amends(deps, traps, gold, collect_fhir):
    collect_fhir(traps / "run1")
    answer = collect_fhir(traps / "run2")
    told, cases = gold["run2"], current(deps)
    assert answer["collected"] == 1
    assert answer["deleted"] >= 1
    assert cases[told["deleted"]].state == "withdrawn"
    assert cases[told["entered_in_error"]].state == "rejected"
    assert cases[told["consent_withdrawn"]].state == "withdrawn"
    amended = cases[told["amended"]["condition"]]
    same_code = {
        expected(one): one["code"] for one in gold["run1"] if "code" in one and one["expect"] == "collect"
    }
    labels = {cases[key].diagnosis for key, code in same_code.items() if code == told["amended"]["new_code"]}
    assert (amended.state, amended.version, {amended.diagnosis}) == ("validated", 2, labels)
    assert labels == {"Pneumonia"}
    standing = {key for key, case in cases.items() if case.state == "validated"}
    before = {expected(entry) for entry in gold["run1"] if entry["expect"] == "collect"}
    assert before - standing == {told["deleted"], told["entered_in_error"], told["consent_withdrawn"]}
    with deps.sessions() as session:
        causes = sorted(session.scalars(select(Withdrawal.cause)))
    assert causes == [
        "consent_refused_at_source",
        "consent_refused_at_source",
        "deleted_at_source",
        "entered_in_error",
    ]


def test_both_exports_at_once_end_where_the_two_runs_end(deps, traps, gold, collect_fhir):
    collect_fhir(traps / "run1", traps / "run2")
    told, cases = gold["run2"], current(deps)
    assert told["deleted"] not in cases
    assert told["entered_in_error"] not in cases
    assert told["consent_withdrawn"] not in cases
    assert cases[told["amended"]["condition"]].diagnosis == "Pneumonia"


def test_the_note_is_the_input_without_its_assessment_and_its_patient(deps, traps, collect_fhir):
    collect_fhir(traps / "run1")
    case = current(deps)["cond-31-058"]
    text = deps.vault.open(case.input_sealed, "case").decode()
    assert "fever and cough" in text
    for word in ("Pneumonia", "Assessment", "Ada", "Moreno", "wrong patient"):
        assert word not in text
