"""A clinician's word on a collected case: what it is, who says so, and what becomes of the case."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cycle import CaseState, ended
from shared.domain.labels import LabelSpace
from shared.errors import ConflictError, ForbiddenError, InvalidInputError
from shared.registry import labels, moves, outbox, second_reads, testimonies, validators, withdrawals
from shared.registry.second_reads import NotOpenError
from shared.registry.tables import DeidReport, SecondRead, ValidatedCase, Validation

DISAGREE = "readers_disagree"
UNMASKED = "unmasked:"  # the content of a case whose label is still to be masked in its text


@dataclass(frozen=True)
class Verdict:
    """What was said; without a diagnosis the case's own stands."""

    accept: bool
    diagnosis: str | None = None


@dataclass(frozen=True)
class Word:
    """One reading: confirm, amend, reject, second_read or adjudicate; what was said, what was seen."""

    kind: str
    diagnosis: str | None = None
    saw_model_answer: bool = False
    seconds_spent: int | None = None


@dataclass(frozen=True)
class Reader:
    """Who reads: a validator the site knows, or the holder of a clinician's key."""

    id: str
    may_read: bool


class NotDeidentifiedError(ConflictError):
    """The case is held back because it may still name the patient."""

    code = "not_deidentified"


class UnqualifiedReaderError(ForbiddenError):
    """The site knows the reader as somebody whose diagnoses do not count."""

    code = "reader_not_qualified"


class OwnReadingError(ConflictError):
    """Somebody would be the second reader of the own first reading."""

    code = "own_reading"


def meaning(session: Session, model_type: str, diagnosis: str) -> str:
    """The label that these words mean in the type's label space; words it does not know stay as they are."""
    return LabelSpace.of(labels.of(session, model_type)).find(diagnosis) or diagnosis.strip()


def reader(session: Session, name: str) -> Reader:
    """Who a name or key is: the validator of that name, e-mail or id where the site knows one."""
    found = validators.index(session, None, everywhere=True).get(validators.alias(name))
    if found is None:
        return Reader(f"key:{name}", may_read=True)
    return Reader(str(found.id), may_read=found.qualified and found.active)


def give(session: Session, case: ValidatedCase, verdict: Verdict, *, by: str, now: datetime) -> None:
    """Accept or reject a case, which the caller has locked; see `record` for the errors."""
    kind = "reject" if not verdict.accept else "confirm" if verdict.diagnosis is None else "amend"
    record(session, case, Word(kind, verdict.diagnosis), by=by, now=now)


def record(session: Session, case: ValidatedCase, word: Word, *, by: str, now: datetime) -> Validation:
    """Write a reading down and move the case, which the caller has locked. The same again changes nothing.

    Raises:
        UnqualifiedReaderError: the reader's diagnoses do not count.
        InvalidInputError: the diagnosis is in no label space, or none is known.
        NotDeidentifiedError: the case has no passing report.
        NotOpenError: the case is over, or does not wait for this kind of reading.
        OwnReadingError: a second reader who is the first one, a third who is one of the two.
    """
    who = reader(session, by)
    if not who.may_read:
        raise UnqualifiedReaderError("the reader is not qualified or not active", fix="rounds validator list")
    said_before = _last(session, case, who)
    if said_before is not None and _is_same(session, case, word, before=said_before):
        return said_before
    if ended(case.state):
        raise NotOpenError(f"case {case.id} is {case.state.value}", field="case_id", fix="see /worklist")
    return _ACTS[word.kind](session, case, _Said(word, who, by, now))


@dataclass(frozen=True)
class _Said:
    word: Word
    who: Reader
    by: str
    now: datetime


def _reject(session: Session, case: ValidatedCase, said: _Said) -> Validation:
    open_read = second_reads.waiting(session, case.id)
    if open_read is not None:
        open_read.settled_at, open_read.settled_by = said.now, said.who.id
    moves.move(session, case, CaseState.REJECTED, by=said.by, at=said.now, why="rejected by a clinician")
    testimonies.drop(session, [case.id])
    return _note(session, case, said, kind="reject")


def _accept(session: Session, case: ValidatedCase, said: _Said) -> Validation:
    _check_clean(session, case)
    label = _label(session, case, said.word.diagnosis)
    kind = "confirm" if label == case.diagnosis else "amend"
    _settle(session, case, said, label=label, why=f"{kind}ed by a clinician")
    return _note(session, case, said, kind=kind)


def _read_again(session: Session, case: ValidatedCase, said: _Said) -> Validation:
    """A second reading: agreed, the case is good; else it waits for a third reader."""
    _check_clean(session, case)
    label = _label(session, case, said.word.diagnosis, needed=True)
    asked = second_reads.waiting(session, case.id)
    if asked is None:
        second_reads.ask(session, [case], why="request", by=said.by, now=said.now)
        asked = second_reads.waiting(session, case.id)
    assert asked is not None
    if asked.answered_at is not None:
        raise NotOpenError("the case was read a second time", field="kind", fix="adjudicate it")
    if said.who.id in _readers(session, case, asked):
        raise OwnReadingError("nobody is the second reader of the own reading", fix="let somebody else read")
    asked.second_label, asked.second_reader, asked.answered_at = label, said.who.id, said.now
    if label == asked.first_label:
        asked.settled_label, asked.settled_by, asked.settled_at = label, said.who.id, said.now
        _settle(session, case, said, label=label, why="two readers agree")
    else:
        case.review_reasons = [*dict.fromkeys([*case.review_reasons, DISAGREE])]
        if case.state is not CaseState.NEEDS_REVIEW:
            moves.move(session, case, CaseState.NEEDS_REVIEW, by=said.by, at=said.now, why=DISAGREE)
    return _note(session, case, said, kind="second_read", label=label)


def _adjudicate(session: Session, case: ValidatedCase, said: _Said) -> Validation:
    """A third reader decides between two who disagree, for either label or another one."""
    _check_clean(session, case)
    asked = second_reads.waiting(session, case.id)
    if asked is None or asked.answered_at is None:
        raise NotOpenError("no two readers disagree on the case", field="kind", fix="see /worklist")
    if said.who.id in _readers(session, case, asked):
        raise OwnReadingError("a third reader must decide", fix="let somebody else read")
    label = _label(session, case, said.word.diagnosis, needed=True)
    asked.settled_label, asked.settled_by, asked.settled_at = label, said.who.id, said.now
    _settle(session, case, said, label=label, why="adjudicated")
    return _note(session, case, said, kind="adjudicate")


_ACTS: dict[str, Callable[[Session, ValidatedCase, _Said], Validation]] = {
    "confirm": _accept,
    "amend": _accept,
    "reject": _reject,
    "second_read": _read_again,
    "adjudicate": _adjudicate,
}


def _settle(session: Session, case: ValidatedCase, said: _Said, *, label: str, why: str) -> None:
    """The case has this label and waits for nothing more; a label it had not is still to be masked."""
    if case.diagnosis is not None:
        withdrawals.correct(session, case.id, label, actor=said.by, now=said.now)
    if label != case.diagnosis and not case.media:
        case.content_hash = f"{UNMASKED}{case.id}"
        outbox.ring(session, TaskName.MASK_CASE, case.id)
    case.diagnosis, case.review_reasons, case.updated_at = label, [], said.now
    testimonies.drop(session, [case.id])
    if case.state != CaseState.VALIDATED:
        moves.move(session, case, CaseState.VALIDATED, by=said.by, at=said.now, why=why)


def _check_clean(session: Session, case: ValidatedCase) -> None:
    if session.scalar(select(DeidReport.verdict).filter_by(case_id=case.id)) != "pass":
        raise NotDeidentifiedError(f"case {case.id} has no passing de-identification report")


def _readers(session: Session, case: ValidatedCase, asked: SecondRead) -> set[str]:
    """Everybody who had a say in the label so far."""
    spoken = select(Validation.validator).where(Validation.case_id == case.id)
    names = {asked.first_reader, asked.second_reader, str(case.validated_by), *session.scalars(spoken)}
    return {name for name in names if name}


def _label(session: Session, case: ValidatedCase, diagnosis: str | None, *, needed: bool = False) -> str:
    if diagnosis is None and (needed or case.diagnosis is None):
        raise InvalidInputError("the reading names no diagnosis", field="diagnosis", fix="give one")
    words = diagnosis or case.diagnosis or ""
    known = LabelSpace.of(labels.of(session, case.model_type)).find(words)
    if known is None and words != case.diagnosis:
        raise InvalidInputError(
            f"the diagnosis is no label of {case.model_type}",
            field="diagnosis",
            fix="use a label of the type, or `rounds labels map`",
        )
    return known or words


def _last(session: Session, case: ValidatedCase, who: Reader) -> Validation | None:
    mine = (Validation.case_id == case.id) & (Validation.validator == who.id)
    return session.scalar(select(Validation).where(mine).order_by(Validation.at.desc(), Validation.id.desc()))


def _is_same(session: Session, case: ValidatedCase, word: Word, *, before: Validation) -> bool:
    """Whether a reader says once more what stands already."""
    kinds = {"confirm", "amend"}
    if before.kind != word.kind and not {before.kind, word.kind} <= kinds:
        return False
    standing = before.kind == "second_read" or case.state in (CaseState.VALIDATED, CaseState.REJECTED)
    if word.kind == "reject" or word.diagnosis is None:
        return standing and (word.kind != "confirm" or before.diagnosis == case.diagnosis)
    return standing and meaning(session, case.model_type, word.diagnosis) == before.diagnosis


def _note(
    session: Session, case: ValidatedCase, said: _Said, *, kind: str, label: str | None = None
) -> Validation:
    row = Validation(
        case_id=case.id,
        validator=said.who.id,
        kind=kind,
        diagnosis=label or case.diagnosis,
        saw_model_answer=said.word.saw_model_answer,
        seconds_spent=said.word.seconds_spent,
        at=said.now,
    )
    session.add(row)
    session.flush()
    return row
