"""Writes a sample clinic's database: `python -m rounds.sample_clinic FILE --seed N`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rounds.sample_clinic import database
from rounds.sample_clinic.plans import LATER_COLLECTED


def write(
    file: Path,
    *,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another clinic.")] = 1,
    until: Annotated[datetime | None, typer.Option(help="As it stood then; else at its fullest.")] = None,
) -> None:
    """Write the database of a made-up clinic to a file that does not exist yet."""
    if file.exists():
        raise typer.BadParameter(f"{file} exists")
    database.create(file)
    instant = until.replace(tzinfo=LATER_COLLECTED.tzinfo) if until else LATER_COLLECTED
    ended = database.advance(file, seed, until=instant)
    typer.echo(f"{ended} treatment plans have ended in {file}")


if __name__ == "__main__":
    typer.run(write)
