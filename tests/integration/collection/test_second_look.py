"""What is seen when a run is whole: near duplicates, contradictions, suspicions; and waiting cases again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.domain.cycle import CaseState
from shared.domain.labels import Entry
from shared.errors import ConflictError, NotFoundError
from shared.registry import labels, persons, policies, second_reads, validations, validators
from shared.registry.cases import CASE_PURPOSE
from shared.registry.labels import Meaning
from shared.registry.tables import (
    PersonLink,
    QualityReport,
    SecondRead,
    Testimony,
    ValidatedCase,
    Validator,
    ValidatorFinding,
)
from shared.registry.validations import OwnReadingError, UnqualifiedReaderError, Word
from shared.registry.validators import Change, Staff
from worker_collection import rejudge, second_look

NOTE = "Cough with purulent sputum for {} days, fever at night, coarse crackles at the left base, no wheeze."
OTHER = (
    "Painful swollen great toe since {} days, red and hot to touch, after a dinner with red meat and wine."
)


@pytest.fixture
def doctors(deps, now):
    with deps.sessions.begin() as session:
        for name in ("Ora Lindqvist", "Bo Lark", "Cy Moor", "Di Nash"):
            staff = Staff(name, (name,), "doctor", qualified=True, active=True)
            validators.add(session, staff, now=now, actor="test")
        gout = Entry("Gout", ("M10",))
        labels.add(session, "diagnosis", [gout, Entry("Acute bronchitis", ("J20",))], now=now)


def row(
    n: int, *, by: str = "Ora Lindqvist", at: str = "2026-03-01T09:00:00Z", **more: object
) -> dict[str, object]:
    base = {"source_id": f"r-{n}", "person": f"p-{n}", "text": OTHER.format(n), "diagnosis": "Gout"}
    return base | {"validated_by": by, "validated_at": at} | more


def by_record(deps) -> dict[str, ValidatedCase]:
    with deps.sessions() as session:
        return {case.source_record: case for case in session.scalars(select(ValidatedCase))}


def text_of(deps, case) -> str:
    return deps.vault.open(case.input_sealed, CASE_PURPOSE).decode()


def test_near_duplicates_share_a_cluster_across_runs_and_a_follow_up_repeats_nobody(hand_in, deps, doctors):
    again = row(4, person="p-1", at="2026-03-09T09:00:00Z")
    hand_in([row(1), row(2), row(3, text=NOTE.format(3), diagnosis="Acute bronchitis"), again])
    hand_in([row(5)])
    cases = by_record(deps)
    with deps.sessions() as session:
        reports = {key: session.get_one(QualityReport, case.id) for key, case in cases.items()}
    assert len({reports[key].cluster for key in ("r-1", "r-2", "r-4", "r-5")}) == 1
    assert reports["r-3"].cluster not in {reports["r-1"].cluster, None}
    first = next(key for key in ("r-1", "r-2", "r-4", "r-5") if reports[key].cluster == cases[key].id)
    for key in ("r-1", "r-2", "r-4", "r-5"):
        same_person = cases[key].person_id == cases[first].person_id
        assert (reports[key].duplicate_of is None) == same_person


def test_one_text_with_two_labels_is_read_again_but_not_of_one_person(hand_in, deps, doctors):
    same = OTHER.format(7)
    hand_in([row(1, text=same), row(2, text=same, diagnosis="Acute bronchitis")])
    assert {case.state for case in by_record(deps).values()} == {CaseState.NEEDS_REVIEW}
    assert by_record(deps)["r-1"].review_reasons == ["same_text_other_label"]
    note = NOTE.format(2)
    one = row(3, text=note, person="p-9")
    hand_in([one, row(4, text=note, person="p-9", diagnosis="Acute bronchitis")])
    assert by_record(deps)["r-4"].state is CaseState.VALIDATED


def test_what_a_clinician_read_is_not_asked_again(hand_in, deps, doctors, now):
    same = OTHER.format(7)
    answer = hand_in([row(1, text=same), row(2, text=same, diagnosis="Acute bronchitis")])
    assert answer["review"] == {"same_text_other_label": 2}
    with deps.sessions.begin() as session:
        case = session.get_one(ValidatedCase, by_record(deps)["r-1"].id)
        validations.record(session, case, Word("confirm"), by="Bo Lark", now=now)
        run_id = case.run_id
    second_look.look_again(run_id, "diagnosis", deps)
    assert by_record(deps)["r-1"].state is CaseState.VALIDATED


def spread(doctor: str, first: int, n: int) -> list[dict[str, object]]:
    return [
        row(first + i, by=doctor, at=f"2026-02-{1 + i % 28:02}T{8 + i // 28:02}:{i:02}:00Z") for i in range(n)
    ]


def test_a_burst_signer_is_held_with_numbers_and_others_are_not(hand_in, deps, doctors, now):
    burst = [
        row(500 + i, by="Di Nash", at=(now - timedelta(seconds=600 - 5 * i)).isoformat()) for i in range(40)
    ]
    hand_in([*spread("Ora Lindqvist", 0, 30), *spread("Bo Lark", 100, 30), *burst])
    held = {key for key, case in by_record(deps).items() if case.state is CaseState.NEEDS_REVIEW}
    assert held == {f"r-{500 + i}" for i in range(40)}
    with deps.sessions() as session:
        [found] = session.scalars(select(ValidatorFinding))
    assert (found.kind, found.n) == ("burst_signing", 40)
    assert found.details["low"] > found.details["expected_share"]


def test_a_clock_that_knows_only_days_makes_nobody_suspicious(hand_in, deps, doctors):
    hand_in([row(n, by=("Ora Lindqvist", "Bo Lark")[n % 2], at="2026-03-01") for n in range(60)])
    assert {case.state for case in by_record(deps).values()} == {CaseState.VALIDATED}


def test_one_text_over_many_patients_is_held(hand_in, deps, doctors):
    rows = [
        row(n, by=("Ora Lindqvist", "Bo Lark", "Cy Moor")[n % 3], text=f"{NOTE.format(n)} {n * 7919} word{n}")
        for n in range(60)
    ]
    rows = [
        one | {"diagnosis": "Acute bronchitis", "validated_at": f"2026-02-{1 + n % 28:02}T{n % 24:02}:00:00Z"}
        for n, one in enumerate(rows)
    ]
    copies = [
        row(900 + i, by="Di Nash", at=f"2026-01-{1 + i:02}T09:{i:02}:00Z", text=OTHER.format("some"))
        for i in range(20)
    ]
    hand_in([*rows, *copies])
    held = {key for key, case in by_record(deps).items() if case.review_reasons == ["copied_text"]}
    assert held == {f"r-{900 + i}" for i in range(20)}


def test_a_word_that_the_site_learns_frees_what_waited_for_it(hand_in, deps, doctors, now):
    asked = {
        "diagnosis": "Zipperlein",
        "text": "Red hot toe, Zipperlein again, began at night with severe pain.",
    }
    hand_in([row(1, **asked), row(2, **asked), row(3, diagnosis="Wobbly hip")])
    with deps.sessions.begin() as session:
        found = labels.unmapped(session, "diagnosis", vault=deps.vault)
        assert [(one.words, one.n) for one in found] == [("zipperlein", 2), ("wobbly hip", 1)]
        by = {"vault": deps.vault, "now": now, "actor": "ann"}
        with pytest.raises(ConflictError):
            labels.learn(session, "diagnosis", Meaning("acute bronchitis", "Gout"), **by)
        with pytest.raises(NotFoundError):
            labels.learn(session, "diagnosis", Meaning("Zipperlein", "Podagrism"), **by)
        assert labels.learn(session, "diagnosis", Meaning("Zipperlein", "Gout", "de", "M10.9"), **by) == 2
    assert rejudge.waiting(deps, by="ann") == 2
    case = by_record(deps)["r-1"]
    assert (case.state, case.diagnosis, case.trust_rule) == (
        CaseState.VALIDATED,
        "Gout",
        "validated_statement",
    )
    assert "Zipperlein" not in text_of(deps, case)
    assert by_record(deps)["r-3"].state is CaseState.NEEDS_REVIEW
    hand_in([row(4, diagnosis="Zipperlein")])
    assert by_record(deps)["r-4"].diagnosis == "Gout"
    with deps.sessions() as session:
        assert len(session.scalars(select(Testimony)).all()) == 1
        row_of = next(one for one in labels.rows(session, "diagnosis") if one.label == "Gout")
        assert (row_of.languages, "M10.9" in row_of.codes) == ({"Zipperlein": "de"}, True)


def test_a_signer_who_becomes_known_frees_cases_and_one_who_leaves_signs_no_more(
    hand_in, deps, doctors, now, later
):
    hand_in([row(1, by="Dr. Eva Sorensen"), row(2, by="Ora Lindqvist")])
    assert by_record(deps)["r-1"].review_reasons == ["validator_unknown"]
    by = {"vault": deps.vault, "now": now, "actor": "ann"}
    with deps.sessions.begin() as session:
        staff = Staff("Eva Sorensen", ("eva@clinic.example",), "doctor", qualified=False, active=True)
        validators.add(session, staff, **by)
    assert rejudge.waiting(deps, by="ann") == 0
    assert by_record(deps)["r-1"].review_reasons == ["validator_not_qualified"]
    with deps.sessions.begin() as session:
        validators.change(session, validators.named(session, "Dr Eva Sorensen"), Change(qualified=True), **by)
    assert rejudge.waiting(deps, by="ann") == 1
    assert by_record(deps)["r-1"].state is CaseState.VALIDATED
    with deps.sessions.begin() as session:
        validators.change(session, validators.named(session, "Ora Lindqvist"), Change(active=False), **by)
    hand_in([row(3)])
    assert by_record(deps)["r-3"].review_reasons == ["validator_inactive"]
    assert by_record(deps)["r-2"].state is CaseState.VALIDATED  # past ones stay, by the default policy
    with deps.sessions.begin() as session:
        _, policy = policies.current(session)
        strict = policy.model_copy(update={"review_lapsed_validators": True})
        policies.adopt(session, strict, reason="test", actor="ann", now=now)
        validators.change(session, validators.named(session, "Eva Sorensen"), Change(qualified=False), **by)
    assert by_record(deps)["r-1"].review_reasons == ["validator_lapsed"]


def test_two_readers_and_a_third(hand_in, deps, doctors, now):
    hand_in([row(1), row(2, text=NOTE.format(2))])
    cases = by_record(deps)
    with deps.sessions.begin() as session:
        one, two = (session.get_one(ValidatedCase, cases[key].id) for key in ("r-1", "r-2"))
        second_reads.ask(session, [one, two], why="request", by="ann", now=now)
        with pytest.raises(OwnReadingError):
            validations.record(session, one, Word("second_read", "Gout"), by="ora lindqvist", now=now)
        first = validations.record(session, one, Word("second_read", "Gout"), by="Bo Lark", now=now)
        assert validations.record(session, one, Word("second_read", "Gout"), by="Bo Lark", now=now) is first
        validations.record(session, two, Word("second_read", "Acute bronchitis"), by="Bo Lark", now=now)
        assert (one.state, two.state) == (CaseState.VALIDATED, CaseState.NEEDS_REVIEW)
        assert second_reads.pairs(session, "diagnosis") == [("Gout", "Gout"), ("Gout", "Acute bronchitis")]
        for reader in ("Bo Lark", "Ora Lindqvist"):
            with pytest.raises(OwnReadingError):
                validations.record(session, two, Word("adjudicate", "Gout"), by=reader, now=now)
        validations.record(session, two, Word("adjudicate", "Acute bronchitis"), by="Cy Moor", now=now)
        assert (two.state, two.diagnosis, two.review_reasons) == (CaseState.VALIDATED, "Acute bronchitis", [])
        assert session.scalars(select(SecondRead).where(SecondRead.settled_at.is_(None))).all() == []


def test_a_reader_who_may_not_read_and_a_case_that_is_over(hand_in, deps, doctors, now):
    hand_in([row(1)])
    with deps.sessions.begin() as session:
        case = session.get_one(ValidatedCase, by_record(deps)["r-1"].id)
        session.scalars(select(Validator).where(Validator.name == "Bo Lark")).one().active = False
        session.flush()
        with pytest.raises(UnqualifiedReaderError):
            validations.record(session, case, Word("confirm"), by="Bo Lark", now=now)
    hand_in([row(1, diagnosis="Acute bronchitis")])
    with deps.sessions.begin() as session:
        old = session.get_one(ValidatedCase, case.id)
        assert old.state is CaseState.SUPERSEDED
        with pytest.raises(ConflictError):
            validations.record(session, old, Word("reject"), by="Cy Moor", now=now)


def test_a_label_given_by_a_reader_is_masked_in_the_text(hand_in, deps, doctors, now):
    hand_in([row(1, text="Toe red and hot for three days; his brother thinks it is acute bronchitis, too.")])
    with deps.sessions.begin() as session:
        case = session.get_one(ValidatedCase, by_record(deps)["r-1"].id)
        validations.record(session, case, Word("amend", "Acute bronchitis"), by="Bo Lark", now=now)
    rejudge.mask_waiting(deps)
    case = by_record(deps)["r-1"]
    assert "bronchitis" not in text_of(deps, case)
    assert not case.content_hash.startswith("unmasked")


def test_a_likely_person_is_joined_by_a_link_that_says_why_and_evaluation_wins(deps, now):
    from worker_collection.draft import identity

    def who(name: str, dob: str, number: str):
        return identity({"person": number}, {"name": name, "dob": dob})

    with deps.sessions.begin() as session:
        first, second, third, other = persons.link(
            session,
            [
                who("Catherine Lindqvist", "1980-03-07", "A1"),
                who("Katherine Lindqvist", "07/03/1980", "B7"),
                who("Catherine Lindqvist", "1980-07-03", "C9"),
                who("Ora Moor", "1980-03-07", "D2"),
            ],
            vault=deps.vault,
            now=now,
        )
    assert first == second == third != other
    with deps.sessions() as session:
        links = {link.reason: link.score for link in session.scalars(select(PersonLink))}
    assert links == {
        "name that sounds alike, same birth date": 0.75,
        "day and month of birth swapped": 0.8,
    }


def test_the_policy_draws_a_share_for_second_readers_once(hand_in, deps, doctors, now):
    with deps.sessions.begin() as session:
        _, policy = policies.current(session)
        half = policy.model_copy(update={"second_read_share": 0.5})
        policies.adopt(session, half, reason="test", actor="ann", now=now)
    hand_in(spread("Ora Lindqvist", 0, 40))
    with deps.sessions() as session:
        drawn = session.scalars(select(SecondRead)).all()
    assert 8 <= len(drawn) <= 32
    assert {one.first_label for one in drawn} == {"Gout"}
    run_id = by_record(deps)["r-1"].run_id
    second_look.look_again(run_id, "diagnosis", deps)
    with deps.sessions() as session:
        assert len(session.scalars(select(SecondRead)).all()) == len(drawn)
