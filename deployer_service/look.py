"""One look at a model type: start what waits, score silently, decide on the new facts, act."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import IntEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from deployer_service import canary, challenge, promote, rollback, watch, weekly
from deployer_service.challenge import Challenge, Step
from deployer_service.deps import Deps
from deployer_service.run import WANTED
from shared.domain import transitions
from shared.domain.bells import TaskName
from shared.domain.rollout import summary
from shared.errors import Error, TransientError
from shared.logs import log
from shared.registry import alerts, facts, models, outbox, plans, readings, steering
from shared.registry.alerts import Trouble
from shared.registry.readings import Wanted
from shared.registry.releases import Cause
from shared.registry.tables import ModelVersion

RULE = "rule:decide"
_PASSES = 3
_ROUNDS = 20  # of scoring and deciding in one pass; what is left waits for the next


class Left(IntEnum):
    """What a round leaves behind it."""

    NOTHING = 0  # and it found nothing either
    LITTLE = 1  # while people are answered there is always something: it may wait for the next look
    MORE = 2


def look(model_type_id: UUID, deps: Deps) -> None:
    """Bring one model type up to date with its facts; a second look at the same time leaves it to the first.

    The first looks once more after it has let go, and never leaves a label that came meanwhile: the look
    that was to tell it has met a closed door, and nobody rings for it again.
    """
    with deps.sessions() as session:
        model_type = models.model_type(session, model_type_id).name
    for turn in range(_PASSES):
        left = _pass(model_type, deps)
        if left is None:
            return
        is_enough = left is Left.NOTHING or (turn and left is Left.LITTLE)
        if is_enough and not _words_wait(model_type, deps):
            return
    with deps.sessions.begin() as session:
        outbox.ring(session, TaskName.LOOK, model_type_id)


def _words_wait(model_type: str, deps: Deps) -> bool:
    """Whether any run has yet to be told of a label."""
    with deps.sessions() as session:
        return any(challenge.words_wait(session, one) for one in watch.compared(session, model_type))


def _pass(model_type: str, deps: Deps) -> Left | None:
    """One turn behind the closed door; None when somebody else is behind it."""
    with alone(deps, model_type) as mine:
        if not mine:
            return None
        _prepare(model_type, deps)
        found = _rounds(model_type, deps)
        watch.measure(model_type, deps)
        weekly.drill(model_type, deps)
        weekly.report(model_type, deps)
        watch.free_slots(model_type, deps)
    return found


def _rounds(model_type: str, deps: Deps) -> Left:
    """Go on while each leaves more; what all of them together found is more than nothing."""
    for count in range(_ROUNDS):
        left = _go_round(model_type, deps)
        if left is not Left.MORE:
            return max(left, Left.LITTLE if count else Left.NOTHING)
    return Left.MORE


@contextmanager
def alone(deps: Deps, model_type: str) -> Iterator[bool]:
    """Hold the look of a type on its own connection, without a transaction; Postgres frees it if we die."""
    with deps.sessions() as session:
        connection = session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        key = {"key": f"look:{model_type}"}
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key)
        try:
            yield bool(taken)
        finally:
            if taken:
                connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), key)


def _prepare(model_type: str, deps: Deps) -> None:
    """Start what waits. A model server that is down stops no decision on the facts that are there."""
    with deps.sessions() as session:
        if promote.is_paused(session):
            return
    try:
        canary.start_waiting(model_type, deps)
    except TransientError as error:
        log.warning("challenge not started", model_type=model_type, code=error.code)
    except Error as error:
        with deps.sessions.begin() as session:
            alerts.raise_alert(session, _stuck(model_type, error), now=deps.clock())


def _stuck(model_type: str, error: Error) -> Trouble:
    return Trouble(
        kind="challenge_not_started",
        severity="warning",
        dedup_key=f"challenge:{model_type}:{error.code}",
        title=f"Rounds: the next version of {model_type} cannot start",
        body=f"{error} Fix: {error.fix or 'see the deployer log'}.",
    )


def _go_round(model_type: str, deps: Deps) -> Left:
    """Score what waits and decide once for each run."""
    with deps.sessions() as session:
        running = watch.compared(session, model_type)
    scored = [_score(one, deps) for one in running]
    return max([decide(one, deps) for one in running] + scored, default=Left.NOTHING)


def _score(one: Challenge, deps: Deps) -> Left:
    """Score a page of what waits; a model server that cannot now leaves the rest to the next look."""
    try:
        scored = canary.score_silently(one, deps)
    except Error as error:
        log.warning("silent scoring failed", run=one.run, code=error.code)
        return Left.NOTHING
    return Left.MORE if scored >= canary.PAGE else Left(scored > 0)


def decide(one: Challenge, deps: Deps) -> Left:
    """One step of the engine: its message, its answer and what follows from it in one transaction."""
    now = deps.clock()
    with deps.sessions.begin() as session:
        plans.lock(session, one.challenger.model_type)
        if not _still_runs(session, one):
            return Left.NOTHING
        version = models.get(session, one.challenger.id)
        policy = challenge.policy_of(session, one)
        if promote.is_refused(session, version):
            cause = Cause(RULE, "a second person refused the release", now)
            rollback.roll_back(session, version, cause)
            return Left.MORE
        held = promote.held(session, one, policy)
        step = challenge.next_step(session, one, held=held, now=now)
        if step is None:
            return Left.MORE if watch.settle_if_due(session, version, policy, now=now) else Left.NOTHING
        session.add(step.row)
        session.flush()
        _act(session, version, step, held=held)
        if step.state["ready"] == "promote" and held == "promote":
            promote.ask(session, one, policy, now=now)
        return Left.MORE if step.is_full or step.row.action != "hold" else Left.LITTLE


def _still_runs(session: Session, one: Challenge) -> bool:
    """Whether the same two versions are still compared; a person may have decided meanwhile."""
    plan = plans.current(session, one.challenger.model_type)
    pair = (one.challenger.id, one.champion.id)
    return plan is not None and transitions.still_runs(pair, plan.seats)


def _act(session: Session, version: ModelVersion, step: Step, *, held: str | None) -> None:
    """Do what the answer says; the readings it asks for go onto the worklist."""
    cause = _cause(session, version, step)
    if step.row.action == "rollback":
        rollback.roll_back(session, version, cause)
    elif step.row.action == "promote":
        promote.promote(session, version, cause)
    elif step.row.action == "advance":
        promote.advance(session, version, share=step.answer["fraction"], cause=cause)
    elif step.state["stage"] == "over":
        rollback.end(session, version, cause)
    elif held is None and (newer := canary.follower(session, version, step)):
        why = f"{newer.name} waits, and after a week nothing speaks for {version.name}"
        rollback.end(session, version, replace(cause, reason=why))
    _ask_readers(session, step)


def _cause(session: Session, version: ModelVersion, step: Step) -> Cause:
    """The rule with its evidence; the two people, where the step is theirs."""
    state, row = step.state, step.row
    shown = summary(state) | {"run": row.run, "step": row.step, "policy": row.policy_version}
    word = steering.agreed(session, version) if state["why"] == WANTED else None
    if row.action not in ("advance", "promote") or word is None:
        return Cause(RULE, state["why"] or "no reason", row.at, shown)
    people = {"approval": str(word.id), "asked_by": word.maker, "agreed_by": word.checker}
    return Cause(str(word.checker), f"{WANTED}: {word.reason}", row.at, shown | people)


def _ask_readers(session: Session, step: Step) -> None:
    rates = {row[0]: (row[3], row[5], row[9]) for row in step.state["queue"]["open"]}
    wanted = [
        Wanted(
            prediction_id=row.id,
            kind="disagreement",
            options=challenge.options(step.row.run, rates[row.seq][:2]),
            sampling_rate=rates[row.seq][2],
        )
        for row in facts.numbered(session, step.answer["adjudicate"])
    ]
    readings.ask(session, step.row.model_type, wanted, now=step.row.at)
