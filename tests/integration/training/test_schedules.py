import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from shared.broker.names import TaskName
from shared.broker.schedule import fire_due
from shared.domain.cycle import RunState, VersionState
from shared.domain.due import CronLineError
from shared.domain.recipe import RecipeError
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import alerts, jobs, moves, schedules, switches
from shared.registry.alerts import Trouble
from shared.registry.job_door import JobWish, SameJobOpenError
from shared.registry.schedules import ScheduleWish
from shared.registry.tables import (
    CollectionRun,
    ModelPerformance,
    Outbox,
    Schedule,
    ScheduleFire,
    TrainingJob,
)
from tests.factories import a_case, a_dataset, a_job, a_person, a_run, a_source, a_version

SUNDAY_0159 = datetime(2026, 3, 8, 1, 59, tzinfo=UTC)
SUNDAY_0200 = SUNDAY_0159 + timedelta(minutes=1)
WEEKLY = ScheduleWish("weekly training", "train", "0 2 * * 0", "UTC", "diagnosis")


@pytest.fixture
def wish(sessions):
    def write(*wishes, at=SUNDAY_0159 - timedelta(days=2)):
        with sessions.begin() as session:
            for one in wishes:
                schedules.upsert(session, one, now=at, actor="tester")

    return write


def cases(sessions, count: int, *, curated: bool = False, **person) -> None:
    with sessions.begin() as session:
        someone = a_person(session, **person)
        for _ in range(count):
            a_case(session, person=someone, curated=curated)


def fires(sessions) -> list[tuple[str, str]]:
    with sessions() as session:
        rows = session.execute(
            select(ScheduleFire.fire_key, ScheduleFire.outcome).order_by(ScheduleFire.fire_key)
        )
        return [tuple(row) for row in rows]


def count_of(sessions, table) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_the_weekly_line_starts_a_training_at_its_time_and_once(sessions, wish):
    wish(WEEKLY)
    cases(sessions, 60)
    assert fire_due(sessions, SUNDAY_0159) == 0
    assert fire_due(sessions, SUNDAY_0200) == 1
    assert fire_due(sessions, SUNDAY_0200) == 0
    with sessions() as session:
        job = session.scalars(select(TrainingJob)).one()
        assert (job.triggered_by, job.dataset_version_id) == ("scheduled", None)
        assert session.scalars(select(Outbox.task)).all() == [TaskName.SEAL_FOR_JOB.value]
    assert fires(sessions) == [("2026-03-08T02:00:00+00:00", "started: 60 new eligible cases")]


def test_two_beats_at_once_make_one_fire(sessions, wish):
    wish(WEEKLY)
    cases(sessions, 60)
    made: list[int] = []
    beats = [threading.Thread(target=lambda: made.append(fire_due(sessions, SUNDAY_0200))) for _ in range(4)]
    for beat in beats:
        beat.start()
    for beat in beats:
        beat.join()
    assert (sum(made), count_of(sessions, TrainingJob)) == (1, 1)


def test_a_training_that_is_not_worth_it_is_recorded_as_skipped(sessions, wish):
    wish(WEEKLY)
    cases(sessions, 12)
    cases(sessions, 100, split="evaluation")
    fire_due(sessions, SUNDAY_0200)
    assert fires(sessions)[0][1] == "skipped: 12 new eligible cases, fewer than 50"
    assert count_of(sessions, TrainingJob) == 0


def test_the_count_of_new_cases_starts_a_training_by_itself(sessions, wish, now):
    wish(ScheduleWish("by count", "train", None, "UTC", "diagnosis", after_new_cases=60))
    cases(sessions, 59)
    assert fire_due(sessions, now) == 0
    cases(sessions, 1)
    assert fire_due(sessions, now) == 1
    cases(sessions, 1)
    assert fire_due(sessions, now) == 0  # the training that is open will take it
    assert [key for key, _ in fires(sessions)] == ["cases:60"]
    with sessions() as session:
        assert session.scalars(select(TrainingJob.triggered_by)).all() == ["threshold"]


def ended_training(sessions, *, cases: int, accuracy: float, n: int, at: datetime) -> None:
    with sessions.begin() as session:
        version = a_version(session)
        job = session.get(TrainingJob, version.job_id)
        job.dataset_size, job.start_time, job.end_time = cases, at, at
        same = dict.fromkeys(("precision", "recall", "f1_score"), 0.5)
        figures = ModelPerformance(
            model_version_id=version.id, model_version=version.name, model_type="diagnosis",
            dataset_version_id=version.dataset_version_id, purpose="gate", n=n, accuracy=accuracy,
            intervals={}, per_class={}, subgroups={}, created_at=at, **same,
        )  # fmt: skip
        session.add(figures)


def test_a_training_that_the_learning_curve_is_sure_not_to_need_is_recorded_as_skipped(sessions, wish):
    wish(WEEKLY)
    cases(sessions, 90)
    for size in (20, 40, 60, 70, 80, 85, 88):
        at = SUNDAY_0159 - timedelta(days=100 - size)
        ended_training(sessions, cases=size, accuracy=0.9, n=1_000_000, at=at)
    fire_due(sessions, SUNDAY_0200)
    assert fires(sessions)[0][1].startswith("skipped: not worth it: at most 0.0")
    assert count_of(sessions, TrainingJob) == 7


@pytest.mark.parametrize(
    ("opened", "over", "starts"),
    [(2, None, True), (90, None, True), (2, 1, True), (90, 80, False)],
    ids=["a new alert", "one that stands", "one that came and went", "one of before the last training"],
)
def test_a_curve_of_before_a_drift_stands_against_no_training(sessions, wish, opened, over, starts):
    wish(WEEKLY)
    cases(sessions, 90)
    for size in (20, 40, 60, 70, 80, 85, 88):
        at = SUNDAY_0159 - timedelta(days=100 - size)
        ended_training(sessions, cases=size, accuracy=0.9, n=1_000_000, at=at)
    with sessions.begin() as session:
        drift = Trouble("drift", "warning", "drift:diagnosis", "other cases", "")
        alerts.raise_alert(session, drift, now=SUNDAY_0159 - timedelta(days=opened))
        if over is not None:
            alerts.resolve(session, drift.dedup_key, by="test", now=SUNDAY_0159 - timedelta(days=over))
    fire_due(sessions, SUNDAY_0200)
    changed = "started: 90 new eligible cases, and what is asked or answered has changed"
    assert (fires(sessions)[0][1] == changed) is starts


def test_a_past_that_says_too_little_is_no_reason_against_a_training(sessions, wish):
    wish(WEEKLY)
    cases(sessions, 90)
    for size in (60, 80):
        at = SUNDAY_0159 - timedelta(days=100 - size)
        ended_training(sessions, cases=size, accuracy=0.9, n=1_000_000, at=at)
    fire_due(sessions, SUNDAY_0200)
    assert fires(sessions)[0][1] == "started: 90 new eligible cases"


def test_after_a_training_an_automatic_one_rests_and_the_count_starts_it_when_the_rest_is_over(
    sessions, wish, now
):
    wish(ScheduleWish("by count", "train", None, "UTC", "diagnosis", after_new_cases=60))
    cases(sessions, 60)
    ended_training(sessions, cases=10, accuracy=0.9, n=100, at=now)
    assert fire_due(sessions, now + timedelta(hours=11)) == 0
    assert fire_due(sessions, now + timedelta(hours=12)) == 1
    assert fires(sessions) == [("cases:60", "started: 60 new eligible cases")]


def test_the_weekly_line_within_the_rest_is_a_recorded_skip(sessions, wish):
    wish(WEEKLY)
    cases(sessions, 60)
    ended_training(sessions, cases=10, accuracy=0.9, n=100, at=SUNDAY_0159 - timedelta(hours=2))
    fire_due(sessions, SUNDAY_0200)
    assert fires(sessions)[0][1] == "skipped: the last training ended 2.0 hours ago, the rest is 12 hours"


def test_the_count_waits_for_a_collection_that_is_under_way(sessions, wish, now):
    wish(ScheduleWish("by count", "train", None, "UTC", "diagnosis", after_new_cases=60))
    cases(sessions, 100)
    with sessions.begin() as session:
        run = a_run(session)
    assert fire_due(sessions, now) == 0
    with sessions.begin() as session:
        run = session.get(CollectionRun, run.id)
        for state in (RunState.LEASED, RunState.RUNNING, RunState.COMPLETED):
            moves.move(session, run, state, by="test", at=now)
    assert fire_due(sessions, now) == 1


def test_a_curated_set_waits_for_the_person_who_vouches_for_it(sessions, wish, now):
    wish(ScheduleWish("by count", "train", None, "UTC", "diagnosis", after_new_cases=60))
    cases(sessions, 100, curated=True)
    assert fire_due(sessions, now) == 0


def test_a_night_missed_is_made_up_for_once(sessions, wish):
    wish(ScheduleWish("nightly", "collect", "0 1 * * *", "UTC"))
    with sessions.begin() as session:
        a_source(session, kind="folder")
        a_source(session, kind="folder", enabled=False)
        a_source(session, kind="push")
    late = SUNDAY_0159 + timedelta(hours=9)
    assert fire_due(sessions, late) == 1
    assert fire_due(sessions, late + timedelta(hours=3)) == 0
    assert fires(sessions) == [("2026-03-08T01:00:00+00:00", "started: 1 runs")]
    assert count_of(sessions, CollectionRun) == 1


def test_an_edit_counts_at_the_next_tick_and_brings_no_old_fire_with_it(sessions, wish):
    wish(WEEKLY)
    at = SUNDAY_0200 + timedelta(hours=10)
    wish(ScheduleWish("weekly training", "train", "0 11 * * 0", "UTC", "diagnosis"), at=at)
    assert fire_due(sessions, at) == 0
    wish(ScheduleWish("weekly training", "train", "5 12 * * 0", "UTC", "diagnosis"), at=at)
    assert fire_due(sessions, at + timedelta(minutes=5)) == 1
    wish(
        ScheduleWish("weekly training", "train", "6 12 * * 0", "UTC", "diagnosis", enabled=False),
        at=at + timedelta(minutes=5),
    )
    assert fire_due(sessions, at + timedelta(minutes=6)) == 0


def test_a_paused_site_fires_nothing_but_look(sessions, wish, now):
    wish(WEEKLY, ScheduleWish("look", "look", "*/5 * * * *", "UTC"))
    with sessions.begin() as session:
        switches.turn(session, switches.PAUSED, on=True, actor="tester", now=now)
        a_version(session, state=VersionState.SHADOW)
    assert fire_due(sessions, SUNDAY_0200) == 1
    assert fires(sessions) == [("2026-03-08T02:00:00+00:00", "started: 1 looks")]
    with sessions.begin() as session:
        switches.turn(session, switches.PAUSED, on=False, actor="tester", now=now)
    assert fire_due(sessions, SUNDAY_0200 + timedelta(minutes=1)) == 1  # the training is made up for


def test_a_lone_champion_is_looked_at_once_an_hour(sessions, wish):
    wish(ScheduleWish("look", "look", "*/5 * * * *", "UTC"))
    with sessions.begin() as session:
        a_version(session, state=VersionState.LIVE)
    for minutes in (0, 5, 55, 60):
        assert fire_due(sessions, SUNDAY_0200 + timedelta(minutes=minutes)) == 1
    assert [outcome.split(":")[0] for _, outcome in fires(sessions)] == [
        "started",
        "skipped",
        "skipped",
        "started",
    ]


def test_quiet_hours_put_a_training_off_until_they_end(sessions, wish):
    wish(ScheduleWish("weekly training", "train", "0 2 * * 0", "UTC", "diagnosis", None, "01:00-06:00"))
    assert fire_due(sessions, SUNDAY_0200) == 0
    assert fire_due(sessions, SUNDAY_0200 + timedelta(hours=4)) == 1


def test_the_shipped_schedules_are_written_once_and_stay_as_they_are_edited(sessions, settings, wish, now):
    for _ in range(2):
        with sessions.begin() as session:
            schedules.ensure_defaults(session, settings, now)
    wish(ScheduleWish("nightly collection", "collect", "0 3 * * *", "Asia/Kolkata"), at=now)
    with sessions.begin() as session:
        schedules.ensure_defaults(session, settings, now)
        rows = {row.name: row for row in schedules.every(session)}
    assert list(rows) == ["look", "nightly collection", "weekly training"]
    assert rows["nightly collection"].cron == "0 3 * * *"
    assert rows["weekly training"].after_new_cases == 200
    due = schedules.next_due(rows["nightly collection"], now)
    assert due == datetime(2026, 3, 4, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"cron": "61 * * * *"}, CronLineError),
        ({"cron": "0 0 31 2 *"}, CronLineError),
        ({"timezone": "Mars/Olympus"}, InvalidInputError),
        ({"model_type": None}, InvalidInputError),
        ({"model_type": "nothing"}, NotFoundError),
        ({"kind": "dance"}, InvalidInputError),
        ({"quiet_hours": "always"}, InvalidInputError),
        ({"after_new_cases": 0}, InvalidInputError),
        ({"cron": None}, InvalidInputError),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(session, now, change, error):
    values = {"name": "n", "kind": "train", "cron": "0 2 * * 0", "timezone": "UTC", "model_type": "diagnosis"}
    with pytest.raises(error):
        schedules.upsert(session, ScheduleWish(**values | change), now=now, actor="tester")
    assert session.scalar(select(func.count()).select_from(Schedule).where(Schedule.name == "n")) == 0


def test_equal_wishes_are_one_job_and_other_seeds_are_another(session, now):
    first = jobs.create(session, JobWish("diagnosis"), now=now, actor="tester")
    with pytest.raises(SameJobOpenError) as refused:
        jobs.create(session, JobWish("diagnosis"), now=now, actor="tester")
    assert refused.value.job_id == first.id
    jobs.create(session, JobWish("diagnosis", seed=2), now=now, actor="tester")
    jobs.request_cancel(session, first.id, actor="tester", now=now)
    jobs.create(session, JobWish("diagnosis", recipe={"epochs": "2"}), now=now, actor="tester")
    assert jobs.create(session, JobWish("diagnosis"), now=now, actor="tester").id != first.id
    with pytest.raises(SameJobOpenError):
        jobs.create(session, JobWish("diagnosis", recipe={"epochs": 2}), now=now, actor="tester")


def test_a_wish_that_cannot_be_met_is_refused_at_the_door(session, now):
    dataset = a_dataset(session)
    for wish, error in (
        (JobWish("nothing"), NotFoundError),
        (JobWish("diagnosis", dataset_version="nothing-data-1"), NotFoundError),
        (JobWish("segmentation", dataset_version=dataset.name), InvalidInputError),
        (JobWish("diagnosis", recipe={"magic": 1}), RecipeError),
    ):
        with pytest.raises(error):
            jobs.create(session, wish, now=now, actor="tester")


def test_an_ended_job_cannot_be_cancelled(session, now):
    job = a_job(session)
    jobs.request_cancel(session, job.id, actor="tester", now=now)
    with pytest.raises(ConflictError):
        jobs.request_cancel(session, job.id, actor="tester", now=now)


def test_pages_follow_each_other_without_gap_or_repeat(session, now):
    made = {a_job(session, created_at=now + timedelta(seconds=n // 3)).id for n in range(10)}
    seen, before = [], None
    while page := jobs.page(session, before=before, limit=4):
        seen += [job.id for job in page]
        before = (page[-1].created_at, page[-1].id)
    assert [row for row in seen if row in made] == sorted(made, reverse=True)
    assert jobs.page(session, status="failed") == []
