"""FHIR exports in a folder: every way a resource is written and pointed to, deltas, deletions, kills."""

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import select

from shared.registry.tables import Consent, Source, SourceRecord, ValidatedCase, Validator
from tests.integration.collection import fhir_data as fhir
from worker_collection.mapping import mapping_text, read_mapping
from worker_collection.sources.fhir.notes import without_conclusion
from worker_collection.sources.fhir.shelf import Shelf
from worker_collection.sources.fhir.source import fhir_source

MAPPING = mapping_text("fhir_r4")
STORY = "HPI: She has had a hot swollen toe for three days.\nAssessment: Gout (disorder)\nPlan: colchicine"


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


@pytest.fixture
def collect(exports, collect_source):
    """Drop an export of these resources and collect the folder."""
    dropped = iter(range(100))

    def run(*resources, name: str = "all.ndjson", mapping: str = MAPPING, **wish):
        if resources:
            export = exports / f"{next(dropped):03}"
            export.mkdir()
            (export / name).write_text("".join(f"{json.dumps(one)}\n" for one in resources))
        return collect_source("fhir", str(exports), mapping, **wish)

    return run


def cases(deps) -> dict[str, ValidatedCase]:
    with deps.sessions() as session:
        found = session.scalars(select(ValidatedCase).order_by(ValidatedCase.version)).all()
    return {case.source_record: case for case in found}


def reasons(deps) -> dict[str, str | None]:
    with deps.sessions() as session:
        return {row.natural_key: row.reason for row in session.scalars(select(SourceRecord))}


def text_of(deps, key: str) -> str:
    return deps.vault.open(cases(deps)[key].input_sealed, "case").decode()


def basis(n: int = 1):
    return fhir.DOCTOR, fhir.patient(n), fhir.encounter(n)


def test_notes_make_the_input_and_every_kind_of_bad_note_is_left_out(deps, collect):
    replaced = fhir.note(9, "Written by mistake into the wrong chart, and replaced.", id="first")
    collect(
        *basis(),
        fhir.condition(1),
        fhir.note(
            1, STORY, relatesTo=[{"code": "replaces", "target": {"reference": "DocumentReference/first"}}]
        ),
        replaced | {key: fhir.note(1, "")[key] for key in ("subject", "context")},
        fhir.note(1, "Not hers at all.", id="wrong", status="entered-in-error"),
        fhir.note(1, "A draft in error.", id="draft", docStatus="entered-in-error"),
    )
    assert text_of(deps, "Condition/cond-0001") == "HPI: She has had a hot swollen toe for three days."


def test_html_is_read_and_what_cannot_be_read_is_looked_at(deps, collect):
    page = "<head><style>p {}</style></head><body><p>Hot swollen toe &amp; fever</p><p>today</p></body>"
    as_html = fhir.note(1, page)
    as_html["content"][0]["attachment"]["contentType"] = "text/html"
    broken = fhir.note(2, "")
    broken["content"][0]["attachment"]["data"] = "not base64!"
    collect(*basis(1), *basis(2)[1:], fhir.condition(1), fhir.condition(2), as_html, broken)
    assert "Hot swollen toe & fever" in text_of(deps, "Condition/cond-0001")
    assert reasons(deps)["Condition/cond-0002"] == "note_unreadable"


def test_a_note_without_an_encounter_belongs_to_its_day(deps, collect):
    loose = fhir.note(1, STORY, date="2026-01-30T08:30:00Z", context={})
    other = fhir.note(1, "An old cough, long gone.", id="old", date="2019-01-30T08:30:00Z", context={})
    collect(*basis(), fhir.condition(1), loose, other)
    assert "swollen toe" in text_of(deps, "Condition/cond-0001")
    assert "cough" not in text_of(deps, "Condition/cond-0001")


def test_without_a_note_the_measurements_are_the_input(deps, collect):
    measured = {
        "resourceType": "Observation",
        "id": "temp",
        "status": "final",
        "code": {"text": "Body temperature"},
        "subject": {"reference": "Patient/patient-0001"},
        "encounter": {"reference": "Encounter/visit-0001"},
        "valueQuantity": {"value": 39.24, "unit": "Cel"},
    }
    collect(*basis(), fhir.condition(1), measured)
    text = text_of(deps, "Condition/cond-0001")
    assert "Female patient" in text
    assert "Body temperature: 39.2 Cel" in text


@pytest.mark.parametrize("packed", [False, True])
def test_a_transaction_bundle_points_by_urn_and_contains_its_practitioner(deps, exports, collect, packed):
    who = {"resourceType": "Practitioner", "id": "p", "name": [{"text": "Dr. Ines Ferreira"}]}
    who |= {"qualification": [{"code": {"coding": [{"code": "MD"}]}}]}
    entries = []
    for kind, whole in (
        ("Patient", fhir.patient(1)),
        ("Encounter", fhir.encounter(1)),
        ("Condition", fhir.condition(1)),
    ):
        changes = {
            "subject": {"reference": "urn:uuid:Patient"},
            "encounter": {"reference": "urn:uuid:Encounter"},
        }
        whole |= {key: value for key, value in changes.items() if key in whole}
        if kind == "Condition":
            whole |= {"contained": [who], "asserter": {"reference": "#p"}}
            del whole["id"]  # the server would give it one
        entries.append(
            {"fullUrl": f"urn:uuid:{kind}", "resource": whole, "request": {"method": "POST", "url": kind}}
        )
    raw = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
    path = exports / ("bundle.json.gz" if packed else "bundle.json")
    path.write_bytes(gzip.compress(raw) if packed else raw)
    answer = collect()
    assert (answer["collected"], answer["review"], answer["refused"]) == (1, {}, {})
    assert "Condition/Condition" in cases(deps)


def test_references_by_urn_history_url_and_role_are_one(deps, collect):
    role = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": "https://hospital.test/fhir/Practitioner/doc-1/_history/3"},
    }
    pointing = {
        "subject": {"reference": "urn:uuid:patient-0001"},
        "encounter": {"reference": "https://hospital.test/fhir/Encounter/visit-0001"},
        "asserter": {"reference": "PractitionerRole/r1"},
    }
    idle = role | {"id": "r2", "active": False}
    collect(*basis(), role, idle, fhir.condition(1, **pointing),
            fhir.condition(2, **pointing | {"asserter": {"reference": "PractitionerRole/r2"}}))  # fmt: skip
    assert cases(deps)["Condition/cond-0001"].state == "validated"
    assert reasons(deps)["Condition/cond-0002"] == "asserter_inactive"


def test_a_nurse_an_expired_licence_and_one_without_any_do_not_diagnose(deps, collect):
    people = [
        fhir.DOCTOR | {"id": "nurse", "qualification": [{"code": {"text": "Registered nurse"}}]},
        fhir.DOCTOR
        | {"id": "old", "qualification": [{"code": {"text": "MD"}, "period": {"end": "2020-01-01"}}]},
        fhir.DOCTOR | {"id": "np", "qualification": [{"code": {"text": "Nurse practitioner"}}]},
    ]
    asserted = [
        fhir.condition(1, id=one["id"], asserter={"reference": f"Practitioner/{one['id']}"}) for one in people
    ]
    collect(*basis(), *people, *asserted)
    found = reasons(deps)
    assert found["Condition/nurse"] == found["Condition/old"] == "asserter_without_qualification"
    assert found["Condition/np"] is None


def test_the_site_may_let_the_encounters_participant_stand_behind_it(deps, collect):
    seen = fhir.encounter(1, participant=[{"individual": {"reference": "Practitioner/doc-1"}}])
    unsigned = fhir.condition(1)
    del unsigned["asserter"]
    mapping = MAPPING.replace('asserter = "own"', 'asserter = "encounter_participant"')
    collect(fhir.DOCTOR, fhir.patient(1), seen, unsigned, mapping=mapping)
    assert cases(deps)["Condition/cond-0001"].trust_rule == "encounter_participant_asserts"


def test_words_and_code_that_name_two_diseases_are_looked_at(deps, collect):
    both = fhir.condition(2)
    both["code"] = both["code"] | {"text": "Asthma"}
    collect(*basis(1), *basis(2)[1:], fhir.condition(1, "Asthma (disorder)", "195967001"), both)
    collect(fhir.patient(3), fhir.encounter(3), fhir.condition(3))
    assert reasons(deps)["Condition/cond-0002"] == "code_text_conflict"


def test_an_encounter_that_finishes_later_lets_its_diagnosis_in(deps, collect):
    collect(fhir.DOCTOR, fhir.patient(1), fhir.encounter(1, status="in-progress"), fhir.condition(1))
    assert reasons(deps)["Condition/cond-0001"] == "encounter_not_finished"
    collect(fhir.encounter(1, meta=fhir.meta(2)))
    assert cases(deps)["Condition/cond-0001"].state == "validated"


def test_a_deleted_patient_leaves_and_so_does_a_deleted_note(deps, exports, collect):
    collect(*basis(1), *basis(2)[1:], fhir.condition(1), fhir.condition(2), fhir.note(2, STORY))
    gone = [
        {"request": {"method": "DELETE", "url": url}}
        for url in ("Patient/patient-0001", "DocumentReference/note-0002")
    ]
    (exports / "deleted").mkdir()
    (exports / "deleted" / "gone.ndjson").write_text(json.dumps({"resourceType": "Bundle", "entry": gone}))
    answer = collect()
    assert answer["deleted"] == 1
    assert cases(deps)["Condition/cond-0001"].state == "withdrawn"
    assert "swollen toe" not in text_of(deps, "Condition/cond-0002")
    assert collect()["deleted"] == 0


def test_a_deleted_diagnosis_comes_back_with_a_later_version_only(deps, exports, collect):
    collect(*basis(), fhir.condition(1))
    collect(
        {"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": "Condition/cond-0001"}}]}
    )
    assert cases(deps)["Condition/cond-0001"].state == "withdrawn"
    assert collect(fhir.condition(1), fhir.patient(7))["collected"] == 0
    assert collect(fhir.condition(1, meta=fhir.meta(3)))["collected"] == 1


def test_consent_that_is_refused_ends_a_persons_cases_and_can_be_given_again(deps, collect):
    said = {
        "resourceType": "Consent",
        "id": "c",
        "meta": fhir.meta(),
        "status": "active",
        "scope": {"coding": [{"code": "research"}]},
        "patient": {"reference": "Patient/patient-0001"},
        "dateTime": "2026-02-01",
        "provision": {"type": "deny"},
    }
    collect(*basis(), fhir.condition(1))
    assert collect(said)["refused"] == {"consent_withdrawn": 1}
    assert cases(deps)["Condition/cond-0001"].state == "withdrawn"
    again = said | {"id": "d", "dateTime": "2026-02-20", "provision": {"type": "permit"}}
    assert collect(again)["collected"] == 1
    with deps.sessions() as session:
        assert session.scalars(select(Consent.state)).all() == ["given"]


def test_consent_to_treatment_says_nothing_of_learning(deps, collect):
    said = {
        "resourceType": "Consent",
        "id": "c",
        "status": "active",
        "scope": {"coding": [{"code": "treatment"}]},
    }
    said |= {"patient": {"reference": "Patient/patient-0001"}, "provision": {"type": "deny"}}
    assert collect(*basis(), fhir.condition(1), said)["collected"] == 1


def test_a_file_that_breaks_off_gives_what_stands_before_the_break(deps, exports, collect):
    lines = "".join(f"{json.dumps(one)}\n" for one in (*basis(), fhir.condition(1)))
    whole = gzip.compress(lines.encode())
    (exports / "Condition.000.ndjson.gz").write_bytes(whole[: len(whole) - 9])
    (exports / "more.ndjson").write_text('{"resourceType": "Condition"}\n[1, 2]\n{"broken": \n')
    answer = collect()
    assert answer["collected"] == 1
    assert answer["refused"] == {
        "broken_file": 1, "resource_without_id": 1, "not_a_resource": 1, "broken_line": 1
    }  # fmt: skip


def test_an_export_whose_files_have_not_all_arrived_waits(deps, exports, collect):
    manifest = {
        "transactionTime": "2026-01-01T00:00:00Z",
        "output": [{"url": "https://x/all.ndjson"}, {"url": "b.ndjson"}],
    }
    (exports / "manifest.json").write_text(json.dumps(manifest))
    (exports / "all.ndjson").write_text("\n".join(json.dumps(one) for one in (*basis(), fhir.condition(1))))
    assert collect()["collected"] == 0
    (exports / "b.ndjson").write_text("")
    assert collect()["collected"] == 1


def test_placeholder_numbers_and_birth_dates_link_nobody_and_names_with_birth_date_do(deps, collect):
    unknown = [{"system": "urn:mrn:test", "value": "UNKNOWN"}, {"system": "urn:mrn:test", "value": "0000000"}]
    same_day = {"birthDate": "1970-05-05", "identifier": unknown}
    twin = fhir.patient(1, **same_day)
    other = fhir.patient(2, name=[{"family": "Sorensen", "given": ["Ida"]}], **same_day)
    people = [twin, other, fhir.patient(3, birthDate="1970-05-05", name=twin["name"])]
    visits = [one for n in (1, 2, 3) for one in (fhir.encounter(n), fhir.condition(n))]
    collect(fhir.DOCTOR, *people, *visits)
    person = {key: case.person_id for key, case in cases(deps).items()}
    assert person["Condition/cond-0001"] == person["Condition/cond-0003"] != person["Condition/cond-0002"]


def test_two_practitioners_of_one_name_are_two(deps, collect):
    retired = fhir.DOCTOR | {"id": "doc-2", "active": False}
    by_two = fhir.condition(2, asserter={"reference": "Practitioner/doc-2"})
    collect(*basis(1), *basis(2)[1:], retired, fhir.condition(1), by_two)
    assert reasons(deps) == {"Condition/cond-0001": None, "Condition/cond-0002": "asserter_inactive"}
    with deps.sessions() as session:
        assert session.scalars(select(Validator.name)).all() == ["Ines Ferreira", "Ines Ferreira (2)"]


@pytest.mark.parametrize("moment", range(1, 12))
def test_reading_goes_on_after_a_kill_at_any_page_with_nothing_left_out(deps, exports, collect, moment):
    collect()  # the source is there, and nothing in it yet
    resources = [one for n in range(8) for one in (fhir.patient(n), fhir.encounter(n), fhir.condition(n))]
    (exports / "all.ndjson").write_text("".join(f"{json.dumps(one)}\n" for one in (fhir.DOCTOR, *resources)))
    with deps.sessions() as session:
        source_id = session.scalars(select(Source.id)).one()

    def pages(mark):
        shelf = Shelf(deps.sessions, deps.vault, source_id)
        return fhir_source(str(exports), read_mapping(MAPPING), shelf=shelf, at=deps.clock()).pages(mark, 3)

    mark, written = {}, []
    for page in islice(pages(mark), moment):  # the next page was being worked on when the kill came
        mark, written = page.watermark, [*written, *page.rows]
    for page in pages(mark):
        mark, written = page.watermark, [*written, *page.rows]
    assert sorted(row["source_id"] for row in written) == [f"Condition/cond-{n:04}" for n in range(8)]
    assert all(row["record"]["patient_known"] and row["record"]["encounter"] == "finished" for row in written)
    assert list(pages(mark)) == []


def test_a_resource_is_kept_sealed_and_under_no_name(deps, collect):
    collect(*basis(), fhir.condition(1), fhir.note(1, STORY))
    with deps.sessions() as session:
        connection = session.connection()
        rows = connection.exec_driver_sql("SELECT r::text FROM source_resources r").scalars().all()
    assert len(rows) == 5
    assert not any(word in row for row in rows for word in ("Quill", "patient-0001", "swollen", "R000001"))


PLAIN = "S: cough\nHer plan is to travel; the assessment of pain was hard."


@pytest.mark.parametrize(
    ("note", "kept"),
    [
        ("HPI: cough.\nAssessment: asthma.\nPlan: inhaler.", "HPI: cough."),
        ("# CC\ncough\n# A/P\n## Plan\nx\n## Labs\ny\n# Allergies\nno", "# CC\ncough\n# Allergies\nno"),
        ("IMPRESSION: PE.\nINDICATION: chest pain", "INDICATION: chest pain"),
        ("Cough for a week. Impression: asthma. Plan: inhaler", "Cough for a week."),
        ("FINDINGS\nA nodule.\n\nIMPRESSION\nCancer.", "FINDINGS\nA nodule."),
        (PLAIN, PLAIN),
        ("A/P: asthma", ""),
        ("Final Diagnosis: gout\nExam: hot toe", "Exam: hot toe"),
    ],
)  # fmt: skip
def test_a_note_loses_its_conclusion_and_nothing_else(note, kept):
    assert without_conclusion(note) == kept
