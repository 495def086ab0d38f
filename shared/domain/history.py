"""What must hold of the history of training jobs after anything: nothing lost, doubled or late.

A pure reading of events, attempts and versions. Chaos runs and the protocol's model end with it, and
`rounds doctor` may ask it of a site.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.cycle import JobState, check_move, ended
from shared.errors import ConflictError

JOBS = "training_jobs."


@dataclass(frozen=True)
class Happened:
    """One event of one job, in the order in which it was written."""

    seq: int
    job: str
    kind: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Try:
    """One claim of a job."""

    job: str
    fence: int
    ended_why: str | None


@dataclass(frozen=True)
class Made:
    """One model version."""

    job: str
    fence: int


@dataclass(frozen=True)
class History:
    """All that is known of some jobs.

    Attributes:
        accepted: the jobs that callers were promised.
        states: where each job stands.
        attempts: how many of its tries counted.
        most: how many tries a job may have.
        interval: steps that a killed training may lose.
    """

    accepted: Collection[str]
    states: Mapping[str, JobState]
    attempts: Mapping[str, int]
    events: Sequence[Happened]
    tries: Sequence[Try]
    made: Sequence[Made]
    most: int
    interval: int = 1


def violations(history: History, *, at_rest: bool = True) -> list[str]:
    """One sentence for each broken rule; none where all hold.

    Args:
        history: what happened.
        at_rest: whether everything had the time to end, so that an open job is a lost one.
    """
    found = [f"{job} was promised and is not there" for job in history.accepted if job not in history.states]
    by_job = _events_by_job(history.events)
    fences = defaultdict(list)
    for one in history.tries:
        fences[one.job].append(one.fence)
    for job, state in history.states.items():
        found += [f"{job} {what}" for what in _of_job(by_job[job], state, at_rest=at_rest)]
        found += [f"{job} {what}" for what in _steps(by_job[job], sorted(fences[job]), history.interval)]
        if history.attempts.get(job, 0) > history.most:
            found.append(f"{job} had {history.attempts[job]} attempts")
    return found + list(_of_versions(history, fences)) + list(_of_tries(history))


def _events_by_job(events: Iterable[Happened]) -> dict[str, list[Happened]]:
    by_job: dict[str, list[Happened]] = defaultdict(list)
    for one in sorted(events, key=lambda event: event.seq):
        by_job[one.job].append(one)
    return by_job


def _of_job(events: Sequence[Happened], state: JobState, *, at_rest: bool) -> Iterator[str]:
    """The moves form one path that the cycle knows, it leads to the job's state, and it ends once."""
    place, endings = JobState.QUEUED, 0
    for one in events:
        if not one.kind.startswith(JOBS) or "to" not in one.data:
            continue
        before, after = JobState(str(one.data["from"])), JobState(str(one.data["to"]))
        if before is not place:
            yield f"moved from {before} while it was {place}"
        try:
            check_move(before, after)
        except ConflictError:
            yield f"moved from {before} to {after}"
        place, endings = after, endings + ended(after)
    if place is not state:
        yield f"stands at {state}, and its events end at {place}"
    if endings > 1:
        yield f"ended {endings} times"
    if at_rest and not ended(state):
        yield f"never ended: it is {state}"


def _steps(events: Sequence[Happened], fences: Sequence[int], interval: int) -> Iterator[str]:
    """Every effect is of the newest claim, and no more than an interval is learnt twice."""
    claims, best = 0, 0
    for one in events:
        if one.kind == f"{JOBS}{JobState.LEASED}":
            claims += 1
        if one.kind != f"{JOBS}progress":
            continue
        fence, step = int(str(one.data["fence"])), int(str(one.data["step"]))
        newest = fences[claims - 1] if 0 < claims <= len(fences) else None
        if fence != newest:
            yield f"took step {step} under fence {fence} while {newest} held it"
        if step < best + 1 - interval:
            yield f"went back from step {best} to {step}"
        best = max(best, step)


def _of_versions(history: History, fences: Mapping[str, Sequence[int]]) -> Iterator[str]:
    made: dict[str, list[int]] = defaultdict(list)
    for one in history.made:
        made[one.job].append(one.fence)
    for job, of in made.items():
        if len(of) > 1:
            yield f"{job} made {len(of)} versions"
        if history.states.get(job) is not JobState.COMPLETED:
            yield f"{job} made a version and is {history.states.get(job)}"
        if max(of) != max(fences[job], default=None):
            yield f"{job} made a version under fence {max(of)}, and was claimed again after it"
    for job, state in history.states.items():
        if state is JobState.COMPLETED and job not in made:
            yield f"{job} is completed and made no version"


def _of_tries(history: History) -> Iterator[str]:
    """A job that is over or waits is nobody's; one that runs is the newest try's alone."""
    running: dict[str, list[int]] = defaultdict(list)
    for one in history.tries:
        if one.ended_why is None:
            running[one.job].append(one.fence)
    for job, of in running.items():
        state = history.states.get(job)
        if state is JobState.QUEUED or (state is not None and ended(state)):
            yield f"{job} is {state}, and try {of[-1]} of it never ended"
        elif len(of) > 1:
            yield f"{job} is held by {len(of)} tries at once"
