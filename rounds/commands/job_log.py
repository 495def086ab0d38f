"""`rounds jobs log`: what happened to a job, and what happens to it while one looks."""

import time
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rounds.show import AsJson, show_json, show_rows
from rounds.site import Site, site

if TYPE_CHECKING:
    from shared.registry.tables import Event

LOOK_SECONDS = 0.5


def log(
    job_id: UUID,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 200,
    follow: Annotated[bool, typer.Option("--follow", help="Stay until the job has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what happened to a job, oldest first: its moves and its figures; or each as it comes."""
    from shared.registry import jobs

    here = site()
    with here.sessions() as session:
        jobs.get(session, job_id)
    if follow:
        _follow(here, job_id, limit=limit, as_json=as_json)
        return
    found = _events(here, job_id, after=0, limit=limit)
    show_rows([_shown(one) for one in found], as_json=as_json)


def _follow(here: Site, job_id: UUID, *, limit: int, as_json: bool) -> None:
    """Every event once. The end is looked for before the events, so that the last of them are not missed."""
    from shared.domain.cycle import ended
    from shared.registry import jobs

    seen, over = 0, False
    while not over:
        with here.sessions() as session:
            over = ended(jobs.get(session, job_id).state)
        for one in _events(here, job_id, after=seen, limit=limit):
            seen = one.seq
            if as_json:
                show_json(_shown(one))
            else:
                typer.echo(f"{one.at:%Y-%m-%d %H:%M:%S}  {one.kind:<28}  {_figures(one)}")
        if not over:
            time.sleep(LOOK_SECONDS)


def _events(here: Site, job_id: UUID, *, after: int, limit: int) -> "list[Event]":
    """The newest of the job after one, oldest first."""
    from shared.registry import events

    with here.sessions() as session:
        return events.of_job(session, job_id, after=after, limit=limit)


def _shown(one: "Event") -> dict[str, object]:
    return {"at": one.at, "event": one.kind, "data": one.data}


def _figures(one: "Event") -> str:
    """Names and values; numbers short."""
    return "  ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in one.data.items()
        if value is not None
    )
