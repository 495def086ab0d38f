"""Nobody is learnt from and judges: over many versions, through merges, withdrawals and planted leaks."""

import random
from collections import defaultdict
from uuid import uuid4

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from shared.domain.split import EVALUATION, SPLIT_PURPOSE, split_of
from shared.registry import datasets, diffs, persons, withdrawals
from shared.registry.tables import DatasetVersion, DeidReport, Person, ValidatedCase
from tests import factories as make
from worker_collection import dataset


def seal(deps):
    version_id = dataset.seal("diagnosis", deps, actor="test")
    with deps.sessions() as session:
        return session.get_one(DatasetVersion, version_id)


class Clinic:
    """A clinic where persons come, turn out to be one, and take their consent back; it knows who is who."""

    def __init__(self, deps, seed):
        self.deps, self.dice = deps, random.Random(seed)
        self.true = {}  # person of the registry -> who it really is

    def more_cases(self, n):
        with self.deps.sessions.begin() as session:
            for _ in range(n):
                known = list(self.true)
                person_id = self.dice.choice(known) if known and self.dice.random() < 0.3 else None
                make.a_case(
                    session, person=self._person(session, person_id), diagnosis=self.dice.choice("AB")
                )

    def _person(self, session, person_id):
        if person_id is not None:
            person = session.get_one(Person, person_id)
            return person if person.merged_into is None else self._person(session, person.merged_into)
        key = f"{self.dice.random()}"
        side = split_of(self.deps.vault.keyed_hash(key, SPLIT_PURPOSE), 0.3)
        person = make.a_person(session, key=key, split=side)
        self.true[person.id] = person.id
        return person

    def merge_some(self, session):
        standing = list(session.scalars(select(Person).where(Person.merged_into.is_(None))))
        for _ in range(3):
            keeper, other = self.dice.sample(standing, 2)
            persons.merge(session, keeper, other, reason="test", now=make.NOW)
            session.flush()
            standing.remove(other)
            gone, stays = self.true[other.id], self.true[keeper.id]
            self.true = {one: stays if who == gone else who for one, who in self.true.items()}

    def withdraw_one(self, session):
        held = select(Person.id).join(ValidatedCase, ValidatedCase.person_id == Person.id)
        person_id = self.dice.choice(sorted(set(session.scalars(held)), key=str))
        withdrawals.leave(session, person_id, cause="test", actor="test", now=make.NOW)


@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_versions_with_merges_and_withdrawals_share_nobody(deps, seed):
    clinic = Clinic(deps, seed)
    clinic.more_cases(60)
    versions = []
    for _ in range(20):
        clinic.more_cases(8)
        versions.append((seal(deps), dict(clinic.true)))
        with deps.sessions.begin() as session:
            clinic.merge_some(session)
            clinic.withdraw_one(session)
    learnt = set()
    with deps.sessions() as session:
        for version, true in versions:
            sides = defaultdict(set)
            for member in datasets.members(session, version.id):
                sides[member.split].add(true[member.person_id])
            learnt = {true[one] for one in learnt} | sides["training"]
            assert sides["training"] and not learnt & sides[EVALUATION]
        told = diffs.diff(session, versions[-2][0], versions[-1][0])["leakage"]
        assert (told["in_one_version"], told["across"]) == (0, 0)
        for version, _ in versions:  # what is handed out now follows what is known now
            handed = {
                side: {clinic.true[one.person_id] for one in handed_out(session, version, side)}
                for side in ("training", EVALUATION)
            }
            assert not handed["training"] & handed[EVALUATION]
    assert len({version.id for version, _ in versions}) == 20


def handed_out(session, version, side):
    return session.execute(datasets._rows(version.id, side, datasets.ALL)).all()


def test_who_was_learnt_from_judges_nothing_even_when_found_to_be_a_judge(deps):
    with deps.sessions.begin() as session:
        learner, judge = make.a_person(session), make.a_person(session, split=EVALUATION)
        for person in (learner, learner, judge):
            make.a_case(session, person=person)
    first = seal(deps)
    with deps.sessions.begin() as session:
        assert session.get_one(Person, learner.id).trained
        persons.merge(
            session,
            session.get_one(Person, judge.id),
            session.get_one(Person, learner.id),
            reason="t",
            now=make.NOW,
        )
    with deps.sessions.begin() as session:
        keeper = session.get_one(Person, judge.id)
        assert (keeper.split, keeper.trained) == (EVALUATION, True)
        for _ in range(2):
            make.a_case(session)
    second = seal(deps)
    with deps.sessions() as session:
        assert {one.split for one in datasets.members(session, second.id)} == {"training"}
        assert datasets.lapsed(session, first.id) == {"training": 2, "evaluation": 1}
        assert diffs.diff(session, first, second)["leakage"]["joined_since"] == 1
    assert second.counts["not_used"] == {"trained_before": 3}


@pytest.fixture
def trained(deps):
    """A version, somebody learnt from in it, and a judge."""
    with deps.sessions.begin() as session:
        learner, judge = make.a_person(session), make.a_person(session, split=EVALUATION)
        cases = [make.a_case(session, person=person) for person in (learner, learner, judge)]
    return seal(deps), learner, judge, cases


SIDES = ("training", EVALUATION)
COLUMNS = "dataset_version_id, case_id, person_id, split, label, weight, content_hash"
INSERT = f"INSERT INTO dataset_members ({COLUMNS})"
PLANTS = {
    "a learner as judge": "UPDATE persons SET split = 'evaluation' WHERE id = :learner; "
    + f"{INSERT} VALUES (:other, :case, :learner, 'evaluation', 'x', 1, 'h')",
    "a judge as learner": f"{INSERT} VALUES (:other, :judged, :judge, 'training', 'x', 1, 'h')",
    "a judge made a learner": "UPDATE persons SET split = 'training' WHERE id = :judge",
    "what was learnt forgotten": "UPDATE persons SET trained = false WHERE id = :learner",
    "a case slipped to a judge": "UPDATE validated_cases SET person_id = :judge WHERE id = :case",
    "a judge's case as a learner's": f"{INSERT} VALUES (:other, :judged, :learner, 'training', 'x', 1, 'h')",
    "a member changed": "UPDATE dataset_members SET split = 'evaluation' WHERE case_id = :case",
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_the_database_refuses_a_planted_leak(deps, trained, plant):
    _, learner, judge, cases = trained
    with deps.sessions() as session:
        other = make.a_dataset(session)
        names = {"learner": learner.id, "judge": judge.id, "case": cases[0].id, "judged": cases[2].id}
        with pytest.raises(DBAPIError):
            session.execute(text(plant), names | {"other": other.id})


def test_a_merge_by_hand_carries_side_and_history(deps, trained):
    _, learner, judge, _ = trained
    with deps.sessions.begin() as session:
        fresh = make.a_person(session)
        session.execute(update(Person).where(Person.id == judge.id).values(merged_into=fresh.id))
        session.execute(update(Person).where(Person.id == learner.id).values(merged_into=fresh.id))
    with deps.sessions() as session:
        row = session.get_one(Person, fresh.id)
        assert (row.split, row.trained) == (EVALUATION, True)


@pytest.fixture
def noise(deps):
    """Three thousand persons with two notes each, in words of their own, under a label drawn a person."""
    dice = np.random.default_rng(11)
    people, rows, reports = [], [], []
    with deps.sessions.begin() as session:
        run = make.a_run(session)
        kept = {"source_id": run.source_id, "run_id": run.id, "model_type": "diagnosis", "state": "validated"}
        kept |= {"created_at": make.NOW, "updated_at": make.NOW}
        for n in range(3000):
            side = split_of(deps.vault.keyed_hash(f"noise-{n}", SPLIT_PURPOSE), 0.5)
            who, label = uuid4(), "AB"[dice.integers(2)]
            people.append({"id": who, "key": f"noise-{n}", "split": side, "created_at": make.NOW})
            own = " ".join(f"word{dice.integers(10**6)}" for _ in range(8))
            for visit in range(2):
                sealed = deps.vault.seal(f"{own} visit {visit}".encode(), "case")
                case = {"id": uuid4(), "person_id": who, "source_record": f"{n}-{visit}", "diagnosis": label}
                rows.append(kept | case | {"input_sealed": sealed, "content_hash": f"{n}-{visit}"})
        report = {
            "engine": "1",
            "policy": "safe_harbor",
            "spans": {},
            "verdict": "pass",
            "created_at": make.NOW,
        }
        reports = [report | {"case_id": row["id"]} for row in rows]
        for table, given in ((Person, people), (ValidatedCase, rows), (DeidReport, reports)):
            session.execute(insert(table), given)


def test_pure_noise_shows_chance_where_a_row_split_would_show_skill(deps, noise):
    version = seal(deps)
    with deps.sessions() as session:
        learnt, judged = (datasets.examples(session, version.id, side, vault=deps.vault) for side in SIDES)
    assert skill(learnt, judged) == pytest.approx(0.5, abs=0.03)
    rows = learnt + judged
    order = np.random.default_rng(1).permutation(len(rows))
    half = len(rows) // 2
    assert skill([rows[one] for one in order[:half]], [rows[one] for one in order[half:]]) > 0.7


def skill(learnt, judged):
    """Accuracy on the second of a linear model of the first."""
    read = HashingVectorizer(n_features=2**14)
    model = LogisticRegression(max_iter=200).fit(
        read.transform([one.text for one in learnt]), [one.label for one in learnt]
    )
    return model.score(read.transform([one.text for one in judged]), [one.label for one in judged])
