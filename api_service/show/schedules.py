"""The shape of what runs by itself."""

from datetime import datetime
from uuid import UUID

from api_service.show.shape import Shape
from shared.registry.tables import Schedule, ScheduleFire


class ScheduleShown(Shape):
    """One schedule with its next time and with what its last one came to."""

    schedule_id: UUID
    name: str
    kind: str
    model_type: str | None
    cron: str | None
    timezone: str
    after_new_cases: int | None
    quiet_hours: str | None
    enabled: bool
    next_run_at: datetime | None
    last_fired_at: datetime | None
    last_outcome: str | None

    @classmethod
    def of(cls, row: Schedule, *, following: datetime | None, last: ScheduleFire | None) -> "ScheduleShown":
        """One row of the list."""
        return cls(
            schedule_id=row.id,
            name=row.name,
            kind=row.kind,
            model_type=row.model_type,
            cron=row.cron,
            timezone=row.timezone,
            after_new_cases=row.after_new_cases,
            quiet_hours=row.quiet_hours,
            enabled=row.enabled,
            next_run_at=following,
            last_fired_at=last.at if last else None,
            last_outcome=last.outcome if last else None,
        )
