"""Rules of a few lines each: what is read first, replayed, repaired, and done after a collection."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.bells import QUEUE_OF, Queue, TaskName, first_bell
from shared.domain.next_steps import next_steps
from shared.domain.repair import mended, remedy
from shared.domain.replay import quotas
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
    assert set(QUEUE_OF) == set(TaskName)
    assert set(QUEUE_OF.values()) == set(Queue)
    assert first_bell("segmentation", has_data=False) is TaskName.SEAL_FOR_JOB
    assert first_bell("segmentation", has_data=True) is TaskName.RUN_IMAGE_JOB
    assert first_bell("causal_lm", has_data=True) is TaskName.RUN_JOB
