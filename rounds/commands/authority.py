"""`rounds authority`: certificates for the servers inside, from an authority of the site's own."""

from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, show_rows
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("authority")(authority)


def authority(
    folder: Annotated[Path, typer.Argument(help="Where keys and certificates lie.")],
    names: Annotated[list[str], typer.Argument(help="Host names of the servers, like postgres.")],
    as_json: AsJson = False,
) -> None:
    """Make the site's own authority and a certificate a server; what is good for two months more stays."""
    from shared import authority as made

    written = made.keep(folder, names, now=site().now)
    rows = [
        {"name": name, "written": name in written, "ends": made.ends(folder / name / "certificate.pem")}
        for name in names
    ]
    show_rows(rows, as_json=as_json)
