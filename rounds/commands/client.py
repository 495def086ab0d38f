"""`rounds client`: the API as a Python module or as TypeScript types."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rounds.show import say


class Language(StrEnum):
    """What there is a client for."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("client")(client)


def client(
    language: Annotated[Language, typer.Argument(help="Which language.")],
    *,
    out: Annotated[Path | None, typer.Option(help="Write it there; else it goes to standard output.")] = None,
) -> None:
    """Make the client of this version's API: one file, made from the OpenAPI document."""
    from api_service import openapi
    from api_service.routes import ENDPOINTS
    from rounds.clients import python, typescript

    render = python.render if language is Language.PYTHON else typescript.render
    text = render(openapi.document(ENDPOINTS))
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text)
    say(f"written: {out}")
