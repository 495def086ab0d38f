"""Rules of a few lines each: what is read first, replayed, repaired, and done after a collection."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.domain.bells import QUEUE_OF, Queue, TaskName, first_bell
from shared.domain.deid import PolicyNotDeterminedError
from shared.domain.due import CronLineError
from shared.domain.evidence import Evidence, Imaging, Standing
from shared.domain.example import Example, PictureAsk, PictureExample
from shared.domain.metrics import NothingMeasuredError
from shared.domain.next_steps import next_steps
from shared.domain.policy_change import PolicyError
from shared.domain.repair import mended, remedy
from shared.domain.replay import quotas
from shared.domain.transitions import NothingToGoBackToError, NotSeatedError, NotServableError, SeatTakenError
from shared.domain.worklist import rank

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def test_what_is_dangerous_is_read_first_then_what_settles_most_then_what_waits_longest():
    cases = {
        "danger": rank([], is_dangerous=True, since=MONDAY),
        "readers": rank(["copy_through", "readers_disagree"], is_dangerous=False, since=MONDAY),
        "copied": rank(["copied_text"], is_dangerous=False, since=MONDAY),
        "long": rank(["not_confirmed"], is_dangerous=False, since=MONDAY - timedelta(days=9)),
        "new": rank([], is_dangerous=False, since=MONDAY),
    }
    assert sorted(reversed(cases), key=cases.__getitem__) == list(cases)


def test_old_cases_are_replayed_by_the_size_of_their_label_and_none_is_forgotten():
    assert quotas({"common": 900, "seldom": 99, "rare": 1}, 100, 0.5) == {
        "common": 45,
        "rare": 1,
        "seldom": 5,
    }
    assert quotas({"rare": 3, "none": 0}, 100, 1.0) == {"rare": 3}
    assert quotas({"common": 900}, 0, 0.5) == quotas({}, 100, 0.5) == quotas({"common": 9}, 100, 0.0) == {}


@pytest.mark.parametrize(
    ("recipe", "change"),
    [
        ({"batch_size": 16}, {"accumulation": 2}),
        ({"batch_size": 16, "accumulation": 12}, {"accumulation": 16}),
        ({"batch_size": 4, "accumulation": 4}, None),
    ],
)
def test_a_batch_that_did_not_fit_is_computed_in_more_parts_and_stays_the_same_batch(recipe, change):
    assert remedy("out_of_memory", "text_classifier", recipe) == change


def test_other_failures_have_no_remedy():
    assert remedy("nan", "text_classifier", {}) is None


def test_a_job_trains_by_what_was_wished_and_every_repair_since():
    repairs = [{"change": {"accumulation": 2}}, {"change": {"accumulation": 4}}]
    assert mended({"epochs": 3}, repairs) == {"epochs": 3, "accumulation": 4}
    assert mended({"epochs": 3}, []) == {"epochs": 3}


def test_a_person_is_told_what_to_do_next_and_nothing_where_all_is_done():
    counts = {
        "rows": 10,
        "deletions_held": 7,
        "quarantined": 2,
        "review": {"unmapped_label": 3, "not_confirmed": 4, "burst_signing": 1},
        "pending": 5,
        "refused": {"no_diagnosis": 6},
    }
    assert [step.split(" ")[0] for step in next_steps(counts)] == ["7", "2", "3", "5", "5", "6"]
    assert next_steps(counts)[-1] == "6 of 10 rows were refused: check the mapping"
    assert next_steps({"rows": 12, "refused": {"no_diagnosis": 6}}) == next_steps({}) == []


def test_every_task_has_a_queue_and_a_job_without_data_has_them_sealed_first():
    assert {task.value: queue.value for task, queue in QUEUE_OF.items()} == {
        "collect.run": "collect",
        "collect.chunk": "collect",
        "collect.seal_for_job": "collect",
        "collect.seal": "collect",
        "collect.judge_again": "collect",
        "collect.mask_case": "collect",
        "collect.clean_readings": "collect",
        "train.run_job": "train.text",
        "train.run_image_job": "train.image",
        "deploy.judge_version": "deploy",
        "deploy.look": "deploy",
        "notify.deliver": "notify",
    }
    assert set(QUEUE_OF) == set(TaskName)
    assert set(QUEUE_OF.values()) == set(Queue)
    assert first_bell("segmentation", has_data=False) is TaskName.SEAL_FOR_JOB
    assert first_bell("segmentation", has_data=True) is TaskName.RUN_IMAGE_JOB
    assert first_bell("causal_lm", has_data=True) is TaskName.RUN_JOB


def test_reasons_are_read_in_the_order_in_which_one_reading_settles_most():
    order = [
        *("readers_disagree", "same_text_other_label", "code_text_conflict", "discharge_contradicts"),
        *("note_denies_diagnosis", "diagnosis_revised", "burst_signing", "copied_text", "copy_through"),
        *("validator_lapsed", "anything_else"),
    ]
    ranks = [rank([reason], is_dangerous=False, since=MONDAY) for reason in order]
    assert ranks == sorted(set(ranks))
    assert rank([order[3], order[1]], is_dangerous=False, since=MONDAY) == ranks[1]


@pytest.mark.parametrize(
    ("known", "fresh", "share", "quota"),
    [
        ({"a": 30, "b": 10}, 10, 0.4, {"a": 3, "b": 1}),
        ({"a": 3, "b": 1}, 100, 1.0, {"a": 3, "b": 1}),
        ({"b": 98, "a": 2}, 10, 1.0, {"a": 1, "b": 10}),
        ({"a": 5}, 1, 0.4, {}),
        ({"a": 5}, 1, 0.6, {"a": 1}),
    ],
)
def test_a_label_gives_its_share_at_least_one_and_no_more_than_it_has(known, fresh, share, quota):
    assert quotas(known, fresh, share) == quota
    assert list(quotas(known, fresh, share)) == sorted(quota)


def test_a_remedy_asks_for_a_batch_and_reads_numbers_that_came_as_text():
    assert remedy("out_of_memory", "text_classifier", {}) == {"accumulation": 2}
    assert remedy("out_of_memory", "segmentation", {}) == {"accumulation": 2}
    assert remedy("out_of_memory", "segmentation", {"batch_size": 1}) is None
    assert remedy("out_of_memory", "causal_lm", {"batch_size": "6", "accumulation": "4"}) == {
        "accumulation": 6
    }


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"deletions_held": 1}, "1 rows are gone at once, so nothing was ended: look at the source"),
        ({"quarantined": 2}, "2 cases may hold an identifier: look at them in the review list"),
        ({"review": {"unmapped_label": 3}}, "3 diagnoses have no label yet: map them in the label space"),
        ({"review": {"not_confirmed": 3, "low_confidence": 1}}, "4 cases wait in the review list"),
        ({"pending": 5}, "5 cases wait for a validation"),
        ({"rows": 9, "refused": {"a": 3, "b": 2}}, "5 of 9 rows were refused: check the mapping"),
    ],
)
def test_each_count_has_its_step(counts, told):
    assert next_steps(counts) == [told]
    assert next_steps({"review": None, "refused": None, "rows": None}) == []
    assert next_steps({"refused": {"a": 3}}) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CronLineError, "bad_cron"),
        (NothingMeasuredError, "nothing_measured"),
        (PolicyError, "bad_policy"),
        (PolicyNotDeterminedError, "deid_not_determined"),
        (NotSeatedError, "not_seated"),
        (SeatTakenError, "seat_taken"),
        (NothingToGoBackToError, "nothing_to_go_back_to"),
        (NotServableError, "not_servable"),
    ],
)
def test_an_error_has_the_code_that_callers_know_it_by(error, code):
    assert error.code == code


def test_an_example_weighs_one_and_belongs_to_no_group_unless_it_is_said():
    text = Example(UUID(int=1), UUID(int=2), "cough", "Asthma")
    picture = PictureExample(UUID(int=1), UUID(int=2), "image", "mask", "lesion")
    assert (text.weight, text.subgroup) == (picture.weight, picture.subgroup) == (1.0, {})
    assert picture.box is None
    assert (PictureAsk("png").boxes, PictureAsk("png").untrained) == ((None,), False)


def test_evidence_that_a_source_does_not_give_is_not_known():
    bare = Evidence("Gout", None)
    unknown = (bare.status, bare.starts, bare.ends, bare.icd_code, bare.code_agrees, bare.discharge_agrees)
    assert {*unknown, bare.confidence, bare.record, bare.answer, bare.imaging} == {None}
    assert bare.label_known and bare.is_diagnosis
    assert not (bare.is_plan or bare.note_denies or bare.revised or bare.consent_withdrawn)
    assert Standing(known=True) == Standing(True, False, False)
    assert Imaging("approved").has_mask
