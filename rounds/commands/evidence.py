"""`rounds evidence`: the signed evidence of a period, for whoever examines the site."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_record
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("evidence")(evidence)


def evidence(
    *,
    start: Annotated[datetime, typer.Option("--from", help="First day, site time, like 2026-03-01.")],
    end: Annotated[datetime, typer.Option("--to", help="The day after the last one.")],
    out: Annotated[Path, typer.Option(help="A folder to make.")],
    name: Annotated[str, typer.Option(help="How the site is named on the page.")] = "this site",
    as_json: AsJson = False,
) -> None:
    """Write changes, protocol, impact, approvals and refusals of a period, signed, with their records."""
    from importlib.metadata import version
    from zoneinfo import ZoneInfo

    from rounds.evidence_pack import PAGE, write
    from shared.errors import ConflictError
    from shared.signing import open_signer

    here = site()
    if out.exists():
        raise ConflictError(f"{out} exists", field="out", fix="name another folder")
    zone = ZoneInfo(here.settings.site_timezone)
    period = start.replace(tzinfo=start.tzinfo or zone), end.replace(tzinfo=end.tzinfo or zone)
    with here.sessions() as session:
        manifest = write(
            session, out, period, signer=open_signer(here.settings), site=name, version=version("rounds")
        )
    say(f"read {out / PAGE}; `rounds verify --pack {out}` proves it")
    told = {key: manifest[key] for key in ("site", "version", "from", "to")}
    show_record(told | {"folder": str(out), "files": len(manifest["files"])}, as_json=as_json)
