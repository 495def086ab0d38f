"""`rounds jobs`: training jobs, from the queue to their end."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rounds.commands import job_log, trials
from rounds.show import AsJson, show_record, show_rows
from rounds.site import site

if TYPE_CHECKING:
    from shared.registry.tables import TrainingJob

jobs = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(jobs, name="jobs", help="Training jobs.")
    jobs.command("trials")(trials.trials)
    jobs.command("log")(job_log.log)
    jobs.command("forecast")(forecast)
    jobs.command("devices")(devices)


@jobs.command("list")
def listing(
    *,
    status: Annotated[str | None, typer.Option(help="queued, running, completed, failed, cancelled.")] = None,
    model_type: Annotated[str | None, typer.Option(help="Of one model type only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List training jobs, newest first."""
    from shared.registry import jobs as job_rows

    with site().sessions() as session:
        found = job_rows.page(session, status=status, model_type=model_type, limit=limit)
        rows = [shown(job) for job in found]
    show_rows(rows, as_json=as_json, none="no jobs: `rounds train` or a schedule starts one")


@jobs.command("show")
def show(job_id: UUID, as_json: AsJson = False) -> None:
    """Show one job with its recipe, its attempts and what came of it."""
    from sqlalchemy import select

    from shared.domain.cost import per_point
    from shared.registry import costs
    from shared.registry import jobs as job_rows
    from shared.registry.tables import Attempt

    with site().sessions() as session:
        job = job_rows.get(session, job_id)
        attempts = session.scalars(select(Attempt).filter_by(job_id=job_id).order_by(Attempt.fence))
        more = {
            "base": job.base,
            "seed": job.seed,
            "recipe": job.recipe,
            "triggered_by": job.triggered_by,
            "requested_by": job.requested_by,
            "result": job.result,
            "error_message": job.error_message,
            "error_fix": job.error_fix,
            "repairs": job.repairs,
            "retry_of": job.retry_of,
            "provenance": job.provenance,
            "cost": job.cost,
            "cost_per_point_gained": per_point(job.cost, costs.points_gained(session, job)),
            "attempts": [
                {
                    "attempt": one.attempt,
                    "worker": one.worker,
                    "device": one.device,
                    "cost": one.cost,
                    "began": one.started_at,
                    "ended": one.ended_why,
                }
                for one in attempts
            ],
        }
        answer = shown(job) | more
    show_record(answer, as_json=as_json)


@jobs.command("cancel")
def cancel(job_id: UUID, as_json: AsJson = False) -> None:
    """End a queued job; a running one stops at its next heartbeat."""
    from shared.registry import jobs as job_rows

    here = site()
    with here.sessions.begin() as session:
        job = job_rows.request_cancel(session, job_id, actor=here.actor, now=here.now)
    show_record(shown(job), as_json=as_json)


@jobs.command("retry")
def retry(
    job_id: UUID,
    *,
    settings: Annotated[list[str] | None, typer.Option("--set", help="key=value that is to change.")] = None,
    as_json: AsJson = False,
) -> None:
    """Queue a failed or cancelled job again; it goes on from its last good state where one is kept."""
    from rounds.commands.training import read_settings
    from shared.registry import jobs as job_rows

    here, changes = site(), read_settings(settings or [])
    with here.sessions.begin() as session:
        job = job_rows.retry(session, job_id, changes=changes, now=here.now, actor=here.actor)
    show_record(shown(job) | {"retry_of": job_id}, as_json=as_json)


def forecast(
    model_type: Annotated[str, typer.Option("--model-type", help="Which question.")] = "diagnosis",
    as_json: AsJson = False,
) -> None:
    """Say what a training on all eligible cases would gain by the learning curve, and what is on record."""
    from dataclasses import asdict

    from shared.registry import curves, models, schedules

    with site().sessions() as session:
        models.model_type(session, model_type)
        counts = schedules.new_cases(session, model_type)
        curve = curves.of_next(session, model_type, cases=counts.total)
        points = [asdict(point) for point in curves.points(session, model_type)]
    answer = {
        "model_type": model_type,
        "cases": counts.total,
        "new_cases": counts.unused,
        "gain_points": None if curve is None else 100 * curve.gain,
        "at_most_points": None if curve is None else 100 * curve.at_most,
        "past": points,
    }
    show_record(answer, as_json=as_json)


def devices(as_json: AsJson = False) -> None:
    """List what trainings run on, and which job has each."""
    from shared.registry import devices as rows

    with site().sessions() as session:
        found = rows.known(session)
        holders = rows.holders(session)
    shown_rows = [{"device": name, "held": held, "job_id": holders.get(name)} for name, held in found.items()]
    show_rows(shown_rows, as_json=as_json, none="no device yet: a training worker brings its own")


def shown(job: "TrainingJob") -> dict[str, object]:
    """What a list shows of a job."""
    from shared.domain.cycle import public_job_status

    return {
        "job_id": job.id,
        "model_type": job.model_type,
        "status": public_job_status(job.state),
        "progress": job.progress,
        "estimated_completion": job.estimated_completion,
        "dataset_size": job.dataset_size,
        "created_at": job.created_at,
        "start_time": job.start_time,
        "end_time": job.end_time,
        "error_code": job.error_code,
    }
