"""One run of the decision engine in service: messages from the registry, steps stored verbatim."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from deployer_service.decide import Run, answer_line
from deployer_service.facts import COLUMNS, UNSCORED
from shared.domain.policy import Policy
from shared.domain.rollout import STRATA, config_of
from shared.registry import decisions, facts, lifetime, models, policies, steering
from shared.registry.facts import Cursor, PairedAnswer, Said, Scope, Unpaired, cursor_from
from shared.registry.tables import DatasetVersion, ModelVersion, ReleaseDecision, TrainingJob

_DAY_SECONDS = 86_400
_LOOKS_A_DAY = 4  # without facts, time alone is looked at this often


@dataclass(frozen=True)
class Challenge:
    """Who is compared with whom. The same run goes on after the promotion, as the reverse shadow."""

    challenger: ModelVersion
    champion: ModelVersion

    @property
    def run(self) -> str:
        """The name of the run: the challenger and its exact bytes."""
        return f"{self.challenger.name}:{self.challenger.digest[:12]}"


@dataclass(frozen=True)
class Step:
    """One step that is to be stored: the answer to a message, with the cursors after it."""

    row: ReleaseDecision
    answer: dict[str, Any]
    is_full: bool = False  # it was told as much as one message holds, so that more may wait

    @property
    def state(self) -> dict[str, Any]:
        """The engine's state after the step."""
        state: dict[str, Any] = self.answer["state"]
        return state


def begin(session: Session, challenge: Challenge, *, now: datetime) -> ReleaseDecision:
    """Store the start message of a run; one that has begun is returned where it stands."""
    last = decisions.newest(session, challenge.run)
    if last is not None:
        return last
    version, policy = policies.current(session)
    dangerous = models.must_not_miss(session, challenge.challenger.model_type)
    account = lifetime.standing(session, challenge.challenger, now=now)
    config = config_of(policy, must_not_miss=dangerous, strata=None)
    config["alpha_promote"] = account.alpha(policy.alpha_promote)
    config["person_because"] = account.why_person(policy.alpha_promote)
    message = {
        "type": "start",
        "run": challenge.run,
        "config": config,
        "columns": COLUMNS,
        "state": None,
    }
    base, outcome = facts.newest_numbers(session)
    model_type, until = challenge.challenger.model_type, _learnt_until(session, challenge)
    before, said = facts.replayable(session, model_type, learnt_until=until)
    cursors = {
        "base": base,
        "replay": before,
        "prediction": Cursor(base, tuple(before)).dump(),
        "outcome": Cursor(outcome, tuple(said)).dump(),
    }
    row = _row(challenge, step=0, policy_version=version, now=now)
    row.cursors, row.message = cursors, answer_line(message)
    return _answered(session, row, Run(message).begin())


def unpaired(session: Session, challenge: Challenge, *, limit: int, now: datetime) -> list[Unpaired]:
    """The oldest cases that one of the two has yet to say something of; a run that has not begun begins."""
    last = begin(session, challenge, now=now)
    ids, cursor = (challenge.champion.id, challenge.challenger.id), cursor_from(last.cursors["prediction"])
    return facts.unpaired_answers(session, _scope(challenge, last), ids, cursor=cursor, limit=limit)


def _scope(challenge: Challenge, step: ReleaseDecision) -> Scope:
    cursors = step.cursors
    return Scope(challenge.challenger.model_type, cursors["base"], tuple(cursors.get("replay", ())))


def _learnt_until(session: Session, challenge: Challenge) -> datetime:
    """What came after this neither version has seen: its data were sealed before, or it was brought in."""
    until = []
    for one in (challenge.challenger, challenge.champion):
        elsewhere = session.get_one(TrainingJob, one.job_id).triggered_by == "import"
        sealed_at = session.get_one(DatasetVersion, one.dataset_version_id).sealed_at
        until.append(one.created_at if elsewhere else sealed_at)
    return max(until)


def next_step(session: Session, challenge: Challenge, *, held: str | None, now: datetime) -> Step | None:
    """Fold in what has come since the last step; None when there is nothing to say. Nothing is stored yet."""
    last = begin(session, challenge, now=now)
    first = decisions.start(session, challenge.run)
    cursors, about = last.cursors, _scope(challenge, last)
    prediction, outcome = cursor_from(cursors["prediction"]), cursor_from(cursors["outcome"])
    ids = (challenge.champion.id, challenge.challenger.id)
    answers = facts.paired_answers(session, about, ids, cursor=prediction)
    words = facts.words(session, about, cursor=outcome)
    asked = steering.agreed(session, challenge.challenger)
    told = {"held": held, "asked": str(asked.id) if asked else None}
    if not answers and not words and not _time_matters(last, told, _days(now, first.at)):
        return None
    message = _message(first.at, last.step + 1, answers, words=words, now=now)
    message |= {name: word for name, word in told.items() if word is not None}
    run = Run(json.loads(first.message) | {"state": json.loads(last.answer)["state"]})
    row = _row(challenge, step=last.step + 1, policy_version=first.policy_version, now=now)
    row.message = answer_line(message)
    row.cursors = {
        "base": about.base,
        "replay": list(about.replay),
        "prediction": prediction.after([answer.seq for answer in answers]).dump(),
        "outcome": outcome.after([word.seq for word in words]).dump(),
    }
    answer = run.feed(message)
    row.action, row.answer = answer["action"], answer_line(answer)
    return Step(row, answer, is_full=max(len(answers), len(words)) >= facts.PAGE)


def words_wait(session: Session, challenge: Challenge) -> bool:
    """Whether a label came that the run was not told of yet; a run that has not begun has none."""
    last = decisions.newest(session, challenge.run)
    if last is None:
        return False
    cursor = cursor_from(last.cursors["outcome"])
    return bool(facts.words(session, _scope(challenge, last), cursor=cursor))


def policy_of(session: Session, challenge: Challenge) -> Policy:
    """The policy that the run began with; a later one does not touch it."""
    return policies.get(session, decisions.start(session, challenge.run).policy_version)


def options(run: str, labels: tuple[str, str]) -> list[str]:
    """Both answers in an order that says nothing of who gave which, the same at every replay."""
    return sorted(
        labels, key=lambda label: hashlib.sha256(f"{run}:{sorted(labels)}:{label}".encode()).digest()
    )


def _message(  # noqa: PLR0913
    epoch: datetime, seq: int, answers: list[PairedAnswer], *, words: list[Said], now: datetime
) -> dict[str, Any]:
    predictions = [
        [
            one.seq,
            _days(one.at, epoch),
            int(one.challenged),
            *(one.champion or (UNSCORED, None)),
            *(one.challenger or (UNSCORED, None)),
            *(one.subgroup.get(name, UNSCORED) for name in STRATA),
            one.person_id.hex[-12:],
            round(one.latency_ms, 3),
            int(one.abstained),
        ]
        for one in answers
    ]
    labels = [[one.prediction_seq, _days(one.at, epoch), one.label, int(one.blind)] for one in words]
    return {
        "type": "events",
        "seq": seq,
        "now": _days(now, epoch),
        "predictions": predictions,
        "labels": labels,
    }


def _time_matters(last: ReleaseDecision, told: Mapping[str, str | None], now: float) -> bool:
    """Whether a look without facts could say something: a move is free or asked for, or hours went by."""
    state = json.loads(last.answer)["state"]
    fresh = told["asked"] and told["asked"] != json.loads(last.message).get("asked")
    if told["held"] is None and (state["ready"] or fresh):
        return True
    return int(now * _LOOKS_A_DAY) > int(state["now"] * _LOOKS_A_DAY)


def _days(instant: datetime, epoch: datetime) -> float:
    return round((instant - epoch).total_seconds() / _DAY_SECONDS, 6)


def _row(challenge: Challenge, *, step: int, policy_version: int, now: datetime) -> ReleaseDecision:
    return ReleaseDecision(
        run=challenge.run,
        step=step,
        model_type=challenge.challenger.model_type,
        model_version_id=challenge.challenger.id,
        policy_version=policy_version,
        at=now,
    )


def _answered(session: Session, row: ReleaseDecision, answer: dict[str, Any]) -> ReleaseDecision:
    row.action, row.answer = answer["action"], answer_line(answer)
    session.add(row)
    session.flush()
    return row
