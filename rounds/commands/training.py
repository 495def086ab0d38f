"""`rounds train`: ask for one training, and wait for what comes of it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rounds.show import AsJson, say, show_record
from rounds.site import Site, site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

METRICS = ("accuracy", "precision", "recall", "f1_score", "n")
NEEDED = ("relay", "worker-train")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("train")(train)


def train(  # noqa: PLR0913 - one parameter an option
    *,
    model_type: Annotated[str, typer.Option(help="Which question to learn.")] = "diagnosis",
    base: Annotated[str | None, typer.Option(help="Base model; else the type's.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Sealed version; else one is sealed now.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same bytes.")] = 0,
    settings: Annotated[list[str] | None, typer.Option("--set", help="key=value of the recipe.")] = None,
    deploy: Annotated[bool, typer.Option(help="Let it challenge once it has passed the gate.")] = True,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it is trained and judged.")] = False,
    as_json: AsJson = False,
) -> None:
    """Queue one training job; the stack trains it."""
    from shared.registry import jobs
    from shared.registry.job_door import JobWish

    here = site()
    wish = JobWish(
        model_type=model_type,
        base=base,
        dataset_version=dataset,
        recipe=read_settings(settings or []),
        seed=seed,
        auto_deploy=deploy,
    )
    with here.sessions.begin() as session:
        job = jobs.create(session, wish, now=here.now, actor=here.actor)
    if not wait:
        show_record({"job_id": job.id, "status": "queued"}, as_json=as_json)
        return
    _await_job(here, job.id)
    _await_judge(here, job.id)
    with here.sessions() as session:
        show_record(outcome(session, job.id), as_json=as_json)


def read_settings(lines: list[str]) -> dict[str, object]:
    """The recipe of `--set key=value` options; the backend checks keys and bounds."""
    from shared.errors import InvalidInputError

    recipe: dict[str, object] = {}
    for line in lines:
        key, sign, value = line.partition("=")
        if not sign or not key.strip():
            raise InvalidInputError(f"{line!r} is not key=value", field="set", fix="--set epochs=3")
        recipe[key.strip()] = value.strip()
    return recipe


def outcome(session: "Session", job_id: UUID) -> dict[str, object]:
    """What a finished job came to: its version, its speed, and how the frozen set judged it."""
    from sqlalchemy import select

    from shared.registry import deployments, jobs, models
    from shared.registry.tables import ModelVersion

    job = jobs.get(session, job_id)
    version = session.scalars(select(ModelVersion).filter_by(job_id=job_id)).one()
    measured = models.performance(session, version.id)
    figures = {name: getattr(measured, name) if measured else None for name in METRICS}
    if measured and measured.dice_score is not None:
        figures |= {"dice": measured.dice_score, "iou": measured.iou_score}
    failed = deployments.failed_rules(session, version)
    return {
        "job_id": job.id,
        "model_version": version.name,
        "state": version.state,
        **({"failed_rules": failed} if failed else {}),
        "digest": version.digest,
        "dataset_size": job.dataset_size,
        **{key: value for key, value in job.result.items() if key != "metrics"},
        "metrics": figures | ({"intervals": measured.intervals} if measured else {}),
    }


def _await_job(here: Site, job_id: UUID) -> None:
    """Return when the job is completed; one that failed or was cancelled is an error with its reason."""
    from rounds.wait import wait_for
    from shared.domain.cycle import JobState, ended
    from shared.errors import ConflictError
    from shared.registry import jobs

    def look() -> tuple[bool, str, float]:
        with here.sessions() as session:
            job = jobs.get(session, job_id)
            return ended(job.state), job.state.value, job.progress

    _check_workers(here)
    wait_for(f"training {job_id}", look)
    with here.sessions() as session:
        job = jobs.get(session, job_id)
    if job.state is not JobState.COMPLETED:
        raise ConflictError(
            f"training job {job_id} {job.state.value}: {job.error_message or job.error_code}",
            fix=f"see `rounds jobs show {job_id}`",
        )


def _await_judge(here: Site, job_id: UUID) -> None:
    from sqlalchemy import select

    from rounds.wait import wait_for
    from shared.domain.cycle import VersionState
    from shared.registry.tables import ModelVersion

    def look() -> tuple[bool, str, float]:
        with here.sessions() as session:
            state = session.scalar(select(ModelVersion.state).filter_by(job_id=job_id))
            return state is not VersionState.TRAINED, str(state), 1.0

    wait_for("evaluation", look)


def _check_workers(here: Site) -> None:
    """Waiting for a job that nobody will run would never end."""
    from shared.errors import PartDownError
    from shared.registry import health

    with here.sessions() as session:
        seen = health.parts(session)
    for name in NEEDED:
        if name not in seen or not seen[name].alive:
            say("The job is queued and stays so until the stack runs.")
            raise PartDownError(f"{name} is not running", fix="start the stack with `rounds up`")
