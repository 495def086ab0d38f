"""`rounds schedule`: what runs when; edits take effect while the stack runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from rounds.show import AsJson, show_record, show_rows
from rounds.site import site

if TYPE_CHECKING:
    from shared.registry.tables import Schedule

schedule = typer.Typer(no_args_is_help=True)
EDITABLE = ("kind", "cron", "timezone", "model_type", "after_new_cases", "quiet_hours", "enabled")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(schedule, name="schedule", help="What runs when.")


@schedule.command("list")
def listing(as_json: AsJson = False) -> None:
    """List the schedules with their next and last fire."""
    from shared.registry import schedules

    here = site()
    rows = []
    with here.sessions() as session:
        for row in schedules.every(session):
            last = schedules.last_fire(session, row.id)
            fires = {
                "next_due": schedules.next_due(row, here.now),
                "last_fire": last.at if last else None,
                "outcome": last.outcome if last else None,
            }
            rows.append(_shown(row) | fires)
    show_rows(rows, as_json=as_json, none="no schedules yet: beat writes the shipped ones at its first start")


@schedule.command("set")
def change(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    kind: Annotated[str | None, typer.Option(help="collect, train or look.")] = None,
    cron: Annotated[str | None, typer.Option(help="Five fields, like '0 2 * * 0'; '' for none.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA zone; else the site's.")] = None,
    model_type: Annotated[str | None, typer.Option(help="What is trained.")] = None,
    after_new_cases: Annotated[int | None, typer.Option(help="Train after so many; 0 for never.")] = None,
    quiet_hours: Annotated[str | None, typer.Option(help="Like 08:00-18:00; '' for none.")] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Whether it fires.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a schedule or change one; what is not named stays as it is."""
    from shared.errors import NotFoundError
    from shared.registry import schedules

    here = site()
    wanted = {
        "kind": kind,
        "cron": cron,
        "timezone": zone,
        "model_type": model_type,
        "after_new_cases": after_new_cases,
        "quiet_hours": quiet_hours,
        "enabled": enabled,
    }
    given = {field: _cleared(value) for field, value in wanted.items() if value is not None}
    with here.sessions.begin() as session:
        try:
            row = schedules.named(session, name)
            before = {field: getattr(row, field) for field in EDITABLE}
        except NotFoundError:
            before = {"kind": kind or "", "cron": None, "timezone": here.settings.site_timezone}
        wish = schedules.ScheduleWish(name=name, **(before | given))
        row = schedules.upsert(session, wish, now=here.now, actor=here.actor)
        answer = _shown(row) | {"next_due": schedules.next_due(row, here.now)}
    show_record(answer, as_json=as_json)


def _shown(row: "Schedule") -> dict[str, object]:
    return {"name": row.name} | {field: getattr(row, field) for field in EDITABLE}


def _cleared(value: object) -> object:
    """An empty line and a count of 0 take the field away."""
    return value if value or isinstance(value, bool) else None
