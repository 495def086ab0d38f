"""Sealing: who is a member, on which side, with which weight; what happens when consent is taken back."""

import json

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from shared.domain import merkle
from shared.domain.bells import TaskName
from shared.domain.cycle import CaseState, JobState
from shared.errors import NotFoundError
from shared.exports import text as text_export
from shared.exports.text import SPLITS
from shared.registry import datasets, diffs, jobs, withdrawals
from shared.registry.job_door import JobWish
from shared.registry.tables import (
    DatasetMember,
    DatasetVersion,
    Outbox,
    Person,
    QualityReport,
    ValidatedCase,
    Withdrawal,
)
from tests import factories as make
from worker_collection import dataset
from worker_collection.withdraw import withdraw

SYMPTOMS = {
    "gout": "Painful swollen great toe",
    "migraine": "Throbbing headache on one side",
    "psoriasis": "Itchy silver plaques",
}


@pytest.fixture
def many(hand_in):
    """120 curated cases of 60 persons."""
    kinds = sorted(SYMPTOMS)
    rows = [
        {
            "source_id": f"c-{n}",
            "person": f"p-{n // 2}",
            "text": f"{SYMPTOMS[kinds[n % 3]]} since {n} days",
            "diagnosis": kinds[n % 3],
        }
        for n in range(120)
    ]
    assert hand_in(rows, curated=True)["collected"] == 120
    return rows


def version_of(deps, **changes):
    version_id = dataset.seal("diagnosis", deps, actor="test", **changes)
    with deps.sessions() as session:
        return session.get_one(DatasetVersion, version_id)


def test_a_version_is_split_by_person_and_its_manifest_proves_it(many, deps):
    version = version_of(deps)
    lines = deps.storage.get(version.manifest_key).decode().splitlines()
    assert version.name == "diagnosis-data-1"
    assert merkle.root(lines) == version.sha256
    assert version.preprocessing["text"]["label_mask"] == "[DIAGNOSIS]"
    assert {"window", "normalisation"} <= version.preprocessing["text"].keys()
    assert version.counts["training"] + version.counts["evaluation"] == len(lines) == 120
    sides = {}
    for line in map(json.loads, lines):
        assert sides.setdefault(line["person_id"], line["split"]) == line["split"]
    with deps.sessions() as session:
        assert dict(session.execute(select(Person.id, Person.split)).all()) == {
            key: sides[str(key)] for key in session.scalars(select(Person.id))
        }
        assert datasets.gate_set(session, version.id) is not None


def test_unchanged_cases_give_the_version_that_stands_and_new_ones_the_next(many, hand_in, deps):
    first = version_of(deps)
    assert version_of(deps).id == first.id
    hand_in(
        [
            many[0]
            | {"source_id": "c-new", "person": "p-new", "text": "Sudden pain in the left great toe at night"}
        ],
        curated=True,
    )
    second = version_of(deps)
    assert (second.number, second.parent_id) == (2, first.id)
    with deps.sessions() as session:
        found = diffs.diff(session, first, second)
    assert (found["added"], found["removed"], found["relabelled"], found["label_shift"]) == (
        1,
        {},
        0,
        {"gout": 1},
    )


def test_examples_open_the_sealed_texts_and_an_export_holds_the_same(many, deps):
    version = version_of(deps)
    with deps.sessions() as session:
        examples = datasets.examples(session, version.id, "training", vault=deps.vault)
        exported = [
            json.loads(line)
            for line in text_export.lines(session, version, SPLITS, file_format="jsonl", vault=deps.vault)
        ]
    assert [one.case_id for one in examples] == sorted(one.case_id for one in examples)
    assert len(examples) == version.counts["training"]
    assert {one.text for one in examples} <= {row["text"] for row in many}
    assert {
        (line["source_id"], line["text"], line["diagnosis"])
        for line in exported
        if line["split"] == "training"
    } == {(str(one.case_id), one.text, one.label) for one in examples}


def test_a_label_that_cannot_be_learnt_waits(many, hand_in, deps):
    hand_in(
        [
            {
                "source_id": "rare",
                "person": "p-rare",
                "text": "Blue sclera and brittle bones since birth",
                "diagnosis": "rare",
            }
        ],
        curated=True,
    )
    version = version_of(deps)
    assert version.counts["left_out"] == {"rare": 1}
    assert "rare" not in version.counts["labels"]


def test_too_few_cases_are_an_error_that_says_how_many(many, deps):
    with pytest.raises(dataset.TooFewCasesError) as error:
        dataset.seal("diagnosis", deps, actor="test", needed=500)
    assert (error.value.needed, error.value.got > 50) == (500, True)


def test_one_clinician_weighs_no_more_than_the_policy_allows(clinic, collect_again, deps):
    for number in range(3, 10):
        clinic.run(
            "INSERT INTO users VALUES (?, ?, ?, 'DOCTOR', 'L', 1)",
            number,
            f"d{number}@x",
            f"Dr. Unique{chr(64 + number)} Name{chr(64 + number)}",
        )
    for number in range(80):
        patient = clinic.patient(
            f"I-{number}", f"Person{chr(65 + number % 26)} Number{number}", height_cm=100 + number
        )
        signer = 1 if number < 50 else 3 + number % 7
        clinic.plan(
            patient,
            created_by=str(signer),
            clinical_notes=f"Cough since {number} days, wheeze on both sides.",
        )
    assert collect_again()["collected"] == 80
    version = version_of(deps)
    with deps.sessions() as session:
        weights = session.execute(
            text(
                "SELECT c.validated_by, sum(m.weight) FROM dataset_members m JOIN validated_cases c ON "
                "c.id = m.case_id "
                "WHERE m.split = 'training' AND m.dataset_version_id = :v GROUP BY 1"
            ),
            {"v": version.id},
        ).all()
    sums = [float(total) for _, total in weights]
    assert max(sums) / sum(sums) == pytest.approx(0.2, abs=0.01)


def test_a_withdrawal_reaches_every_set_and_the_next_one_is_without_it(many, hand_in, deps):
    first = version_of(deps)
    row = withdraw("p-7", deps, cause="consent taken back", actor="test")
    assert row.reached == {"cases": 2, "datasets": [first.name], "jobs": [], "models": []}
    second = version_of(deps)
    with deps.sessions() as session:
        gone = set(
            session.scalars(select(ValidatedCase.id).where(ValidatedCase.state == CaseState.WITHDRAWN))
        )
        members = set(
            session.scalars(
                select(DatasetMember.case_id).where(DatasetMember.dataset_version_id == second.id)
            )
        )
    assert len(gone) == 2
    assert not gone & members
    again = hand_in([many[0] | {"source_id": "c-again", "person": "p-7"}], curated=True)
    assert again["refused"] == {"consent_withdrawn": 1}
    with pytest.raises(NotFoundError):
        withdraw("nobody", deps, cause="x", actor="test")


def test_the_database_refuses_a_member_on_the_wrong_side(many, deps):
    with deps.sessions() as session, pytest.raises(DatabaseError, match="is on the"):
        version = make.a_dataset(session)
        case = session.scalars(select(ValidatedCase)).first()
        side = session.get_one(Person, case.person_id).split
        other = {"training": "evaluation", "evaluation": "training"}[side]
        session.execute(
            text("INSERT INTO dataset_members VALUES (:v, :c, :p, :s, 'x', 1, 'h')"),
            {"v": version.id, "c": case.id, "p": case.person_id, "s": other},
        )


def test_a_job_gets_its_dataset_once_and_its_training_is_rung(many, deps, now):
    with deps.sessions.begin() as session:
        job_id = jobs.create(session, JobWish(model_type="diagnosis"), now=now, actor="test").id
        session.execute(text("DELETE FROM outbox"))
    dataset.seal_for_job(job_id, deps)
    dataset.seal_for_job(job_id, deps)
    with deps.sessions() as session:
        job = jobs.get(session, job_id)
        version = session.get_one(DatasetVersion, job.dataset_version_id)
        assert job.dataset_size == version.counts["training"]
        assert session.scalars(select(Outbox.task)).all() == [TaskName.RUN_JOB.value]


def test_a_job_without_enough_cases_fails_with_the_reason(deps, now):
    with deps.sessions.begin() as session:
        job_id = jobs.create(session, JobWish(model_type="diagnosis"), now=now, actor="test").id
    dataset.seal_for_job(job_id, deps)
    with deps.sessions() as session:
        job = jobs.get(session, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "too_few_cases")


def test_a_label_that_its_source_corrects_is_told_to_what_learnt_the_wrong_one(many, hand_in, deps):
    first = version_of(deps)
    assert hand_in([many[0] | {"diagnosis": "migraine"}], curated=True)["collected"] == 1
    second = version_of(deps)
    with deps.sessions() as session:
        row = session.scalars(select(Withdrawal)).one()
        found = diffs.diff(session, first, second)
    assert (row.cause, row.reached["datasets"]) == (withdrawals.CORRECTED, [first.name])
    assert found["relabels"] == [{"from": "gout", "to": "migraine", "n": 1}]


def test_near_duplicates_weigh_together_what_one_case_does(hand_in, deps):
    rows = [
        {
            "source_id": f"c-{n}",
            "person": f"p-{n}",
            "text": f"{SYMPTOMS['gout']} {n} days",
            "diagnosis": "gout",
        }
        for n in range(40)
    ]
    hand_in(rows, curated=True)
    with deps.sessions.begin() as session:
        session.execute(text("UPDATE validated_cases SET curated = false"))
        trained = session.scalars(
            select(ValidatedCase.id)
            .join(Person, Person.id == ValidatedCase.person_id)
            .where(Person.split == "training")
        ).all()
        alike = trained[:4]
        session.execute(
            update(QualityReport).where(QualityReport.case_id.in_(alike)).values(cluster=alike[0])
        )
        session.execute(update(QualityReport).where(QualityReport.case_id.not_in(alike)).values(cluster=None))
    version = version_of(deps)
    with deps.sessions() as session:
        held = {one.case_id: one for one in datasets.members(session, version.id)}
    assert {held[one].weight for one in alike} == {0.25}
    assert {one.weight for key, one in held.items() if key not in alike} == {1.0}
    assert version.counts["duplicates"] == {"clusters": 1, "cases": 4, "largest": 4}


def test_replay_draws_old_cases_of_every_label_beside_the_fresh_ones(many, hand_in, deps):
    first = version_of(deps)
    fresh = [
        many[n]
        | {"source_id": f"n-{n}", "person": f"n-{n}", "text": f"Another complaint, number {n} of many"}
        for n in range(60)
    ]
    hand_in(fresh, curated=True)
    second = version_of(deps)
    with deps.sessions() as session:
        before = {one.case_id for one in datasets.members(session, first.id)}
        held = datasets.members(session, second.id)
        read = datasets.examples(session, second.id, "training", vault=deps.vault, purpose="increment")
    replayed = {one.case_id for one in held if one.replay}
    new = {one.case_id for one in held if one.split == "training"} - before
    assert replayed and replayed <= before
    assert len(replayed) == second.counts["replay"] == second.preprocessing["replay"]["cases"]
    assert {one.label for one in held if one.replay} == set(SYMPTOMS)
    assert {one.case_id for one in read} == replayed | new
    assert not any(one.replay for one in held if one.split == "evaluation")


def test_labels_with_odd_signs_are_sealed_as_they_are(hand_in, deps):
    names = ["50% burns", "O'Neil's :sign", 'the "other" {label}', "tab\\there"]
    rows = [
        {
            "source_id": f"c-{n}",
            "person": f"p-{n}",
            "text": f"Complaint number {n} of this man",
            "diagnosis": names[n % 4],
        }
        for n in range(40)
    ]
    hand_in(rows, curated=True)
    version_of(deps)
    hand_in(
        [row | {"source_id": f"d-{row['source_id']}", "text": f"{row['text']} again"} for row in rows],
        curated=True,
    )
    assert set(version_of(deps).counts["labels"]) == set(names)
