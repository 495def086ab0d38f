"""`rounds replay`: a past answer, verdict or decision given again from what was stored."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer

from rounds.show import AsJson, show_json, show_rows
from rounds.site import site

Subject = Annotated[str, typer.Argument(help="A prediction's id, or a version's name.")]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("replay")(replay)


def replay(subject: Subject, as_json: AsJson = False) -> None:
    """Give a prediction, or a version's verdict and decisions, once more; 1 if they differ."""
    from deployer_service import replay as again
    from deployer_service.origin import Origin

    here = site()
    try:
        wanted = UUID(subject)
    except ValueError:
        found = again.version(subject, here.sessions)
    else:
        found = [again.prediction(wanted, Origin(here.settings, here.sessions, here.storage), here.vault)]
    if as_json:
        show_json({"same": all(one.same for one in found), "replayed": [asdict(one) for one in found]})
    else:
        rows = [{"what": one.what, "same": "yes" if one.same else "NO"} for one in found]
        show_rows(rows, as_json=False, none="nothing was judged or decided about it")
    if not all(one.same for one in found):
        raise typer.Exit(1)
