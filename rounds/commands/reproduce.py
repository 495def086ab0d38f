"""`rounds reproduce`: train a finished job again, and show equal bytes or where they part."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer

from rounds.show import AsJson, say, show_record
from rounds.site import site

PARTED = 1


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("reproduce")(reproduce)


def reproduce(
    job_id: Annotated[UUID, typer.Argument(help="A completed training job.")], *, as_json: AsJson = False
) -> None:
    """Train a finished job again on this machine, beside the queue; exit code 1 when the bytes part."""
    from worker_training import reproduce as again
    from worker_training.deps import Deps

    here = site()
    deps = Deps(here.settings, here.sessions, here.settings.clock, here.vault, here.storage)
    say("Training again; nothing of it is registered or served.")
    found = again.reproduce(job_id, deps, actor=here.actor)
    verdict = "equal bytes" if found.equal else "the bytes part"
    show_record({"job_id": job_id, "verdict": verdict} | asdict(found), as_json=as_json)
    if not found.equal:
        raise typer.Exit(PARTED)
