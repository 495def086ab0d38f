"""The audit trail as it is shown."""

from datetime import datetime
from typing import Any

from api_service.show.shape import Shape
from shared.registry.tables import AuditEvent


class AuditEventShown(Shape):
    """One act; `details` holds ids, states and numbers."""

    seq: int
    at: datetime
    actor: str
    act: str
    subject_kind: str
    subject_id: str
    details: dict[str, Any]

    @classmethod
    def of(cls, event: AuditEvent) -> "AuditEventShown":
        """The row, without what only the sealing needs."""
        return cls(**{name: getattr(event, name) for name in cls.model_fields})


class AuditProof(Shape):
    """Whether the trail holds; each fault in a sentence, the first hundred of them."""

    holds: bool
    faults: list[str]
    fault_count: int
    checkpoint: dict[str, Any] | None
