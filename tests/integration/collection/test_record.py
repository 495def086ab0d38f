"""A person's record: names, surrogates and the site's words, through real collections."""

import json

from sqlalchemy import select

from shared.domain.deid import DeidPolicy
from shared.domain.policy import Policy
from shared.registry import deid, policies
from shared.registry.tables import DeidReport, PersonWords, Surrogate, ValidatedCase


def texts(deps):
    with deps.sessions() as session:
        rows = session.scalars(select(ValidatedCase).order_by(ValidatedCase.source_record)).all()
        return [deps.vault.open(row.input_sealed, "case").decode() for row in rows]


def test_a_relative_named_once_is_gone_from_later_and_earlier_notes_of_the_person(
    clinic, collect_again, deps
):
    ann, bo = clinic.patient("I-1", "Ann Quillory"), clinic.patient("I-2", "Bo Larkin", blood_type="B+")
    clinic.plan(ann, clinical_notes="cough for a week, femi drives, no fever, sputum yellow.")
    clinic.plan(
        ann, clinical_notes="Seen with husband Femi Adeyosola. Cough with sputum.", end_date="2026-02-20"
    )
    clinic.plan(bo, clinical_notes="Cough and sputum, no consolidation, zorvane tea helped.")
    collect_again()
    clinic.plan(ann, clinical_notes="Cough again; rang adeyosola about it today.", end_date="2026-02-27")
    collect_again()
    whole = " ".join(texts(deps)).lower()
    assert "femi" not in whole and "adeyosola" not in whole
    with deps.sessions() as session:
        kept = session.scalars(select(PersonWords)).all()
        stored = [deps.vault.open(row.sealed, deid.WORDS).decode() for row in kept]
    assert any("adeyosola" in words for words in stored)
    assert not any("quillory" in words for words in stored)  # in his row already
    assert all(b"adeyosola" not in row.sealed for row in kept)


def test_words_follow_persons_that_turn_out_to_be_one(session, vault, now):
    from tests import factories as make

    keeper, other, third = make.a_person(session), make.a_person(session), make.a_person(session)
    deid.keep_words(session, {keeper.id: {"ann"}, other.id: {"bo"}, third.id: {"cy"}}, vault, now=now)
    other.merged_into, third.merged_into = keeper.id, other.id
    session.flush()
    assert deid.words_of(session, {keeper.id}, vault) == {keeper.id: {"ann", "bo", "cy"}}
    deid.keep_words(session, {keeper.id: {"dee", "ann"}}, vault, now=now)
    assert deid.words_of(session, {keeper.id}, vault)[keeper.id] == {"ann", "bo", "cy", "dee"}


def adopt(deps, **rules):
    with deps.sessions.begin() as session:
        wish = Policy(deid=DeidPolicy(**rules))
        policies.adopt(session, wish, reason="test", actor="test", now=deps.clock())


def test_surrogates_are_the_same_in_every_note_of_a_person_and_differ_between_persons(
    clinic, collect_again, deps
):
    adopt(deps, replace="surrogates")
    for number, name in enumerate(("Ann Quillory", "Bo Quillory")):
        patient = clinic.patient(f"I-{number}", name, height_cm=150 + number)
        for day in ("05", "20"):
            note = f"{name} has a cough with sputum since {day} days, no consolidation."
            clinic.plan(
                patient, clinical_notes=note, end_date=f"2026-02-{day} 09:00:00", start_date="2026-02-01"
            )
        collect_again()
    found = [text.split("Notes:")[-1] for text in texts(deps)]
    assert "quillory" not in " ".join(found).lower() and "[NAME]" not in " ".join(found)
    with deps.sessions() as session:
        report = session.scalars(select(DeidReport)).first()
        sealed = session.scalars(select(Surrogate)).all()
    assert (report.policy, report.details["policy"]) == ("safe_harbor+surrogates", {"replace": "surrogates"})
    assert len({row.person_id for row in sealed}) == 2
    assert all(b"uillory" not in row.sealed for row in sealed)


def test_a_report_says_where_and_by_which_rule_and_never_what(clinic, collect_again, deps):
    clinic.plan(
        clinic.patient("I-1", "Ann Quillory"), clinical_notes="Mrs Quillory, the mayor of the town, coughs."
    )
    assert collect_again()["quarantined"] == 1
    with deps.sessions() as session:
        [(case, report)] = deid.held(session, limit=10)
    text = deps.vault.open(case.input_sealed, "case").decode()
    places = {rule: text[start:end] for start, end, rule in report.details["doubts"]}
    assert places["unique_person"].startswith("the mayor of the town")
    assert case.review_reasons[0] == "deid_quarantine"
    assert any(label == "NAME" for _, _, label in report.details["spans"])
    assert "uillory" not in json.dumps(report.details) and "mayor" not in json.dumps(report.details)
    assert len(report.details["run"]) == 16 and str(case.run_id) not in json.dumps(report.details)
