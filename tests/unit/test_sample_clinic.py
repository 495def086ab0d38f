"""The sample clinic is what it claims: a function of its seed, hard enough, with room to learn."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from rounds.sample_clinic import database, pathways
from rounds.sample_clinic.encounters import Encounter, encounters, reading
from rounds.sample_clinic.people import DOCTORS, SITES
from rounds.sample_clinic.plans import FIRST_COLLECTED, LATER_COLLECTED, Plan, plans
from rounds.sample_clinic.vocabulary import must_not_miss, vocabulary

SEEDS = (1, 2)
Cases = tuple[list[str], list[str]]


@pytest.fixture(scope="module", params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def clinic(seed: int) -> list[Plan]:
    return plans(seed)


def labelled(clinic: Sequence[Plan]) -> list[Plan]:
    """Plans whose diagnosis a collector may trust."""
    names, doctors = set(vocabulary().diagnoses), {one.name for one in DOCTORS}
    kept = [one for one in clinic if one.outcome == "completed" and one.diagnosis in names]
    return [one for one in kept if one.doctor.name in doctors and not one.discharged_as]


def cases(clinic: Sequence[Plan]) -> Cases:
    return [one.visit.text for one in clinic], [one.diagnosis for one in clinic]


def seen(those: Sequence[Encounter]) -> Cases:
    return [one.text for one in those], [one.truth for one in those]


def bag_of_words(known: Cases) -> Pipeline:
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    return make_pipeline(words, LogisticRegression(C=20, max_iter=300)).fit(*known)


def test_the_same_seed_is_the_same_clinic(seed: int, clinic: list[Plan]) -> None:
    assert plans(seed) == clinic
    assert plans(seed + 100) != clinic
    assert encounters(seed, 3, 20) == encounters(seed, 3, 20)
    assert encounters(seed, 3, 20) != encounters(seed, 4, 20)


def test_it_has_enough_cases_of_enough_diagnoses(clinic: list[Plan]) -> None:
    kept = labelled(clinic)
    early = [one for one in kept if one.starts < FIRST_COLLECTED]
    assert len(kept) >= 1500
    assert 450 <= len(early) <= 600
    assert 14 <= len({one.truth for one in kept}) <= 16
    assert min(Counter(one.truth for one in kept).values()) >= 40
    assert {one.patient.site for one in kept} == set(SITES)


def test_the_newest_disease_comes_later(clinic: list[Plan]) -> None:
    early = {one.truth for one in clinic if one.starts < FIRST_COLLECTED}
    later = {one.truth for one in clinic if one.starts >= FIRST_COLLECTED}
    assert later - early == {one.name for one in vocabulary().diagnoses.values() if one.newest}


def test_some_patients_come_again(clinic: list[Plan]) -> None:
    visits = Counter(one.patient.number for one in clinic)
    assert 0.10 <= 1 - len(visits) / len(clinic) <= 0.20


def test_a_quarter_is_dangerous_to_miss(clinic: list[Plan]) -> None:
    share = sum(one.truth in must_not_miss() for one in clinic) / len(clinic)
    assert 0.18 <= share <= 0.30


def test_some_labels_are_wrong_and_some_notes_name_the_patient(clinic: list[Plan]) -> None:
    kept = labelled(clinic)
    wrong = sum(one.truth != one.diagnosis for one in kept) / len(kept)
    assert 0.01 <= wrong <= 0.06
    named = sum(one.patient.name.split()[-1] in one.visit.note for one in kept)
    assert named / len(kept) > 0.2


@pytest.mark.slow
def test_a_bag_of_words_is_not_enough(clinic: list[Plan]) -> None:
    kept = labelled(clinic)
    held = [one for one in kept if one.patient.number % 5 == 0]
    learnt = [one for one in kept if one.patient.number % 5]
    assert 0.75 <= bag_of_words(cases(learnt)).score(*cases(held)) < 0.95


@pytest.mark.slow
def test_an_early_model_has_much_to_learn(seed: int, clinic: list[Plan]) -> None:
    early = [one for one in labelled(clinic) if one.starts < FIRST_COLLECTED]
    young, grown = bag_of_words(cases(early)), bag_of_words(cases(labelled(clinic)))
    later = seen(encounters(seed, 0, 300))
    assert grown.score(*later) > young.score(*later) + 0.15


@pytest.mark.slow
def test_the_codes_carry_a_model_until_they_are_handed_out_anew(seed: int, clinic: list[Plan]) -> None:
    grown = bag_of_words(cases(labelled(clinic)))
    assert grown.score(*seen(encounters(seed, 0, 300, reconfigured=True))) < 0.5
    before, after = pathways.assigned(seed), pathways.reassigned(seed)
    assert set(before.values()) == set(after.values())
    assert all(before[name] != after[name] for name in before)


def test_a_code_is_no_word_of_medicine() -> None:
    words = {
        word.lower()
        for symptom in vocabulary().symptoms.values()
        for phrase in (*symptom.early, *symptom.later)
        for word in phrase.split()
    } | {word.lower() for name in vocabulary().diagnoses for word in name.split()}
    assert not words & {*pathways.CODES, pathways.GENERAL}


def test_no_note_names_its_diagnosis(clinic: list[Plan]) -> None:
    for plan in clinic:
        assert plan.truth.lower() not in plan.visit.text.lower()


def test_labels_come_late_and_some_never(seed: int) -> None:
    those = [one for day in range(10) for one in encounters(seed, day, 100)]
    told = [one.feedback for one in those if one.feedback]
    assert 0.85 <= len(told) / len(those) <= 0.95
    delays = sorted(one.after_days for one in told)
    assert 1.7 <= delays[len(delays) // 2] <= 2.3
    assert 0.2 <= sum(one.blind for one in told) / len(told) <= 0.4
    read = sum(reading(seed, one) == one.truth for one in those) / len(those)
    assert 0.95 <= read < 1


def test_a_person_who_comes_again_is_the_same(seed: int) -> None:
    bands: dict[str, set[str]] = {}
    for day in range(10):
        for one in encounters(seed, day, 100):
            bands.setdefault(one.person, set()).add(str(sorted(one.subgroup.items())))
    assert len(bands) < 1000
    assert all(len(seen_as) == 1 for seen_as in bands.values())


@pytest.mark.slow
def test_the_database_grows_with_the_time(tmp_path: Path) -> None:
    file = tmp_path / "clinic.db"
    database.create(file)
    first = database.advance(file, 1, until=FIRST_COLLECTED)
    assert database.advance(file, 1, until=FIRST_COLLECTED) == 0
    with closing(sqlite3.connect(file)) as clinic:
        assert (
            clinic.execute("SELECT count(*) FROM treatment_plans WHERE end_date IS NULL").fetchone()[0] < 20
        )
        staff = clinic.execute("SELECT count(*), sum(is_active) FROM users").fetchone()
    later = database.advance(file, 1, until=LATER_COLLECTED)
    assert first > 600
    assert later > 1200
    assert staff[1] == staff[0] - 1
    with closing(sqlite3.connect(file)) as clinic:
        rows = clinic.execute("SELECT count(*), count(DISTINCT plan_id) FROM treatment_plans").fetchone()
        late = clinic.execute("SELECT max(created_at) FROM treatment_plans").fetchone()[0]
    assert rows[0] == rows[1]
    assert late <= LATER_COLLECTED.strftime("%Y-%m-%d %H:%M:%S")
