"""What runs by itself and when; a row that is edited counts from the next tick on."""

from uuid import UUID

from pydantic import Field

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group
from api_service.parse import Body
from api_service.show.schedules import ScheduleShown
from shared.errors import NotFoundError
from shared.registry import schedules
from shared.registry.tables import Schedule

group = Group()


class ScheduleChange(Body):
    """`POST /schedules/{schedule_id}`: what is otherwise from now on."""

    cron: str | None = Field(None, min_length=1, max_length=100)
    enabled: bool | None = None


@group.get("/schedules", roles=READERS)
def list_schedules(call: Call) -> list[ScheduleShown]:
    """Every schedule with its next time, by name."""
    return [_shown(call, row) for row in schedules.every(call.session)]


@group.post("/schedules/{schedule_id}", roles=frozenset({Role.OPERATOR}))
def change_schedule(call: Call, schedule_id: UUID, wish: ScheduleChange) -> ScheduleShown:
    """Set another time, or switch it on or off."""
    standing = call.session.get(Schedule, schedule_id)
    if standing is None:
        raise NotFoundError(f"there is no schedule {schedule_id}", field="schedule_id", fix="see /schedules")
    asked = schedules.ScheduleWish(
        name=standing.name,
        kind=standing.kind,
        cron=wish.cron or standing.cron,
        timezone=standing.timezone,
        model_type=standing.model_type,
        after_new_cases=standing.after_new_cases,
        quiet_hours=standing.quiet_hours,
        enabled=standing.enabled if wish.enabled is None else wish.enabled,
    )
    row = schedules.upsert(call.session, asked, now=call.now, actor=call.caller.name)
    return _shown(call, row)


def _shown(call: Call, row: Schedule) -> ScheduleShown:
    following = schedules.next_due(row, call.now)
    return ScheduleShown.of(row, following=following, last=schedules.last_fire(call.session, row.id))
