"""A person's answer on a case that was held back: no identifier, or which words are one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.errors import ConflictError, InvalidInputError
from shared.registry import audit, cases, deid, policies
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import DatasetMember, DeidReport, QualityReport, SourceRecord, ValidatedCase
from worker_collection.deps import Deps
from worker_collection.intake import content_hash
from worker_collection.phi.lexicon import fold
from worker_collection.recheck import LABELS, case_and_report, hold, look, opened, release
from worker_collection.record import surrogates
from worker_collection.terms import manner_of

_PLACES = frozenset({"ADDRESS", "HOSPITAL", "ORG"})
_WORDS = ("name", "unknown_word", "word_as_name", "eponym_as_name", "word_as_place", "tagger_unsure")


class NotHeldError(ConflictError):
    """The case is not held back, so there is nothing to answer."""

    code = "not_held"


@dataclass(frozen=True)
class Marked:
    """A stretch of the case's text that a person calls an identifier."""

    start: int
    end: int
    label: str = "NAME"


def say_harmless(case_id: UUID, deps: Deps, *, by: str) -> str:
    """Nothing that was doubted is an identifier: the case goes on, and the site doubts these words no more.

    Returns:
        The state of the case.

    Raises:
        NotHeldError: nobody asks.
    """
    now = deps.clock()
    with deps.sessions.begin() as session:
        case, report = _held(session, case_id)
        text = opened(case, deps)
        words = {fold(text[start:end]) for start, end, code in report.details["doubts"] if code in _WORDS}
        deid.judge_words(session, words, "harmless", vault=deps.vault, by=by, now=now)
        release(session, case, report, by=by, now=now)
        _note(session, case, "no_identifier", by=by, now=now)
        return case.state.value


def say_identifier(case_id: UUID, marked: Sequence[Marked], deps: Deps, *, by: str) -> str:
    """Take out what a person calls an identifier; the case goes on if nothing else is doubted.

    Names go from all notes of the person, places from all notes of the site. A case that a sealed dataset
    holds stays as it was sealed, ended, and goes on as its next version.

    Args:
        case_id: the case.
        marked: the stretches; none means all that was doubted.
        deps: the collaborators.
        by: who says so.

    Returns:
        The state of the case, or of its next version.

    Raises:
        NotHeldError: nobody asks.
        InvalidInputError: a stretch does not lie in the text.
    """
    now = deps.clock()
    with deps.sessions.begin() as session:
        case, report = _held(session, case_id)
        text = opened(case, deps)
        taken = _checked(text, marked or [_of_doubt(doubt) for doubt in report.details["doubts"]])
        words = [(one.label, fold(text[one.start : one.end])) for one in taken]
        places = {word for label, word in words if label in _PLACES}
        names = {part for label, word in words if label == "NAME" for part in word.split() if len(part) > 2}
        deid.judge_words(session, places, "identifier", vault=deps.vault, by=by, now=now)
        deid.keep_words(session, {case.person_id: names}, deps.vault, now=now)
        _note(session, case, "identifier", by=by, now=now)
        case, report = _with_text(session, case, report, text=_without(text, taken), deps=deps, by=by)
        _judge_again(session, case, report, names=names, deps=deps, by=by)
        return case.state.value


def _held(session: Session, case_id: UUID) -> tuple[ValidatedCase, DeidReport]:
    case, report = case_and_report(session, case_id)
    if report.verdict != "quarantine" or case.state != CaseState.NEEDS_REVIEW:
        raise NotHeldError(f"case {case_id} is not held back", field="case_id", fix="see `rounds cases held`")
    if not report.details.get("doubts"):
        raise NotHeldError(
            f"case {case_id} has no text to answer on", field="case_id", fix="correct the row at its source"
        )
    return case, report


def _of_doubt(doubt: Sequence[Any]) -> Marked:
    start, end, code = doubt
    if code in ("word_as_place", "known_address", "found_address"):
        return Marked(start, end, "ADDRESS")
    if (
        code.startswith("shape_")
        or code.startswith("found_")
        and code.removeprefix("found_").upper() in LABELS
    ):
        return Marked(start, end, code.removeprefix("found_").upper() if code.startswith("found_") else "ID")
    return Marked(start, end)


def _checked(text: str, marked: Sequence[Marked]) -> list[Marked]:
    """The stretches in order; of those that overlap, the first."""
    taken: list[Marked] = []
    for one in sorted(marked, key=lambda one: (one.start, -one.end)):
        if not 0 <= one.start < one.end <= len(text):
            raise InvalidInputError("a stretch does not lie in the text", field="spans", fix="see its doubts")
        if one.label not in LABELS:
            raise InvalidInputError(f"{one.label} is no label", field="spans", fix=", ".join(LABELS))
        if not taken or one.start >= taken[-1].end:
            taken.append(one)
    return taken


def _without(text: str, taken: Sequence[Marked]) -> str:
    parts, at = [], 0
    for one in taken:
        parts += [text[at : one.start], f"[{one.label}]"]
        at = one.end
    return "".join([*parts, text[at:]])


def _judge_again(
    session: Session, case: ValidatedCase, report: DeidReport, *, names: set[str], deps: Deps, by: str
) -> None:
    now = deps.clock()
    manner = manner_of(policies.current(session)[1], deid.site_words(session, deps.vault))
    drawn = deid.surrogates_of(session, {case.person_id}, deps.vault).get(case.person_id, {})
    found = look(opened(case, deps), names, manner=manner, ours=surrogates(drawn), now=now)
    report.engine = manner.engine
    if found:
        hold(session, case, report, found=found, now=now)
    else:
        release(session, case, report, by=by, now=now)


def _with_text(  # noqa: PLR0913 - a case, its report, its text and who changes it
    session: Session, case: ValidatedCase, report: DeidReport, *, text: str, deps: Deps, by: str
) -> tuple[ValidatedCase, DeidReport]:
    """The case with this text, in place, or as its next version where a dataset holds it."""
    fresh: dict[str, Any] = {
        "input_sealed": deps.vault.seal(text.encode(), CASE_PURPOSE),
        "content_hash": content_hash(case.model_type, text, case.diagnosis),
    }
    if session.scalar(select(DatasetMember.case_id).filter_by(case_id=case.id).limit(1)) is None:
        case.input_sealed, case.content_hash = fresh["input_sealed"], fresh["content_hash"]
        return case, report
    return _succeeded(session, case, report, fresh=fresh, by=by, now=deps.clock())


def _succeeded(  # noqa: PLR0913 - a case, its report, what is new and who says so
    session: Session,
    case: ValidatedCase,
    report: DeidReport,
    *,
    fresh: dict[str, Any],
    by: str,
    now: datetime,
) -> tuple[ValidatedCase, DeidReport]:
    highest = cases.versions(session, case.source_id, [case.source_record])[case.source_record]
    case_id = uuid4()
    given = {"id": case_id, "version": highest + 1, "used_in_training": False, "created_at": now}
    session.add(ValidatedCase(**_columns(case) | given | fresh))
    session.flush()
    session.add(DeidReport(**_columns(report) | {"case_id": case_id}))
    quality = session.get(QualityReport, case.id)
    if quality is not None:
        session.add(QualityReport(**_columns(quality) | {"case_id": case_id}))
    session.flush()
    cases.replace(session, {case.id: (case_id, "an identifier was taken out")}, actor=by, at=now)
    session.execute(update(SourceRecord).where(SourceRecord.case_id == case.id).values(case_id=case_id))
    return session.get_one(ValidatedCase, case_id), session.get_one(DeidReport, case_id)


def _columns(row: ValidatedCase | DeidReport | QualityReport) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def _note(session: Session, case: ValidatedCase, answer: str, *, by: str, now: datetime) -> None:
    subject = ("validated_cases", case.id)
    audit.write(session, act="deidentify", subject=subject, actor=by, at=now, details={"answer": answer})
