"""`rounds models`, `approve`, `deploy`, `rollback`: versions and who of them serves."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rounds.commands import cards, model_files
from rounds.show import AsJson, show_record, show_rows
from rounds.site import site
from shared.errors import PartDownError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shared.registry.tables import ModelVersion

models = typer.Typer(no_args_is_help=True)
Type = Annotated[str, typer.Option("--model-type", help="Which question.")]
Reason = Annotated[str, typer.Option(help="Why, in your words; the evidence record shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(models, name="models", help="Model versions.")
    models.command("card")(cards.card)
    models.command("export")(model_files.export)
    models.command("import")(model_files.bring_in)
    app.command("approve")(approve)
    app.command("deploy")(deploy)
    app.command("rollback")(rollback)


@models.command("list")
def listing(
    model_type: Annotated[str | None, typer.Option(help="Of one model type only.")] = None,
    as_json: AsJson = False,
) -> None:
    """List versions with how the frozen set judged them, newest first."""
    from shared.registry import models as versions

    with site().sessions() as session:
        rows = [_shown(session, one) for one in versions.versions(session, model_type)]
    show_rows(rows, as_json=as_json, none="no versions yet: `rounds train` makes the first")


@models.command("show")
def show(name: str, as_json: AsJson = False) -> None:
    """Show one version: its bytes, its origin, its gate, and why it may not be deployed."""
    from shared.registry import deployments
    from shared.registry import models as versions

    with site().sessions() as session:
        one = versions.by_name(session, name)
        answer = _shown(session, one) | {
            "digest": one.digest,
            "base": one.base,
            "job_id": one.job_id,
            "labels": one.labels,
            "tainted": one.tainted,
            "blocked": one.blocked,
            "settled": one.settled,
            "failed_rules": deployments.failed_rules(session, one),
            "why_not_deployable": deployments.why_not(session, one),
        }
    show_record(answer, as_json=as_json)


@models.command("current")
def current(
    model_type: Type = "diagnosis",
    at: Annotated[datetime | None, typer.Option(help="An instant of the past, in UTC.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who serves now and under which plan; with `--at` who served then, why, by whose word, and whom."""
    if at is not None:
        _live_then(model_type, at.replace(tzinfo=UTC), as_json=as_json)
        return
    from shared.errors import NotFoundError
    from shared.registry import models as versions
    from shared.registry import plans

    with site().sessions() as session:
        kind = versions.model_type(session, model_type)
        plan = plans.current(session, kind.name)
    if plan is None:
        raise NotFoundError(
            f"nothing of {model_type} is live yet", fix="train a first version: `rounds train`"
        )
    named = ("champion", "challenger", "standby")
    names = {role: served.name if (served := getattr(plan, role)) else None for role in named}
    show_record(asdict(plan) | names | {"digest": plan.champion.digest}, as_json=as_json)


def _live_then(model_type: str, at: datetime, *, as_json: bool) -> None:
    from shared.errors import NotFoundError
    from shared.registry import models as versions
    from shared.registry import time_machine

    with site().sessions() as session:
        kind = versions.model_type(session, model_type)
        then = time_machine.live_at(session, kind.name, at)
    if then is None:
        raise NotFoundError(f"nothing of {model_type} was live at {at.isoformat()}", field="at")
    show_record({"at": at} | asdict(then), as_json=as_json)


def approve(
    *,
    request: Annotated[str, typer.Argument(help="A version's name, or the id of the request.")],
    reason: Reason = "approved at the command line",
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say the second person's yes (or no) to the release of a version or to a proposed policy."""
    from shared.registry import proposals

    here = site()
    with here.sessions.begin() as session:
        row, policy_version = proposals.decide(
            session,
            _request(session, request),
            checker=here.actor,
            approve=not refuse,
            reason=reason,
            now=here.now,
        )
        answer = {"approval_id": row.id, "subject": row.subject_kind, "state": row.state}
        answer |= {"maker": row.maker, "checker": row.checker}
        if policy_version is not None:
            answer["policy_version"] = policy_version
    show_record(answer, as_json=as_json)


def deploy(
    *,
    model_version: str,
    strategy: Annotated[str, typer.Option(help="canary, blue_green or shadow.")] = "canary",
    reason: Reason = "asked for at the command line",
    as_json: AsJson = False,
) -> None:
    """Ask for a version's challenge; it is let in step by step, on evidence."""
    from shared.registry import deployments
    from shared.registry import models as versions
    from shared.registry.releases import Cause

    here = site()
    _check_strategy(strategy)
    with here.sessions.begin() as session:
        version = versions.by_name(session, model_version)
        cause = Cause(here.actor, reason, here.now)
        row = deployments.deploy(session, version, strategy=strategy, cause=cause)
        answer = {"deployment_id": row.id, "model_version": model_version, "state": version.state}
    show_record(answer, as_json=as_json)


def rollback(
    *,
    model_type: Type = "diagnosis",
    to: Annotated[str | None, typer.Option(help="Version to go back to; else the one before.")] = None,
    reason: Reason = "asked for at the command line",
    as_json: AsJson = False,
) -> None:
    """Go back at once to the version before; needs neither model server nor worker."""
    from sqlalchemy.exc import OperationalError

    from shared.registry import deployments
    from shared.registry.releases import Cause

    here = site()
    cause = Cause(here.actor, reason, here.now)
    try:
        with here.sessions.begin() as session:
            done = deployments.rollback_by_person(session, model_type, to, cause=cause)
    except OperationalError as error:
        raise PartDownError(
            "the database did not say that it has rolled back",
            fix="ask the API, which goes back without it: POST /models/rollback, as in docs/handover.md",
        ) from error
    show_record(asdict(done), as_json=as_json)


def _check_strategy(strategy: str) -> None:
    from shared.errors import InvalidInputError
    from shared.registry.deployments import STRATEGIES

    if strategy not in STRATEGIES:
        raise InvalidInputError(
            f"{strategy} is no strategy", field="strategy", fix=f"use {', '.join(STRATEGIES)}"
        )


def _shown(session: "Session", version: "ModelVersion") -> dict[str, object]:
    from shared.registry import models as versions

    measured = versions.performance(session, version.id)
    interval = measured.intervals.get("accuracy") if measured else None
    return {
        "model_version": version.name,
        "model_type": version.model_type,
        "state": version.state,
        "since": version.state_since,
        "accuracy": measured.accuracy if measured else None,
        "interval": interval,
        "n": measured.n if measured else None,
        "f1_score": measured.f1_score if measured else None,
    }


def _request(session: "Session", request: str) -> UUID:
    from shared.errors import NotFoundError
    from shared.registry import approvals
    from shared.registry import models as versions

    try:
        return UUID(request)
    except ValueError:
        version = versions.by_name(session, request).id
    asked = next((one for one in approvals.waiting(session) if one.subject_id == version), None)
    asked = asked or approvals.newest(session, (approvals.VERSIONS, version))
    if asked is None:
        raise NotFoundError(f"nobody has asked to release {request}", fix="see `rounds models show`")
    return asked.id
