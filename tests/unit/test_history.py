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
