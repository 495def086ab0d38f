"""What was held back: looked at again by a later engine, answered by a person, never passed by a failure."""

import pytest
from sqlalchemy import select

from shared.domain.cycle import CaseState
from shared.domain.deid import DeidPolicy
from shared.domain.policy import Policy
from shared.errors import InvalidInputError, NotFoundError
from shared.registry import deid, policies
from shared.registry.tables import AuditEvent, DatasetMember, DeidReport, SourceRecord, ValidatedCase
from tests import factories as make
from worker_collection.phi import engine
from worker_collection.quarantine import Marked, NotHeldError, say_harmless, say_identifier
from worker_collection.recheck import recheck

DOUBTED = "Cough with sputum. Patient told us the mayor of the town is upset. No consolidation."


def one_case(deps):
    with deps.sessions() as session:
        rows = session.scalars(select(ValidatedCase).order_by(ValidatedCase.version)).all()
        report = session.get(DeidReport, rows[-1].id)
    return rows[-1], report


def text_of(case, deps):
    return deps.vault.open(case.input_sealed, "case").decode()


@pytest.fixture
def held(clinic, collect_again, deps):
    clinic.plan(clinic.patient("I-1", "Ann Quillory"), clinical_notes=DOUBTED)
    assert collect_again()["quarantined"] == 1
    return one_case(deps)[0]


def test_no_identifier_lets_the_case_on_and_is_written_down(held, deps):
    assert say_harmless(held.id, deps, by="cli:ann") == CaseState.VALIDATED
    case, report = one_case(deps)
    assert (report.verdict, case.is_anonymized, case.review_reasons) == ("pass", True, [])
    with deps.sessions() as session:
        acts = session.scalars(select(AuditEvent).filter_by(act="deidentify")).all()
    assert [(act.actor, act.details) for act in acts] == [("cli:ann", {"answer": "no_identifier"})]
    with pytest.raises(NotHeldError):
        say_harmless(held.id, deps, by="cli:ann")


def test_an_identifier_is_taken_out_of_this_note_and_the_site_remembers_a_place(
    held, clinic, collect_again, deps
):
    text = text_of(held, deps)
    start = text.index("the mayor of the town")
    state = say_identifier(held.id, [Marked(start, start + 21, "ORG")], deps, by="cli:ann")
    case, _ = one_case(deps)
    assert (state, text_of(case, deps).count("[ORG]"), "mayor" in text_of(case, deps)) == (
        "validated",
        1,
        False,
    )
    clinic.plan(clinic.patient("I-2", "Bo Larkin", blood_type="B+"), clinical_notes=DOUBTED)
    assert collect_again()["collected"] == 1
    with deps.sessions() as session:
        texts = [text_of(row, deps) for row in session.scalars(select(ValidatedCase))]
    assert not any("mayor" in text for text in texts)


def test_what_a_dataset_holds_stays_as_it_was_sealed(held, deps):
    with deps.sessions.begin() as session:
        case = session.get_one(ValidatedCase, held.id)
        case.review_reasons, case.state = [], CaseState.VALIDATED
        report = session.get_one(DeidReport, held.id)
        report.verdict = "pass"
        session.flush()
        split = (
            session.connection()
            .exec_driver_sql(f"SELECT split FROM persons WHERE id = '{case.person_id}'")
            .scalar()
        )
        make.a_member(session, make.a_dataset(session), case, split=split)
        before = bytes(case.input_sealed)
    with deps.sessions.begin() as session:
        report = session.get_one(DeidReport, held.id)
        report.engine = "older"
    assert (recheck(deps).held, one_case(deps)[0].state) == (1, CaseState.NEEDS_REVIEW)
    assert say_identifier(held.id, [], deps, by="cli:ann") == CaseState.VALIDATED
    fresh, _ = one_case(deps)
    with deps.sessions() as session:
        sealed = session.get_one(ValidatedCase, held.id)
        [member] = session.scalars(select(DatasetMember))
        record = session.scalars(select(SourceRecord)).one()
    assert (fresh.version, sealed.state, sealed.superseded_by) == (2, CaseState.SUPERSEDED, fresh.id)
    assert (bytes(sealed.input_sealed), member.content_hash) == (before, sealed.content_hash)
    assert record.case_id == fresh.id
    assert "mayor" not in text_of(fresh, deps)


def test_only_stretches_of_the_text_may_be_called_identifiers(held, deps):
    for wrong in (Marked(5, 4), Marked(-1, 3), Marked(0, 10_000), Marked(0, 3, "SECRET")):
        with pytest.raises(InvalidInputError):
            say_identifier(held.id, [wrong], deps, by="cli:ann")
    with pytest.raises(NotFoundError):
        say_harmless(make.uuid4(), deps, by="cli:ann")


def test_what_rules_alone_have_read_is_read_again_once_the_tagger_reads_along(clinic, collect_again, deps):
    def adopt(*, tagger):
        with deps.sessions.begin() as session:
            wish = Policy(deid=DeidPolicy(tagger=tagger))
            policies.adopt(session, wish, reason="test", actor="test", now=deps.clock())

    def engines():
        with deps.sessions() as session:
            return set(session.scalars(select(DeidReport.engine)))

    adopt(tagger=False)
    clinic.plan(
        clinic.patient("I-1", "Ann Quillory"), clinical_notes="Cough with sputum, no consolidation seen."
    )
    collect_again()
    assert engines() == {engine.BY_RULES}
    assert recheck(deps).looked_at == 0
    adopt(tagger=True)
    assert recheck(deps).looked_at == 1
    assert engines() == {engine.ENGINE}
    adopt(tagger=False)
    assert recheck(deps).looked_at == 0


def test_a_later_engine_looks_at_what_an_older_one_passed(clinic, collect_again, deps):
    clinic.plan(
        clinic.patient("I-1", "Ann Quillory"), clinical_notes="Cough with sputum, no consolidation seen."
    )
    clinic.plan(
        clinic.patient("I-2", "Bo Larkin", blood_type="B+"), clinical_notes="Cough for a week, wheeze heard."
    )
    collect_again()
    assert recheck(deps).looked_at == 0
    with deps.sessions.begin() as session:
        good, leaky = session.scalars(select(ValidatedCase).order_by(ValidatedCase.source_record)).all()
        leaked = text_of(leaky, deps) + " Call Mrs Wanjiru Kamau-Otieno on +254 722 555 018."
        leaky.input_sealed = deps.vault.seal(leaked.encode(), "case")
        for report in session.scalars(select(DeidReport)):
            report.engine = "rules-0"
    with deps.sessions() as session:
        assert deid.behind(session, engine.ENGINE) == 2
    told = recheck(deps)
    assert (told.looked_at, told.clean, told.held) == (2, 1, 1)
    with deps.sessions() as session:
        states = {row.id: row.state for row in session.scalars(select(ValidatedCase))}
        report = session.get_one(DeidReport, leaky.id)
        assert deid.behind(session, engine.ENGINE) == 0
    assert states == {good.id: CaseState.VALIDATED, leaky.id: CaseState.NEEDS_REVIEW}
    assert any(code == "found_phone" for _, _, code in report.details["doubts"])


def test_a_name_learnt_later_is_sought_in_the_notes_before(clinic, collect_again, later, deps, now):
    ann = clinic.patient("I-1", "Ann Quillory")
    clinic.plan(ann, clinical_notes="Cough with sputum; plorvex syrup given, no fever.")
    collect_again()
    before, _ = one_case(deps)
    assert "plorvex" in text_of(before, deps)
    with deps.sessions.begin() as session:
        deid.keep_words(session, {before.person_id: {"plorvex"}}, deps.vault, now=now.replace(year=2027))
    assert recheck(deps).held == 1


def test_a_detector_that_raises_holds_the_case_back_and_nothing_of_it_is_kept(
    clinic, collect_again, deps, monkeypatch
):
    def broken(*_arguments, **_named):
        raise RuntimeError("a pattern failed on: Ann Quillory")

    monkeypatch.setattr(engine.numbers, "find", broken)
    clinic.plan(clinic.patient("I-1", "Ann Quillory"))
    assert collect_again()["quarantined"] == 1
    case, report = one_case(deps)
    assert (case.state, report.verdict) == (CaseState.NEEDS_REVIEW, "quarantine")
    assert (report.reasons, text_of(case, deps)) == (["engine_failed", "RuntimeError"], "")
    monkeypatch.undo()
    assert (recheck(deps).held, one_case(deps)[1].verdict) == (1, "quarantine")
    with pytest.raises(NotHeldError, match="no text"):
        say_harmless(case.id, deps, by="cli:ann")
