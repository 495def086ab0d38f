"""`rounds alerts`: what a person should know."""

from typing import Annotated
from uuid import UUID

import typer

from rounds.show import AsJson, show_record, show_rows
from rounds.site import site

alerts = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(alerts, name="alerts", help="What a person should know.")


@alerts.command("list")
def listing(
    everything: Annotated[bool, typer.Option("--all", help="Also the resolved ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """List alerts that are not resolved, newest first."""
    from shared.domain.cycle import AlertState
    from shared.registry import alerts as alert_rows

    states = tuple(state for state in AlertState if everything or state is not AlertState.RESOLVED)
    with site().sessions() as session:
        rows = [
            {
                "alert_id": one.id,
                "severity": one.severity,
                "state": one.state,
                "title": one.title,
                "body": one.body,
                "seen": one.seen,
                "opened_at": one.opened_at,
                "acknowledged_by": one.acknowledged_by,
            }
            for one in alert_rows.page(session, states=states)
        ]
    show_rows(rows, as_json=as_json, none="no alerts")


@alerts.command("ack")
def acknowledge(alert_id: UUID, as_json: AsJson = False) -> None:
    """Say that you have seen an alert."""
    from shared.registry import alerts as alert_rows

    here = site()
    with here.sessions.begin() as session:
        row = alert_rows.acknowledge(session, alert_id, by=here.actor, now=here.now)
    show_record(
        {"alert_id": row.id, "state": row.state, "acknowledged_by": row.acknowledged_by}, as_json=as_json
    )
