"""The facts that a decision reads: answers of both versions and the words on them, each handed out once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from shared.registry.tables import Outcome, Person, Prediction, PredictionInput, SilentScore

PAGE = 2000
REPLAYED = 200  # answers from before a challenge that it may begin with, the newest
_HOLES_KEPT = 300


@dataclass(frozen=True)
class Cursor:
    """How far a run has read a numbered table; gaps stay open, for a lower number may be committed later."""

    at: int
    holes: tuple[int, ...] = ()

    def after(self, consumed: Sequence[int]) -> "Cursor":
        """The cursor once these numbers are consumed; only the newest gaps are remembered."""
        done = set(consumed)
        top = max([self.at, *consumed])
        fresh = range(max(self.at + 1, top - _HOLES_KEPT), top + 1)
        holes = [number for number in (*self.holes, *fresh) if number not in done]
        return Cursor(top, tuple(holes[-_HOLES_KEPT:]))

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        return {"at": self.at, "holes": list(self.holes)}


def cursor_from(saved: Mapping[str, Any]) -> Cursor:
    """A cursor from its JSON."""
    return Cursor(saved["at"], tuple(saved["holes"]))


@dataclass(frozen=True)
class PairedAnswer:
    """One prediction with what both versions of a run say of it."""

    seq: int
    at: datetime
    person_id: UUID
    subgroup: Mapping[str, str]
    challenged: bool
    latency_ms: float  # of the answer that was served
    abstained: bool
    champion: tuple[str, float] | None  # None where the version failed to answer
    challenger: tuple[str, float] | None


@dataclass(frozen=True)
class Said:
    """One word on a prediction of a run."""

    seq: int
    prediction_seq: int
    at: datetime
    label: str
    blind: bool


@dataclass(frozen=True)
class Unpaired:
    """One prediction of a run that not both of its versions have answered yet, with its sealed input."""

    id: UUID
    sealed: bytes
    lacks: tuple[UUID, ...]  # the versions that have not


def newest_numbers(session: Session) -> tuple[int, int]:
    """The highest prediction and outcome numbers so far: where a run begins to read."""
    prediction = session.scalar(select(func.max(Prediction.seq))) or 0
    return prediction, session.scalar(select(func.max(Outcome.seq))) or 0


@dataclass(frozen=True)
class Scope:
    """Which predictions a run is about: all after `base`, and those before it that it begins with."""

    model_type: str
    base: int
    replay: tuple[int, ...] = ()

    def covers(self) -> ColumnElement[bool]:
        """The condition on a prediction."""
        later = or_(Prediction.seq > self.base, Prediction.seq.in_(self.replay))
        return (Prediction.model_type == self.model_type) & later

    def unread(self, cursor: Cursor) -> ColumnElement[bool]:
        """The condition on a prediction that is not consumed yet."""
        return self.covers() & or_(Prediction.seq > cursor.at, Prediction.seq.in_(cursor.holes))


def replayable(session: Session, model_type: str, *, learnt_until: datetime) -> tuple[list[int], list[int]]:
    """Numbers of answers, and of the words on them, that a challenge may be told of before it begins.

    Only what is fair to both versions: drawn for the audit by lot and read blind, given after both had
    learnt, about persons from whom nobody ever learnt. What was read because two other versions disagreed
    is none: there the champion is wrong more often than elsewhere.
    """
    blind = exists().where(Outcome.prediction_id == Prediction.id, Outcome.blind)
    kept = exists().where(PredictionInput.prediction_id == Prediction.id)
    fair = select(Prediction.seq, Prediction.id).join(Person, Person.id == Prediction.person_id)
    fair = fair.where(Prediction.model_type == model_type, Prediction.in_audit, Prediction.at > learnt_until)
    fair = fair.where(~Person.trained, blind, kept).order_by(Prediction.seq.desc()).limit(REPLAYED)
    rows = session.execute(fair).all()
    words = select(Outcome.seq).where(Outcome.prediction_id.in_([row.id for row in rows]))
    return sorted(row.seq for row in rows), sorted(session.scalars(words))


def paired_answers(
    session: Session, scope: Scope, versions: tuple[UUID, UUID], *, cursor: Cursor
) -> list[PairedAnswer]:
    """Predictions in scope, not consumed yet, that both versions (champion first) have answered."""
    champion, challenger = versions
    by_champion, by_challenger = aliased(SilentScore), aliased(SilentScore)
    rows = session.execute(
        select(Prediction, by_champion, by_challenger)
        .outerjoin(by_champion, _is_score(by_champion, champion))
        .outerjoin(by_challenger, _is_score(by_challenger, challenger))
        .where(scope.unread(cursor))
        .where(or_(Prediction.model_version_id == champion, by_champion.seq.is_not(None)))
        .where(or_(Prediction.model_version_id == challenger, by_challenger.seq.is_not(None)))
        .order_by(Prediction.seq)
        .limit(PAGE)
    )
    return [
        PairedAnswer(
            seq=row.seq,
            at=row.at,
            person_id=row.person_id,
            subgroup=row.subgroup,
            challenged=row.model_version_id == challenger,
            latency_ms=row.latency_ms,
            abstained=row.abstain,
            champion=_answer(row, champion, first),
            challenger=_answer(row, challenger, second),
        )
        for row, first, second in rows
    ]


def unpaired_answers(
    session: Session, scope: Scope, versions: tuple[UUID, UUID], *, cursor: Cursor, limit: int
) -> list[Unpaired]:
    """Predictions in scope, not consumed yet, that not both versions have answered, oldest first.

    Both versions go on in step: a case far behind what is consumed already would be read no more.
    """
    scores = [aliased(SilentScore) for _ in versions]
    lacks = [
        (Prediction.model_version_id != version) & score.seq.is_(None)
        for version, score in zip(versions, scores, strict=True)
    ]
    wanted = select(Prediction.id, PredictionInput.sealed, *lacks).join(
        PredictionInput, PredictionInput.prediction_id == Prediction.id
    )
    for version, score in zip(versions, scores, strict=True):
        wanted = wanted.outerjoin(score, _is_score(score, version))
    wanted = wanted.where(scope.unread(cursor), or_(*lacks)).order_by(Prediction.seq).limit(limit)
    return [
        Unpaired(
            own, sealed, tuple(one for one, lacking in zip(versions, lacking_each, strict=True) if lacking)
        )
        for own, sealed, *lacking_each in session.execute(wanted)
    ]


def words(session: Session, scope: Scope, *, cursor: Cursor) -> list[Said]:
    """Outcomes that were not consumed yet, of predictions in scope."""
    unread = or_(Outcome.seq > cursor.at, Outcome.seq.in_(cursor.holes))
    rows = session.execute(
        select(Outcome, Prediction.seq)
        .join(Prediction, Prediction.id == Outcome.prediction_id)
        .where(scope.covers(), unread)
        .order_by(Outcome.seq)
        .limit(PAGE)
    )
    return [
        Said(row.seq, prediction_seq, row.received_at, row.label, row.blind) for row, prediction_seq in rows
    ]


def numbered(session: Session, seqs: Sequence[int]) -> list[Prediction]:
    """The predictions of these numbers."""
    return list(session.scalars(select(Prediction).where(Prediction.seq.in_(seqs)).order_by(Prediction.seq)))


def _is_score(score: Any, version: UUID) -> Any:  # noqa: ANN401
    return (score.prediction_id == Prediction.id) & (score.model_version_id == version)


def _answer(row: Prediction, version: UUID, score: SilentScore | None) -> tuple[str, float] | None:
    if row.model_version_id == version:
        return row.label, row.confidence
    if score is None or score.label is None or score.confidence is None:
        return None
    return score.label, score.confidence
