"""Sealings that were asked for over HTTP: one row each, done by the collection worker."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.errors import Error, NotFoundError
from shared.registry import audit, events, models, outbox
from shared.registry.tables import SealOrder


def ask(session: Session, model_type: str, *, actor: str, now: datetime) -> SealOrder:
    """Order a sealing and ring for it; one that is open is the answer instead of a second.

    Raises:
        NotFoundError: there is no such model type.
    """
    known = models.model_type(session, model_type)
    session.refresh(known, with_for_update={"key_share": True})  # two who ask at once take turns
    standing = session.scalar(select(SealOrder).filter_by(model_type=model_type, state="queued").limit(1))
    if standing is not None:
        return standing
    row = SealOrder(model_type=model_type, state="queued", asked_by=actor, created_at=now)
    session.add(row)
    session.flush()
    audit.write(session, act="ask", subject=("seal_orders", row.id), actor=actor, at=now)
    outbox.ring(session, TaskName.SEAL, row.id)
    return row


def get(session: Session, order_id: UUID) -> SealOrder:
    """One order.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(SealOrder, order_id)
    if row is None:
        raise NotFoundError(f"there is no sealing {order_id}", field="sealing_id")
    return row


def end(
    session: Session,
    order_id: UUID,
    *,
    version_id: UUID | None = None,
    error: Error | None = None,
    now: datetime,
) -> None:
    """Write down what became of an order; one that has ended stays as it is."""
    row = session.scalar(select(SealOrder).filter_by(id=order_id, state="queued").with_for_update())
    if row is None:
        return
    row.state, row.ended_at = ("completed" if error is None else "failed"), now
    row.dataset_version_id = version_id
    if error is not None:
        row.error = str(error)
    events.emit(session, kind=f"seal_orders.{row.state}", subject=order_id, at=now)
