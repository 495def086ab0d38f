"""`rounds jobs trials`: the trials of a search, watched and ended early."""

from typing import Annotated
from uuid import UUID

import typer

from rounds.show import AsJson, show_record, show_rows
from rounds.site import site


def trials(
    job_id: UUID,
    *,
    cancel: Annotated[int | None, typer.Option(help="The number of a running trial to end.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the trials of a search in the order they were proposed; `--cancel N` ends one that runs."""
    from shared.registry import jobs
    from shared.registry import trials as rows

    here = site()
    if cancel is not None:
        with here.sessions.begin() as session:
            row = rows.request_cancel(session, job_id, cancel, actor=here.actor, now=here.now)
            answer = {"job_id": job_id, "trial": row.number, "cancel_requested": True}
        show_record(answer, as_json=as_json)
        return
    with here.sessions() as session:
        jobs.get(session, job_id)
        found = [
            {
                "trial": row.number,
                "ended": row.ended or "running",
                "objective": row.objective,
                "stages": len(row.scores),
                **row.parameters,
            }
            for row in rows.of(session, job_id)
        ]
    show_rows(found, as_json=as_json, none="this job tried no hyperparameters")
