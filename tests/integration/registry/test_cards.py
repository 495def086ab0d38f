"""The card of a version says what its rows say: figures with n and intervals, limits, origin."""

import json

import pytest

from shared.domain import dataset_card
from shared.domain.card import to_markdown
from shared.domain.cycle import CaseState
from shared.registry import cards, withdrawals
from shared.registry.tables import ModelPerformance, TrainingJob
from tests.factories import a_case, a_dataset, a_member, a_version


def estimate(value: float, low: float, high: float, n: int) -> dict:
    return {"value": value, "low": low, "high": high, "n": n}


@pytest.fixture
def version(session, now):
    counts = {"training": 90, "evaluation": 40, "labels": {"Migraine": 60, "Gout": 29, "Rare|thing": 1}}
    dataset = a_dataset(session, counts=counts)
    one = a_version(session, dataset_version_id=dataset.id, labels=["Gout", "Migraine"], tainted=["consent"])
    job = session.get(TrainingJob, one.job_id)
    job.provenance = {"code": {"version": "0.1.0", "sha256": "abc"}, "kernels": {"vector": "AVX512"}}
    job.recipe, job.repairs = {"epochs": 2}, [{"change": {"accumulation": 2}}]
    job.cost = {"seconds": 24.0, "kwh": 0.001, "money": None}
    recall = {"Migraine": estimate(0.9, 0.8, 0.95, 40)}
    session.add(
        ModelPerformance(
            model_version_id=one.id, model_version=one.name, model_type="diagnosis",
            dataset_version_id=dataset.id, purpose="gate", n=40, accuracy=0.9, precision=0.8, recall=0.7,
            f1_score=0.75, intervals={"accuracy": [0.77, 0.96]}, calibration_error=0.04, created_at=now,
            per_class={label: {"recall": one, "precision": None} for label, one in recall.items()},
            subgroups={"sex": {"f": estimate(0.9, 0.85, 0.94, 400), "m": estimate(0.8, 0.4, 0.97, 6)}},
        )
    )  # fmt: skip
    session.flush()
    return one


def test_a_card_holds_what_the_rows_hold(session, version):
    found = json.loads(json.dumps(cards.card(session, version)))
    assert found["metrics"]["figures"]["accuracy"] == {"value": 0.9, "interval": [0.77, 0.96]}
    assert (found["metrics"]["n"], found["data"]["counts"]["training"]) == (40, 90)
    assert found["training"]["recipe"] == {"epochs": 2, "accumulation": 2}
    assert found["training"]["provenance"]["kernels"] == {"vector": "AVX512"}
    assert found["gate"]["verdict"] == "pass"


def test_limits_are_sentences_from_the_numbers(session, version):
    said = cards.card(session, version)["limits"]
    assert "Cannot answer Rare|thing: too few cases to learn from." in said
    assert "Never judged on Gout: the frozen set has no case." in said
    assert "Accuracy for sex m is hardly known: 40 to 97 %, 6 cases." in said
    assert "Tainted: consent." in said
    assert not any("sex f" in sentence for sentence in said)


def test_a_page_shows_every_part_and_no_label_breaks_its_tables(session, version):
    page = to_markdown(cards.card(session, version))
    for part in ("## Measured", "## Limits", "## Gate", "## Data", "## Origin"):
        assert part in page
    assert "| accuracy | 0.900 | 0.770 – 0.960 |" in page
    assert "Rare\\|thing" in page
    assert "kwh 0.001, seconds 24.0" in page


def test_a_version_that_nobody_measured_says_so_first(session):
    found = cards.card(session, a_version(session, gate=None))
    assert found["metrics"] is None
    assert found["limits"][0].startswith("Nothing was measured")
    assert "Not judged yet." in to_markdown(found)


def test_the_card_of_a_dataset_says_what_it_lacks_and_who_learnt_from_it(session):
    counts = {"training": 90, "evaluation": 12, "labels": {"Migraine": 95, "Rare|thing": 7}}
    dataset = a_dataset(session, counts=counts)
    a_member(session, dataset, a_case(session, state=CaseState.VALIDATED))
    version = a_version(session, dataset_version_id=dataset.id)
    found = json.loads(json.dumps(cards.of_dataset(session, dataset)))
    assert found["models"] == [version.name]
    assert found["limits"] == [
        "Fewer than 30 cases of Rare|thing.",
        "93 % of the cases are Migraine: always saying so would be right as often.",
        "Only 12 cases are held back to judge a model by.",
    ]
    page = dataset_card.to_markdown(found)
    for part in (f"# {dataset.name}", "## Limits", "## Cases by label", "| Rare\\|thing | 7 |", version.name):
        assert part in page


def test_a_card_tells_of_cases_that_were_taken_back(session, now):
    dataset, case = a_dataset(session), a_case(session)
    a_member(session, dataset, case)
    withdrawals.leave(session, case.person_id, cause="asked", actor="ann", now=now)
    assert (
        "1 cases of the training side may not be used any more."
        in cards.of_dataset(session, dataset)["limits"]
    )
