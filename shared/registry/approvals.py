"""A second person's yes or no. The maker is never the checker; the database says so too."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.errors import ConflictError, ForbiddenError, NotFoundError
from shared.registry import audit, events, models, outbox
from shared.registry.tables import Approval

VERSIONS = "model_versions"  # the kind of subject whose promotion waits for the answer
STEPS = "step_after_plan"  # a version that a person wants one step further; the plan's number follows


class SamePersonError(ForbiddenError):
    """Whoever asked for a release may not approve it."""

    code = "same_person"


class DecidedAlreadyError(ConflictError):
    """The approval was decided before."""

    code = "decided_already"


def ask(session: Session, subject: tuple[str, UUID], *, maker: str, reason: str, now: datetime) -> Approval:
    """Ask a second person once: a request of the same subject that is open or approved stands as it is."""
    standing = newest(session, subject)
    if standing is not None and standing.state != "refused":
        return standing
    kind, subject_id = subject
    row = Approval(
        subject_kind=kind, subject_id=subject_id, maker=maker, state="asked", reason=reason, created_at=now
    )
    session.add(row)
    session.flush()
    audit.write(session, act="ask_approval", subject=(kind, subject_id), actor=maker, at=now)
    events.emit(session, kind="approvals.asked", subject=row.id, at=now, data={"subject": str(subject_id)})
    return row


def decide(
    session: Session, approval_id: UUID, *, checker: str, approve: bool, reason: str, now: datetime
) -> Approval:
    """Say yes or no, once.

    Raises:
        NotFoundError: there is no such request.
        SamePersonError: the checker is the maker.
        DecidedAlreadyError: it was decided before.
    """
    row = session.scalar(select(Approval).where(Approval.id == approval_id).with_for_update())
    if row is None:
        raise NotFoundError(f"there is no approval {approval_id}", field="approval_id")
    if row.maker == checker:
        raise SamePersonError("the person who asked may not approve", fix="ask a second person")
    if row.state != "asked":
        raise DecidedAlreadyError(f"approval {approval_id} was {row.state} before")
    row.state = "approved" if approve else "refused"
    row.checker, row.reason, row.decided_at = checker, reason, now
    subject = (row.subject_kind, row.subject_id)
    audit.write(session, act=row.state, subject=subject, actor=checker, at=now, details={"why": reason})
    events.emit(session, kind=f"approvals.{row.state}", subject=row.id, at=now)
    if row.subject_kind.startswith((VERSIONS, STEPS)):
        version = models.get(session, row.subject_id)
        outbox.ring(session, TaskName.LOOK, models.model_type(session, version.model_type).id)
    return row


def lapse(session: Session, version: UUID, *, now: datetime) -> None:
    """End what was asked of a version's next step and not answered: its seat is another now."""
    mine = (Approval.subject_id == version) & Approval.subject_kind.startswith(STEPS)
    said = {
        "state": "refused",
        "checker": "rule:release",
        "reason": "the seats changed first",
        "decided_at": now,
    }
    session.execute(update(Approval).where(mine, Approval.state == "asked").values(said))


def newest(session: Session, subject: tuple[str, UUID]) -> Approval | None:
    """The latest request about this subject."""
    kind, subject_id = subject
    found = select(Approval).filter_by(subject_kind=kind, subject_id=subject_id)
    return session.scalar(found.order_by(Approval.created_at.desc()).limit(1))


def waiting(session: Session) -> list[Approval]:
    """Requests that nobody has decided, oldest first."""
    return list(session.scalars(select(Approval).filter_by(state="asked").order_by(Approval.created_at)))
