"""Collecting: incremental, edited and recalled rows, restarts, broken lines, what is handed in."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from rounds.collecting import collect_here
from shared.domain.cycle import CaseState, RunState
from shared.errors import ForbiddenError, NotFoundError
from shared.registry import cases, labels, leases, runs, sources, validators
from shared.registry.tables import AuditEvent, CollectionRun, DeidReport, Outbox, Source, ValidatedCase
from worker_collection import collect as stage
from worker_collection.mapping import mapping_text, read_mapping
from worker_collection.sources.opening import adapter


def all_cases(deps):
    with deps.sessions() as session:
        return list(
            session.scalars(
                select(ValidatedCase).order_by(ValidatedCase.source_record, ValidatedCase.version)
            )
        )


def test_a_second_run_finds_nothing_and_is_recorded(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    assert collect_again()["collected"] == 1
    again = collect_again()
    assert (again["state"], again["collected"], again["unchanged"]) == ("completed", 0, 1)
    assert len(all_cases(deps)) == 1


def test_only_what_changed_is_read_again(clinic, collect_again):
    patient = clinic.patient("I-1", "Ann Quill")
    clinic.plan(patient, end_date="2025-12-20", start_date="2025-12-01", updated_at="2026-01-19 09:00:00")
    clinic.plan(patient)
    collect_again()
    clinic.plan(
        patient,
        primary_diagnosis="Gout",
        icd_code="M10.9",
        end_date="2026-02-20",
        updated_at="2026-02-20 10:00:00",
    )
    again = collect_again()
    assert (again["collected"], again["unchanged"]) == (
        1,
        1,
    )  # the last row is in the overlap, the first is not


def test_a_dangerous_disease_is_marked_and_the_site_has_the_last_word(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"), primary_diagnosis="Acute appendicitis", icd_code="K35.8")
    clinic.plan(clinic.patient("I-2", "Bo Lark"), primary_diagnosis="Gout", icd_code="M10.9")
    collect_again()
    with deps.sessions.begin() as session:
        assert labels.must_not_miss(session, "diagnosis") == {"Acute appendicitis"}
        by = {"now": deps.clock(), "actor": "ann"}
        labels.mark(session, "diagnosis", "Acute appendicitis", must_not_miss=False, **by)
        labels.mark(session, "diagnosis", "Gout", must_not_miss=True, **by)
        with pytest.raises(NotFoundError):
            labels.mark(session, "diagnosis", "Plague", must_not_miss=True, **by)
    clinic.plan(clinic.patient("I-3", "Cy Moor"), primary_diagnosis="Acute appendicitis", icd_code="K35.8")
    collect_again()
    with deps.sessions() as session:
        assert labels.must_not_miss(session, "diagnosis") == {"Gout"}


def test_an_edited_row_becomes_the_next_version(clinic, collect_again, deps):
    plan = clinic.plan(clinic.patient("I-1", "Ann Quill"))
    collect_again()
    clinic.edit(
        plan, "2026-02-01 08:00:00", clinical_notes="Cough with purulent sputum, coarse crackles at the base."
    )
    collect_again()
    first, second = all_cases(deps)
    assert (first.state, first.superseded_by, second.version) == (CaseState.SUPERSEDED, second.id, 2)
    with deps.sessions() as session:
        moved = session.scalar(
            select(func.count()).where(AuditEvent.act == "move", AuditEvent.subject_id == str(first.id))
        )
    assert moved == 1


def test_a_plan_that_is_discontinued_later_is_recalled_and_may_come_back(clinic, collect_again, deps):
    plan = clinic.plan(clinic.patient("I-1", "Ann Quill"))
    collect_again()
    clinic.edit(plan, "2026-02-01 08:00:00", status="discontinued")
    assert collect_again()["refused"] == {"plan_discontinued": 1}
    assert [case.state for case in all_cases(deps)] == [CaseState.REJECTED]
    clinic.edit(plan, "2026-02-03 08:00:00", status="completed")
    collect_again()
    assert [(case.version, case.state) for case in all_cases(deps)] == [
        (1, CaseState.REJECTED),
        (2, CaseState.VALIDATED),
    ]


def test_a_discharge_summary_written_later_calls_the_label_back(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    collect_again()
    clinic.run(
        "INSERT INTO discharge_summaries VALUES ('Ann Quill', '44', NULL, '2026-01-06', '2026-01-12', "
        "'Gout', '[\"M10.9\"]', '2026-02-02 09:00:00')"
    )
    assert collect_again()["review"] == {"discharge_contradicts": 1}
    assert [case.state for case in all_cases(deps)] == [CaseState.SUPERSEDED, CaseState.NEEDS_REVIEW]


def test_a_follow_up_that_revises_the_diagnosis_asks_for_a_review(clinic, collect_again):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    clinic.run(
        "INSERT INTO follow_ups VALUES (1, '2026-01-12', 'Diagnosis revised: this is gout.', 'changed')"
    )
    assert collect_again()["review"] == {"diagnosis_revised": 1}


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ("1", None),
        ("ORA@clinic.example", None),
        ("ora lindqvist", None),
        ("2", "validator_not_qualified"),
        ("7", "validator_unknown"),
        (None, "validator_unknown"),
    ],
)
def test_a_free_text_signature_is_resolved(clinic, collect_again, signature, reason):
    clinic.plan(clinic.patient("I-1", "Ann Quill"), created_by=signature)
    assert collect_again()["review"] == ({reason: 1} if reason else {})


def test_two_plans_of_one_patient_are_two_cases_of_one_person_unless_they_are_one_episode(
    clinic, collect_again, deps
):
    patient = clinic.patient("I-1", "Ann Quill")
    clinic.plan(patient)
    clinic.plan(
        patient,
        start_date="2026-01-06 09:00:00",
        end_date="2026-01-21 09:00:00",
        clinical_notes="Still coughs, wheeze at night, afebrile.",
    )
    clinic.plan(
        patient,
        start_date="2026-03-01 09:00:00",
        end_date="2026-03-20 09:00:00",
        clinical_notes="New cough since a week, rhonchi both sides.",
    )
    answer = collect_again()
    assert (answer["collected"], answer["duplicates"]) == (2, 1)
    assert len({case.person_id for case in all_cases(deps)}) == 1


def test_one_person_under_two_intakes_is_found_by_all_that_is_known(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    clinic.plan(
        clinic.patient("I-2", "QUILL, Ann", gender="female", age="45"),
        clinical_notes="Dry cough at night, clear chest today.",
        end_date="2026-06-01",
        start_date="2026-05-20",
    )
    clinic.plan(
        clinic.patient("I-3", "Ann Quill", height_cm=150),
        clinical_notes="Hoarse voice, barking cough, mild stridor.",
    )
    collect_again()
    first, second, third = (case.person_id for case in all_cases(deps))
    assert first == second != third


def test_a_second_delivery_does_nothing(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    run_id = collect_again()["run_id"]
    stage.collect_run(runs.UUID(run_id), deps)
    assert len(all_cases(deps)) == 1


def test_a_source_that_is_gone_ends_the_run_with_a_sentence(clinic, collect_again):
    clinic.path.unlink()
    answer = collect_again()
    assert (answer["state"], answer["error"]) == ("failed", "there is no database file at this address")


def test_a_folder_is_read_once_and_a_broken_line_costs_one_line(deps, tmp_path):
    folder = tmp_path / "drop"
    folder.mkdir()
    good = {
        "source_id": "a",
        "person": "p",
        "text": "Painful swollen great toe for three days",
        "diagnosis": "Gout",
    }
    (folder / "one.jsonl").write_text(
        json.dumps(good) + "\n{broken\n" + json.dumps(good | {"source_id": "b", "text": ""}) + "\n"
    )
    (folder / "two.csv").write_text(
        "source_id;person;text;diagnosis\nc;q;Itchy plaques on both elbows since spring;Psoriasis\nd;q\n"
    )
    (folder / "notes.txt").write_text("not a case file")
    with deps.sessions.begin() as session:
        source = sources.add(
            session,
            "drop",
            kind="folder",
            address=str(folder),
            mapping="cases",
            model_type="diagnosis",
            vault=deps.vault,
            now=deps.clock(),
            actor="test",
        )
        first = runs.create(session, source, now=deps.clock(), triggered_by="test").id
    stage.collect_run(first, deps)
    with deps.sessions.begin() as session:
        answer = runs.answer(runs.get(session, first))
        second = runs.create(
            session, session.get_one(Source, source.id), now=deps.clock(), triggered_by="test"
        ).id
    assert answer["pending"] == 2
    assert answer["refused"] == {"broken_line": 2, "no_text": 1}
    stage.collect_run(second, deps)
    with deps.sessions() as session:
        assert runs.answer(runs.get(session, second))["unchanged"] == 0
    assert len(all_cases(deps)) == 2


def test_what_is_handed_in_is_judged_and_lies_nowhere_in_clear(hand_in, deps, now):
    with deps.sessions.begin() as session:
        staff = validators.Staff("Dr. Ora Lindqvist", ("ora",), "doctor", qualified=True, active=True)
        validators.add(session, staff, now=now, actor="test")
    row = {
        "source_id": "e-1",
        "person": "MRN-553311",
        "text": "Marta Quill, 44, has a red hot great toe. Call 415-555-0133.",
        "diagnosis": "Gout",
        "validated_by": "Ora Lindqvist",
        "validated_at": "2026-03-01",
        "confidence": 0.93,
        "known": {"name": "Marta Quill", "mrn": "MRN-553311"},
        "subgroup": {"sex": "F", "age_band": "40-49", "street": "x"},
    }
    answer = hand_in(
        [
            row,
            row | {"source_id": "e-2", "validated_by": None, "person": "q"},
            row | {"source_id": "e-3", "confidence": 93},
        ]
    )
    assert (answer["collected"], answer["pending"]) == (1, 1)
    assert answer["refused"] == {"bad_confidence": 1}
    one = next(case for case in all_cases(deps) if case.source_record == "e-1")
    text = deps.vault.open(one.input_sealed, cases.CASE_PURPOSE).decode()
    assert "Quill" not in text
    assert "0133" not in text
    assert one.subgroup == {"sex": "f", "age_band": "40-49"}
    assert one.confidence == 0.93
    with deps.sessions() as session:
        run = session.scalars(select(CollectionRun)).one()
        assert "sealed" not in run.wish
        assert session.scalars(select(DeidReport.verdict)).all() == ["pass", "pass"]


def test_a_curated_file_keeps_its_words_and_says_so(hand_in, deps):
    rows = [
        {
            "source_id": str(n),
            "person": str(n),
            "text": f"My joints ache since {n} days",
            "diagnosis": "arthritis",
        }
        for n in range(4)
    ]
    assert hand_in([*rows, rows[0] | {"source_id": "again"}], curated=True)["duplicates"] == 1
    assert {(case.diagnosis, case.trust_rule, case.curated) for case in all_cases(deps)} == {
        ("arthritis", "curated", True)
    }


def test_a_wish_leaves_the_watermark_alone_and_a_dry_run_leaves_nothing(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    assert collect_again(dry_run=True)["state"] == "completed"
    assert all_cases(deps) == []
    assert collect_again(start_date="2026-02-01")["collected"] == 0
    assert collect_again(start_date="2026-01-01", end_date="2026-01-31")["collected"] == 1
    with deps.sessions() as session:
        assert session.scalars(select(Source)).one().watermark == {}


def test_a_database_that_can_be_written_is_refused(postgres_server, deps):
    with pytest.raises(ForbiddenError, match="is a superuser"):
        adapter("sql", deps.settings.database, read_mapping(mapping_text("clinic"))).test()


def a_push(number: int, text: str, at: str | None = None) -> dict[str, object]:
    row = {"source_id": f"event-{number}", "person": "P-1", "diagnosis": "Gout", "validated_by": "7"}
    return row | {"text": text} | ({"updated_at": at} if at else {})


def test_what_comes_out_of_order_or_again_changes_nothing(deps, hand_in):
    newer = a_push(1, "Hot swollen great toe, better since yesterday.", "2026-02-02T08:00:00Z")
    older = a_push(1, "Hot swollen great toe for three days now.", "2026-02-01T08:00:00Z")
    hand_in([newer])
    assert hand_in([older])["stale"] == 1
    assert hand_in([newer])["unchanged"] == 1
    assert hand_in([newer | {"updated_at": "2026-02-03T08:00:00Z"}])["unchanged"] == 1
    [case] = all_cases(deps)
    assert deps.vault.open(case.input_sealed, "case").decode() == newer["text"]
    both = [a_push(2, str(one["text"]), str(one["updated_at"])) for one in (newer, older)]
    hand_in(both)
    assert deps.vault.open(all_cases(deps)[-1].input_sealed, "case").decode() == newer["text"]


def test_a_run_reports_how_far_it_came_and_what_is_to_be_done(clinic, collect_again):
    for number in range(3):
        clinic.plan(clinic.patient(f"I-{number}", f"Ann Quill{number}"))
    clinic.plan(clinic.patient("I-9", "Bo Lark"), primary_diagnosis="Glorpitis", icd_code=None)
    answer = collect_again()
    assert (answer["rows"], answer["total"], sum(answer["rules"].values())) == (4, 4, 4)
    assert answer["seconds"] == 0.0  # by the site's clock, which stands still here
    assert answer["next"] == ["1 diagnoses have no label yet: map them in the label space"]
    again = collect_again()
    assert (again["state"], again["rows"], again["next"]) == ("completed", 4, [])


def test_a_limit_is_kept_and_the_rest_comes_with_the_next_run(clinic, collect_again, deps):
    for number in range(9):
        clinic.plan(clinic.patient(f"I-{number}", f"Ann Quill{number}"))
    assert collect_again(limit=4)["collected"] == 4
    assert len(all_cases(deps)) == 4
    assert collect_again()["collected"] == 5


def test_rows_without_a_time_and_of_the_future_hide_no_other(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"), updated_at="2031-01-01 00:00:00")
    clinic.plan(clinic.patient("I-2", "Bo Lark"), updated_at=None, created_at=None)
    assert collect_again()["collected"] == 2
    clinic.plan(clinic.patient("I-3", "Cy Moor"), updated_at="2026-03-04T09:14:30")
    clinic.run(
        "UPDATE treatment_plans SET clinical_notes = 'Coughs at night, wheeze on both sides.' WHERE id = 2"
    )
    assert collect_again()["collected"] == 2
    assert [case.version for case in all_cases(deps)] == [1, 1, 2, 1]


def test_while_a_run_of_a_source_is_held_another_one_waits(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    collect_again()
    with deps.sessions.begin() as session:
        source = session.scalars(select(Source)).one()
        first, second = (
            runs.create(session, source, now=deps.clock(), triggered_by="test", wish=wish).id
            for wish in ({}, {"min_confidence": 0.9})
        )
        lease = leases.claim(session, CollectionRun, first, worker="other", now=deps.clock())
    stage.collect_run(second, deps)
    with deps.sessions.begin() as session:
        assert runs.get(session, second).state is RunState.QUEUED
        leases.release(session, lease, now=deps.clock(), why="test")
    stage.collect_run(first, deps)
    with deps.sessions() as session:
        assert session.scalars(select(Outbox.subject).order_by(Outbox.id.desc())).first() == second
    stage.collect_run(second, deps)
    with deps.sessions() as session:
        assert runs.get(session, second).state is RunState.COMPLETED


def test_an_import_goes_on_where_a_killed_one_holds_its_source(deps, clinic, collect_again):
    clinic.plan(clinic.patient("I-1", "Ann Quill"))
    collect_again()
    with deps.sessions.begin() as session:
        source = session.scalars(select(Source)).one()
        dead, mine = (
            runs.create(session, source, now=deps.clock(), triggered_by="test", wish=wish).id
            for wish in ({}, {"min_confidence": 0.9})
        )
        leases.claim(session, CollectionRun, dead, worker="killed", now=deps.clock())
    quick = replace(deps, settings=deps.settings.model_copy(update={"lease_seconds": 0.5}))
    collect_here(mine, quick)
    with deps.sessions() as session:
        assert runs.get(session, mine).state is RunState.COMPLETED
        assert runs.get(session, dead).state is RunState.QUEUED
