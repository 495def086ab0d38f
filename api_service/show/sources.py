"""Sources as callers see them."""

from datetime import datetime
from uuid import UUID

from api_service.show.shape import Shape
from shared.registry.tables import Source


class SourceShown(Shape):
    """One source; its address stays sealed."""

    id: UUID
    source: str
    kind: str
    model_type: str
    enabled: bool
    created_at: datetime

    @classmethod
    def of(cls, row: Source) -> "SourceShown":
        """One row of the list."""
        return cls(
            id=row.id,
            source=row.name,
            kind=row.kind,
            model_type=row.model_type,
            enabled=row.enabled,
            created_at=row.created_at,
        )
