import pytest

from shared.domain.cycle import JobState
from shared.domain.history import JOBS, Happened, History, Made, Try, violations


def moved(*states: JobState) -> list[tuple[str, dict[str, object]]]:
    pairs = zip((JobState.QUEUED, *states), states, strict=False)
    return [(f"{JOBS}{to.value}", {"from": before.value, "to": to.value}) for before, to in pairs]


def step(number: int, fence: int) -> tuple[str, dict[str, object]]:
    return f"{JOBS}progress", {"step": number, "fence": fence}


TAKEN = (JobState.LEASED, JobState.RUNNING)
DONE = (JobState.EVALUATING, JobState.COMPLETED)
LOST = moved(*TAKEN, JobState.QUEUED)[2:]


def history(events, *, state=JobState.COMPLETED, tries=((1, "completed"),), made=(1,), attempts=1) -> History:
    return History(
        accepted=["a"],
        states={} if state is None else {"a": state},
        attempts={"a": attempts},
        events=[Happened(n, "a", kind, data) for n, (kind, data) in enumerate(events)],
        tries=[Try("a", fence, why) for fence, why in tries],
        made=[Made("a", fence) for fence in made],
        most=3,
    )


def plain():
    events = moved(*TAKEN, *DONE)
    return events[:2] + [step(1, 1), step(2, 1)] + events[2:]


def test_a_plain_job_and_one_that_was_lost_and_resumed_hold():
    assert violations(history(plain())) == []
    again = moved(*TAKEN)[:2] + [step(1, 1), *LOST] + moved(*TAKEN)[:2] + [step(2, 2)]
    again += moved(*TAKEN, *DONE)[2:]
    resumed = history(again, tries=((1, "worker_lost"), (2, "completed")), made=(2,), attempts=2)
    assert violations(resumed) == []


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (history([], state=None, tries=(), made=()), "is not there"),
        (history(moved(*TAKEN), state=JobState.RUNNING, tries=((1, None),), made=()), "never ended"),
        (history(plain(), attempts=4), "had 4 attempts"),
        (history(plain(), made=(1, 1)), "made 2 versions"),
        (history(plain(), made=()), "made no version"),
        (history(moved(*TAKEN, *DONE) + moved(*TAKEN, *DONE)[3:]), "ended 2 times"),
        (history(moved(*TAKEN, *DONE), state=JobState.FAILED, made=()), "events end at completed"),
        (history(moved(JobState.LEASED, JobState.COMPLETED)), "moved from leased to completed"),
        (history(plain(), tries=((1, None),)), "never ended"),
        (history(plain(), tries=((1, "x"), (2, "y"))), "claimed again after it"),
        (history(moved(*TAKEN)[:2] + [step(1, 7)] + moved(*TAKEN, *DONE)[2:]), "under fence 7"),
        (
            history(moved(*TAKEN)[:2] + [step(3, 1), step(1, 1)] + moved(*TAKEN, *DONE)[2:]),
            "went back from step 3 to 1",
        ),
        (
            history(moved(*TAKEN), state=JobState.RUNNING, tries=((1, None), (2, None)), made=()),
            "held by 2 tries",
        ),
        (history(moved(*TAKEN), state=JobState.RUNNING, made=(1,)), "made a version and is running"),
    ],
)
def test_each_broken_rule_is_named(broken, says):
    assert any(says in sentence for sentence in violations(broken)), violations(broken)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (history([], state=None, tries=(), made=()), "a was promised and is not there"),
        (history(plain(), attempts=4), "a had 4 attempts"),
        (history(plain(), made=(1, 1)), "a made 2 versions"),
        (history(plain(), made=()), "a is completed and made no version"),
        (
            history(plain(), tries=((1, "x"), (2, "y"))),
            "a made a version under fence 1, and was claimed again after it",
        ),
        (
            history(moved(*TAKEN), state=JobState.RUNNING, tries=((1, None),), made=()),
            "a never ended: it is running",
        ),
        (history(plain(), tries=((1, None),)), "a is completed, and try 1 of it never ended"),
        (
            history(
                moved(JobState.LEASED, JobState.QUEUED), state=JobState.QUEUED, tries=((1, None),), made=()
            ),
            "a is queued, and try 1 of it never ended",
        ),
        (history([*moved(JobState.LEASED), step(1, 1)], state=JobState.LEASED, made=()), None),
        (history([step(1, 1), *plain()]), "a took step 1 under fence 1 while None held it"),
    ],
)
def test_a_sentence_names_the_job_and_what_is_wrong_with_it(broken, says):
    at_rest = broken.states.get("a") is not JobState.QUEUED and says is not None
    found = violations(broken, at_rest=at_rest)
    assert found == ([says] if says else [])


def test_a_job_may_be_open_while_there_is_time():
    assert (
        violations(history(moved(*TAKEN), state=JobState.RUNNING, tries=((1, None),), made=()), at_rest=False)
        == []
    )
    assert violations(history(plain(), attempts=3)) == []


def test_a_path_that_does_not_join_is_named_by_both_ends():
    torn = moved(*TAKEN, *DONE)
    del torn[1]
    assert violations(history(torn)) == ["a moved from running while it was leased"]
    other = history(moved(*TAKEN, *DONE), state=JobState.FAILED, made=())
    assert violations(other) == ["a stands at failed, and its events end at completed"]
    back = history([*moved(JobState.LEASED), (f"{JOBS}x", {"from": "leased", "to": "completed"})])
    assert violations(back) == ["a moved from leased to completed"]


def test_events_count_in_their_order_and_only_those_that_move_a_job():
    events = [Happened(n, "a", kind, data) for n, (kind, data) in enumerate(plain())]
    noise = [Happened(99, "a", "alerts.opened", {"to": "x"}), Happened(98, "a", f"{JOBS}noted", {})]
    whole = history(plain())
    mixed = History(
        whole.accepted,
        whole.states,
        whole.attempts,
        [*noise, *reversed(events)],
        whole.tries,
        whole.made,
        most=3,
    )
    assert violations(mixed) == []


@pytest.mark.parametrize(
    ("interval", "back", "is_told"), [(1, 2, False), (1, 1, True), (2, 1, False), (2, 0, True)]
)
def test_no_more_than_an_interval_is_learnt_twice(interval, back, is_told):
    again = [
        *moved(*TAKEN),
        step(1, 1),
        step(2, 1),
        *LOST,
        *moved(*TAKEN),
        step(back, 2),
        *moved(*TAKEN, *DONE)[2:],
    ]
    whole = history(again, tries=((1, "lost"), (2, "completed")), made=(2,), attempts=2)
    told = History(
        whole.accepted, whole.states, whole.attempts, whole.events, whole.tries, whole.made, 3, interval
    )
    assert violations(told) == ([f"a went back from step 2 to {back}"] if is_told else [])
    assert whole.interval == 1


def test_a_step_is_the_newest_claim_s_alone():
    late = [
        *moved(*TAKEN),
        step(1, 1),
        *LOST,
        *moved(*TAKEN),
        step(2, 1),
        step(2, 2),
        *moved(*TAKEN, *DONE)[2:],
    ]
    whole = history(late, tries=((2, "completed"), (1, "lost")), made=(2,), attempts=2)
    assert violations(whole) == ["a took step 2 under fence 1 while 2 held it"]


def test_versions_and_tries_of_jobs_that_nobody_knows_are_told():
    stray = History([], {}, {}, [], [Try("b", 1, None), Try("b", 2, None)], [Made("c", 7)], most=3)
    assert violations(stray) == [
        "c made a version and is None",
        "c made a version under fence 7, and was claimed again after it",
        "b is held by 2 tries at once",
    ]
    assert JOBS == "training_jobs."
    twice = history(plain(), tries=((1, "x"), (2, "y")), made=(1, 2), attempts=2)
    assert violations(twice) == ["a made 2 versions"]
    waits = History(["a"], {"a": JobState.QUEUED}, {}, [], [], [], most=0)
    assert violations(waits, at_rest=False) == []
    failed = history(moved(*TAKEN, JobState.FAILED), state=JobState.FAILED)
    assert violations(failed) == ["a made a version and is failed"]
